/* SPDX-License-Identifier: Apache-2.0 */
#include "data/text/unicode.h"

#include "data/text/unicode_tables.h"
#include "data/text/utf8.h"

static bool in_ranges(const struct unicode_range *ranges, size_t n, uint32_t rune) {
        size_t low = 0;
        while (n) { /* the first range that ends at or after the rune is in [low, low + n) */
                size_t half = n / 2;
                if (ranges[low + half].last < rune) {
                        low += half + 1;
                        n -= half + 1;
                } else if (ranges[low + half].first > rune) {
                        n = half;
                } else {
                        return true;
                }
        }
        return false;
}

static uint32_t map_case(const struct unicode_case *cases, size_t n, uint32_t rune) {
        size_t low = 0;
        while (n) {
                const struct unicode_case *c = &cases[low + n / 2];
                if (c->last < rune) {
                        low += n / 2 + 1;
                        n -= n / 2 + 1;
                } else if (c->first > rune) {
                        n /= 2;
                } else {
                        return (rune - c->first) % c->step ? rune : (uint32_t)((int32_t)rune + c->delta);
                }
        }
        return rune;
}

bool unicode_is_letter(uint32_t rune) {
        if (rune < 0x80)
                return (rune | 0x20) >= 'a' && (rune | 0x20) <= 'z';
        return in_ranges(unicode_letters, unicode_letters_len, rune);
}

bool unicode_is_digit(uint32_t rune) {
        if (rune < 0x80)
                return rune >= '0' && rune <= '9';
        return in_ranges(unicode_digits, unicode_digits_len, rune);
}

bool unicode_is_print(uint32_t rune) {
        if (rune < 0x80)
                return rune >= 0x20 && rune < 0x7F;
        return in_ranges(unicode_prints, unicode_prints_len, rune);
}

uint32_t unicode_lower(uint32_t rune) {
        if (rune < 0x80)
                return rune >= 'A' && rune <= 'Z' ? rune | 0x20 : rune;
        return map_case(unicode_to_lower, unicode_to_lower_len, rune);
}

uint32_t unicode_upper(uint32_t rune) {
        if (rune < 0x80)
                return rune >= 'a' && rune <= 'z' ? rune & ~0x20u : rune;
        return map_case(unicode_to_upper, unicode_to_upper_len, rune);
}

static void add_mapped(struct buf *b, const char *text, size_t n, uint32_t (*map)(uint32_t)) {
        const char *end = text + n;
        while (text < end) {
                uint32_t rune;
                char utf8[UTF8_MAX];
                unsigned len = utf8_decode(text, end, &rune);
                text += len ? len : 1;
                buf_add(b, utf8, utf8_encode(utf8, map(rune)));
        }
}

void unicode_add_lower(struct buf *b, const char *text, size_t n) {
        add_mapped(b, text, n, unicode_lower);
}

void unicode_add_upper(struct buf *b, const char *text, size_t n) {
        add_mapped(b, text, n, unicode_upper);
}
