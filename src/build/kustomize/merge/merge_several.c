/* SPDX-License-Identifier: Apache-2.0 */
/* Lists merged by several keys (ports by number and protocol), and by one key that some elements lack. kustomize's way
 * with such elements is peculiar (one of them in a patch removes all others of the destination), and its order is the
 * contract, so the steps are kept: merge the key values, merge the elements, put the destination's elements behind.
 * Quadratic, for lists of at most LIMIT_MERGE_LIST elements. */
#include "base/limits.h"
#include "build/kustomize/merge/merge_walk.h"
#include "build/kustomize/field/scalar.h"

struct several {
        struct merger *m;
        const char *const *keys;
        size_t n_keys;
        const char *(*tuples)[MERGE_KEYS_MAX]; /* the key values of all elements, the patch's first */
        size_t n_tuples;
        const char *valid[MERGE_KEYS_MAX]; /* the keys that any element has */
        size_t at[MERGE_KEYS_MAX];         /* where they stand in a tuple */
        size_t n_valid;
};

static bool field_matches(const struct several *s, const struct value *element, const char *key, const char *want) {
        const struct value *v = value_get(element, key);
        return v && (!*want || streq(scalar_node_text(s->m->arena, v), want));
}

static bool has_empty_field(const struct several *s, const struct value *element, const char *key) {
        const struct value *v = value_get(element, key);
        return v && !*scalar_node_text(s->m->arena, v);
}

/* kyaml's ElementSetter: replaces the elements that match, or appends; without element, removes them. A value that is
 * empty matches any; without values nothing matches, and nothing stays. */
static int set_element(const struct several *s, struct value *list, const char *const *values, size_t n_values,
                       const struct value *element, struct err *err) {
        size_t kept = 0;
        bool replaced = false, of_maps = n_values && *values[0];
        for (size_t i = 0; i < list->len; i++) {
                const struct value v = list->items[i];
                if (v.type == VALUE_NULL || (v.type == VALUE_MAP && !v.len))
                        continue;
                if (v.type != VALUE_MAP && n_values && !of_maps)
                        return scalar_wrong_kind("MappingNode", &v, err);
                bool last = false, found = v.type == VALUE_MAP;
                for (size_t k = 0; found && k < s->n_valid; k++) {
                        if (k < n_values)
                                last = field_matches(s, &v, s->valid[k], values[k]);
                        found = last;
                }
                if (!found && n_values)
                        list->items[kept++] = v;
                if (!found || !element)
                        continue;
                list->items[kept++] = *element;
                replaced = true;
        }
        list->len = (uint32_t)kept;
        if (element && !replaced && !value_append(s->m->arena, list, *element))
                return err_oom(err);
        return 0;
}

/* ---- key values ---- */

static void add_tuples(struct several *s, const struct value *list) {
        VALUE_EACH_ITEM(item, list) {
                const char **tuple = s->tuples[s->n_tuples];
                for (size_t k = 0; k < s->n_keys; k++) {
                        const struct value *v = value_get(item, s->keys[k]);
                        tuple[k] = v && scalar_is(v) ? scalar_text(s->m->arena, v) : "";
                }
                bool seen = false;
                for (size_t i = 0; i < s->n_tuples && !seen; i++) {
                        seen = true;
                        for (size_t k = 0; k < s->n_keys && seen; k++)
                                seen = streq(s->tuples[i][k], tuple[k]);
                }
                s->n_tuples += !seen;
        }
}

/* Two tuples are one when they are equal somewhere and nowhere contradict: both take the fuller values. All are
 * compared with the i-th as it was before, so what it becomes is what the last of them made of it. */
static void unite(struct several *s, size_t i) {
        const char *first[MERGE_KEYS_MAX], *united[MERGE_KEYS_MAX];
        memcpy(first, s->tuples[i], sizeof(first));
        for (size_t j = 0; j < s->n_tuples; j++) {
                bool common = false, same = true;
                for (size_t k = 0; k < s->n_keys && same; k++) {
                        const char *a = first[k], *b = s->tuples[j][k];
                        common |= streq(a, b);
                        same = streq(a, b) || !*a || !*b;
                        united[k] = *a ? a : b;
                }
                for (size_t k = 0; common && same && k < s->n_keys; k++)
                        s->tuples[i][k] = s->tuples[j][k] = united[k];
        }
}

static void find_valid_keys(struct several *s) {
        for (size_t k = 0; k < s->n_keys; k++) {
                bool any = false;
                for (size_t i = 0; i < s->n_tuples && !any; i++)
                        any = *s->tuples[i][k] != 0;
                if (!any)
                        continue;
                s->at[s->n_valid] = k;
                s->valid[s->n_valid++] = s->keys[k];
        }
        for (size_t k = 0; !s->n_valid && k < s->n_keys; k++)
                s->at[k] = k;
        if (!s->n_valid) {
                memcpy(s->valid, s->keys, s->n_keys * sizeof(*s->keys));
                s->n_valid = s->n_keys;
        }
}

