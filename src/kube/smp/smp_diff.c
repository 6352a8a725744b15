/* SPDX-License-Identifier: Apache-2.0 */
/* Making strategic merge patches: what kubectl apply and Helm send. */
#include "kube/smp/smp_diff.h"

#include "base/limits.h"

struct value *smp_add(struct smp *s, struct value *map, const char *prefix, const char *key, size_t n, struct value v) {
        const char *name = arena_printf(s->a, "%s/%.*s", prefix, (int)n, key);
        return name ? value_add(s->a, map, name, strlen(name), v) : NULL;
}

/* ---- scalars ---- */

struct printed {
        const char *text;
        const struct value *item;
};

static int compare_printed(const void *x, const void *y) {
        return strcmp(((const struct printed *)x)->text, ((const struct printed *)y)->text);
}

static int sort_printed(struct smp *s, const struct value *list, const char *merge_key, struct printed **ret) {
        struct printed *sorted = arena_zalloc(s->a, (size_t)list->len + 1, sizeof(*sorted));
        if (!sorted)
                return err_oom(s->err);
        for (size_t i = 0; i < list->len; i++) {
                const struct value *item = &list->items[i];
                if (merge_key && !value_is_map(item))
                        return smp_error_type(s, VALUE_MAP, item);
                const struct value *id = smp_identity(item, merge_key);
                if (!id)
                        return smp_error_key(s, item, merge_key);
                sorted[i] = (struct printed){.text = smp_text(s, id), .item = item};
        }
        qsort(sorted, list->len, sizeof(*sorted), compare_printed);
        *ret = sorted;
        return 0;
}

static int append(struct smp *s, struct value *list, struct value v) {
        return value_append(s->a, list, v) ? 0 : err_oom(s->err);
}

/* Which of two sorted lists goes on: <0 the original's item was removed, >0 the modified one's is new, 0 both. */
static int step(const struct printed *x, size_t i, size_t n, const struct printed *y, size_t j, size_t m) {
        if (i == n)
                return 1;
        if (j == m)
                return -1;
        return strcmp(x[i].text, y[j].text);
}

/* Puts the list's items into the order in which they are compared. */
static int sort_in_place(struct smp *s, const struct printed *sorted, const struct value *list) {
        struct value *items = arena_zalloc(s->a, (size_t)list->len + 1, sizeof(*items));
        if (!items)
                return err_oom(s->err);
        for (size_t i = 0; i < list->len; i++)
                items[i] = *sorted[i].item;
        memcpy(list->items, items, list->len * sizeof(*items));
        return 0;
}

static int diff_scalars(struct smp *s, const struct value *original, const struct value *modified,
                        struct smp_diff_options o, struct value *ret_added, struct value *ret_removed) {
        struct printed *x, *y;
        struct smp_index removed;
        if (sort_printed(s, original, NULL, &x) < 0 || sort_printed(s, modified, NULL, &y) < 0 ||
            smp_index_init(s, &removed, ret_removed, original->len, NULL) < 0)
                return -1;
        for (size_t i = 0, j = 0; i < original->len || j < modified->len;) {
                int order = step(x, i, original->len, y, j, modified->len);
                if (order > 0 && !o.ignore_changes && append(s, ret_added, *y[j].item) < 0)
                        return -1;
                if (order < 0 && !o.ignore_deletions && smp_index_find(&removed, x[i].item) < 0) {
                        if (append(s, ret_removed, *x[i].item) < 0)
                                return -1;
                        smp_index_add(&removed, ret_removed->items, ret_removed->len - 1);
                }
                i += order <= 0;
                j += order >= 0;
        }
        return o.sort_original ? sort_in_place(s, x, original) : 0;
}

/* ---- lists of maps ---- */

static int diff_items(struct smp *s, const struct value *original, const struct value *modified,
                      const struct smp_field *f, struct smp_diff_options o, unsigned depth, struct value *ret_patch,
                      struct value *ret_removed) {
        struct printed *x, *y;
        if (sort_printed(s, original, f->merge_key, &x) < 0 || sort_printed(s, modified, f->merge_key, &y) < 0)
                return -1;
        for (size_t i = 0, j = 0; i < original->len || j < modified->len;) {
                int order = step(x, i, original->len, y, j, modified->len);
                struct value one = value_map();
                if (order == 0) {
                        if (smp_diff_maps(s, x[i].item, y[j].item, f->schema, o, depth + 1, &one) < 0)
                                return -1;
                        if (one.len && (!value_set(s->a, &one, f->merge_key, *value_get(y[j].item, f->merge_key)) ||
                                        !value_append(s->a, ret_patch, one)))
                                return err_oom(s->err);
                } else if (order > 0 && !o.ignore_changes) {
                        if (append(s, ret_patch, *y[j].item) < 0)
                                return -1;
                } else if (order < 0 && !o.ignore_deletions) {
                        if (!value_set(s->a, &one, f->merge_key, *value_get(x[i].item, f->merge_key)) ||
                            !value_set(s->a, &one, SMP_PATCH, value_str("delete")) ||
                            !value_append(s->a, ret_removed, one))
                                return err_oom(s->err);
                }
                i += order <= 0;
                j += order >= 0;
        }
        return 0;
}

