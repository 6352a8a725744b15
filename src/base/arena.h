/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: memory that is given out piece by piece and freed all at once.
 *
 * One arena per request, reconcile or job. It has a maximum, set when it is made; past the maximum, or when the
 * system has no memory, arena_alloc() answers NULL and every caller turns that into err_oom(). Everything allocated
 * from an arena lives until arena_free() or arena_reset(). An arena belongs to one thread at a time.
 * With -Darena=malloc each allocation is a malloc of its own, so that AddressSanitizer sees its bounds. */
#pragma once

#include "base/util.h"

#include <stdarg.h>

struct arena;

/* A new arena that holds at most max_bytes (0: ARENA_MAX_DEFAULT of limits.h). NULL when memory is out. */
struct arena *arena_new(size_t max_bytes);

/* Frees everything. Takes NULL; answers NULL. */
struct arena *arena_free(struct arena *a);

/* Frees everything but keeps one block for the next round. */
void arena_reset(struct arena *a);

/* Bytes given out since the arena was made or reset. */
size_t arena_used(const struct arena *a);

/* n bytes, aligned for any type, not zeroed. n == 0 gives a pointer that may not be read. NULL: past the maximum. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((__alloc_size__(2), __malloc__));

/* The same, zeroed, for count elements of size bytes; NULL too when the product overflows. */
void *arena_zalloc(struct arena *a, size_t count, size_t size) __attribute__((__alloc_size__(2, 3), __malloc__));

/* A larger copy of old (old_size bytes in use); grows in place when old was the last allocation. */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size) __attribute__((__alloc_size__(4)));

/* Room for one more in an array of len elements that only this function has grown: it is full at powers of two, and
 * doubles there. Answers the array; NULL: memory. */
void *arena_grow_one(struct arena *a, void *items, size_t len, size_t size);

char *arena_strdup(struct arena *a, const char *s);

/* Copies n bytes and adds a NUL. */
char *arena_strndup(struct arena *a, const char *s, size_t n);

void *arena_memdup(struct arena *a, const void *p, size_t n);

/* All texts up to a NULL, one after the other; some times faster than arena_printf(). */
char *arena_concat(struct arena *a, const char *first, ...) __attribute__((__sentinel__));

char *arena_printf(struct arena *a, const char *fmt, ...) _printf_(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) _printf_(2, 0);

static inline void arena_freep(struct arena **a) {
        *a = arena_free(*a);
}

#define _cleanup_arena_ _cleanup_(arena_freep)

/* One zeroed T from the arena. */
#define arena_make(a, T) ((T *)arena_zalloc((a), 1, sizeof(T)))
