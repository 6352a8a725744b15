/* SPDX-License-Identifier: Apache-2.0 */
#include "data/value.h"

#include <stdarg.h>

struct value value_strf(struct arena *a, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        char *s = arena_vprintf(a, fmt, ap);
        va_end(ap);
        return s ? value_str(s) : value_null();
}

const char *value_type_name(const struct value *v) {
        static const char *const names[] = {"null", "bool", "integer", "integer", "number", "string", "list", "map"};
        return v ? names[v->type] : "nothing";
}

bool value_equals_str(const struct value *v, const char *s) {
        size_t n = strlen(s);
        return value_is_string(v) && v->len == n && memcmp(v->str, s, n) == 0;
}

bool value_list_has(const struct value *list, const char *s) {
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        if (value_equals_str(item, s))
                                return true;
        return false;
}

const char *value_string_or(const struct value *v, const char *fallback) {
        return value_is_string(v) ? v->str : fallback;
}

int64_t value_int_or(const struct value *v, int64_t fallback) {
        return v && v->type == VALUE_INT ? v->i : fallback;
}

bool value_bool_or(const struct value *v, bool fallback) {
        return v && v->type == VALUE_BOOL ? v->boolean : fallback;
}

/* ---- maps ---- */

static bool member_is(const struct member *m, const char *key, size_t n, uint32_t hash) {
        return m->hash == hash && m->key_len == n && memcmp(m->key, key, n) == 0;
}

static struct member *find_member(const struct value *map, const char *key, size_t n, uint32_t hash) {
        if (!value_is_map(map))
                return NULL;
        VALUE_EACH_MEMBER(m, map)
                if (member_is(m, key, n, hash))
                        return m;
        return NULL;
}

struct value *value_get_hashed(const struct value *map, const char *key, size_t n, uint32_t hash) {
        struct member *m = find_member(map, key, n, hash);
        return m ? &m->value : NULL;
}

struct value *value_getn(const struct value *map, const char *key, size_t n) {
        return value_get_hashed(map, key, n, value_key_hash(key, n));
}

static const struct value *follow(const struct value *v, va_list ap) {
        for (const char *key; v && (key = va_arg(ap, const char *));)
                v = value_get(v, key);
        return v;
}

struct value *value_path(const struct value *v, ...) {
        va_list ap;
        va_start(ap, v);
        const struct value *found = follow(v, ap);
        va_end(ap);
        return (struct value *)found;
}

const char *value_path_str(const struct value *v, ...) {
        va_list ap;
        va_start(ap, v);
        const struct value *found = follow(v, ap);
        va_end(ap);
        return value_string_or(found, NULL);
}

const struct value *value_at_dotted(const struct value *v, const char *path) {
        while (v && *path == '.') {
                size_t n = strcspn(++path, ".");
                v = value_getn(v, path, n);
                path += n;
        }
        return v;
}

const char *value_get_str(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), NULL);
}

/* Room for one more child of `size` bytes. */
static int reserve_one(struct arena *a, struct value *v, size_t size) {
        if (v->cap_log2 && v->len < 1u << v->cap_log2)
                return 0;
        if (v->len >= 1u << 30)
                return -1;
        uint8_t log2 = 2;
        while (1u << log2 < v->len + 1)
                log2++;
        void *grown = arena_grow(a, v->items, v->len * size, ((size_t)1 << log2) * size);
        if (!grown)
                return -1;
        v->items = grown;
        v->cap_log2 = log2;
        return 0;
}

int value_reserve(struct arena *a, struct value *v, uint32_t n) {
        uint8_t log2 = 1;
        if (!n)
                return 0;
        if (n > 1u << 30)
                return -1;
        while (1u << log2 < n)
                log2++;
        size_t size = v->type == VALUE_MAP ? sizeof(struct member) : sizeof(struct value);
        void *room = arena_alloc(a, size << log2);
        if (!room)
                return -1;
        v->items = room;
        v->cap_log2 = log2;
        return 0;
}

struct value *value_add(struct arena *a, struct value *map, const char *key, size_t n, struct value v) {
        if (reserve_one(a, map, sizeof(struct member)) < 0)
                return NULL;
        struct member *m = &map->members[map->len++];
        *m = (struct member){.key = key, .key_len = (uint32_t)n, .hash = value_key_hash(key, n), .value = v};
        return &m->value;
}

