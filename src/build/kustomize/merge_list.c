/* SPDX-License-Identifier: Apache-2.0 */
/* Lists merged element by element: by merge keys, or as a set of scalars. */
#include "build/kustomize/merge_walk.h"

#include "base/buf.h"
#include "base/limits.h"
#include "build/kustomize/scalar.h"

#define MERGE_KEYS_MAX 8

struct element { /* what the elements with the same keys become */
        const char *values[MERGE_KEYS_MAX];
        struct value *dest;       /* the first with these keys */
        const struct value *last; /* the last of several with these keys: it wins, as it is */
        const struct value *src;
        struct value merged;
        bool gone;
};

struct list_merge {
        const struct merger *m;
        const char *const *keys;
        size_t n_keys;
        bool fresh;               /* the destination is a copy of the patch */
        struct element *elements; /* in the patch's order, then the rest of the destination */
        size_t len;
        struct strmap index; /* joined key values to struct element */
};

/* ---- directives ---- */

/* A list's directive is an element of its own: {$patch: replace}. *own loses it. */
static int list_directive(struct arena *a, struct value *own, enum directive *ret, struct err *err) {
        const struct value *found = NULL;
        *ret = DIRECTIVE_MERGE;
        VALUE_EACH_ITEM(item, own)
                if (!found && value_is_map(item) && value_get(item, "$patch"))
                        found = item;
        if (!found || found->len > 1)
                return 0;
        const char *text = scalar_text(a, value_get(found, "$patch"));
        if (merge_directive(a, value_get(found, "$patch"), ret, err) < 0)
                return -1;
        struct value rest = value_list();
        VALUE_EACH_ITEM(item, own) {
                const struct value *patch = value_get(item, "$patch");
                if (patch && streq(scalar_text(a, patch), text))
                        continue;
                if (!value_append(a, &rest, *item))
                        return err_oom(err);
        }
        *own = rest;
        return 0;
}

/* ---- sets of scalars ---- */

static int add_scalars(struct arena *a, struct strmap *seen, const struct value *list, struct value *out,
                       struct err *err) {
        VALUE_EACH_ITEM(item, list) {
                if (!scalar_is(item) || item->type == VALUE_NULL)
                        continue;
                const char *text = scalar_text(a, item);
                int there = strmap_add(seen, text, strlen(text), item, NULL);
                if (there < 0 || (!there && !value_append(a, out, *item)))
                        return err_oom(err);
        }
        return 0;
}

static int merge_set(const struct merger *m, const struct value *dest, const struct value *src, struct value *ret,
                     struct err *err) {
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        struct value out = value_list();
        if (src && add_scalars(m->arena, &seen, src, &out, err) < 0)
                return -1;
        if (add_scalars(m->arena, &seen, dest, &out, err) < 0)
                return -1;
        *ret = out;
        return 1;
}

/* ---- keyed lists ---- */

static bool key_values(const struct list_merge *l, const struct value *item, const char **values) {
        bool any = false;
        for (size_t i = 0; i < l->n_keys; i++) {
                const struct value *v = value_get(item, l->keys[i]);
                values[i] = scalar_is(v) ? scalar_text(l->m->arena, v) : "";
                any |= *values[i] != 0;
        }
        return any;
}

/* kustomize compares several keys leniently: equal where both are set, and equal in one at least. */
static bool values_match(const struct list_merge *l, const char *const *a, const char *const *b) {
        bool common = false;
        for (size_t i = 0; i < l->n_keys; i++) {
                if (streq(a[i], b[i]))
                        common |= *a[i] != 0 || l->n_keys > 1;
                else if (*a[i] && *b[i])
                        return false;
        }
        return common;
}

static const char *join_values(const struct list_merge *l, const char *const *values, size_t *ret_len) {
        if (l->n_keys == 1) {
                *ret_len = strlen(values[0]);
                return values[0];
        }
        _cleanup_buf_ struct buf text = BUF_INIT(SIZE_MAX / 2);
        for (size_t i = 0; i < l->n_keys; i++)
                buf_addf(&text, "%s%c", values[i], '\x1f');
        *ret_len = text.len;
        return buf_failed(&text) ? NULL : arena_strndup(l->m->arena, buf_str(&text), text.len);
}

static struct element *find_element(struct list_merge *l, const char *const *values) {
        size_t n;
        if (l->n_keys == 1)
                return strmap_get(&l->index, values[0], strlen(values[0]));
        const char *key = join_values(l, values, &n);
        struct element *e = key ? strmap_get(&l->index, key, n) : NULL;
        for (size_t i = 0; !e && i < l->len; i++)
                if (values_match(l, l->elements[i].values, values))
                        e = &l->elements[i];
        return e;
}

static int add_element(struct list_merge *l, const char *const *values, struct value *dest, const struct value *src,
                       struct err *err) {
        struct element *e = find_element(l, values);
        if (e) {
                for (size_t i = 0; i < l->n_keys; i++)
                        if (!*e->values[i])
                                e->values[i] = values[i];
        } else {
                e = &l->elements[l->len++];
                memcpy(e->values, values, l->n_keys * sizeof(*values));
                size_t n;
                const char *key = join_values(l, values, &n);
                if (!key || strmap_set(&l->index, key, n, e) < 0)
                        return err_oom(err);
        }
        if (dest && e->dest)
                e->last = dest;
        else if (dest)
                e->dest = dest;
        if (src && !e->src)
                e->src = src;
        return 0;
}

