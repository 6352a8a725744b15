/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/smp/smp_internal.h"

#include "base/limits.h"
#include "base/strmap.h"

/* Below this many members a linear search is as fast as an index. */
#define INDEX_FROM 32

/* One map being merged: the original's members, of which some are removed, and behind them new ones. */
struct merge {
        struct smp *s;
        const struct value *original;
        const struct schema *schema;
        unsigned depth;
        struct member *members;
        bool *gone; /* by position in members */
        size_t n, n_original;
        bool indexed;
        struct value_index index;
};

static int begin(struct merge *m, size_t room) {
        struct arena *a = m->s->a;
        m->n = m->n_original = m->original ? m->original->len : 0;
        m->members = arena_alloc(a, (m->n + room + 1) * sizeof(*m->members));
        m->gone = arena_zalloc(a, m->n + room + 1, sizeof(*m->gone));
        if (!m->members || !m->gone)
                return err_oom(m->s->err);
        if (m->n)
                memcpy(m->members, m->original->members, m->n * sizeof(*m->members));
        m->indexed = m->n > INDEX_FROM;
        if (m->indexed && value_index_init(a, &m->index, m->original) < 0)
                return err_oom(m->s->err);
        return 0;
}

static bool is_key(const struct member *m, const char *key, size_t n) {
        return m->key_len == n && memcmp(m->key, key, n) == 0;
}

/* Position of a member that is there, or -1. added: look among the new ones too, which only directives need: the
 * keys of a patch differ from each other. */
static long position(const struct merge *m, const char *key, size_t n, bool added) {
        if (m->indexed) {
                const struct value *v = value_index_get(&m->index, m->original, key, n);
                if (v) {
                        const struct member *hit = (const void *)((const char *)v - offsetof(struct member, value));
                        long at = hit - m->original->members;
                        return m->gone[at] ? -1 : at;
                }
        }
        for (size_t i = m->indexed ? m->n_original : 0; i < (added ? m->n : m->n_original); i++)
                if (!m->gone[i] && is_key(&m->members[i], key, n))
                        return (long)i;
        return -1;
}

static void put(struct merge *m, long at, const char *key, size_t n, struct value v) {
        if (at >= 0) {
                m->members[at].value = v;
                return;
        }
        m->members[m->n++] =
                (struct member){.key = key, .key_len = (uint32_t)n, .hash = value_key_hash(key, n), .value = v};
}

static void finish(struct merge *m, struct value *ret) {
        size_t n = 0;
        for (size_t i = 0; i < m->n; i++)
                if (!m->gone[i])
                        m->members[n++] = m->members[i];
        *ret = (struct value){.type = VALUE_MAP, .len = (uint32_t)n, .members = m->members};
}

/* ---- $patch in a map ---- */

static int obey_patch(struct smp *s, const struct value *directive, const struct value *patch, struct value *ret) {
        struct value out = value_map();
        if (value_equals_str(directive, "delete")) {
                *ret = out;
                return 0;
        }
        if (!value_equals_str(directive, "replace"))
                return smp_error_directive(s, directive, patch);
        VALUE_EACH_MEMBER(p, patch)
                if (&p->value != directive && !value_add(s->a, &out, p->key, p->key_len, p->value))
                        return err_oom(s->err);
        *ret = out;
        return 0;
}

/* ---- $retainKeys ---- */

static bool is_parallel(const struct member *m) {
        return str_has_prefix(m->key, SMP_DELETE_PREFIX) || str_has_prefix(m->key, SMP_ORDER_PREFIX);
}

static int bad_format(struct smp *s, const char *what) {
        return err_set(s->err, ERR_BAD_REQUEST, "invalid patch format of %s", what);
}

/* While patches are merged the directive itself is kept; both must then say the same. */
static int keep_retained(struct merge *m, const struct member *directive) {
        struct smp *s = m->s;
        long at = position(m, SMP_RETAIN_KEYS, strlen(SMP_RETAIN_KEYS), true);
        if (at >= 0 && !value_equal(&m->members[at].value, &directive->value))
                return err_set(s->err, ERR_INTERNAL,
                               "%s and %s are not deep equal: this may happen when calculating the 3-way diff patch",
                               smp_text(s, &m->members[at].value), smp_text(s, &directive->value));
        put(m, at, directive->key, directive->key_len, directive->value);
        return 0;
}

static int retain_keys(struct merge *m, const struct value *patch, const struct member *directive) {
        _cleanup_strmap_ struct strmap keep = STRMAP_INIT;
        if (!m->s->merge_lists)
                return keep_retained(m, directive);
        if (!value_is_list(&directive->value))
                return bad_format(m->s, "retainKeys");
        VALUE_EACH_ITEM(key, &directive->value)
                if (value_is_string(key) && strmap_set(&keep, key->str, key->len, key) < 0)
                        return err_oom(m->s->err);
        VALUE_EACH_MEMBER(p, patch)
                if (p != directive && !value_is_null(&p->value) && !is_parallel(p) &&
                    !strmap_get(&keep, p->key, p->key_len))
                        return bad_format(m->s, "retainKeys");
        for (size_t i = 0; i < m->n; i++)
                if (!strmap_get(&keep, m->members[i].key, m->members[i].key_len))
                        m->gone[i] = true;
        return 0;
}

