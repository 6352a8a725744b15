/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of tables: cells. A cell's specification in data/kubernetes/columns.json is one of
 *   name, age, created     from metadata
 *   .a.b|fallback          the string there; "" or the fallback when absent
 *   text:.a.b|fallback     the same of an integer or string
 *   #.a.b                  the integer there, 0 when absent
 *   ?.a.b                  the boolean there, false when absent
 *   count:.a.b             how many members it has
 *   @name                  a function of this folder */
#pragma once

#include "base/buf.h"
#include "data/value.h"

struct cell {
        struct arena *arena;
        const struct value *object;
        int64_t now_ns;
        struct buf text; /* what a function wrote: the cell, unless it set `value` */
        struct value value;
};

typedef void (*cell_function)(struct cell *c);

struct cell_name {
        const char *name;
        cell_function run;
};

/* The tables of functions, each ended by a NULL name. */
extern const struct cell_name cells_workload[], cells_cluster[], cells_network[], cells_pod[];

/* The value of one cell. Null with *ret_oom set when memory is out. */
struct value cell_make(struct arena *a, const struct value *object, const char *specification, int64_t now_ns,
                       bool *ret_oom);

/* Appends "5m" since an RFC 3339 time value; "<unknown>" when there is none. */
void cell_since(struct cell *c, const struct value *time);

/* The value at a path like ".spec.replicas". */
const struct value *cell_at(const struct value *object, const char *path);

/* Appends text with a comma before it when the cell holds something already. */
void cell_item(struct cell *c, const char *text);

/* Appends a LabelSelector, or a plain map of labels, as kubectl shows it; "<none>" when empty. */
void cell_selector(struct cell *c, const struct value *selector, bool plain);
