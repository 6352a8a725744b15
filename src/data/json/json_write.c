/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: straight into the buffer's memory, asking for room before each token. */
#include "data/json/json.h"

#include "data/json/json_number.h"
#include "data/json/json_scan.h"
#include "data/text/utf8.h"

#include <math.h>

struct writer {
        struct buf *b;
        char *p;   /* where the next byte goes */
        char *end; /* of the room that may be used without asking */
        unsigned flags;
        unsigned depth;
        const struct member **sorted; /* stack of member pointers while maps are written in order; owned */
        size_t n_sorted, cap_sorted;
};

static void writer_open(struct writer *w) {
        struct buf *b = w->b;
        size_t room = b->cap > b->len ? b->cap - b->len - 1 : 0; /* the NUL stays */
        if (b->failed || b->len > b->max)
                room = 0;
        else if (room > b->max - b->len)
                room = b->max - b->len;
        w->p = b->data ? b->data + b->len : NULL;
        w->end = room ? w->p + room : w->p;
}

static void writer_close(struct writer *w) {
        if (!w->p)
                return;
        w->b->len = (size_t)(w->p - w->b->data);
        *w->p = '\0';
}

static bool make_room(struct writer *w, size_t n) {
        writer_close(w);
        bool ok = buf_reserve(w->b, n) != NULL;
        writer_open(w);
        return ok;
}

static inline bool room(struct writer *w, size_t n) {
        return (size_t)(w->end - w->p) >= n || make_room(w, n);
}

static inline void put(struct writer *w, const char *s, size_t n) {
        if (!n || !room(w, n))
                return;
        memcpy(w->p, s, n);
        w->p += n;
}

static inline void put_char(struct writer *w, char c) {
        if (room(w, 1))
                *w->p++ = c;
}

/* ---- strings ---- */

/* Bytes that can be copied: what needs a second look is escaped, or begins a rune of several bytes. */
static size_t plain_prefix(const char *s, const char *end, bool html) {
        const char *p = s;
        while (end - p >= 8) {
                uint64_t w = scan_load(p);
                uint64_t marks = scan_special(w);
                if (html)
                        marks |= scan_zeros(w ^ SCAN_ONES * '<') | scan_zeros(w ^ SCAN_ONES * '>') |
                                 scan_zeros(w ^ SCAN_ONES * '&');
                if (marks)
                        return (size_t)(p - s) + scan_first(marks);
                p += 8;
        }
        while (p < end && !scan_is_special(*p) && !(html && (*p == '<' || *p == '>' || *p == '&')))
                p++;
        return (size_t)(p - s);
}