/* ---- $setElementOrder/F ---- */

/* The part of a directive's key behind "/", or NULL when it has another prefix. */
static const char *field_of_directive(const struct member *p, const char *prefix) {
        size_t n = strlen(prefix);
        return p->key_len > n && p->key[n] == '/' ? p->key + n + 1 : NULL;
}

/* The list that the directive orders: the original's, the patch's, or both merged. done: there is none. */
static int ordered_list(struct merge *m, const struct value *original, const struct value *patch,
                        const struct smp_field *f, struct value *ret_order, struct value *ret, bool *done) {
        bool keep = true;
        *done = false;
        *ret_order = original ? *original : value_list();
        if (original && patch) {
                if (f->patch & SCHEMA_PATCH_MERGE)
                        return smp_merge_list(m->s, original, patch, f, false, m->depth, ret_order, ret);
                *ret = *patch;
                return 0;
        }
        if (original) {
                *ret = *original;
                return 0;
        }
        if (patch)
                return smp_clean(m->s, patch, false, m->depth, ret, &keep);
        *done = true;
        return 0;
}

static int check_list(struct smp *s, const struct value *v) {
        return !v || value_is_list(v) ? 0 : smp_error_type(s, VALUE_LIST, v);
}

/* done: nothing of the field is left for the patch's own loop. */
static int set_order(struct merge *m, const struct value *patch, const struct member *p, bool *done) {
        struct smp *s = m->s;
        const char *key = field_of_directive(p, SMP_ORDER_PREFIX);
        struct smp_field f;
        struct value merged, in_patch, others, order, ordered;
        enum value_type type;
        if (check_list(s, &p->value) < 0)
                return -1;
        if (!key)
                return bad_format(s, "setElementOrder list");
        size_t n = p->key_len - (size_t)(key - p->key);
        long at = position(m, key, n, true);
        const struct value *original = at >= 0 ? &m->members[at].value : NULL, *from_patch = value_getn(patch, key, n);
        if (check_list(s, original) < 0 || check_list(s, from_patch) < 0 ||
            smp_find_list(s, m->schema, key, n, &f) < 0 || smp_check_order(s, from_patch, &p->value, f.merge_key) < 0 ||
            ordered_list(m, original, from_patch, &f, &order, &merged, done) < 0)
                return -1;
        if (*done)
                return 0;
        if (smp_partition(s, &merged, &p->value, f.merge_key, &in_patch, &others) < 0 ||
            smp_item_type(s, original, from_patch, &type) < 0 ||
            smp_normalize_order(s, &in_patch, &others, &p->value, &order, f.merge_key, type == VALUE_MAP, &ordered) < 0)
                return -1;
        put(m, at, key, n, ordered);
        *done = true;
        return 0;
}

/* Obeys every $setElementOrder. used marks the members of patch that are dealt with. */
static int set_orders(struct merge *m, const struct value *patch, bool *used) {
        for (size_t i = 0; i < patch->len; i++) {
                const struct member *p = &patch->members[i];
                bool done;
                if (!str_has_prefix(p->key, SMP_ORDER_PREFIX))
                        continue;
                used[i] = true;
                if (!m->s->merge_lists) {
                        long at = position(m, p->key, p->key_len, true);
                        if (at >= 0 && !value_equal(&m->members[at].value, &p->value))
                                return bad_format(m->s, "setElementOrder list");
                        put(m, at, p->key, p->key_len, p->value);
                }
                if (set_order(m, patch, p, &done) < 0)
                        return -1;
                const char *key = field_of_directive(p, SMP_ORDER_PREFIX);
                const struct value *field = done ? value_get(patch, key) : NULL;
                if (field)
                        used[(const struct member *)(const void *)((const char *)field -
                                                                   offsetof(struct member, value)) -
                             patch->members] = true;
        }
        return 0;
}

/* ---- the members of a patch ---- */

/* Puts a value of the patch where the original has none, or one of another type. */
static int put_new(struct merge *m, long at, const char *key, size_t n, const struct value *v) {
        struct value clean;
        bool keep;
        if (smp_clean(m->s, v, m->s->drop_nulls, m->depth, &clean, &keep) < 0)
                return -1;
        if (keep)
                put(m, at, key, n, clean);
        else if (at >= 0)
                m->gone[at] = true;
        return 0;
}

