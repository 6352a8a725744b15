/* SPDX-License-Identifier: Apache-2.0 */
/* Validation rules: the rows of data/kubernetes/validation.json and the functions some of them name. */
#pragma once

#include "apiserver/strategy/fields.h"
#include "apiserver/strategy/strategy.h"

struct rules {
        struct fields *fields;
        struct strategy_context *context;
        const struct value *root;     /* the whole object */
        const struct value *old_root; /* NULL on create */
};

/* One named rule. path: of object; old: the same place in the old object, NULL when there is none (create, lists). */
typedef void (*rule_function)(struct rules *r, const char *path, const struct value *object, const struct value *old);

struct rule_name {
        const char *name;
        rule_function run;
};

/* The tables of named rules, each ended by a NULL name. */
extern const struct rule_name rules_core[], rules_pod[], rules_workload[], rules_network[], rules_rbac[], rules_other[];

/* Applies one row to a struct. ERR_INTERNAL when the row names what does not exist. */
int rules_apply(struct rules *r, const struct value *row, const char *path, const struct value *object,
                const struct value *old, struct err *err);

/* Walks object along its schema and applies every row of every type on the way. */
int rules_walk(struct rules *r, const struct schema *schema, const char *path, const struct value *object,
               const struct value *old, struct err *err);

/* ---- shared checks ---- */

/* "field is immutable" unless equal; absent equals null. */
void rules_immutable(struct rules *r, const char *path, const struct value *value, const struct value *old);

/* A count or a percentage, not negative. */
void rules_int_or_percent(struct rules *r, const char *path, const struct value *value);

/* An integer port 1 to 65535, or a port name. */
void rules_port_or_name(struct rules *r, const char *path, const struct value *value);

/* Absent, "", an empty list or map: what Go's omitempty leaves out. */
bool rules_is_empty(const struct value *v);
