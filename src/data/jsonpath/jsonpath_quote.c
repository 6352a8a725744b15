/* SPDX-License-Identifier: Apache-2.0 */
/* Quoted strings of JSONPath templates: the escapes of Go's strings. */
#include "data/jsonpath/jsonpath_node.h"
#include "data/text/utf8.h"

/* Reads n digits of a base; answers n, 0 when they are not there. */
static size_t read_escape_digits(const char *s, const char *end, size_t n, int base, uint32_t *ret) {
        uint32_t u = 0;
        for (size_t i = 0; i < n; i++) {
                if (s + i >= end)
                        return 0;
                int c = s[i] | 0x20;
                int digit = (s[i] >= '0' && s[i] <= '9') ? s[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
                if (digit >= base)
                        return 0;
                u = u * (uint32_t)base + (uint32_t)digit;
        }
        *ret = u;
        return n;
}

/* Decodes the escape at s (a backslash) as strconv.UnquoteChar does; answers its bytes, 0 when it is none. */
static size_t unescape(const char *s, const char *end, char quote, struct buf *out) {
        static const char simple[] = "a\ab\bf\fn\nr\rt\tv\v\\\\";
        if (end - s < 2)
                return 0;
        for (const char *e = simple; *e; e += 2) {
                if (*e == s[1]) {
                        buf_addc(out, e[1]);
                        return 2;
                }
        }
        uint32_t rune;
        size_t digits = s[1] == 'x' ? 2 : s[1] == 'u' ? 4 : s[1] == 'U' ? 8 : 0;
        if (digits) {
                if (!read_escape_digits(s + 2, end, digits, 16, &rune))
                        return 0;
                char utf8[UTF8_MAX];
                if (digits == 2)
                        buf_addc(out, (char)rune);
                else if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000))
                        return 0;
                else
                        buf_add(out, utf8, utf8_encode(utf8, rune));
                return 2 + digits;
        }
        if (s[1] == quote) {
                buf_addc(out, quote);
                return 2;
        }
        if (!read_escape_digits(s + 1, end, 3, 8, &rune) || rune > 255)
                return 0;
        buf_addc(out, (char)rune);
        return 4;
}

int jsonpath_unquote(const char *s, const char *end, char quote, struct buf *out) {
        while (s < end) {
                size_t n = *s == '\\' ? unescape(s, end, quote, out) : *s == quote ? 0 : 1;
                if (!n)
                        return -1;
                if (*s != '\\')
                        buf_addc(out, *s);
                s += n;
        }
        return 0;
}
