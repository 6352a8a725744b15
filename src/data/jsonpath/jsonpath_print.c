/* SPDX-License-Identifier: Apache-2.0 */
/* Values as Go's fmt prints them. */
#include "data/text/decimal.h"
#include "data/jsonpath/jsonpath_node.h"

static int compare_members(const void *a, const void *b) {
        const struct member *x = *(const struct member *const *)a, *y = *(const struct member *const *)b;
        size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
        int order = memcmp(x->key, y->key, n);
        return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

const struct member **jsonpath_sorted_members(struct arena *a, const struct value *map) {
        const struct member **members = arena_alloc(a, map->len * sizeof(*members));
        for (uint32_t i = 0; members && i < map->len; i++)
                members[i] = &map->members[i];
        if (members)
                qsort(members, map->len, sizeof(*members), compare_members);
        return members;
}

static void print_map(struct buf *b, const struct value *v) {
        _cleanup_arena_ struct arena *scratch = arena_new(0);
        const struct member **members = scratch ? jsonpath_sorted_members(scratch, v) : NULL;
        buf_adds(b, "map[");
        for (uint32_t i = 0; members && i < v->len && !buf_failed(b); i++) {
                if (i)
                        buf_addc(b, ' ');
                buf_add(b, members[i]->key, members[i]->key_len);
                buf_addc(b, ':');
                jsonpath_print_go(b, &members[i]->value);
        }
        buf_addc(b, ']');
}

static void print_list(struct buf *b, const struct value *v) {
        buf_addc(b, '[');
        for (uint32_t i = 0; i < v->len && !buf_failed(b); i++) {
                if (i)
                        buf_addc(b, ' ');
                jsonpath_print_go(b, &v->items[i]);
        }
        buf_addc(b, ']');
}

void jsonpath_print_go(struct buf *b, const struct value *v) {
        char text[DECIMAL_TEXT_MAX];
        if (!v) {
                buf_adds(b, "<invalid reflect.Value>");
                return;
        }
        switch ((enum value_type)v->type) {
        case VALUE_NULL:
                buf_adds(b, "<nil>");
                break;
        case VALUE_BOOL:
                buf_adds(b, v->boolean ? "true" : "false");
                break;
        case VALUE_INT:
                buf_addf(b, "%lld", (long long)v->i);
                break;
        case VALUE_UINT:
                buf_addf(b, "%llu", (unsigned long long)v->u);
                break;
        case VALUE_FLOAT:
                buf_add(b, text, decimal_format_go(text, v->f));
                break;
        case VALUE_STRING:
                buf_add(b, v->str, v->len);
                break;
        case VALUE_LIST:
                print_list(b, v);
                break;
        case VALUE_MAP:
                print_map(b, v);
                break;
        }
}