static void put_escape(struct writer *w, uint8_t c) {
        static const char hex[] = "0123456789abcdef";
        static const char short_names[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
        if (c == '"' || c == '\\')
                put(w, (char[]){'\\', (char)c}, 2);
        else if (c < sizeof(short_names) && short_names[c])
                put(w, (char[]){'\\', short_names[c]}, 2);
        else
                put(w, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

/* The rune at p, beyond ASCII. Line and paragraph separators end a line of JavaScript, so Go escapes them always. */
static const char *put_rune(struct writer *w, const char *p, const char *end) {
        uint32_t rune;
        unsigned len = utf8_decode(p, end, &rune);
        if (!len)
                put(w, "\\ufffd", 6);
        else if (rune == 0x2028)
                put(w, "\\u2028", 6);
        else if (rune == 0x2029)
                put(w, "\\u2029", 6);
        else
                put(w, p, len);
        return p + (len ? len : 1);
}

static void write_string(struct writer *w, const char *s, size_t n) {
        const char *end = s + n;
        bool html = w->flags & JSON_HTML_ESCAPE;
        put_char(w, '"');
        for (;;) {
                size_t plain = plain_prefix(s, end, html);
                put(w, s, plain);
                s += plain;
                if (s == end || w->b->failed)
                        break;
                if ((uint8_t)*s >= 0x80)
                        s = put_rune(w, s, end);
                else
                        put_escape(w, (uint8_t)*s++);
        }
        put_char(w, '"');
}

/* ---- numbers ---- */

static void write_uint(struct writer *w, uint64_t u, bool negative) {
        char digits[24];
        char *p = digits + sizeof(digits);
        do {
                *--p = (char)('0' + u % 10);
                u /= 10;
        } while (u);
        if (negative)
                *--p = '-';
        put(w, p, (size_t)(digits + sizeof(digits) - p));
}

static void write_float(struct writer *w, double f) {
        char text[JSON_FLOAT_MAX];
        if (isfinite(f))
                put(w, text, json_format_float(text, f));
        else
                w->b->failed = true;
}

/* ---- lists and maps ---- */

static void new_line(struct writer *w) {
        if (!(w->flags & (JSON_INDENT | JSON_INDENT2)))
                return;
        size_t n = (size_t)w->depth * (w->flags & JSON_INDENT ? 4 : 2);
        if (!room(w, n + 1))
                return;
        *w->p++ = '\n';
        memset(w->p, ' ', n);
        w->p += n;
}

static void write_value(struct writer *w, const struct value *v);

static void write_member(struct writer *w, const struct member *m) {
        write_string(w, m->key, m->key_len);
        put_char(w, ':');
        if (w->flags & (JSON_INDENT | JSON_INDENT2))
                put_char(w, ' ');
        write_value(w, &m->value);
}

static int compare_keys(const struct member *x, const struct member *y) {
        size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
        int order = memcmp(x->key, y->key, n);
        return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

static int compare_sorted(const void *a, const void *b) {
        return compare_keys(*(const struct member *const *)a, *(const struct member *const *)b);
}

static bool is_sorted(const struct value *map) {
        for (uint32_t i = 1; i < map->len; i++)
                if (compare_keys(&map->members[i - 1], &map->members[i]) > 0)
                        return false;
        return true;
}

/* Puts pointers to the members on the stack, in order of their keys. */
static bool push_sorted(struct writer *w, const struct value *map) {
        if (w->cap_sorted - w->n_sorted < map->len) {
                size_t cap = 2 * w->cap_sorted + map->len + 64;
                const struct member **sorted = reallocarray(w->sorted, cap, sizeof(*sorted));
                if (!sorted) {
                        w->b->failed = true;
                        return false;
                }
                w->sorted = sorted;
                w->cap_sorted = cap;
        }
        for (uint32_t i = 0; i < map->len; i++)
                w->sorted[w->n_sorted + i] = &map->members[i];
        qsort(w->sorted + w->n_sorted, map->len, sizeof(*w->sorted), compare_sorted);
        w->n_sorted += map->len;
        return true;
}

static void write_map(struct writer *w, const struct value *map) {
        bool by_key = (w->flags & JSON_SORT_KEYS) && !is_sorted(map);
        size_t first = w->n_sorted;
        if (by_key && !push_sorted(w, map))
                return;
        put_char(w, '{');
        w->depth++;
        for (uint32_t i = 0; i < map->len && !w->b->failed; i++) {
                if (i)
                        put_char(w, ',');
                new_line(w);
                write_member(w, by_key ? w->sorted[first + i] : &map->members[i]);
        }
        w->depth--;
        w->n_sorted = first;
        if (map->len)
                new_line(w);
        put_char(w, '}');
}

static void write_list(struct writer *w, const struct value *list) {
        put_char(w, '[');
        w->depth++;
        for (uint32_t i = 0; i < list->len && !w->b->failed; i++) {
                if (i)
                        put_char(w, ',');
                new_line(w);
                write_value(w, &list->items[i]);
        }
        w->depth--;
        if (list->len)
                new_line(w);
        put_char(w, ']');
}

static void write_value(struct writer *w, const struct value *v) {
        switch ((enum value_type)v->type) {
        case VALUE_NULL:
                put(w, "null", 4);
                break;
        case VALUE_BOOL:
                put(w, v->boolean ? "true" : "false", v->boolean ? 4 : 5);
                break;
        case VALUE_INT:
                write_uint(w, v->i < 0 ? -(uint64_t)v->i : (uint64_t)v->i, v->i < 0);
                break;
        case VALUE_UINT:
                write_uint(w, v->u, false);
                break;
        case VALUE_FLOAT:
                write_float(w, v->f);
                break;
        case VALUE_STRING:
                write_string(w, v->str, v->len);
                break;
        case VALUE_LIST:
                write_list(w, v);
                break;
        case VALUE_MAP:
                write_map(w, v);
                break;
        }
}

/* ---- the public side ---- */

void json_write(struct buf *b, const struct value *v, unsigned flags) {
        struct writer w = {.b = b, .flags = flags};
        writer_open(&w);
        write_value(&w, v);
        writer_close(&w);
        free(w.sorted);
}

void json_write_string(struct buf *b, const char *s, size_t n, unsigned flags) {
        struct writer w = {.b = b, .flags = flags};
        writer_open(&w);
        write_string(&w, s, n);
        writer_close(&w);
}

void json_write_float(struct buf *b, double f) {
        struct writer w = {.b = b};
        writer_open(&w);
        write_float(&w, f);
        writer_close(&w);
}