static int merge_member(struct merge *m, const struct member *p, const char *key, size_t n, bool deleting) {
        struct smp *s = m->s;
        long at = position(m, key, n, deleting);
        if (value_is_null(&p->value)) {
                if (at >= 0)
                        m->gone[at] = true;
                if (s->drop_nulls)
                        return 0;
                at = -1;
        }
        struct value *original = at >= 0 ? &m->members[at].value : NULL, merged, order;
        if (!original || original->type != p->value.type)
                return deleting ? 0 : put_new(m, at, key, n, &p->value);
        struct member named = {.key = key, .key_len = (uint32_t)n};
        struct smp_field f;
        if (original->type == VALUE_MAP) {
                if (smp_find_map(s, m->schema, &named, &f) < 0)
                        return -1;
                merged = p->value;
                if (!(f.patch & SCHEMA_PATCH_REPLACE) &&
                    smp_merge_map(s, original, &p->value, f.schema, m->depth + 1, &merged) < 0)
                        return -1;
        } else if (original->type == VALUE_LIST) {
                if (smp_find_list(s, m->schema, key, n, &f) < 0)
                        return -1;
                merged = p->value;
                if ((deleting || f.patch & SCHEMA_PATCH_MERGE) &&
                    smp_merge_list(s, original, &p->value, &f, deleting, m->depth, &order, &merged) < 0)
                        return -1;
        } else {
                return put_new(m, at, key, n, &p->value);
        }
        put(m, at, key, n, merged);
        return 0;
}

static int merge_members(struct merge *m, const struct value *patch, const bool *used) {
        for (size_t i = 0; i < patch->len; i++) {
                const struct member *p = &patch->members[i];
                const char *key = p->key;
                size_t n = p->key_len;
                bool deleting = str_has_prefix(key, SMP_DELETE_PREFIX);
                if (used[i])
                        continue;
                if (deleting && !m->s->merge_lists) {
                        put(m, position(m, key, n, true), key, n, p->value);
                        continue;
                }
                if (deleting) {
                        key = field_of_directive(p, SMP_DELETE_PREFIX);
                        if (!key)
                                return bad_format(m->s, "primitive list");
                        n = p->key_len - (size_t)(key - p->key);
                }
                if (merge_member(m, p, key, n, deleting) < 0)
                        return -1;
        }
        return 0;
}

int smp_merge_map(struct smp *s, const struct value *original, const struct value *patch, const struct schema *schema,
                  unsigned depth, struct value *ret) {
        const struct value *directive = value_get(patch, SMP_PATCH);
        if (directive)
                return obey_patch(s, directive, patch, ret);
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(s->err, ERR_TOO_LARGE, "patch is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        struct merge m = {.s = s, .original = original, .schema = schema, .depth = depth};
        bool *used = arena_zalloc(s->a, (size_t)patch->len + 1, sizeof(*used));
        if (!used)
                return err_oom(s->err);
        if (begin(&m, 2 * (size_t)patch->len) < 0)
                return -1;
        for (size_t i = 0; i < patch->len; i++)
                if (streq(patch->members[i].key, SMP_RETAIN_KEYS)) {
                        used[i] = true;
                        if (retain_keys(&m, patch, &patch->members[i]) < 0)
                                return -1;
                }
        if (set_orders(&m, patch, used) < 0 || merge_members(&m, patch, used) < 0)
                return -1;
        finish(&m, ret);
        return 0;
}

int smp_clean(struct smp *s, const struct value *v, bool drop_nulls, unsigned depth, struct value *ret,
              bool *ret_keep) {
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(s->err, ERR_TOO_LARGE, "patch is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        *ret_keep = true;
        if (v->type == VALUE_LIST) {
                struct value out = value_list(), clean;
                bool keep;
                VALUE_EACH_ITEM(item, v) {
                        if (smp_clean(s, item, drop_nulls, depth + 1, &clean, &keep) < 0)
                                return -1;
                        if (keep && !value_append(s->a, &out, clean))
                                return err_oom(s->err);
                }
                *ret = out;
                return 0;
        }
        if (v->type != VALUE_MAP) {
                *ret = *v;
                return 0;
        }
        struct value out = value_map(), clean;
        *ret_keep = !value_get(v, SMP_PATCH);
        VALUE_EACH_MEMBER(m, v) {
                bool keep = *ret_keep && !(drop_nulls && value_is_null(&m->value));
                if (keep && smp_clean(s, &m->value, drop_nulls, depth + 1, &clean, &keep) < 0)
                        return -1;
                if (keep && !value_add(s->a, &out, m->key, m->key_len, clean))
                        return err_oom(s->err);
        }
        *ret = out;
        return 0;
}

int smp_apply(struct arena *a, const struct schema *schema, const struct value *original, const struct value *patch,
              struct value *ret, struct err *err) {
        struct smp s = {.a = a, .err = err, .merge_lists = true, .drop_nulls = true};
        static const struct value empty = {.type = VALUE_MAP};
        if (!value_is_null(original) && !value_is_map(original))
                return err_set(err, ERR_BAD_REQUEST, "invalid JSON document");
        if (!value_is_null(patch) && !value_is_map(patch))
                return err_set(err, ERR_BAD_REQUEST, "invalid JSON document");
        return smp_merge_map(&s, value_is_null(original) ? &empty : original, value_is_null(patch) ? &empty : patch,
                             schema, 0, ret);
}