static bool same_order(const struct value *original, const struct value *modified, const char *merge_key) {
        if (original->len != modified->len)
                return false;
        for (size_t i = 0; i < modified->len; i++)
                if (!smp_same(value_get(&original->items[i], merge_key), value_get(&modified->items[i], merge_key)))
                        return false;
        return true;
}

/* What a list's diff puts into the patch. */
struct list_diff {
        struct value patch, removed, order;
};

static int diff_list_of_maps(struct smp *s, const struct value *original, const struct value *modified,
                             const struct smp_field *f, struct smp_diff_options o, unsigned depth,
                             struct list_diff *d) {
        struct value removed = value_list(), sorted;
        if (diff_items(s, original, modified, f, o, depth, &d->patch, &removed) < 0 ||
            smp_sort_by(s, &d->patch, modified, f->merge_key, true, &sorted) < 0)
                return -1;
        d->patch = sorted;
        VALUE_EACH_ITEM(item, &removed)
                if (append(s, &d->patch, *item) < 0)
                        return -1;
        bool changed = d->patch.len > 0;
        if (!((!o.ignore_changes && (changed || !same_order(original, modified, f->merge_key))) ||
              (!o.ignore_deletions && changed)) ||
            !o.set_order)
                return 0;
        VALUE_EACH_ITEM(item, modified) {
                struct value one = value_map();
                if (!value_set(s->a, &one, f->merge_key, *value_get(item, f->merge_key)) ||
                    !value_append(s->a, &d->order, one))
                        return err_oom(s->err);
        }
        return 0;
}

static int diff_list_of_scalars(struct smp *s, const struct value *original, const struct value *modified,
                                struct smp_diff_options o, struct list_diff *d) {
        struct value sorted;
        if (diff_scalars(s, original, modified, o, &d->patch, &d->removed) < 0 ||
            smp_sort_by(s, &d->patch, modified, "", false, &sorted) < 0)
                return -1;
        d->patch = sorted;
        if (o.set_order &&
            ((!o.ignore_deletions && d->removed.len) || (!o.ignore_changes && !value_equal(original, modified))))
                d->order = *modified;
        return 0;
}

static int diff_lists(struct smp *s, const struct value *original, const struct value *modified,
                      const struct smp_field *f, struct smp_diff_options o, unsigned depth, struct list_diff *d) {
        enum value_type type;
        if (!original->len) {
                if (!o.ignore_changes)
                        d->patch = *modified;
                return 0;
        }
        if (smp_item_type(s, original, modified, &type) < 0)
                return -1;
        if (type == VALUE_MAP)
                return diff_list_of_maps(s, original, modified, f, o, depth, d);
        return diff_list_of_scalars(s, original, modified, o, d);
}

static int diff_list_member(struct smp *s, const struct member *original, const struct value *modified,
                            const struct schema *schema, struct smp_diff_options o, unsigned depth,
                            struct value *patch) {
        struct smp_field f;
        const char *key = original->key;
        size_t n = original->key_len;
        struct list_diff d = {value_list(), value_list(), value_list()};
        if (smp_find_list(s, schema, key, n, &f) < 0) {
                if (!value_equal(&original->value, modified))
                        return -1;
                err_done(s->err);
                return 0;
        }
        if (!(f.patch & SCHEMA_PATCH_MERGE)) {
                if (!o.ignore_changes && !value_equal(&original->value, modified) &&
                    !value_add(s->a, patch, key, n, *modified))
                        return err_oom(s->err);
                return 0;
        }
        o.retain_keys = f.patch & SCHEMA_PATCH_RETAIN_KEYS;
        if (diff_lists(s, &original->value, modified, &f, o, depth, &d) < 0)
                return -1;
        if ((d.patch.len && !value_add(s->a, patch, key, n, d.patch)) ||
            (d.removed.len && !smp_add(s, patch, SMP_DELETE_PREFIX, key, n, d.removed)) ||
            (d.order.len && !smp_add(s, patch, SMP_ORDER_PREFIX, key, n, d.order)))
                return err_oom(s->err);
        return 0;
}