static int merge_element(struct list_merge *l, struct element *e, struct merge_field field, struct err *err) {
        const struct merge_field inner = {.type = field.type};
        int there = merge_walk(l->m, e->dest, e->src, inner, &e->merged, err);
        if (there < 0)
                return -1;
        e->gone = !there || e->merged.type == VALUE_NULL || (e->merged.type == VALUE_MAP && !e->merged.len);
        if (e->gone || !value_is_map(&e->merged))
                return 0;
        for (size_t i = 0; i < l->n_keys; i++)
                if (*e->values[i] && !value_get(&e->merged, l->keys[i]) &&
                    !value_set(l->m->arena, &e->merged, l->keys[i], scalar_plain(e->values[i])))
                        return err_oom(err);
        return 0;
}

static int emit(struct list_merge *l, struct value *out, const struct value *v, struct err *err) {
        return value_append(l->m->arena, out, *v) ? 0 : err_oom(err);
}

/* With one key the patch's order comes first; with several, only what the patch adds does, and the destination keeps
 * its order behind. */
static int write_elements(struct list_merge *l, const struct value *keyless_src, const struct value *dest,
                          struct value *out, struct err *err) {
        bool several = false;
        for (size_t k = 1; k < l->n_keys; k++)
                for (size_t i = 0; i < l->len; i++)
                        several |= *l->elements[i].values[k] != 0;
        VALUE_EACH_ITEM(item, keyless_src)
                if (emit(l, out, item, err) < 0)
                        return -1;
        for (size_t i = 0; i < l->len; i++) {
                struct element *e = &l->elements[i];
                if (!e->gone && !(several && e->dest) && emit(l, out, e->last ? e->last : &e->merged, err) < 0)
                        return -1;
        }
        VALUE_EACH_ITEM(item, dest) {
                const char *values[MERGE_KEYS_MAX];
                if (!key_values(l, item, values)) {
                        if (value_is_map(item) && !item->len)
                                continue;
                        if (item->type != VALUE_NULL && emit(l, out, item, err) < 0)
                                return -1;
                        continue;
                }
                if (!several)
                        continue;
                const struct element *e = find_element(l, values);
                const struct value *v = e && e->last ? e->last : e ? &e->merged : NULL;
                bool here = e && !e->gone && item == (e->last ? e->last : e->dest);
                if (here && emit(l, out, v, err) < 0)
                        return -1;
        }
        return 0;
}

static int merge_keyed(struct list_merge *l, struct value *dest, const struct value *src, struct merge_field field,
                       struct value *ret, struct err *err) {
        size_t n = dest->len + (src ? src->len : 0);
        struct value keyless = value_list(), out = value_list();
        if (l->n_keys > 1 && n > LIMIT_MERGE_LIST)
                return err_set(err, ERR_TOO_LARGE, "a list of %zu elements is too long to be merged", n);
        l->elements = arena_zalloc(l->m->arena, n + 1, sizeof(*l->elements));
        if (!l->elements)
                return err_oom(err);
        const char *values[MERGE_KEYS_MAX];
        for (size_t i = 0; src && i < src->len; i++) {
                if (key_values(l, &src->items[i], values)) {
                        if (add_element(l, values, NULL, &src->items[i], err) < 0)
                                return -1;
                } else if (!l->fresh && !value_append(l->m->arena, &keyless, src->items[i])) {
                        return err_oom(err);
                }
        }
        VALUE_EACH_ITEM(item, dest)
                if (key_values(l, item, values) && add_element(l, values, item, NULL, err) < 0)
                        return -1;
        for (size_t i = 0; i < l->len; i++)
                if (merge_element(l, &l->elements[i], field, err) < 0)
                        return -1;
        if (write_elements(l, &keyless, dest, &out, err) < 0)
                return -1;
        *ret = out;
        return 1;
}

int merge_list(const struct merger *m, struct value *dest, const struct value *src, struct merge_field field,
               struct value *ret, struct err *err) {
        struct value own, copy;
        if (src) {
                enum directive d = DIRECTIVE_MERGE;
                own = *src;
                if (dest && list_directive(m->arena, &own, &d, err) < 0)
                        return -1;
                if (d == DIRECTIVE_DELETE)
                        return 0;
                src = &own;
                if (!dest || d == DIRECTIVE_REPLACE) {
                        if (value_clone(m->arena, &own, &copy, err) < 0)
                                return -1;
                        dest = &copy;
                }
        }
        if (!field.keys[0])
                return merge_set(m, dest, src, ret, err);
        struct list_merge l = {.m = m, .keys = field.keys, .fresh = dest == &copy};
        while (l.n_keys < MERGE_KEYS_MAX && field.keys[l.n_keys])
                l.n_keys++;
        int done = merge_keyed(&l, dest, src, field, ret, err);
        strmap_done(&l.index);
        return done;
}
