/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the JSONPath engine only: the parsed template. */
#pragma once

#include "data/jsonpath/jsonpath.h"

enum jsonpath_node_type {
        JSONPATH_TEXT,
        JSONPATH_LITERAL,    /* a number or boolean */
        JSONPATH_IDENTIFIER, /* range, end; anything else fails when it is reached */
        JSONPATH_FIELD,
        JSONPATH_SLICE,
        JSONPATH_FILTER,
        JSONPATH_WILDCARD,
        JSONPATH_RECURSIVE,
        JSONPATH_UNION,
        JSONPATH_ACTION, /* what stands between braces */
};

struct jsonpath_node;

struct jsonpath_list {
        struct jsonpath_node *nodes; /* in the arena */
        size_t n, cap;
};

/* One part of [start:end:step]. */
struct jsonpath_bound {
        int64_t value;
        bool known;
        bool derived; /* the end of a single index, made from the start */
};

#define JSONPATH_LITERAL_INT 1 /* in value.flags: Go's int, which error texts tell from int64 */

struct jsonpath_node {
        enum jsonpath_node_type type;
        struct value value; /* text, field and identifier: a string; literal: itself */
        struct jsonpath_bound bounds[3];
        const char *op;                /* filter: "==", …, or "exists" */
        struct jsonpath_list left;     /* filter; action: its nodes */
        struct jsonpath_list right;    /* filter */
        struct jsonpath_list *members; /* union: n_members lists */
        size_t n_members;
};

struct jsonpath {
        struct jsonpath_list root; /* texts and actions */
};

/* Appends a value as Go's fmt prints it with %v: map[a:1 b:[x y]], <nil>. NULL: what Go calls an invalid value. */
void jsonpath_print_go(struct buf *b, const struct value *v);

/* The members of a map in the order of their keys, in the arena; NULL when memory is out. */
const struct member **jsonpath_sorted_members(struct arena *a, const struct value *map);

/* Appends what stands between two quotes, escapes decoded. -1: an escape is malformed or a quote unescaped. */
int jsonpath_unquote(const char *s, const char *end, char quote, struct buf *out);

/* Compares two values as text/template does. 1 and 0: yes and no; -1: the operator is unknown or they cannot be
 * compared. NULL is Go's invalid value. */
int jsonpath_compare(const char *op, const struct value *x, const struct value *y, struct err *err);
