/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map from byte strings to pointers. Keys are borrowed, not copied: they must live as long as the map.
 * The hash is keyed with random bytes drawn once per process, so that a tenant cannot choose names that collide.
 * Memory comes from the heap; strmap_done() frees the table only, never keys or values. */
#pragma once

#include "base/util.h"

struct strmap_entry {
        const char *key; /* NULL: free, with value NULL; a removed entry keeps a marker of its own */
        size_t key_len;
        uint64_t hash;
        void *value;
};

struct strmap {
        struct strmap_entry *entries;
        size_t cap;  /* power of two, or 0 */
        size_t len;  /* live entries */
        size_t used; /* live and removed */
};

#define STRMAP_INIT ((struct strmap){0})

/* The process-keyed hash of n bytes. */
uint64_t str_hash(const char *p, size_t n);

/* The value, or NULL. A NULL value cannot be told from an absent key. */
void *strmap_get(const struct strmap *m, const char *key, size_t key_len);

/* Sets or replaces. -1: out of memory. */
int strmap_set(struct strmap *m, const char *key, size_t key_len, void *value) _must_use_;

/* Adds unless there: answers 1 when the key was there already (its value in *ret_old), 0 when added, -1 no memory. */
int strmap_add(struct strmap *m, const char *key, size_t key_len, void *value, void **ret_old) _must_use_;

/* Removes and answers the old value, or NULL. */
void *strmap_remove(struct strmap *m, const char *key, size_t key_len);

/* Iterates in no order: start with *at = 0; NULL at the end. The map may not change meanwhile. */
const struct strmap_entry *strmap_next(const struct strmap *m, size_t *at);

void strmap_done(struct strmap *m);

#define _cleanup_strmap_ _cleanup_(strmap_done)