/* ---- merging ---- */

/* The first element that has all the values that are set; when none is, one whose keys are there and empty. */
static struct value *find_element(const struct several *s, const struct value *list, const char *const *values) {
        bool any = false;
        for (size_t k = 0; k < s->n_valid; k++)
                any |= *values[k] != 0;
        if (list)
                VALUE_EACH_ITEM(item, list) {
                        bool found = value_is_map(item);
                        for (size_t k = 0; found && k < s->n_valid; k++)
                                if (*values[k])
                                        found = field_matches(s, item, s->valid[k], values[k]);
                                else if (!any)
                                        found = has_empty_field(s, item, s->valid[k]);
                        if (found)
                                return item;
                }
        return NULL;
}

/* Merges the elements of one tuple and adds the result. Like kyaml it leaves its traces in both lists, which the next
 * tuple sees when it finds the same elements: the patch's has no directive any more, the destination's is the merged
 * one unless it was replaced. */
static int merge_tuple(const struct several *s, const char *const *tuple, struct value *dest, struct value *src,
                       struct merge_field field, struct value *added, struct err *err) {
        const char *values[MERGE_KEYS_MAX];
        const struct merge_field inner = {.type = field.type};
        struct value merged = value_null();
        for (size_t k = 0; k < s->n_valid; k++)
                values[k] = tuple[s->at[k]];
        enum directive directive = DIRECTIVE_MERGE;
        struct value *old = find_element(s, dest, values), *change = find_element(s, src, values);
        const struct value *patch = value_get(change, "$patch");
        bool known = patch && merge_directive(s->m->arena, patch, &directive, NULL) == 0;
        int there = merge_walk(s->m, old, change, inner, &merged, err);
        if (there < 0)
                return -1;
        if (known)
                value_remove(change, "$patch");
        if (!there || merged.type == VALUE_NULL || (merged.type == VALUE_MAP && !merged.len))
                return set_element(s, dest, values, s->n_valid, NULL, err);
        for (size_t k = 0; k < s->n_valid && value_is_map(&merged); k++)
                if (*values[k] && !value_get(&merged, s->valid[k]) &&
                    !value_set(s->m->arena, &merged, s->valid[k], scalar_plain(values[k])))
                        return err_oom(err);
        if (old && directive != DIRECTIVE_REPLACE)
                *old = merged;
        return set_element(s, added, values, s->n_valid, &merged, err);
}

/* Puts an element of the destination behind what was added. One that lacks a key goes in as it is, and then once more
 * by the values that it has. */
static int append_old(const struct several *s, struct value *out, const struct value *element, struct err *err) {
        const char *values[MERGE_KEYS_MAX];
        size_t n = 0;
        if (!value_is_map(element) && !value_is_null(element))
                return scalar_wrong_kind("MappingNode", element, err);
        for (size_t k = 0; k < s->n_valid; k++) {
                const struct value *v = value_get(element, s->valid[k]);
                if (v)
                        values[n++] = scalar_node_text(s->m->arena, v);
                else if (!value_append(s->m->arena, out, *element))
                        return err_oom(err);
        }
        if (s->n_valid > 1 && set_element(s, out, values, n, NULL, err) < 0)
                return -1;
        return set_element(s, out, values, n, value_is_null(element) ? NULL : element, err);
}

int merge_several(struct merger *m, const char *const *keys, size_t n_keys, struct value *dest, const struct value *src,
                  struct merge_field field, struct value *ret, struct err *err) {
        struct several s = {.m = m, .keys = keys, .n_keys = n_keys};
        size_t n = dest->len + (src ? src->len : 0);
        struct value out = value_list(), own, change;
        if (n > LIMIT_MERGE_LIST)
                return err_set(err, ERR_TOO_LARGE, "a list of %zu elements is too long to be merged", n);
        s.tuples = arena_zalloc(m->arena, n + 1, sizeof(*s.tuples));
        if (!s.tuples)
                return err_oom(err);
        if (value_clone(m->arena, dest, &own, err) < 0 ||
            (src && src != dest && value_clone(m->arena, src, &change, err) < 0))
                return -1;
        if (src)
                add_tuples(&s, src);
        add_tuples(&s, &own);
        for (size_t i = 0; i < s.n_tuples; i++)
                unite(&s, i);
        find_valid_keys(&s);
        for (size_t i = 0; i < s.n_tuples; i++)
                if (merge_tuple(&s, s.tuples[i], &own, src == dest ? &own : src ? &change : NULL, field, &out, err) < 0)
                        return -1;
        VALUE_EACH_ITEM(item, &own)
                if (append_old(&s, &out, item, err) < 0)
                        return -1;
        *ret = out;
        return 1;
}
