/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, one rune at a time, as Go's unicode/utf8: no overlong forms, no surrogates, nothing above U+10FFFF. */
#pragma once

#include "base/util.h"

#define UTF8_REPLACEMENT 0xFFFDu /* U+FFFD, what a bad byte becomes */
#define UTF8_MAX 4               /* bytes of the longest rune */

/* Bytes of the rune at p (p < end), and the rune itself. 0: the first byte begins no valid rune; ret is U+FFFD and the
 * caller goes on after one byte. */
static inline unsigned utf8_decode(const char *p, const char *end, uint32_t *ret) {
        const uint8_t *s = (const uint8_t *)p;
        size_t left = (size_t)(end - p);
        if (s[0] < 0x80) {
                *ret = s[0];
                return 1;
        }
        *ret = UTF8_REPLACEMENT;
        if (s[0] < 0xC2 || s[0] > 0xF4 || left < 2 || (s[1] & 0xC0) != 0x80)
                return 0;
        if (s[0] < 0xE0) {
                *ret = (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu);
                return 2;
        }
        if (left < 3 || (s[2] & 0xC0) != 0x80)
                return 0;
        if (s[0] < 0xF0) {
                uint32_t rune = (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
                if (rune < 0x800 || (rune >= 0xD800 && rune <= 0xDFFF))
                        return 0;
                *ret = rune;
                return 3;
        }
        if (left < 4 || (s[3] & 0xC0) != 0x80)
                return 0;
        uint32_t rune = (s[0] & 0x07u) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu);
        if (rune < 0x10000 || rune > 0x10FFFF)
                return 0;
        *ret = rune;
        return 4;
}

/* Writes the rune and answers its bytes; what is no rune is written as U+FFFD. */
static inline unsigned utf8_encode(char to[static UTF8_MAX], uint32_t rune) {
        if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF))
                rune = UTF8_REPLACEMENT;
        if (rune < 0x80) {
                to[0] = (char)rune;
                return 1;
        }
        if (rune < 0x800) {
                to[0] = (char)(0xC0 | rune >> 6);
                to[1] = (char)(0x80 | (rune & 0x3F));
                return 2;
        }
        if (rune < 0x10000) {
                to[0] = (char)(0xE0 | rune >> 12);
                to[1] = (char)(0x80 | (rune >> 6 & 0x3F));
                to[2] = (char)(0x80 | (rune & 0x3F));
                return 3;
        }
        to[0] = (char)(0xF0 | rune >> 18);
        to[1] = (char)(0x80 | (rune >> 12 & 0x3F));
        to[2] = (char)(0x80 | (rune >> 6 & 0x3F));
        to[3] = (char)(0x80 | (rune & 0x3F));
        return 4;
}

/* True when all n bytes are valid. */
static inline bool utf8_valid(const char *p, size_t n) {
        const char *end = p + n;
        while (p < end) {
                uint32_t rune;
                unsigned len = utf8_decode(p, end, &rune);
                if (!len)
                        return false;
                p += len;
        }
        return true;
}
