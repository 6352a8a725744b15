/* SPDX-License-Identifier: Apache-2.0 */
/* Merging of lists whose patch strategy is merge. */
#include "kube/smp/smp_internal.h"

#include "base/limits.h"

/* Joins two lists of scalars. A later equal item makes room for the last one, as in kube-apiserver; the order is put
 * right afterwards. Quadratic, hence the limit: lists of scalars that merge are finalizers and the like. */
static int join_scalars(struct smp *s, const struct value *x, const struct value *y, struct value *ret) {
        size_t n = (size_t)x->len + y->len;
        if (n > LIMIT_SET_LIST)
                return err_set(s->err, ERR_TOO_LARGE, "more than %d items in a list that is merged", LIMIT_SET_LIST);
        struct value *items = arena_alloc(s->a, (n + 1) * sizeof(*items));
        if (!items)
                return err_oom(s->err);
        for (size_t i = 0; i < n; i++)
                items[i] = i < x->len ? x->items[i] : y->items[i - x->len];
        for (size_t i = 0; i + 1 < n; i++)
                for (size_t j = i + 1; j < n;)
                        if (smp_same(&items[i], &items[j]))
                                items[j] = items[--n];
                        else
                                j++;
        *ret = (struct value){.type = VALUE_LIST, .len = (uint32_t)n, .items = items};
        return 0;
}

static int delete_scalars(struct smp *s, const struct value *list, const struct value *unwanted, struct value *ret) {
        struct smp_index index;
        if (smp_index_init(s, &index, unwanted, unwanted->len, NULL) < 0)
                return -1;
        struct value kept = value_list();
        VALUE_EACH_ITEM(item, list)
                if (smp_index_find(&index, item) < 0 && !value_append(s->a, &kept, *item))
                        return err_oom(s->err);
        *ret = kept;
        return 0;
}

/* The list's items but for those that index names. */
static int without(struct smp *s, const struct value *list, const struct smp_index *index, const char *merge_key,
                   struct value *ret) {
        struct value kept = value_list();
        VALUE_EACH_ITEM(item, list) {
                const struct value *id = value_get(item, merge_key);
                if ((!id || smp_index_find(index, id) < 0) && !value_append(s->a, &kept, *item))
                        return err_oom(s->err);
        }
        *ret = kept;
        return 0;
}

/* Obeys $patch in items: deletions are taken out of original, replace makes the patch's other items the whole list. */
static int obey_directives(struct smp *s, const struct value *original, const struct value *patch,
                           const char *merge_key, struct value *ret_original, struct value *ret_patch) {
        struct value plain = value_list(), deletions = value_list(), kept = *original;
        bool replace = false;
        VALUE_EACH_ITEM(item, patch) {
                const struct value *directive = value_get(item, SMP_PATCH);
                struct value *list = &plain;
                if (value_equals_str(directive, "delete")) {
                        if (!value_get(item, merge_key))
                                return smp_error_key(s, item, merge_key);
                        list = &deletions;
                } else if (value_equals_str(directive, "replace")) {
                        replace = true;
                        continue;
                } else if (value_equals_str(directive, "merge")) {
                        return err_set(s->err, ERR_INTERNAL, "merging lists cannot yet be specified in the patch");
                } else if (directive) {
                        return smp_error_directive(s, directive, item);
                }
                if (!value_append(s->a, list, *item))
                        return err_oom(s->err);
        }
        if (deletions.len) {
                struct smp_index index;
                if (smp_index_init(s, &index, &deletions, deletions.len, merge_key) < 0 ||
                    without(s, original, &index, merge_key, &kept) < 0)
                        return -1;
        }
        *ret_original = replace ? plain : kept;
        *ret_patch = replace ? value_list() : plain;
        return 0;
}

static int merge_items(struct smp *s, const struct value *original, const struct value *patch,
                       const struct smp_field *f, unsigned depth, struct value *ret) {
        size_t n = original->len, room = n + patch->len;
        struct value *items = arena_alloc(s->a, (room + 1) * sizeof(*items));
        struct smp_index index;
        if (!items)
                return err_oom(s->err);
        if (n)
                memcpy(items, original->items, n * sizeof(*items));
        struct value merged = {.type = VALUE_LIST, .len = (uint32_t)n, .items = items};
        if (smp_index_init(s, &index, &merged, room, f->merge_key) < 0)
                return -1;
        VALUE_EACH_ITEM(item, patch) {
                const struct value *id = value_get(item, f->merge_key);
                if (!id)
                        return smp_error_key(s, item, f->merge_key);
                long at = smp_index_find(&index, id);
                if (at >= 0) {
                        struct value one;
                        if (smp_merge_map(s, &items[at], item, f->schema, depth + 1, &one) < 0)
                                return -1;
                        items[at] = one;
                } else {
                        items[merged.len++] = *item;
                        smp_index_add(&index, items, merged.len - 1);
                }
        }
        *ret = merged;
        return 0;
}

/* "struct", "map": what an error calls the type of the items. */
static const char *item_name(const struct smp_field *f) {
        return !f->schema || f->schema->type == SCHEMA_STRUCT ? "struct" : "map";
}

/* The order of items on the server, as kube-apiserver sees it when the patch asks for an order: new items have taken
 * the places of deleted ones (it deletes and appends in one array). first: original without the deleted items. */
static int server_order(struct smp *s, const struct value *original, const struct value *first,
                        const struct value *merged, struct value *ret) {
        struct value order = *first;
        if (first->len < original->len) {
                order = value_list();
                for (uint32_t i = 0; i < original->len && i < merged->len; i++)
                        if (!value_append(s->a, &order, merged->items[i]))
                                return err_oom(s->err);
        }
        *ret = order;
        return 0;
}

int smp_merge_list(struct smp *s, const struct value *original, const struct value *patch, const struct smp_field *f,
                   bool deleting, unsigned depth, struct value *ret_order, struct value *ret) {
        enum value_type type;
        struct value merged, first = *original, rest = *patch, in_patch, others;
        *ret_order = *original;
        if (!original->len && !patch->len) {
                *ret = *original;
                return 0;
        }
        if (smp_item_type(s, original, patch, &type) < 0)
                return -1;
        if (type != VALUE_MAP) {
                if (s->merge_lists && deleting)
                        return delete_scalars(s, original, patch, ret);
                if (join_scalars(s, original, patch, &merged) < 0)
                        return -1;
        } else {
                if (!*f->merge_key)
                        return err_set(s->err, ERR_INTERNAL, "cannot merge lists without merge key for %s",
                                       item_name(f));
                if (obey_directives(s, original, patch, f->merge_key, &first, &rest) < 0 ||
                    merge_items(s, &first, &rest, f, depth, &merged) < 0)
                        return -1;
                if (rest.len && server_order(s, original, &first, &merged, ret_order) < 0)
                        return -1;
        }
        if (smp_partition(s, &merged, &rest, f->merge_key, &in_patch, &others) < 0)
                return -1;
        return smp_normalize_order(s, &in_patch, &others, &rest, &first, f->merge_key, type == VALUE_MAP, ret);
}
