/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON reader: one pass, no recursion. Children of open lists and maps wait on one stack; when a list or map ends,
 * they are copied into an array of their exact number in the arena. */
#include "data/json/json.h"

#include "base/limits.h"
#include "data/json/json_number.h"
#include "data/json/json_reader.h"

#define MAX_TEXT ((size_t)1 << 30) /* lengths and stack positions are 32 bits */

/* What the reader stands in front of after one step. */
enum step { STEP_FAIL = -1, STEP_VALUE, STEP_DONE };

static void reader_done(struct json_reader *r) {
        for (uint32_t i = 0; i < r->depth; i++)
                json_frame_done(&r->frames[i]);
        free(r->frames);
        free(r->nodes);
}

int json_reader_at(struct json_reader *r, const char *p) {
        unsigned line = 1;
        const char *at = r->original + (p - r->text), *line_start = r->original;
        for (const char *nl; (nl = memchr(line_start, '\n', (size_t)(at - line_start))); line_start = nl + 1)
                line++;
        return err_at(r->err, line, (unsigned)(at - line_start) + 1);
}

/* The byte as Go quotes it: the rune of that number. */
static const char *quote_byte(char text[static 16], uint8_t c) {
        static const char escapes[] = "abtnvfr";
        if (c == '\'' || c == '\\')
                snprintf(text, 16, "'\\%c'", c);
        else if (c >= '\a' && c <= '\r')
                snprintf(text, 16, "'\\%c'", escapes[c - '\a']);
        else if (c < 0x20 || c == 0x7F)
                snprintf(text, 16, "'\\x%02x'", c);
        else if (c < 0x80)
                snprintf(text, 16, "'%c'", c);
        else if (c < 0xA1 || c == 0xAD)
                snprintf(text, 16, "'\\u%04x'", c);
        else
                snprintf(text, 16, "'%c%c'", 0xC0 | c >> 6, 0x80 | (c & 0x3F));
        return text;
}

int json_reader_fail(struct json_reader *r, const char *p, const char *where) {
        char quoted[16];
        err_set(r->err, ERR_SYNTAX, "invalid character %s %s", quote_byte(quoted, p < r->end ? (uint8_t)*p : ' '),
                where);
        return json_reader_at(r, p < r->end ? p : r->end);
}

int json_reader_fail_end(struct json_reader *r) {
        err_set(r->err, ERR_SYNTAX, "unexpected end of JSON input");
        return json_reader_at(r, r->end);
}

static void skip_space(struct json_reader *r) {
        while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
                r->p++;
}

static int read_literal(struct json_reader *r, const char *word, struct value v, struct value *ret) {
        for (size_t i = 1; word[i]; i++) {
                char *p = r->p + i;
                if (p < r->end && *p == word[i])
                        continue;
                char where[48];
                snprintf(where, sizeof(where), "in literal %s (expecting '%c')", word, word[i]);
                return json_reader_fail(r, p, where);
        }
        r->p += strlen(word);
        *ret = v;
        return 0;
}

static bool at_digit(const struct json_reader *r) {
        return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

/* Takes digits into num; those behind a point count the exponent down. */
static void take_digits(struct json_reader *r, struct json_number *num, bool fraction) {
        for (; at_digit(r); r->p++) {
                if (num->digits > (UINT64_MAX - 9) / 10) {
                        num->long_digits = true;
                        continue;
                }
                num->digits = num->digits * 10 + (uint64_t)(*r->p - '0');
                num->exponent -= fraction;
        }
}

static int take_exponent(struct json_reader *r, struct json_number *num) {
        bool negative = false;
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
                negative = *r->p++ == '-';
        if (!at_digit(r))
                return json_reader_fail(r, r->p, "in exponent of numeric literal");
        int e = 0;
        for (; at_digit(r); r->p++)
                if (e < 100000)
                        e = e * 10 + (*r->p - '0');
        num->exponent += negative ? -e : e;
        return 0;
}

static int read_number(struct json_reader *r, struct value *ret) {
        struct json_number num = {.text = r->p, .integer = true};
        if (*r->p == '-') {
                num.negative = true;
                r->p++;
        }
        if (!at_digit(r))
                return json_reader_fail(r, r->p, "in numeric literal");
        if (*r->p == '0')
                r->p++;
        else
                take_digits(r, &num, false);
        if (r->p < r->end && *r->p == '.') {
                num.integer = false;
                r->p++;
                if (!at_digit(r))
                        return json_reader_fail(r, r->p, "after decimal point in numeric literal");
                take_digits(r, &num, true);
        }
        if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
                num.integer = false;
                if (take_exponent(r, &num) < 0)
                        return -1;
        }
        size_t len = (size_t)(r->p - num.text);
        const char *text = num.text;
        if (r->p == r->end && !r->owned) { /* nothing is known to stand behind a borrowed text */
                num.text = arena_strndup(r->arena, text, len);
                if (!num.text)
                        return err_oom(r->err);
        }
        if (json_number_convert(&num, r->flags & JSON_FLOATS, ret) < 0 && !r->range) {
                r->range = text;
                r->range_len = len;
        }
        return 0;
}

