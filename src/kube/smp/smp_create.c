/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/smp/smp_diff.h"

#include "base/limits.h"
#include "data/yaml/yaml.h"

static const struct value empty = {.type = VALUE_MAP};

static int map_or_empty(const struct value *v, const struct value **ret, struct err *err) {
        if (!value_is_null(v) && !value_is_map(v))
                return err_set(err, ERR_BAD_REQUEST, "invalid JSON document");
        *ret = value_is_map(v) ? v : &empty;
        return 0;
}

/* ---- conflicts ---- */

static int values_conflict(struct smp *s, const struct value *left, const struct value *right,
                           const struct smp_field *f, unsigned depth, bool *ret);

/* Items of two keyed lists that have the same key. */
static int keyed_conflict(struct smp *s, const struct value *left, const struct value *right, const struct smp_field *f,
                          unsigned depth, bool *ret) {
        const struct value *lists[] = {left, right};
        struct smp_field item = {.schema = f->schema, .merge_key = ""};
        struct smp_index index;
        for (size_t l = 0; l < 2; l++)
                VALUE_EACH_ITEM(v, lists[l])
                        if (!value_get(v, f->merge_key))
                                return err_set(s->err, ERR_INTERNAL,
                                               "cannot find merge key `%s` in merging list element:%s", f->merge_key,
                                               smp_text(s, v));
        if (smp_index_init(s, &index, right, right->len, f->merge_key) < 0)
                return -1;
        VALUE_EACH_ITEM(v, left) {
                long at = smp_index_find(&index, value_get(v, f->merge_key));
                if (at >= 0 && values_conflict(s, v, &right->items[at], &item, depth + 1, ret) < 0)
                        return -1;
                if (*ret)
                        return 0;
        }
        return 0;
}

static int lists_conflict(struct smp *s, const struct value *left, const struct value *right, const struct smp_field *f,
                          unsigned depth, bool *ret) {
        enum value_type type;
        struct smp_field item = {.schema = f->schema, .merge_key = ""};
        if (smp_item_type(s, left, right, &type) < 0)
                return -1;
        if (f->patch & SCHEMA_PATCH_MERGE)
                return type == VALUE_MAP ? keyed_conflict(s, left, right, f, depth, ret) : 0;
        *ret = left->len != right->len;
        for (size_t i = 0; !*ret && i < left->len; i++)
                if (values_conflict(s, &left->items[i], &right->items[i], &item, depth + 1, ret) < 0)
                        return -1;
        return 0;
}

static int values_conflict(struct smp *s, const struct value *left, const struct value *right,
                           const struct smp_field *f, unsigned depth, bool *ret) {
        *ret = left->type != right->type;
        if (*ret)
                return 0;
        if (left->type == VALUE_LIST)
                return lists_conflict(s, left, right, f, depth, ret);
        if (left->type != VALUE_MAP) {
                *ret = !smp_same(left, right);
                return 0;
        }
        const struct value *x = value_get(left, SMP_PATCH), *y = value_get(right, SMP_PATCH);
        *ret = (x || y) && !smp_same(x, y);
        if (*ret || f->patch & SCHEMA_PATCH_REPLACE)
                return 0;
        return smp_conflicts(s, left, right, f->schema, depth + 1, ret);
}

int smp_conflicts(struct smp *s, const struct value *left, const struct value *right, const struct schema *schema,
                  unsigned depth, bool *ret) {
        struct value_index index;
        *ret = false;
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(s->err, ERR_TOO_LARGE, "patch is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        if (value_index_init(s->a, &index, right) < 0)
                return err_oom(s->err);
        VALUE_EACH_MEMBER(m, left) {
                const struct value *other = value_index_get(&index, right, m->key, m->key_len);
                struct smp_field f = {.merge_key = ""};
                if (!other || streq(m->key, SMP_PATCH) || streq(m->key, SMP_RETAIN_KEYS))
                        continue;
                if (m->value.type == VALUE_LIST && smp_find_list(s, schema, m->key, m->key_len, &f) < 0)
                        return -1;
                if (m->value.type == VALUE_MAP && smp_find_map(s, schema, m, &f) < 0)
                        return -1;
                if (values_conflict(s, &m->value, other, &f, depth, ret) < 0)
                        return -1;
                if (*ret)
                        return 0;
        }
        return 0;
}

static const char *yaml_text(struct smp *s, const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        yaml_write(&b, v, YAML_SIGS);
        const char *text = arena_strndup(s->a, buf_str(&b), b.len);
        return text ? text : "";
}

/* ---- patches ---- */

int smp_create_two_way(struct arena *a, const struct schema *schema, const struct value *original,
                       const struct value *modified, struct value *ret, struct err *err) {
        struct smp s = {.a = a, .err = err};
        if (map_or_empty(original, &original, err) < 0 || map_or_empty(modified, &modified, err) < 0)
                return -1;
        return smp_diff_maps(&s, original, modified, schema, (struct smp_diff_options){.set_order = true}, 0, ret);
}

int smp_create_three_way(struct arena *a, const struct schema *schema, const struct value *original,
                         const struct value *modified, const struct value *current, bool overwrite, struct value *ret,
                         struct err *err) {
        struct smp s = {.a = a, .err = err};
        struct value own, delta, deletions, patch, changed;
        if (map_or_empty(original, &original, err) < 0 || map_or_empty(modified, &modified, err) < 0 ||
            map_or_empty(current, &current, err) < 0)
                return -1;
        if (!overwrite) {
                if (value_clone(a, current, &own, err) < 0)
                        return -1;
                current = &own;
        }
        /* The text of a conflict shows current as Go leaves it: its comparison sorts sets where they stand. */
        struct smp_diff_options changes = {.set_order = true, .ignore_deletions = true, .sort_original = !overwrite};
        struct smp_diff_options removals = {.set_order = true, .ignore_changes = true};
        if (smp_diff_maps(&s, current, modified, schema, changes, 0, &delta) < 0 ||
            smp_diff_maps(&s, original, modified, schema, removals, 0, &deletions) < 0 ||
            smp_merge_map(&s, &deletions, &delta, schema, 0, &patch) < 0)
                return -1;
        if (!overwrite) {
                bool conflict;
                if (smp_diff_maps(&s, original, current, schema, (struct smp_diff_options){0}, 0, &changed) < 0 ||
                    smp_conflicts(&s, &patch, &changed, schema, 0, &conflict) < 0)
                        return -1;
                if (conflict)
                        return err_set(err, ERR_CONFLICT,
                                       "patch:\n%s\nconflicts with changes made from original to current:\n%s\n",
                                       yaml_text(&s, &patch), yaml_text(&s, &changed));
        }
        *ret = patch;
        return 0;
}
