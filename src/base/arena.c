/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/limits.h"

#define ALIGNMENT 16u
#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)1 << 20)

struct block {
        struct block *next;
        size_t size;
        size_t used;
        size_t unused_; /* keeps bytes[] aligned to ALIGNMENT */
        char bytes[];
};

_Static_assert(offsetof(struct block, bytes) % ALIGNMENT == 0, "blocks must keep their bytes aligned");

struct arena {
        struct block *blocks; /* the newest first; only the newest has room */
        size_t max;
        size_t given;
        size_t next_size;
};

struct arena *arena_new(size_t max_bytes) {
        struct arena *a = calloc(1, sizeof(*a));
        if (!a)
                return NULL;
        a->max = max_bytes ? max_bytes : ARENA_MAX_DEFAULT;
        a->next_size = BLOCK_MIN;
        return a;
}

static void free_blocks(struct block *b) {
        while (b) {
                struct block *next = b->next;
                free(b);
                b = next;
        }
}

struct arena *arena_free(struct arena *a) {
        if (a) {
                free_blocks(a->blocks);
                free(a);
        }
        return NULL;
}

void arena_reset(struct arena *a) {
        if (a->blocks) {
                free_blocks(a->blocks->next);
                a->blocks->next = NULL;
                a->blocks->used = 0;
        }
#ifdef WEIR_ARENA_MALLOC
        free_blocks(a->blocks);
        a->blocks = NULL;
#endif
        a->given = 0;
}

size_t arena_used(const struct arena *a) {
        return a->given;
}

static struct block *add_block(struct arena *a, size_t n) {
        size_t size = n;
#ifndef WEIR_ARENA_MALLOC
        if (size < a->next_size)
                size = a->next_size;
        if (a->next_size < BLOCK_MAX)
                a->next_size *= 2;
#endif
        struct block *b = malloc(sizeof(*b) + size);
        if (!b)
                return NULL;
        b->size = size;
        b->used = 0;
        b->next = a->blocks;
        a->blocks = b;
        return b;
}

void *arena_alloc(struct arena *a, size_t n) {
        if (n > a->max)
                return NULL;
#ifdef WEIR_ARENA_MALLOC
        size_t size = n;
#else
        size_t size = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
#endif
        if (size > a->max - a->given)
                return NULL;
        struct block *b = a->blocks;
#ifdef WEIR_ARENA_MALLOC
        b = NULL;
#endif
        if (!b || b->size - b->used < size) {
                b = add_block(a, size);
                if (!b)
                        return NULL;
        }
        void *p = b->bytes + b->used;
        b->used += size;
        a->given += size;
        return p;
}

void *arena_zalloc(struct arena *a, size_t count, size_t size) {
        size_t n;
        if (__builtin_mul_overflow(count, size, &n))
                return NULL;
        void *p = arena_alloc(a, n);
        if (p)
                memset(p, 0, n);
        return p;
}

#ifndef WEIR_ARENA_MALLOC
/* Grows the last allocation of the newest block where it stands; false when it is not the last or there is no room. */
static bool grow_in_place(struct arena *a, void *old, size_t old_size, size_t new_size) {
        struct block *b = a->blocks;
        size_t was = (old_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
        if (!b || (char *)old + was != b->bytes + b->used)
                return false;
        size_t want = (new_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
        size_t more = want - was;
        if (more > b->size - b->used || more > a->max - a->given)
                return false;
        b->used += more;
        a->given += more;
        return true;
}
#endif

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size) {
        if (new_size <= old_size && old)
                return old;
        if (new_size > a->max)
                return NULL;
#ifndef WEIR_ARENA_MALLOC
        if (old && grow_in_place(a, old, old_size, new_size))
                return old;
#endif
        void *p = arena_alloc(a, new_size);
        if (p && old_size)
                memcpy(p, old, old_size);
        return p;
}

void *arena_grow_one(struct arena *a, void *items, size_t len, size_t size) {
        if (len & (len - 1))
                return items;
        size_t room = len ? 2 * len : 1, bytes;
        return __builtin_mul_overflow(room, size, &bytes) ? NULL : arena_grow(a, items, len * size, bytes);
}

void *arena_memdup(struct arena *a, const void *p, size_t n) {
        void *copy = arena_alloc(a, n);
        if (copy && n)
                memcpy(copy, p, n);
        return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t n) {
        if (n == SIZE_MAX)
                return NULL;
        char *copy = arena_alloc(a, n + 1);
        if (!copy)
                return NULL;
        if (n)
                memcpy(copy, s, n);
        copy[n] = '\0';
        return copy;
}

char *arena_strdup(struct arena *a, const char *s) {
        return arena_strndup(a, s, strlen(s));
}

char *arena_concat(struct arena *a, const char *first, ...) {
        size_t n = 0;
        va_list ap;
        va_start(ap, first);
        for (const char *s = first; s; s = va_arg(ap, const char *))
                n += strlen(s);
        va_end(ap);
        char *text = arena_alloc(a, n + 1), *to = text;
        if (!text)
                return NULL;
        va_start(ap, first);
        for (const char *s = first; s; s = va_arg(ap, const char *)) {
                size_t len = strlen(s);
                memcpy(to, s, len);
                to += len;
        }
        va_end(ap);
        *to = '\0';
        return text;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) {
        va_list again;
        va_copy(again, ap);
        int n = vsnprintf(NULL, 0, fmt, ap);
        char *s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
        if (s)
                vsnprintf(s, (size_t)n + 1, fmt, again);
        va_end(again);
        return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        char *s = arena_vprintf(a, fmt, ap);
        va_end(ap);
        return s;
}
