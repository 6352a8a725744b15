/* SPDX-License-Identifier: Apache-2.0 */
/* The value tree: every Kubernetes object, document, patch and status in the program is one of these.
 *
 * A value is 16 bytes and lives in an arena; lists and maps point at arrays in the same arena. Maps keep their
 * insertion order; writers that need another order sort when they write. Keys and strings are bytes with a length,
 * always NUL-terminated as well, normally UTF-8 and possibly holding NUL bytes.
 *
 * Sharing: a tree that is not changed any more may be read by any number of threads and may be shared inside other
 * trees (a copied `struct value` shares its children). Change only a tree that you made or value_copy()'d.
 * No function follows more than LIMIT_DEPTH levels; readers refuse deeper input, so trees are never deeper. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum value_type {
        VALUE_NULL = 0, /* so that a zeroed value is null */
        VALUE_BOOL,
        VALUE_INT,   /* int64_t */
        VALUE_UINT,  /* uint64_t; only above INT64_MAX (YAML readers keep it, JSON readers make a float) */
        VALUE_FLOAT, /* double, finite */
        VALUE_STRING,
        VALUE_LIST,
        VALUE_MAP,
};

/* How a YAML reader saw the node; writers that reproduce documents look at it, everyone else ignores it. */
enum value_style {
        VALUE_STYLE_ANY = 0,
        VALUE_STYLE_PLAIN,
        VALUE_STYLE_SINGLE,
        VALUE_STYLE_DOUBLE,
        VALUE_STYLE_LITERAL,
        VALUE_STYLE_FOLDED,
        VALUE_STYLE_FLOW,
        VALUE_STYLE_SPELLED, /* a plain scalar kept as its text although it is none: see yaml_settle() */
};

struct member;

struct value {
        uint8_t type;     /* enum value_type */
        uint8_t style;    /* enum value_style */
        uint8_t cap_log2; /* lists and maps: room for 1 << cap_log2 children; 0: exactly len (the next append copies) */
        uint8_t flags;    /* free for one engine's own marks while it works; 0 elsewhere */
        uint32_t len;     /* strings: bytes without the NUL; lists and maps: children */
        union {
                bool boolean;
                int64_t i;
                uint64_t u;
                double f;
                const char *str;
                struct value *items;
                struct member *members;
        };
};

/* One entry of a map. */
struct member {
        const char *key;
        uint32_t key_len;
        uint32_t hash; /* value_key_hash() of the key */
        struct value value;
};

_Static_assert(sizeof(struct value) == 16, "a value is two words");
_Static_assert(sizeof(struct member) == 32, "a member is four words");

/* ---- making ---- */

static inline struct value value_null(void) {
        return (struct value){.type = VALUE_NULL};
}
static inline struct value value_bool(bool b) {
        return (struct value){.type = VALUE_BOOL, .boolean = b};
}
static inline struct value value_int(int64_t i) {
        return (struct value){.type = VALUE_INT, .i = i};
}
static inline struct value value_float(double f) {
        return (struct value){.type = VALUE_FLOAT, .f = f};
}
/* A string that borrows n bytes at s, which must be followed by a NUL and outlive the value. */
static inline struct value value_strn(const char *s, size_t n) {
        return (struct value){.type = VALUE_STRING, .len = (uint32_t)n, .str = s};
}
/* A string that borrows s. */
static inline struct value value_str(const char *s) {
        return value_strn(s, strlen(s));
}
static inline struct value value_list(void) {
        return (struct value){.type = VALUE_LIST};
}
static inline struct value value_map(void) {
        return (struct value){.type = VALUE_MAP};
}

/* A string value with bytes formatted into the arena; a null value when memory is out. */
struct value value_strf(struct arena *a, const char *fmt, ...) _printf_(2, 3);

/* ---- asking ---- */

static inline bool value_is_null(const struct value *v) {
        return !v || v->type == VALUE_NULL;
}
static inline bool value_is_string(const struct value *v) {
        return v && v->type == VALUE_STRING;
}
static inline bool value_is_list(const struct value *v) {
        return v && v->type == VALUE_LIST;
}
static inline bool value_is_map(const struct value *v) {
        return v && v->type == VALUE_MAP;
}
static inline bool value_is_number(const struct value *v) {
        return v && (v->type == VALUE_INT || v->type == VALUE_UINT || v->type == VALUE_FLOAT);
}

/* "null", "bool", "integer", "number", "string", "list", "map": for messages. */
const char *value_type_name(const struct value *v);

/* True when a string value equals s. NULL and other types are never equal. */
bool value_equals_str(const struct value *v, const char *s);

/* True when list is a list that holds the string s. */
bool value_list_has(const struct value *list, const char *s);

/* The string, or fallback when v is NULL or no string. */
const char *value_string_or(const struct value *v, const char *fallback);
int64_t value_int_or(const struct value *v, int64_t fallback);
bool value_bool_or(const struct value *v, bool fallback);

/* Deep equality as of JSON: map order does not matter, 1 and 1.0 differ in type and are not equal.
 * Costs the size of the smaller tree (large maps through a hash index). */
bool value_equal(const struct value *a, const struct value *b);

/* ---- maps ---- */

