/* SPDX-License-Identifier: Apache-2.0 */
/* The types of data/kubernetes/schema.txt: "s", "[@core.v1.Container]k(name)", "{q}", "@core.v1.ObjectReference/g". */
#pragma once

#include "base/strmap.h"
#include "kube/schema/schema.h"

struct schema_copy;

/* What reading types needs and keeps. The owner of the table sets the first three. */
struct schema_types {
        struct arena *arena;
        struct strmap *by_name; /* definitions that "@name" refers to */
        struct err *err;
        struct strmap cache;        /* a type's text to its schema: "[s]a" is made once */
        struct schema_copy *copies; /* definitions with a topology of the field's own */
};

/* Puts the types that have a letter of their own, such as Quantity, into by_name. */
int schema_types_register(struct schema_types *t);

/* Reads one type. go is the name Go has for it where that cannot be told from the type, or NULL. */
int schema_types_read(struct schema_types *t, const char *text, const char *go, const struct schema **ret);

/* Completes the copies, now that every definition was read, and frees what is not in the arena. */
void schema_types_done(struct schema_types *t);
