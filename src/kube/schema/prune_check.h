/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of custom-object validation share: the errors found so far and where the walk is. */
#pragma once

#include "base/buf.h"
#include "base/strmap.h"
#include "kube/schema/prune.h"

struct check {
        struct err *err;         /* gathers causes */
        struct strmap *patterns; /* pattern to compiled struct regex, for one validation; owned by prune_validate() */
        struct buf path;         /* "spec.items[0]" */
        unsigned depth;          /* of schemas in schemas */
        bool quiet;              /* inside anyOf, oneOf, not: only the verdict counts */
        bool blocking;           /* an error that makes checking rules pointless was found */
        unsigned found;          /* errors, quiet ones too */
};

/* One error at the current path. */
void check_add(struct check *c, const char *reason, const char *fmt, ...) _printf_(3, 4);

/* One error that names no field. */
void check_add_fieldless(struct check *c, const char *fmt, ...) _printf_(2, 3);

/* Extends and cuts the path. check_enter_key is for members of maps in checks of shapes: "[key]". */
size_t check_enter(struct check *c, const char *name, size_t n);
size_t check_enter_key(struct check *c, const char *name, size_t n);
size_t check_enter_index(struct check *c, uint32_t i);
void check_leave(struct check *c, size_t mark);

/* A value against one JSONSchemaProps. */
void check_value(struct check *c, const struct value *props, const struct value *v);

/* allOf, anyOf, oneOf, not. */
void check_logic(struct check *c, const struct value *props, const struct value *v);

/* Numbers and strings against bounds, lengths, pattern and format of one JSONSchemaProps. */
void check_number(struct check *c, const struct value *props, const struct value *v);
void check_string(struct check *c, const struct value *props, const struct value *v);

/* What embedded resources must have; unique items of sets and keyed lists. */
void check_embedded(struct check *c, const struct schema *s, const struct value *v);
void check_lists(struct check *c, const struct schema *s, const struct value *v);

/* "integer" for 3, "number" for 3.5 and so on: JSON Schema's name of a value's type. */
const char *check_type_of(const struct value *v);

/* The value as compact JSON in b, which is initialised here. */
const char *check_shown(struct buf *b, const struct value *v);
