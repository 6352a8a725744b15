/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer on the heap, made with its maximum.
 *
 * Writers do not check each append: the first failure (maximum passed, memory out) sticks, later appends do nothing,
 * and buf_failed() is asked once at the end. The content is always NUL-terminated after its len bytes. */
#pragma once

#include "base/util.h"

#include <stdarg.h>

struct buf {
        char *data; /* owned; NULL while empty */
        size_t len;
        size_t cap;
        size_t max;
        bool failed;
};

#define BUF_INIT(max_bytes) ((struct buf){.max = (max_bytes)})

void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) _printf_(2, 0);

/* Room for n more bytes at data + len; NULL (and failed) past the maximum. The caller adds to len what it wrote. */
char *buf_reserve(struct buf *b, size_t n);

/* Empties it, keeps its memory, forgets a failure. */
void buf_clear(struct buf *b);

static inline bool buf_failed(const struct buf *b) {
        return b->failed;
}

/* The content as a C string; "" while empty. */
static inline const char *buf_str(const struct buf *b) {
        return b->data ? b->data : "";
}

/* Hands over the malloc'ed, NUL-terminated content (never NULL unless memory is out) and leaves the buffer empty. */
char *buf_take(struct buf *b);

void buf_done(struct buf *b);

#define _cleanup_buf_ _cleanup_(buf_done)