static struct member *push_node(struct json_reader *r) {
        if (r->n_nodes == r->cap_nodes) {
                uint32_t cap = r->cap_nodes ? r->cap_nodes * 2 : 128;
                struct member *nodes = reallocarray(r->nodes, cap, sizeof(*nodes));
                if (!nodes)
                        return NULL;
                r->nodes = nodes;
                r->cap_nodes = cap;
        }
        struct member *m = &r->nodes[r->n_nodes++];
        m->value = value_null();
        return m;
}

static int open_frame(struct json_reader *r, bool is_map) {
        if (r->depth >= LIMIT_DEPTH) {
                json_reader_fail(r, r->p, "exceeded max depth");
                if (r->err)
                        r->err->class = ERR_TOO_LARGE;
                return -1;
        }
        if (r->depth == r->cap_frames) {
                uint32_t cap = r->cap_frames ? r->cap_frames * 2 : 32;
                struct json_frame *frames = reallocarray(r->frames, cap, sizeof(*frames));
                if (!frames)
                        return err_oom(r->err);
                r->frames = frames;
                r->cap_frames = cap;
        }
        r->frames[r->depth++] = (struct json_frame){.first = r->n_nodes, .is_map = is_map};
        r->p++;
        return 0;
}

/* Moves the children of the innermost list or map into the arena. */
static int close_frame(struct json_reader *r, struct value *ret) {
        struct json_frame *f = &r->frames[--r->depth];
        json_frame_done(f);
        uint32_t n = r->n_nodes - f->first;
        r->n_nodes = f->first;
        r->p++;
        *ret = f->is_map ? value_map() : value_list();
        if (!n)
                return 0;
        struct member *children = r->nodes + f->first;
        ret->len = n;
        if (f->is_map) {
                for (uint32_t i = 0; f->has_duplicates && i < n; i++)
                        children[i].value.flags = 0;
                ret->members = arena_memdup(r->arena, children, n * sizeof(*children));
        } else {
                ret->items = arena_alloc(r->arena, n * sizeof(*ret->items));
                for (uint32_t i = 0; ret->items && i < n; i++)
                        ret->items[i] = children[i].value;
        }
        return ret->items ? 0 : err_oom(r->err);
}

static enum step read_key(struct json_reader *r) {
        if (r->p >= r->end)
                return json_reader_fail_end(r);
        if (*r->p != '"')
                return json_reader_fail(r, r->p, "looking for beginning of object key string");
        struct member *m = push_node(r);
        if (!m)
                return err_oom(r->err);
        if (json_reader_string(r, &m->key, &m->key_len) < 0)
                return STEP_FAIL;
        m->hash = value_key_hash(m->key, m->key_len);
        if (json_reader_note_key(r) < 0)
                return STEP_FAIL;
        skip_space(r);
        if (r->p >= r->end)
                return json_reader_fail_end(r);
        if (*r->p != ':')
                return json_reader_fail(r, r->p, "after object key");
        r->p++;
        return STEP_VALUE;
}

static enum step begin_map(struct json_reader *r, struct value *ret) {
        if (open_frame(r, true) < 0)
                return STEP_FAIL;
        skip_space(r);
        if (r->p < r->end && *r->p == '}')
                return close_frame(r, ret) < 0 ? STEP_FAIL : STEP_DONE;
        return read_key(r);
}

