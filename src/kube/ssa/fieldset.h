/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of field paths, and their serialised form FieldsV1 (metadata.managedFields[].fieldsV1; corpus ssa fieldpath_*).
 *
 * A set is a trie: children sorted in the order of FieldsV1, each a path element with a member mark and a subset.
 * Sets live in an arena and are immutable once shared: operations make new nodes and share unchanged subtrees.
 * Source of the rules: structured-merge-diff v6, fieldpath. */
#pragma once

#include "base/buf.h"
#include "data/value.h"

enum fieldset_kind {
        FIELDSET_FIELD, /* f:name */
        FIELDSET_KEY,   /* k:{"name":"c"}: an item of a keyed list */
        FIELDSET_VALUE, /* v:"x": an item of a set */
        FIELDSET_INDEX, /* i:0 */
};

/* One step of a path. Elements compare by kind (in the order above), then content. */
struct fieldset_element {
        enum fieldset_kind kind;
        const char *name; /* FIELD: the bytes, NUL-terminated */
        size_t name_len;
        int64_t index;      /* INDEX */
        struct value value; /* VALUE: the item; KEY: a map of the key fields, sorted by name */
};

struct fieldset_node;

/* A set. The empty set has no nodes; the root itself is never a member. */
struct fieldset {
        struct fieldset_node *nodes; /* sorted */
        size_t n;
};

struct fieldset_node {
        struct fieldset_element element;
        bool member;
        struct fieldset children;
};

#define FIELDSET_EMPTY ((struct fieldset){0})

int fieldset_compare_elements(const struct fieldset_element *x, const struct fieldset_element *y);

/* Order of scalars in elements: numbers (by value, whatever their type), strings, booleans, lists, maps, null. */
int fieldset_compare_values(const struct value *x, const struct value *y);

/* Parses and prints one serialised element ("f:name"). ERR_SYNTAX. ret_known is false (and ret unset) for an element
 * of a kind that we do not know, which readers pass over. */
int fieldset_parse_element(struct arena *a, const char *text, size_t n, struct fieldset_element *ret, bool *ret_known,
                           struct err *err);
int fieldset_format_element(struct arena *a, const struct fieldset_element *e, const char **ret, size_t *ret_len,
                            struct err *err);

/* The node of an element, or NULL (binary search). */
const struct fieldset_node *fieldset_find(const struct fieldset *set, const struct fieldset_element *e);

/* Collects the nodes of one level in any order; fieldset_builder_finish() sorts and joins equal elements. */
struct fieldset_builder {
        struct fieldset_node *nodes;
        size_t n, cap;
};
int fieldset_builder_add(struct arena *a, struct fieldset_builder *b, const struct fieldset_element *e, bool member,
                         const struct fieldset *children, struct err *err);
int fieldset_builder_finish(struct arena *a, struct fieldset_builder *b, struct fieldset *ret, struct err *err);

static inline struct fieldset_element fieldset_field(const char *name, size_t n) {
        return (struct fieldset_element){.kind = FIELDSET_FIELD, .name = name, .name_len = n};
}

/* Parses fieldsV1 (a value tree). ERR_SYNTAX for anything that is no FieldsV1. */
int fieldset_parse(struct arena *a, const struct value *fields_v1, struct fieldset *ret, struct err *err);

/* The FieldsV1 tree, members in canonical order. */
int fieldset_format(struct arena *a, const struct fieldset *set, struct value *ret, struct err *err);

bool fieldset_is_empty(const struct fieldset *set);
bool fieldset_equal(const struct fieldset *x, const struct fieldset *y);
size_t fieldset_count(const struct fieldset *set);

/* True when the path (n elements) is a member. */
bool fieldset_has(const struct fieldset *set, const struct fieldset_element *path, size_t n);

/* Adds one path. */
int fieldset_insert(struct arena *a, struct fieldset *set, const struct fieldset_element *path, size_t n,
                    struct err *err);

int fieldset_union(struct arena *a, const struct fieldset *x, const struct fieldset *y, struct fieldset *ret,
                   struct err *err);
int fieldset_intersection(struct arena *a, const struct fieldset *x, const struct fieldset *y, struct fieldset *ret,
                          struct err *err);
/* x without the members of y. */
int fieldset_difference(struct arena *a, const struct fieldset *x, const struct fieldset *y, struct fieldset *ret,
                        struct err *err);
/* x without the members of y and everything below them. */
int fieldset_recursive_difference(struct arena *a, const struct fieldset *x, const struct fieldset *y,
                                  struct fieldset *ret, struct err *err);
/* Members without members below them. */
int fieldset_leaves(struct arena *a, const struct fieldset *x, struct fieldset *ret, struct err *err);

/* Appends an element's text as messages show it: .name, [name="c"], [="x"], [0]. */
void fieldset_print_element(struct buf *b, const struct fieldset_element *e);

/* Calls visit for each member with its path, in order, until it answers non-zero; answers that. */
typedef int (*fieldset_visit)(void *userdata, const struct fieldset_element *path, size_t n);
int fieldset_walk(const struct fieldset *set, fieldset_visit visit, void *userdata);
