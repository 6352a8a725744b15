/* SPDX-License-Identifier: Apache-2.0 */
/* Lists merged element by element: by merge keys, or as a set of scalars. */
#include "build/kustomize/merge/merge_walk.h"

#include "build/kustomize/field/scalar.h"

/* ---- directives ---- */

static bool is_empty(const struct value *v) {
        return v->type == VALUE_NULL || (v->type == VALUE_MAP && !v->len);
}

/* A list's directive is an element of its own: {$patch: replace}. *own loses it, and what is empty with it. */
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
                if (is_empty(item) || (patch && streq(scalar_text(a, patch), text)))
                        continue;
                if (!value_append(a, &rest, *item))
                        return err_oom(err);
        }
        *own = rest;
        return 0;
}

/* ---- sets of scalars ---- */

/* kustomize makes the scalars anew from their texts: only quotes stay, and no tag. */
static int add_scalars(struct arena *a, struct strmap *seen, const struct value *list, struct value *out,
                       struct err *err) {
        VALUE_EACH_ITEM(item, list) {
                if (is_empty(item) || value_get(item, "$patch"))
                        continue;
                if (!scalar_is(item))
                        return scalar_wrong_kind("ScalarNode", item, err);
                const char *text = scalar_node_text(a, item);
                int there = strmap_add(seen, text, strlen(text), item, NULL);
                if (there < 0 || (!there && !value_append(a, out, scalar_styled(item, text))))
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

/* ---- lists keyed by one field ---- */

struct element {                  /* what the elements with the same key become */
        struct value *dest;       /* the first with this key */
        const struct value *last; /* the last of several with this key: it wins, as it is */
        const struct value *src;
        struct value merged;
        const char *text; /* the key's value */
        bool gone;
};

struct list_merge {
        struct merger *m;
        const char *key;
        struct element *elements; /* in the patch's order, then the rest of the destination */
        size_t len;
        struct strmap index; /* the key's value to struct element */
};

/* The text of the element's key; "" when it has none or a null. */
static const char *key_text(const struct list_merge *l, const struct value *item) {
        const struct value *v = value_get(item, l->key);
        return v && scalar_is(v) ? scalar_text(l->m->arena, v) : "";
}

/* Such elements make kustomize drop others (see merge_several()). */
static bool lacks_keys(const struct list_merge *l, const struct value *list) {
        VALUE_EACH_ITEM(item, list)
                if (!*key_text(l, item))
                        return true;
        return false;
}

static int add_element(struct list_merge *l, const char *text, struct value *dest, const struct value *src,
                       struct err *err) {
        struct element *e = strmap_get(&l->index, text, strlen(text));
        if (!e) {
                e = &l->elements[l->len++];
                e->text = text;
                if (strmap_set(&l->index, text, strlen(text), e) < 0)
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

/* kustomize forgets the replacement of an element that is there: the old one takes its place back. */
static bool keeps_old(const struct element *e) {
        return e->dest && e->src && e->dest != e->src && value_equals_str(value_get(e->src, "$patch"), "replace");
}

static int merge_element(struct list_merge *l, struct element *e, struct merge_field field, struct err *err) {
        const struct merge_field inner = {.type = field.type};
        if (keeps_old(e)) {
                e->merged = *e->dest;
                return 0;
        }
        int there = merge_walk(l->m, e->dest, e->src, inner, &e->merged, err);
        if (there < 0)
                return -1;
        e->gone = !there || is_empty(&e->merged);
        if (e->gone || !value_is_map(&e->merged) || value_get(&e->merged, l->key))
                return 0;
        return value_set(l->m->arena, &e->merged, l->key, scalar_plain(e->text)) ? 0 : err_oom(err);
}

static int emit(struct list_merge *l, struct value *out, const struct value *v, struct err *err) {
        return is_empty(v) || value_append(l->m->arena, out, *v) ? 0 : err_oom(err);
}

/* Every element has its key. */
static int merge_keyed(struct list_merge *l, struct value *dest, const struct value *src, struct merge_field field,
                       struct value *ret, struct err *err) {
        struct value out = value_list();
        l->elements = arena_zalloc(l->m->arena, dest->len + (src ? src->len : 0) + 1, sizeof(*l->elements));
        if (!l->elements)
                return err_oom(err);
        for (size_t i = 0; src && i < src->len; i++)
                if (add_element(l, key_text(l, &src->items[i]), NULL, &src->items[i], err) < 0)
                        return -1;
        VALUE_EACH_ITEM(item, dest)
                if (add_element(l, key_text(l, item), item, NULL, err) < 0)
                        return -1;
        for (size_t i = 0; i < l->len; i++)
                if (merge_element(l, &l->elements[i], field, err) < 0)
                        return -1;
        for (size_t i = 0; i < l->len; i++) {
                const struct element *e = &l->elements[i];
                if (!e->gone && emit(l, &out, e->last ? e->last : &e->merged, err) < 0)
                        return -1;
        }
        *ret = out;
        return 1;
}

int merge_list(struct merger *m, struct value *dest, const struct value *src, struct merge_field field,
               struct value *ret, struct err *err) {
        struct value own;
        if (src) {
                enum directive d = DIRECTIVE_MERGE;
                bool itself = dest == src;
                own = *src;
                if (dest && list_directive(m->arena, &own, &d, err) < 0)
                        return -1;
                if (d == DIRECTIVE_DELETE)
                        return 0;
                src = &own;
                if (itself) {
                        dest = &own;
                } else if (!dest || d == DIRECTIVE_REPLACE) {
                        struct value bare = own;
                        if (value_clone(m->arena, &bare, &own, err) < 0)
                                return -1;
                        dest = &own;
                }
        }
        if (!field.keys[0])
                return merge_set(m, dest, src, ret, err);
        size_t n = 0;
        while (n < MERGE_KEYS_MAX && field.keys[n])
                n++;
        if (n > 1)
                return merge_several(m, field.keys, n, dest, src, field, ret, err);
        struct list_merge l = {.m = m, .key = field.keys[0]};
        if (lacks_keys(&l, dest) || (src && lacks_keys(&l, src)))
                return merge_several(m, field.keys, n, dest, src, field, ret, err);
        int done = merge_keyed(&l, dest, src, field, ret, err);
        strmap_done(&l.index);
        return done;
}
