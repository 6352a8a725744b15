/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of strategic merge share. */
#pragma once

#include "base/buf.h"
#include "kube/smp/smp.h"

#define SMP_PATCH "$patch"
#define SMP_RETAIN_KEYS "$retainKeys"
#define SMP_DELETE_PREFIX "$deleteFromPrimitiveList"
#define SMP_ORDER_PREFIX "$setElementOrder"

struct smp {
        struct arena *a;
        struct err *err;
        bool merge_lists; /* false while two patches are merged into one: directives are kept instead of obeyed */
        bool drop_nulls;  /* a null that removes nothing is forgotten */
};

/* A field as merging sees it. */
struct smp_field {
        const struct schema *schema; /* of its value, or of its items (smp_find_list); NULL: nothing is known */
        const char *merge_key;       /* "" when there is none */
        unsigned patch;              /* enum schema_patch */
};

int smp_find_map(struct smp *s, const struct schema *schema, const struct member *m, struct smp_field *ret);
int smp_find_list(struct smp *s, const struct schema *schema, const char *key, size_t n, struct smp_field *ret);

/* Merges patch into original; neither is changed. */
int smp_merge_map(struct smp *s, const struct value *original, const struct value *patch, const struct schema *schema,
                  unsigned depth, struct value *ret);

/* Merges two lists whose strategy is merge. deleting: patch names scalars to take out. ret_order: the server's items in
 * the order that $setElementOrder respects. */
int smp_merge_list(struct smp *s, const struct value *original, const struct value *patch, const struct smp_field *f,
                   bool deleting, unsigned depth, struct value *ret_order, struct value *ret);

/* Checks $setElementOrder against the patch, and puts merged items in its order. */
int smp_check_order(struct smp *s, const struct value *patch, const struct value *order, const char *merge_key);
int smp_partition(struct smp *s, const struct value *list, const struct value *by, const char *merge_key,
                  struct value *ret_in, struct value *ret_others);
int smp_normalize_order(struct smp *s, const struct value *in_patch, const struct value *others,
                        const struct value *patch_order, const struct value *server_order, const char *merge_key,
                        bool maps, struct value *ret);
int smp_sort_by(struct smp *s, const struct value *list, const struct value *order, const char *merge_key, bool maps,
                struct value *ret);

/* The common type of all items of both lists; they must not be lists themselves. */
int smp_item_type(struct smp *s, const struct value *x, const struct value *y, enum value_type *ret);

/* Without nulls in maps (drop_nulls) and without maps that carry $patch. keep is false when v itself is such a map. */
int smp_clean(struct smp *s, const struct value *v, bool drop_nulls, unsigned depth, struct value *ret, bool *ret_keep);

/* ---- an index of a list's items by their scalar or by their merge key ---- */

struct smp_index {
        uint32_t *slots; /* position + 1 */
        uint32_t mask;
        uint32_t n;
        const struct value *items;
        const char *merge_key; /* NULL: items are the scalars */
};

/* room: how many items may be in it later (smp_index_add). The first of equal items wins. */
int smp_index_init(struct smp *s, struct smp_index *x, const struct value *list, size_t room, const char *merge_key);
/* Position of the item whose scalar or merge key is v, or -1. */
long smp_index_find(const struct smp_index *x, const struct value *v);
void smp_index_add(struct smp_index *x, const struct value *items, uint32_t position);

/* What identifies an item: itself, or its merge key's value (NULL when absent). */
const struct value *smp_identity(const struct value *item, const char *merge_key);

/* Go's ==: same type, same scalar; never true for maps and lists. */
bool smp_same(const struct value *x, const struct value *y);

/* ---- texts ---- */

/* As Go's %v prints it: map[a:1 b:[x y]], <nil>. */
void smp_print(struct buf *b, const struct value *v);
const char *smp_text(struct smp *s, const struct value *v);
/* Go's name of the value's type: "map[string]interface {}", "string", "<nil>". */
const char *smp_type_text(enum value_type type);

int smp_error_type(struct smp *s, enum value_type wanted, const struct value *found);
int smp_error_key(struct smp *s, const struct value *map, const char *merge_key);
int smp_error_directive(struct smp *s, const struct value *directive, const struct value *map);
