/* SPDX-License-Identifier: Apache-2.0 */
#include "data/patch/mergepatch.h"

#define INDEX_FROM 16 /* larger maps are searched through an index */

/* A map to look members up in, with an index when it is large. */
struct lookup {
        const struct value *map;
        struct value_index index;
        bool indexed;
};

static int lookup_init(struct arena *a, struct lookup *l, const struct value *map) {
        *l = (struct lookup){.map = map, .indexed = map->len > INDEX_FROM};
        return l->indexed ? value_index_init(a, &l->index, map) : 0;
}

static struct value *lookup_get(const struct lookup *l, const struct member *m) {
        return l->indexed ? value_index_get(&l->index, l->map, m->key, m->key_len)
                          : value_getn(l->map, m->key, m->key_len);
}

static int merge(struct arena *a, const struct value *document, const struct value *patch, struct value *ret);

/* The document's members, merged, without those that the patch removes. */
static int keep_members(struct arena *a, const struct value *document, const struct value *patch, struct value *ret) {
        struct lookup in_patch;
        if (lookup_init(a, &in_patch, patch) < 0)
                return -1;
        VALUE_EACH_MEMBER(m, document) {
                const struct value *change = lookup_get(&in_patch, m);
                struct value v = m->value;
                if (change && change->type == VALUE_NULL)
                        continue;
                if (change && merge(a, &m->value, change, &v) < 0)
                        return -1;
                if (!value_add(a, ret, m->key, m->key_len, v))
                        return -1;
        }
        return 0;
}

/* The patch's members that the document does not have; nulls inside them remove nothing and vanish. */
static int add_members(struct arena *a, const struct value *document, const struct value *patch, struct value *ret) {
        struct lookup in_document;
        if (lookup_init(a, &in_document, document) < 0)
                return -1;
        VALUE_EACH_MEMBER(m, patch) {
                struct value v;
                if (m->value.type == VALUE_NULL || lookup_get(&in_document, m))
                        continue;
                if (merge(a, NULL, &m->value, &v) < 0 || !value_add(a, ret, m->key, m->key_len, v))
                        return -1;
        }
        return 0;
}

static int merge(struct arena *a, const struct value *document, const struct value *patch, struct value *ret) {
        if (patch->type != VALUE_MAP) {
                *ret = *patch;
                return 0;
        }
        const struct value empty = value_map();
        if (!value_is_map(document))
                document = &empty;
        struct value merged = value_map();
        if (keep_members(a, document, patch, &merged) < 0 || add_members(a, document, patch, &merged) < 0)
                return -1;
        *ret = merged;
        return 0;
}

int mergepatch_apply(struct arena *a, const struct value *document, const struct value *patch, struct value *ret,
                     struct err *err) {
        return merge(a, document, patch, ret) < 0 ? err_oom(err) : 0;
}

static int create(struct arena *a, const struct value *from, const struct value *to, struct value *ret) {
        struct lookup in_from, in_to;
        struct value patch = value_map();
        if (lookup_init(a, &in_from, from) < 0 || lookup_init(a, &in_to, to) < 0)
                return -1;
        VALUE_EACH_MEMBER(m, to) {
                const struct value *before = lookup_get(&in_from, m);
                struct value v = m->value;
                if (before && value_is_map(before) && value_is_map(&m->value)) {
                        if (create(a, before, &m->value, &v) < 0)
                                return -1;
                        if (!v.len)
                                continue;
                } else if (before && value_equal(before, &m->value)) {
                        continue;
                }
                if (!value_add(a, &patch, m->key, m->key_len, v))
                        return -1;
        }
        VALUE_EACH_MEMBER(m, from)
                if (!lookup_get(&in_to, m) && !value_add(a, &patch, m->key, m->key_len, value_null()))
                        return -1;
        *ret = patch;
        return 0;
}

int mergepatch_create(struct arena *a, const struct value *from, const struct value *to, struct value *ret,
                      struct err *err) {
        if (!value_is_map(from) || !value_is_map(to)) {
                *ret = *to;
                return 0;
        }
        return create(a, from, to, ret) < 0 ? err_oom(err) : 0;
}
