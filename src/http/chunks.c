/* SPDX-License-Identifier: Apache-2.0 */
#include "http/parse.h"

#include <sys/types.h>

/* One byte outside a chunk's data. False: malformed. */
static bool step(struct http_chunks *c, char byte) {
        switch (c->state) {
        case CHUNK_SIZE: {
                int digit = hex_digit(byte);
                if (digit >= 0) {
                        c->left = c->left << 4 | (unsigned)digit;
                        return ++c->digits <= 8;
                }
                c->state = CHUNK_SIZE_LF;
                return byte == '\r' && c->digits > 0;
        }
        case CHUNK_SIZE_LF:
                c->state = c->left ? CHUNK_DATA : CHUNK_END_CR;
                return byte == '\n';
        case CHUNK_DATA_CR:
                c->state = CHUNK_DATA_LF;
                return byte == '\r';
        case CHUNK_DATA_LF:
                c->state = CHUNK_SIZE;
                c->digits = 0;
                return byte == '\n';
        case CHUNK_END_CR:
                c->state = CHUNK_END_LF;
                return byte == '\r';
        case CHUNK_END_LF:
                c->state = CHUNK_DONE;
                return byte == '\n';
        case CHUNK_DATA:
        case CHUNK_DONE:
                break;
        }
        return false;
}

ssize_t http_chunks_read(struct http_chunks *c, const char *data, size_t n, struct buf *out) {
        size_t i = 0;
        while (i < n && c->state != CHUNK_DONE) {
                if (c->state != CHUNK_DATA) {
                        if (!step(c, data[i++]))
                                return -1;
                        continue;
                }
                size_t take = n - i < c->left ? n - i : (size_t)c->left;
                buf_add(out, data + i, take);
                i += take;
                c->left -= take;
                if (c->left == 0)
                        c->state = CHUNK_DATA_CR;
        }
        return (ssize_t)i;
}