struct value *value_setn(struct arena *a, struct value *map, const char *key, size_t n, struct value v) {
        struct value *there = value_getn(map, key, n);
        if (there) {
                *there = v;
                return there;
        }
        return value_add(a, map, key, n, v);
}

struct value *value_set(struct arena *a, struct value *map, const char *key, struct value v) {
        return value_setn(a, map, key, strlen(key), v);
}

struct value *value_obtain_map(struct arena *a, struct value *map, const char *key) {
        struct value *there = value_get(map, key);
        if (value_is_map(there))
                return there;
        return value_set(a, map, key, value_map());
}

bool value_removen(struct value *map, const char *key, size_t n) {
        struct member *m = find_member(map, key, n, value_key_hash(key, n));
        if (!m)
                return false;
        size_t after = (size_t)(map->members + map->len - (m + 1));
        memmove(m, m + 1, after * sizeof(*m));
        map->len--;
        return true;
}

bool value_remove(struct value *map, const char *key) {
        return value_removen(map, key, strlen(key));
}

/* ---- lists ---- */

struct value *value_insert(struct arena *a, struct value *list, size_t index, struct value v) {
        if (reserve_one(a, list, sizeof(struct value)) < 0)
                return NULL;
        struct value *at = &list->items[index];
        memmove(at + 1, at, (list->len - index) * sizeof(*at));
        list->len++;
        *at = v;
        return at;
}

struct value *value_append(struct arena *a, struct value *list, struct value v) {
        return value_insert(a, list, list->len, v);
}

void value_remove_at(struct value *list, size_t index) {
        memmove(&list->items[index], &list->items[index + 1], (list->len - index - 1) * sizeof(struct value));
        list->len--;
}

/* ---- whole trees ---- */

static int copy_tree(struct arena *a, const struct value *v, struct value *ret, bool strings);

static int copy_members(struct arena *a, struct value *copy, const struct value *v, bool strings) {
        copy->members = arena_alloc(a, v->len * sizeof(struct member));
        if (!copy->members)
                return -1;
        for (uint32_t i = 0; i < v->len; i++) {
                const struct member *from = &v->members[i];
                struct member *to = &copy->members[i];
                *to = *from;
                if (strings && !(to->key = arena_strndup(a, from->key, from->key_len)))
                        return -1;
                if (copy_tree(a, &from->value, &to->value, strings) < 0)
                        return -1;
        }
        return 0;
}

static int copy_items(struct arena *a, struct value *copy, const struct value *v, bool strings) {
        copy->items = arena_alloc(a, v->len * sizeof(struct value));
        if (!copy->items)
                return -1;
        for (uint32_t i = 0; i < v->len; i++)
                if (copy_tree(a, &v->items[i], &copy->items[i], strings) < 0)
                        return -1;
        return 0;
}

static int copy_tree(struct arena *a, const struct value *v, struct value *ret, bool strings) {
        struct value copy = *v;
        if (v->type == VALUE_STRING && strings) {
                if (!(copy.str = arena_strndup(a, v->str, v->len)))
                        return -1;
        } else if (v->type == VALUE_LIST || v->type == VALUE_MAP) {
                copy.cap_log2 = 0;
                copy.items = NULL;
                if (v->len && (v->type == VALUE_MAP ? copy_members : copy_items)(a, &copy, v, strings) < 0)
                        return -1;
        }
        *ret = copy;
        return 0;
}

int value_copy(struct arena *a, const struct value *v, struct value *ret, struct err *err) {
        return copy_tree(a, v, ret, true) < 0 ? err_oom(err) : 0;
}

int value_clone(struct arena *a, const struct value *v, struct value *ret, struct err *err) {
        return copy_tree(a, v, ret, false) < 0 ? err_oom(err) : 0;
}

static int compare_members(const void *a, const void *b) {
        const struct member *x = a, *y = b;
        size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
        int order = memcmp(x->key, y->key, n);
        return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

void value_sort_keys(struct value *v) {
        if (v->type == VALUE_MAP && v->len) {
                bool sorted = true;
                for (uint32_t i = 1; i < v->len && sorted; i++)
                        sorted = compare_members(&v->members[i - 1], &v->members[i]) <= 0;
                if (!sorted)
                        qsort(v->members, v->len, sizeof(struct member), compare_members);
                VALUE_EACH_MEMBER(m, v)
                        value_sort_keys(&m->value);
        } else if (v->type == VALUE_LIST) {
                VALUE_EACH_ITEM(item, v)
                        value_sort_keys(item);
        }
}
