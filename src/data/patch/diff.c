/* SPDX-License-Identifier: Apache-2.0 */
#include "data/patch/diff.h"

#include "data/json/json.h"
#include "data/patch/pointer.h"

struct differ {
        struct arena *arena;
        struct diff *diff;
        struct buf pointer; /* where the walk stands */
};

static int note(struct differ *d, enum diff_kind kind, const struct value *old_value, const struct value *new_value) {
        struct diff *diff = d->diff;
        if (diff->n == diff->cap) {
                size_t cap = diff->cap ? 2 * diff->cap : 8;
                struct diff_entry *entries =
                        arena_grow(d->arena, diff->entries, diff->n * sizeof(*entries), cap * sizeof(*entries));
                if (!entries)
                        return -1;
                diff->entries = entries;
                diff->cap = cap;
        }
        const char *pointer = arena_strndup(d->arena, buf_str(&d->pointer), d->pointer.len);
        if (!pointer || buf_failed(&d->pointer))
                return -1;
        diff->entries[diff->n++] =
                (struct diff_entry){.kind = kind, .pointer = pointer, .old_value = old_value, .new_value = new_value};
        return 0;
}

static int walk(struct differ *d, const struct value *old_value, const struct value *new_value);

/* Goes to a child and back. */
static int walk_child(struct differ *d, const char *key, size_t n, const struct value *old_value,
                      const struct value *new_value) {
        size_t len = d->pointer.len;
        pointer_add_token(&d->pointer, key, n);
        int r = walk(d, old_value, new_value);
        if (d->pointer.data) {
                d->pointer.len = len;
                d->pointer.data[len] = '\0';
        }
        return r;
}

static int compare_members(const void *a, const void *b) {
        const struct member *x = *(const struct member *const *)a, *y = *(const struct member *const *)b;
        size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
        int order = memcmp(x->key, y->key, n);
        return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

static const struct member **sorted_members(struct arena *a, const struct value *map) {
        const struct member **members = arena_alloc(a, (map->len + (size_t)1) * sizeof(*members));
        if (!members)
                return NULL;
        for (uint32_t i = 0; i < map->len; i++)
                members[i] = &map->members[i];
        qsort(members, map->len, sizeof(*members), compare_members);
        return members;
}

static int walk_maps(struct differ *d, const struct value *old_map, const struct value *new_map) {
        const struct member **x = sorted_members(d->arena, old_map), **y = sorted_members(d->arena, new_map);
        if (!x || !y)
                return -1;
        const struct member **x_end = x + old_map->len, **y_end = y + new_map->len;
        while (x < x_end || y < y_end) {
                int order = x == x_end ? 1 : y == y_end ? -1 : compare_members(x, y);
                const struct member *m = order <= 0 ? *x : *y;
                const struct value *before = order <= 0 ? &(*x++)->value : NULL;
                const struct value *after = order >= 0 ? &(*y++)->value : NULL;
                if (walk_child(d, m->key, m->key_len, before, after) < 0)
                        return -1;
        }
        return 0;
}

static int walk_lists(struct differ *d, const struct value *old_list, const struct value *new_list) {
        uint32_t n = old_list->len > new_list->len ? old_list->len : new_list->len;
        for (uint32_t i = 0; i < n; i++) {
                char index[16];
                int len = snprintf(index, sizeof(index), "%u", i);
                if (walk_child(d, index, (size_t)len, i < old_list->len ? &old_list->items[i] : NULL,
                               i < new_list->len ? &new_list->items[i] : NULL) < 0)
                        return -1;
        }
        return 0;
}

static int walk(struct differ *d, const struct value *old_value, const struct value *new_value) {
        if (!old_value || !new_value)
                return note(d, old_value ? DIFF_REMOVED : DIFF_ADDED, old_value, new_value);
        if (old_value->type == new_value->type && old_value->type == VALUE_MAP)
                return walk_maps(d, old_value, new_value);
        if (old_value->type == new_value->type && old_value->type == VALUE_LIST)
                return walk_lists(d, old_value, new_value);
        return value_equal(old_value, new_value) ? 0 : note(d, DIFF_CHANGED, old_value, new_value);
}

int diff_values(struct arena *a, const struct value *old_value, const struct value *new_value, struct diff *ret,
                struct err *err) {
        struct diff diff = {0};
        struct differ d = {.arena = a, .diff = &diff, .pointer = BUF_INIT(SIZE_MAX / 2)};
        int r = walk(&d, old_value, new_value);
        buf_done(&d.pointer);
        if (r < 0)
                return err_oom(err);
        *ret = diff;
        return 0;
}

static void write_value(struct buf *b, const struct value *v, size_t max) {
        size_t start = b->len;
        json_write(b, v, JSON_SORT_KEYS);
        if (!max || b->len - start <= max || buf_failed(b))
                return;
        b->len = start + max;
        while (b->len > start && ((uint8_t)b->data[b->len] & 0xC0) == 0x80)
                b->len--; /* not in the middle of a rune */
        buf_adds(b, "…");
}

void diff_write(struct buf *b, const struct diff *d, size_t max_value) {
        for (size_t i = 0; i < d->n; i++) {
                const struct diff_entry *e = &d->entries[i];
                static const char signs[] = {[DIFF_ADDED] = '+', [DIFF_REMOVED] = '-', [DIFF_CHANGED] = '~'};
                buf_addf(b, "%c %s: ", signs[e->kind], e->pointer);
                if (e->old_value)
                        write_value(b, e->old_value, max_value);
                if (e->kind == DIFF_CHANGED)
                        buf_adds(b, " -> ");
                if (e->new_value)
                        write_value(b, e->new_value, max_value);
                buf_addc(b, '\n');
        }
}