/* Of all bytes of a short key, of the length and both ends of a longer one. The order of members decides nothing and
 * the hash is only a shortcut, so a plain multiplicative one is enough; indexes are keyed by str_hash() of strmap where
 * an attacker could choose keys. Here, so that the hash of a literal is a constant. */
static inline uint32_t value_key_hash(const char *key, size_t n) {
        uint64_t head = 0, tail = 0;
        if (n >= 8) {
                memcpy(&head, key, 8);
                memcpy(&tail, key + n - 8, 8);
        } else if (n >= 4) {
                memcpy(&head, key, 4);
                memcpy(&tail, key + n - 4, 4);
        } else if (n) {
                head = (uint64_t)(uint8_t)key[0] << 16 | (uint64_t)(uint8_t)key[n / 2] << 8 | (uint8_t)key[n - 1];
        }
        uint64_t h = (n * UINT64_C(0x9E3779B97F4A7C15) ^ head) * UINT64_C(0xC2B2AE3D27D4EB4F);
        h ^= h >> 29;
        return (uint32_t)(((h ^ tail) * UINT64_C(0xC2B2AE3D27D4EB4F)) >> 32);
}

/* The member's value, or NULL when absent or when map is NULL or no map. A member that is null is found.
 * Maps of more than 16 members are searched linearly by hash; see struct value_index for many look-ups. */
struct value *value_getn(const struct value *map, const char *key, size_t n);

/* The same for who has the key's hash already. */
struct value *value_get_hashed(const struct value *map, const char *key, size_t n, uint32_t hash);

static inline struct value *value_get(const struct value *map, const char *key) {
        size_t n = strlen(key); /* here, so that a literal's length and hash cost nothing */
        return __builtin_constant_p(n) ? value_get_hashed(map, key, n, value_key_hash(key, n))
                                       : value_getn(map, key, n);
}

/* Follows member names down nested maps, NULL-terminated: value_path(o, "metadata", "labels", NULL). */
struct value *value_path(const struct value *v, ...) __attribute__((__sentinel__));

/* Shorthands: the string at map.key or map.a.b; NULL when absent or no string. */
const char *value_get_str(const struct value *map, const char *key);
const char *value_path_str(const struct value *v, ...) __attribute__((__sentinel__));

/* Follows a path as CRDs write it: ".spec.replicas". NULL when it leads nowhere. */
const struct value *value_at_dotted(const struct value *v, const char *path);

/* Sets or replaces; the key is borrowed (use arena_strdup for bytes that do not live as long). Answers where the
 * value now lives, or NULL when memory is out. Existing order is kept; a new key goes last. */
struct value *value_set(struct arena *a, struct value *map, const char *key, struct value v);
struct value *value_setn(struct arena *a, struct value *map, const char *key, size_t n, struct value v);

/* Makes room in an empty list or map for n children, for builders that know how many come: no smaller array is left
 * behind on the way. -1: memory. */
int value_reserve(struct arena *a, struct value *v, uint32_t n);

/* Adds without looking for the key: for builders that know it is new. */
struct value *value_add(struct arena *a, struct value *map, const char *key, size_t n, struct value v);

/* The map member `key`, made (or replaced, when it is null or no map) as an empty map. NULL when memory is out. */
struct value *value_obtain_map(struct arena *a, struct value *map, const char *key);

/* Removes the member and keeps the order of the rest. False when it was not there. */
bool value_remove(struct value *map, const char *key);
bool value_removen(struct value *map, const char *key, size_t n);

/* ---- lists ---- */

/* Appends; answers where the value now lives, or NULL when memory is out. */
struct value *value_append(struct arena *a, struct value *list, struct value v);

/* Inserts before index (at most len). */
struct value *value_insert(struct arena *a, struct value *list, size_t index, struct value v);

void value_remove_at(struct value *list, size_t index);

/* ---- whole trees ---- */

/* A deep copy into the arena, strings and keys included. -1: memory. */
int value_copy(struct arena *a, const struct value *v, struct value *ret, struct err *err);

/* A deep copy of the nodes that shares strings and keys with the original: for a change within the same lifetime. */
int value_clone(struct arena *a, const struct value *v, struct value *ret, struct err *err);

/* Sorts the members of every map by key bytes, as Go's encoding/json writes maps. In place. */
void value_sort_keys(struct value *v);

/* ---- an index over a large map or list, when many keys are looked up ---- */

struct value_index {
        uint32_t *slots; /* index + 1 of a member; 0: free */
        uint32_t mask;
};

/* Builds it over the members of map, in the arena. The first of duplicate keys wins. -1: memory. */
int value_index_init(struct arena *a, struct value_index *index, const struct value *map);
struct value *value_index_get(const struct value_index *index, const struct value *map, const char *key, size_t n);

/* ---- loops ---- */

/* An empty list may have no array at all, and nothing may be added to a null pointer, not even 0. */
#define VALUE_EACH_ITEM(item, list)                                                                                    \
        for (struct value *item = (list)->items, *item##_end = (list)->len ? (item) + (list)->len : (item);            \
             item < item##_end; item++)

#define VALUE_EACH_MEMBER(m, map)                                                                                      \
        for (struct member *m = (map)->members, *m##_end = (map)->len ? (m) + (map)->len : (m); m < m##_end; m++)
