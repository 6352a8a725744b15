/* SPDX-License-Identifier: Apache-2.0 */
/* Equality of trees and the index over large maps. */
#include "data/value.h"

#include "base/strmap.h"

#define INDEX_FROM 16 /* smaller maps are searched as they are */

int value_index_init(struct arena *a, struct value_index *index, const struct value *map) {
        uint32_t size = 16;
        while (size < map->len * 2)
                size *= 2;
        index->slots = arena_zalloc(a, size, sizeof(*index->slots));
        if (!index->slots)
                return -1;
        index->mask = size - 1;
        for (uint32_t i = 0; i < map->len; i++) {
                const struct member *m = &map->members[i];
                uint32_t at = (uint32_t)str_hash(m->key, m->key_len) & index->mask;
                while (index->slots[at])
                        at = (at + 1) & index->mask;
                index->slots[at] = i + 1;
        }
        return 0;
}

struct value *value_index_get(const struct value_index *index, const struct value *map, const char *key, size_t n) {
        uint32_t at = (uint32_t)str_hash(key, n) & index->mask;
        for (; index->slots[at]; at = (at + 1) & index->mask) {
                struct member *m = &map->members[index->slots[at] - 1];
                if (m->key_len == n && memcmp(m->key, key, n) == 0)
                        return &m->value;
        }
        return NULL;
}

static bool equal_with_index(const struct value *a, const struct value *b, const struct value_index *index) {
        VALUE_EACH_MEMBER(m, a) {
                const struct value *other =
                        index ? value_index_get(index, b, m->key, m->key_len) : value_getn(b, m->key, m->key_len);
                if (!other || !value_equal(&m->value, other))
                        return false;
        }
        return true;
}

static bool equal_maps(const struct value *a, const struct value *b) {
        if (a->len != b->len)
                return false;
        bool same_order = true; /* the usual case: both were written by the same writer */
        for (uint32_t i = 0; i < a->len && same_order; i++) {
                const struct member *x = &a->members[i], *y = &b->members[i];
                same_order = x->hash == y->hash && x->key_len == y->key_len && memcmp(x->key, y->key, x->key_len) == 0;
        }
        if (same_order) {
                for (uint32_t i = 0; i < a->len; i++)
                        if (!value_equal(&a->members[i].value, &b->members[i].value))
                                return false;
                return true;
        }
        if (a->len <= INDEX_FROM)
                return equal_with_index(a, b, NULL);
        _cleanup_arena_ struct arena *scratch = arena_new(0);
        struct value_index index;
        if (!scratch || value_index_init(scratch, &index, b) < 0)
                return equal_with_index(a, b, NULL); /* slow but right */
        return equal_with_index(a, b, &index);
}

static bool equal_lists(const struct value *a, const struct value *b) {
        if (a->len != b->len)
                return false;
        for (uint32_t i = 0; i < a->len; i++)
                if (!value_equal(&a->items[i], &b->items[i]))
                        return false;
        return true;
}

bool value_equal(const struct value *a, const struct value *b) {
        if (a == b)
                return true;
        if (!a || !b || a->type != b->type)
                return false;
        switch ((enum value_type)a->type) {
        case VALUE_NULL:
                return true;
        case VALUE_BOOL:
                return a->boolean == b->boolean;
        case VALUE_INT:
        case VALUE_UINT:
                return a->u == b->u;
        case VALUE_FLOAT:
                return a->f == b->f;
        case VALUE_STRING:
                return a->len == b->len && memcmp(a->str, b->str, a->len) == 0;
        case VALUE_LIST:
                return equal_lists(a, b);
        case VALUE_MAP:
                return equal_maps(a, b);
        }
        return false;
}
