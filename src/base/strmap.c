/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strmap.h"

#include <pthread.h>
#include <sys/random.h>

static const char removed_key[1];
static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void draw_seed(void) {
        if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
                seed[0] = (uint64_t)(uintptr_t)&seed;
                seed[1] = (uint64_t)getpid() * 0x9e3779b97f4a7c15u;
        }
}

static inline uint64_t mix(uint64_t a, uint64_t b) {
        __uint128_t m = (__uint128_t)a * b;
        return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t str_hash(const char *p, size_t n) {
        pthread_once(&seed_once, draw_seed);
        uint64_t h = seed[0] ^ (uint64_t)n * 0x9e3779b97f4a7c15u, w;
        for (; n >= 8; p += 8, n -= 8) {
                memcpy(&w, p, 8);
                h = mix(h ^ w, seed[1] | 1);
        }
        w = 0;
        if (n)
                memcpy(&w, p, n);
        h = mix(h ^ w, seed[1] ^ 0xa0761d6478bd642fu);
        return h ^ h >> 32;
}

/* The entry of the key, or the free one where it would go. cap must not be 0. */
static struct strmap_entry *find(const struct strmap *m, const char *key, size_t n, uint64_t hash) {
        struct strmap_entry *removed = NULL;
        for (size_t i = (size_t)hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
                struct strmap_entry *e = &m->entries[i];
                if (!e->key)
                        return removed ? removed : e;
                if (e->key == removed_key) {
                        if (!removed)
                                removed = e;
                } else if (e->hash == hash && e->key_len == n && memcmp(e->key, key, n) == 0) {
                        return e;
                }
        }
}

static bool is_live(const struct strmap_entry *e) {
        return e->key && e->key != removed_key;
}

static int resize(struct strmap *m) {
        size_t cap = 16;
        while (cap < m->len * 4)
                cap *= 2;
        struct strmap bigger = {.entries = calloc(cap, sizeof(struct strmap_entry)), .cap = cap};
        if (!bigger.entries)
                return -1;
        for (size_t i = 0; i < m->cap; i++)
                if (is_live(&m->entries[i]))
                        *find(&bigger, m->entries[i].key, m->entries[i].key_len, m->entries[i].hash) = m->entries[i];
        bigger.len = bigger.used = m->len;
        free(m->entries);
        *m = bigger;
        return 0;
}

void *strmap_get(const struct strmap *m, const char *key, size_t n) {
        if (m->len == 0)
                return NULL;
        struct strmap_entry *e = find(m, key, n, str_hash(key, n));
        return is_live(e) ? e->value : NULL;
}

/* The live entry of the key, made when absent; *ret_was says which. NULL: no memory. */
static struct strmap_entry *obtain(struct strmap *m, const char *key, size_t n, bool *ret_was) {
        if ((m->used + 1) * 2 > m->cap && resize(m) < 0)
                return NULL;
        uint64_t hash = str_hash(key, n);
        struct strmap_entry *e = find(m, key, n, hash);
        *ret_was = is_live(e);
        if (!*ret_was) {
                m->used += e->key ? 0 : 1;
                m->len++;
                *e = (struct strmap_entry){.key = key, .key_len = n, .hash = hash};
        }
        return e;
}

int strmap_set(struct strmap *m, const char *key, size_t n, void *value) {
        bool was;
        struct strmap_entry *e = obtain(m, key, n, &was);
        if (!e)
                return -1;
        e->key = key; /* the new owner of the bytes */
        e->value = value;
        return 0;
}

int strmap_add(struct strmap *m, const char *key, size_t n, void *value, void **ret_old) {
        bool was;
        struct strmap_entry *e = obtain(m, key, n, &was);
        if (!e)
                return -1;
        if (!was)
                e->value = value;
        else if (ret_old)
                *ret_old = e->value;
        return was;
}

void *strmap_remove(struct strmap *m, const char *key, size_t n) {
        if (m->len == 0)
                return NULL;
        struct strmap_entry *e = find(m, key, n, str_hash(key, n));
        if (!is_live(e))
                return NULL;
        void *value = e->value;
        *e = (struct strmap_entry){.key = removed_key};
        m->len--;
        return value;
}

const struct strmap_entry *strmap_next(const struct strmap *m, size_t *at) {
        while (*at < m->cap) {
                const struct strmap_entry *e = &m->entries[(*at)++];
                if (is_live(e))
                        return e;
        }
        return NULL;
}

void strmap_done(struct strmap *m) {
        if (!m)
                return;
        free(m->entries);
        *m = STRMAP_INIT;
}
