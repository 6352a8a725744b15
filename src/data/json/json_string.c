/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON: from the text into the tree. */
#include "data/json/json_reader.h"
#include "data/json/json_scan.h"
#include "data/text/utf8.h"

/* The first byte at or after p that is special, or end. */
static const char *skip_plain(const char *p, const char *end) {
        while (end - p >= 8) {
                uint64_t marks = scan_special(scan_load(p));
                if (marks)
                        return p + scan_first(marks);
                p += 8;
        }
        while (p < end && !scan_is_special(*p))
                p++;
        return p;
}

/* Four hexadecimal digits at p, which the scanner has seen to be there. */
static uint32_t read_hex4(const char *p) {
        uint32_t u = 0;
        for (int i = 0; i < 4; i++)
                u = u << 4 | (uint32_t)hex_digit(p[i]);
        return u;
}

/* Checks the escape whose backslash is at p; answers the byte behind it, or NULL after an error. */
static const char *check_escape(struct json_reader *r, const char *p) {
        p++;
        if (p < r->end && *p == 'u') {
                for (int i = 0; i < 4; i++) {
                        p++;
                        if (p >= r->end || hex_digit(*p) < 0) {
                                json_reader_fail(r, p, "in \\u hexadecimal character escape");
                                return NULL;
                        }
                }
                return p + 1;
        }
        if (p >= r->end || !memchr("\"\\/bfnrt", *p, 8)) {
                json_reader_fail(r, p, "in string escape code");
                return NULL;
        }
        return p + 1;
}

/* Finds the closing quote of a string that begins at p. *ret_plain: there is nothing to decode, *ret_bad: there is
 * UTF-8 to repair. NULL: an error. */
static const char *find_end(struct json_reader *r, const char *p, bool *ret_plain, bool *ret_bad) {
        bool plain = true, bad = false;
        for (;;) {
                p = skip_plain(p, r->end);
                if (p >= r->end) {
                        json_reader_fail_end(r);
                        return NULL;
                }
                if (*p == '"')
                        break;
                if (*p == '\\') {
                        plain = false;
                        p = check_escape(r, p);
                        if (!p)
                                return NULL;
                } else if ((uint8_t)*p < 0x20) {
                        json_reader_fail(r, p, "in string literal");
                        return NULL;
                } else {
                        uint32_t rune;
                        unsigned len = utf8_decode(p, r->end, &rune);
                        bad = bad || !len;
                        p += len ? len : 1;
                }
        }
        *ret_plain = plain && !bad;
        *ret_bad = bad;
        return p;
}

/* Decodes the \u escape at p (its backslash), with its second half when it is a pair. */
static const char *decode_unicode(const char *p, const char *end, char **out) {
        uint32_t rune = read_hex4(p + 2);
        p += 6;
        if (rune >= 0xD800 && rune < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
                uint32_t low = read_hex4(p + 2);
                if (low >= 0xDC00 && low < 0xE000) {
                        rune = 0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00);
                        p += 6;
                }
        }
        *out += utf8_encode(*out, rune);
        return p;
}

static char simple_escape(char c) {
        switch (c) {
        case 'b':
                return '\b';
        case 'f':
                return '\f';
        case 'n':
                return '\n';
        case 'r':
                return '\r';
        case 't':
                return '\t';
        default:
                return c;
        }
}

/* Copies plain bytes from p to *out, which may be the same place or any place before it: a store of eight bytes
 * overwrites nothing that has not been loaded. */
static const char *copy_plain(const char *p, const char *end, char **out) {
        char *o = *out;
        while (end - p >= 8) {
                uint64_t w = scan_load(p);
                uint64_t marks = scan_special(w);
                if (marks)
                        break;
                memcpy(o, &w, sizeof(w));
                p += 8;
                o += 8;
        }
        while (p < end && !scan_is_special(*p))
                *o++ = *p++;
        *out = o;
        return p;
}

/* Decodes the raw bytes between the quotes; answers where the output ends. The output never is longer than what was
 * read, except that a bad byte becomes three. */
static char *decode(const char *p, const char *end, char *out) {
        while ((p = copy_plain(p, end, &out)) < end) {
                if (*p == '\\' && p[1] == 'u') {
                        p = decode_unicode(p, end, &out);
                } else if (*p == '\\') {
                        *out++ = simple_escape(p[1]);
                        p += 2;
                } else {
                        uint32_t rune;
                        unsigned len = utf8_decode(p, end, &rune);
                        p += len ? len : 1;
                        out += utf8_encode(out, rune);
                }
        }
        return out;
}

int json_reader_string(struct json_reader *r, const char **ret, uint32_t *ret_len) {
        char *start = r->p + 1;
        bool plain, bad;
        char *quote = (char *)find_end(r, start, &plain, &bad);
        if (!quote)
                return -1;
        r->p = quote + 1;
        char *out = start, *out_end = quote;
        if (!plain) {
                size_t raw = (size_t)(quote - start);
                if (bad || !r->owned) /* a borrowed text keeps its newlines, so that errors find their line */
                        out = arena_alloc(r->arena, (bad ? 3 * raw : raw) + 8);
                if (!out)
                        return err_oom(r->err);
                out_end = decode(start, quote, out);
        }
        *out_end = '\0';
        *ret = out;
        *ret_len = (uint32_t)(out_end - out);
        return 0;
}