/* ---- maps ---- */

static int diff_map_member(struct smp *s, const struct member *original, const struct value *modified,
                           const struct schema *schema, struct smp_diff_options o, unsigned depth,
                           struct value *patch) {
        struct smp_field f;
        struct value inner;
        if (smp_find_map(s, schema, original, &f) < 0) {
                if (!value_equal(&original->value, modified))
                        return -1;
                err_done(s->err);
                return 0;
        }
        o.retain_keys = f.patch & SCHEMA_PATCH_RETAIN_KEYS;
        if (f.patch & SCHEMA_PATCH_REPLACE) {
                if (!o.ignore_changes && !value_add(s->a, patch, original->key, original->key_len, *modified))
                        return err_oom(s->err);
                return 0;
        }
        if (smp_diff_maps(s, &original->value, modified, f.schema, o, depth + 1, &inner) < 0)
                return -1;
        if (inner.len && !value_add(s->a, patch, original->key, original->key_len, inner))
                return err_oom(s->err);
        return 0;
}

static int diff_member(struct smp *s, const struct member *original, const struct value *modified,
                       const struct schema *schema, struct smp_diff_options o, unsigned depth, struct value *patch) {
        const struct value *x = &original->value;
        if (streq(original->key, SMP_PATCH)) {
                if (!value_is_string(x) || !value_is_string(modified))
                        return err_set(s->err, ERR_INTERNAL, "invalid value for special key: %s", SMP_PATCH);
                if (!smp_same(x, modified) && !value_add(s->a, patch, SMP_PATCH, strlen(SMP_PATCH), *modified))
                        return err_oom(s->err);
                return 0;
        }
        if (x->type == modified->type && x->type == VALUE_MAP)
                return diff_map_member(s, original, modified, schema, o, depth, patch);
        if (x->type == modified->type && x->type == VALUE_LIST)
                return diff_list_member(s, original, modified, schema, o, depth, patch);
        if (!o.ignore_changes && !smp_same(x, modified) &&
            !value_add(s->a, patch, original->key, original->key_len, *modified))
                return err_oom(s->err);
        return 0;
}

/* $retainKeys, sorted: what the modified map has and is not null. */
static int add_retain_keys(struct smp *s, const struct value *original, const struct value *modified,
                           struct value *patch) {
        struct value keys = value_list(), sorted = value_list();
        struct printed *printed;
        bool lost = false;
        VALUE_EACH_MEMBER(m, modified)
                if (!value_is_null(&m->value) && append(s, &keys, value_strn(m->key, m->key_len)) < 0)
                        return -1;
        VALUE_EACH_MEMBER(m, original)
                lost |= !value_is_null(&m->value) && !value_getn(modified, m->key, m->key_len);
        if (!keys.len || (!patch->len && !lost))
                return 0;
        if (sort_printed(s, &keys, NULL, &printed) < 0)
                return -1;
        for (size_t i = 0; i < keys.len; i++)
                if (append(s, &sorted, *printed[i].item) < 0)
                        return -1;
        return value_set(s->a, patch, SMP_RETAIN_KEYS, sorted) ? 0 : err_oom(s->err);
}

int smp_diff_maps(struct smp *s, const struct value *original, const struct value *modified,
                  const struct schema *schema, struct smp_diff_options o, unsigned depth, struct value *ret) {
        struct value patch = value_map();
        struct value_index in_original, in_modified;
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(s->err, ERR_TOO_LARGE, "object is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        if (value_index_init(s->a, &in_original, original) < 0 || value_index_init(s->a, &in_modified, modified) < 0)
                return err_oom(s->err);
        VALUE_EACH_MEMBER(m, modified) {
                const struct value *x = value_index_get(&in_original, original, m->key, m->key_len);
                struct member named = *m;
                if (x) {
                        named.value = *x;
                        if (diff_member(s, &named, &m->value, schema, o, depth, &patch) < 0)
                                return -1;
                } else if (!o.ignore_changes && !value_add(s->a, &patch, m->key, m->key_len, m->value)) {
                        return err_oom(s->err);
                }
        }
        if (!o.ignore_deletions)
                VALUE_EACH_MEMBER(m, original)
                        if (!value_index_get(&in_modified, modified, m->key, m->key_len) &&
                            !value_add(s->a, &patch, m->key, m->key_len, value_null()))
                                return err_oom(s->err);
        if (o.retain_keys && add_retain_keys(s, original, modified, &patch) < 0)
                return -1;
        *ret = patch;
        return 0;
}
