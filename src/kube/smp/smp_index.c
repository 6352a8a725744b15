/* SPDX-License-Identifier: Apache-2.0 */
/* Finding items of lists by merge key in constant time: lists come from tenants and may be long. */
#include "kube/smp/smp_internal.h"

#include "base/strmap.h"

bool smp_same(const struct value *x, const struct value *y) {
        if (!x || !y || x->type != y->type)
                return !x && !y;
        switch (x->type) {
        case VALUE_NULL:
                return true;
        case VALUE_BOOL:
                return x->boolean == y->boolean;
        case VALUE_INT:
                return x->i == y->i;
        case VALUE_UINT:
                return x->u == y->u;
        case VALUE_FLOAT:
                return x->f == y->f;
        case VALUE_STRING:
                return x->len == y->len && memcmp(x->str, y->str, x->len) == 0;
        default:
                return false;
        }
}

const struct value *smp_identity(const struct value *item, const char *merge_key) {
        return merge_key ? value_get(item, merge_key) : item;
}

static uint64_t hash_of(const struct value *v) {
        if (!v || v->type == VALUE_LIST || v->type == VALUE_MAP)
                return 0;
        if (v->type == VALUE_STRING)
                return str_hash(v->str, v->len);
        return str_hash((const char *)&v->u, v->type == VALUE_BOOL ? sizeof(bool) : sizeof(v->u)) + v->type;
}

int smp_index_init(struct smp *s, struct smp_index *x, const struct value *list, size_t room, const char *merge_key) {
        uint32_t cap = 8;
        if (room > UINT32_MAX / 4)
                return err_oom(s->err);
        while (cap < room * 2)
                cap *= 2;
        *x = (struct smp_index){.mask = cap - 1, .items = list->items, .merge_key = merge_key};
        x->slots = arena_zalloc(s->a, cap, sizeof(*x->slots));
        if (!x->slots)
                return err_oom(s->err);
        for (uint32_t i = 0; i < list->len; i++)
                smp_index_add(x, list->items, i);
        return 0;
}

long smp_index_find(const struct smp_index *x, const struct value *v) {
        for (uint32_t i = (uint32_t)hash_of(v) & x->mask;; i = (i + 1) & x->mask) {
                if (!x->slots[i])
                        return -1;
                if (smp_same(smp_identity(&x->items[x->slots[i] - 1], x->merge_key), v))
                        return x->slots[i] - 1;
        }
}

/* Maps and lists equal nothing, so they need no place; room was asked for in smp_index_init(). */
void smp_index_add(struct smp_index *x, const struct value *items, uint32_t position) {
        x->items = items;
        const struct value *v = smp_identity(&items[position], x->merge_key);
        if (v && (v->type == VALUE_LIST || v->type == VALUE_MAP))
                return;
        uint32_t i = (uint32_t)hash_of(v) & x->mask;
        for (; x->slots[i]; i = (i + 1) & x->mask)
                if (smp_same(smp_identity(&items[x->slots[i] - 1], x->merge_key), v))
                        return;
        x->slots[i] = position + 1;
        x->n++;
}
