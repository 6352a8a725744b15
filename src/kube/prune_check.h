/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of custom-object validation share: the errors found so far and where the walk is. */
#pragma once

#include "base/buf.h"
#include "kube/prune.h"

struct check {
        struct err *err; /* gathers causes */
        struct buf path; /* "spec.items[0]" */
        bool full;       /* LIMIT_INVALID_CAUSES reached */
        bool quiet;      /* inside anyOf, oneOf, not: only the verdict counts */
        unsigned found;  /* errors, quiet ones too */
};

/* One error at the current path. */
void check_add(struct check *c, const char *reason, const char *fmt, ...) _printf_(3, 4);

/* Extends and cuts the path. */
size_t check_enter(struct check *c, const char *name, size_t n);
size_t check_enter_index(struct check *c, uint32_t i);
void check_leave(struct check *c, size_t mark);

/* Numbers and strings against bounds, lengths, pattern and format of one JSONSchemaProps. */
void check_number(struct check *c, const struct value *props, const struct value *v);
void check_string(struct check *c, const struct value *props, const struct value *v);

/* "integer" for 3, "number" for 3.5 and so on: JSON Schema's name of a value's type. */
const char *check_type_of(const struct value *v);

/* The value as compact JSON, cut at 256 bytes, in b. */
const char *check_shown(struct buf *b, const struct value *v);
