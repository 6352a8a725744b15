/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

char *buf_reserve(struct buf *b, size_t n) {
        if (b->failed)
                return NULL;
        if (n > b->max || b->len > b->max - n) {
                b->failed = true;
                return NULL;
        }
        size_t need = b->len + n + 1;
        if (need > b->cap) {
                size_t cap = b->cap ? b->cap : 64;
                while (cap < need)
                        cap *= 2;
                char *data = realloc(b->data, cap);
                if (!data) {
                        b->failed = true;
                        return NULL;
                }
                b->data = data;
                b->cap = cap;
        }
        return b->data + b->len;
}

void buf_add(struct buf *b, const void *p, size_t n) {
        char *to = buf_reserve(b, n);
        if (!to)
                return;
        if (n)
                memcpy(to, p, n);
        b->len += n;
        b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s) {
        buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c) {
        char *to = b->len + 1 < b->cap && b->len < b->max && !b->failed ? b->data + b->len : buf_reserve(b, 1);
        if (!to)
                return;
        to[0] = c;
        to[1] = '\0';
        b->len++;
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap) {
        if (b->failed)
                return;
        va_list again;
        va_copy(again, ap);
        size_t room = b->cap - b->len;
        int n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, ap);
        if (n < 0 || !buf_reserve(b, (size_t)n)) { /* past the maximum, too: what was written there is cut off again */
                b->failed = true;
                if (room)
                        b->data[b->len] = '\0';
        } else {
                if ((size_t)n >= room)
                        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
                b->len += (size_t)n;
        }
        va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        buf_vaddf(b, fmt, ap);
        va_end(ap);
}

void buf_clear(struct buf *b) {
        b->len = 0;
        b->failed = false;
        if (b->data)
                b->data[0] = '\0';
}

char *buf_take(struct buf *b) {
        char *data = b->data ? b->data : strdup("");
        *b = BUF_INIT(b->max);
        return data;
}

void buf_done(struct buf *b) {
        if (!b)
                return;
        free(b->data);
        *b = BUF_INIT(b->max);
}