static enum step begin_list(struct json_reader *r, struct value *ret) {
        if (open_frame(r, false) < 0)
                return STEP_FAIL;
        skip_space(r);
        if (r->p < r->end && *r->p == ']')
                return close_frame(r, ret) < 0 ? STEP_FAIL : STEP_DONE;
        return push_node(r) ? STEP_VALUE : (enum step)err_oom(r->err);
}

static int read_string(struct json_reader *r, struct value *ret) {
        const char *s;
        uint32_t len;
        if (json_reader_string(r, &s, &len) < 0)
                return -1;
        *ret = value_strn(s, len);
        return 0;
}

static enum step begin_value(struct json_reader *r, struct value *ret) {
        skip_space(r);
        if (r->p >= r->end)
                return json_reader_fail_end(r);
        int failed;
        switch (*r->p) {
        case '{':
                return begin_map(r, ret);
        case '[':
                return begin_list(r, ret);
        case '"':
                failed = read_string(r, ret);
                break;
        case 't':
                failed = read_literal(r, "true", value_bool(true), ret);
                break;
        case 'f':
                failed = read_literal(r, "false", value_bool(false), ret);
                break;
        case 'n':
                failed = read_literal(r, "null", value_null(), ret);
                break;
        default:
                if (*r->p != '-' && !at_digit(r))
                        return json_reader_fail(r, r->p, "looking for beginning of value");
                failed = read_number(r, ret);
        }
        return failed < 0 ? STEP_FAIL : STEP_DONE;
}

/* Gives the complete value to the innermost list or map, then takes the comma or the end. */
static enum step after_value(struct json_reader *r, struct value *v) {
        struct json_frame *f = &r->frames[r->depth - 1];
        if (f->replaces) {
                struct value *there = &r->nodes[f->first + f->replaces - 1].value;
                v->flags = there->flags;
                *there = *v;
                r->n_nodes--;
                f->replaces = 0;
        } else {
                r->nodes[r->n_nodes - 1].value = *v;
        }
        skip_space(r);
        if (r->p >= r->end)
                return json_reader_fail_end(r);
        if (*r->p == ',') {
                r->p++;
                if (!f->is_map)
                        return push_node(r) ? STEP_VALUE : (enum step)err_oom(r->err);
                skip_space(r);
                return read_key(r);
        }
        if (*r->p != (f->is_map ? '}' : ']'))
                return json_reader_fail(r, r->p, f->is_map ? "after object key:value pair" : "after array element");
        return close_frame(r, v) < 0 ? STEP_FAIL : STEP_DONE;
}

static int read_document(struct json_reader *r, struct value *ret) {
        struct value v;
        enum step step;
        do {
                step = begin_value(r, &v);
                while (step == STEP_DONE && r->depth)
                        step = after_value(r, &v);
        } while (step == STEP_VALUE);
        if (step == STEP_FAIL)
                return -1;
        skip_space(r);
        if (r->p < r->end)
                return json_reader_fail(r, r->p, "after top-level value");
        if (r->range) {
                err_set(r->err, ERR_SYNTAX, "json: cannot unmarshal number %.*s into Go value of type float64",
                        (int)r->range_len, r->range);
                return json_reader_at(r, r->range);
        }
        *ret = v;
        return 0;
}

int json_parse(struct arena *a, const char *text, size_t n, unsigned flags, struct json_report *report,
               struct value *ret, struct err *err) {
        if (n > MAX_TEXT)
                return err_set(err, ERR_TOO_LARGE, "JSON text of %zu bytes is larger than %zu", n, MAX_TEXT);
        _cleanup_(reader_done) struct json_reader r = {
                .arena = a,
                .original = n ? text : "",
                .flags = flags,
                .owned = !(flags & JSON_BORROW),
                .report = report,
                .err = err,
        };
        if (report)
                report->duplicates = value_list();
        r.text = r.owned ? arena_strndup(a, r.original, n) : (char *)r.original;
        if (!r.text)
                return err_oom(err);
        r.p = r.text;
        r.end = r.text + n;
        return read_document(&r, ret);
}
