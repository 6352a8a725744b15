/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/quote.h"

/* Decodes one UTF-8 character of at most 4 bytes. Answers its length, 0 when it is none. */
static size_t decode(const unsigned char *s, uint32_t *ret) {
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc0 ? 2 : 0;
        if (n == 0 || s[0] >= 0xf8)
                return 0;
        uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
        for (size_t i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (s[i] & 0x3fu);
        }
        if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return n;
}

/* The characters that Go does not print as they are: controls, formats, separators, private use, non-characters. */
static bool is_hidden(uint32_t c) {
        return c < ' ' || (c >= 0x7f && c <= 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
               (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) ||
               c == 0x3000 || (c >= 0xe000 && c <= 0xf8ff) || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
               (c & 0xfffe) == 0xfffe || c >= 0xe0000;
}

void quote_go(struct buf *b, const char *s) {
        static const char plain[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
        buf_addc(b, '"');
        for (const unsigned char *p = (const unsigned char *)s; *p;) {
                uint32_t c;
                size_t n = decode(p, &c);
                const char *escape = *p < 0x80 ? strchr(plain, *p) : NULL;
                if (n == 0)
                        buf_addf(b, "\\x%02x", *p);
                else if (escape)
                        buf_addf(b, "\\%c", letters[escape - plain]);
                else if (!is_hidden(c))
                        buf_add(b, p, n);
                else if (c < 0x80)
                        buf_addf(b, "\\x%02x", c);
                else
                        buf_addf(b, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
                p += n ? n : 1;
        }
        buf_addc(b, '"');
}

void quote_go_list(struct buf *b, const char *const *list) {
        buf_addc(b, '[');
        for (size_t i = 0; list[i]; i++) {
                if (i)
                        buf_addc(b, ' ');
                quote_go(b, list[i]);
        }
        buf_addc(b, ']');
}
