/* SPDX-License-Identifier: Apache-2.0 */
/* The order of merged lists: what the patch names comes in the patch's order, what only the server has keeps its
 * place relative to that. */
#include "kube/smp/smp_internal.h"

static const char *key_of(const char *merge_key) {
        return *merge_key ? merge_key : NULL;
}

int smp_item_type(struct smp *s, const struct value *x, const struct value *y, enum value_type *ret) {
        const struct value *lists[] = {x, y};
        bool found = false;
        for (size_t l = 0; l < ARRAY_LEN(lists); l++)
                for (size_t i = 0; lists[l] && i < lists[l]->len; i++) {
                        enum value_type type = lists[l]->items[i].type;
                        if (!found && type == VALUE_LIST)
                                return err_set(s->err, ERR_INVALID, "lists of lists are not supported");
                        if (found && type != *ret)
                                return err_set(s->err, ERR_INTERNAL, "list element types are not identical: [%s %s]",
                                               x ? smp_text(s, x) : "[]", y ? smp_text(s, y) : "[]");
                        *ret = type;
                        found = true;
                }
        return found ? 0 : err_set(s->err, ERR_INTERNAL, "no elements in any of the given slices");
}

static bool is_deletion(const struct value *item) {
        return value_equals_str(value_get(item, SMP_PATCH), "delete");
}

/* Are both the same item? */
static int same_item(struct smp *s, const struct value *x, const struct value *y, const char *merge_key, bool *ret) {
        if (!*merge_key) {
                *ret = smp_same(x, y);
                return 0;
        }
        const struct value *both[] = {x, y};
        for (size_t i = 0; i < 2; i++) {
                if (!value_is_map(both[i]))
                        return smp_error_type(s, VALUE_MAP, both[i]);
                if (!value_get(both[i], merge_key))
                        return smp_error_key(s, both[i], merge_key);
        }
        *ret = smp_same(value_get(x, merge_key), value_get(y, merge_key));
        return 0;
}

/* The items of the patch must stand in the order that it asks for. */
int smp_check_order(struct smp *s, const struct value *patch, const struct value *order, const char *merge_key) {
        size_t at = 0, n = patch ? patch->len : 0;
        if (!n || !order->len)
                return 0;
        if (*merge_key)
                for (size_t i = 0; i < n; i++)
                        if (!value_is_map(&patch->items[i]))
                                return smp_error_type(s, VALUE_MAP, &patch->items[i]);
        for (size_t i = 0; i < order->len; i++) {
                while (at < n && value_get(&patch->items[at], SMP_PATCH))
                        at++;
                if (at == n)
                        return 0;
                bool same = false;
                if (same_item(s, &patch->items[at], &order->items[i], merge_key, &same) < 0)
                        return -1;
                at += same;
        }
        while (at < n && *merge_key && is_deletion(&patch->items[at]))
                at++;
        if (at == n)
                return 0;
        return err_set(s->err, ERR_INTERNAL, "The order in patch list:\n%s\n doesn't match %s list:\n%s\n",
                       smp_text(s, patch), SMP_ORDER_PREFIX, smp_text(s, order));
}

int smp_partition(struct smp *s, const struct value *list, const struct value *by, const char *merge_key,
                  struct value *ret_in, struct value *ret_others) {
        struct smp_index index;
        for (size_t i = 0; *merge_key && i < by->len; i++)
                if (!value_is_map(&by->items[i]))
                        return err_set(s->err, ERR_INTERNAL, "value for key %zu is not a map", i);
        if (smp_index_init(s, &index, by, by->len, key_of(merge_key)) < 0)
                return -1;
        *ret_in = *ret_others = value_list();
        VALUE_EACH_ITEM(item, list) {
                if (*merge_key && !value_is_map(item))
                        return smp_error_type(s, VALUE_MAP, item);
                const struct value *id = smp_identity(item, key_of(merge_key));
                if (!id)
                        return smp_error_key(s, item, merge_key);
                if (!value_append(s->a, smp_index_find(&index, id) >= 0 ? ret_in : ret_others, *item))
                        return err_oom(s->err);
        }
        return 0;
}

struct ranked {
        long rank;
        size_t position;
        struct value item;
};

static int compare_ranked(const void *x, const void *y) {
        const struct ranked *a = x, *b = y;
        if (a->rank != b->rank)
                return a->rank < b->rank ? -1 : 1;
        return (a->position > b->position) - (a->position < b->position);
}

static int check_keys(struct smp *s, const struct value *list, const char *merge_key) {
        VALUE_EACH_ITEM(item, list) {
                if (!value_is_map(item))
                        return smp_error_type(s, VALUE_MAP, item);
                if (!value_get(item, merge_key))
                        return smp_error_key(s, item, merge_key);
        }
        return 0;
}

/* Sorts list by each item's place in order; deletions go last. */
int smp_sort_by(struct smp *s, const struct value *list, const struct value *order, const char *merge_key, bool maps,
                struct value *ret) {
        const char *key = maps ? merge_key : NULL;
        struct smp_index index;
        if (maps && (check_keys(s, list, merge_key) < 0 || check_keys(s, order, merge_key) < 0))
                return -1;
        if (smp_index_init(s, &index, order, order->len, key) < 0)
                return -1;
        struct ranked *ranked = arena_zalloc(s->a, (size_t)list->len + 1, sizeof(*ranked));
        if (!ranked)
                return err_oom(s->err);
        for (size_t i = 0; i < list->len; i++) {
                const struct value *item = &list->items[i];
                bool last = maps && is_deletion(item);
                ranked[i] = (struct ranked){.rank = last ? INT32_MAX : smp_index_find(&index, smp_identity(item, key)),
                                            .position = i,
                                            .item = *item};
        }
        qsort(ranked, list->len, sizeof(*ranked), compare_ranked);
        struct value sorted = value_list();
        for (size_t i = 0; i < list->len; i++)
                if (!value_append(s->a, &sorted, ranked[i].item))
                        return err_oom(s->err);
        *ret = sorted;
        return 0;
}

int smp_normalize_order(struct smp *s, const struct value *in_patch, const struct value *others,
                        const struct value *patch_order, const struct value *server_order, const char *merge_key,
                        bool maps, struct value *ret) {
        struct value left, right, merged = value_list();
        struct smp_index index;
        if (smp_sort_by(s, in_patch, patch_order, merge_key, maps, &right) < 0 ||
            smp_sort_by(s, others, server_order, merge_key, maps, &left) < 0 ||
            smp_index_init(s, &index, server_order, server_order->len, maps ? merge_key : NULL) < 0)
                return -1;
        for (size_t i = 0, j = 0; i < left.len || j < right.len;) {
                bool take_left = j == right.len;
                if (i < left.len && j < right.len) {
                        const char *key = maps ? merge_key : NULL;
                        long l = smp_index_find(&index, smp_identity(&left.items[i], key));
                        long r = smp_index_find(&index, smp_identity(&right.items[j], key));
                        take_left = l >= 0 && r >= 0 && l < r;
                }
                if (!value_append(s->a, &merged, take_left ? left.items[i++] : right.items[j++]))
                        return err_oom(s->err);
        }
        *ret = merged;
        return 0;
}
