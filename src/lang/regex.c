/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/regex.h"

#include "base/limits.h"
#include "data/text/unicode.h"
#include "data/text/utf8.h"
#include "lang/re2.h"
#include "lang/regex_syntax.h"

struct regex {
        void *re;
        size_t n_groups;
        char **names; /* n_groups + 1 of them; NULL: unnamed. Owned */
};

_Static_assert(sizeof(struct regex_span) == sizeof(struct re2_span), "spans are handed through");

/* What Go says for each error of RE2. */
static const char *const error_texts[] = {
        [RE2_OK] = "regexp/syntax: internal error",
        [RE2_INTERNAL] = "expression nests too deeply",
        [RE2_BAD_ESCAPE] = "invalid escape sequence",
        [RE2_BAD_CLASS] = "invalid character class",
        [RE2_BAD_RANGE] = "invalid character class range",
        [RE2_MISSING_BRACKET] = "missing closing ]",
        [RE2_MISSING_PAREN] = "missing closing )",
        [RE2_UNEXPECTED_PAREN] = "unexpected )",
        [RE2_TRAILING_BACKSLASH] = "trailing backslash at end of expression",
        [RE2_REPEAT_ARGUMENT] = "missing argument to repetition operator",
        [RE2_REPEAT_SIZE] = "invalid repeat count",
        [RE2_REPEAT_OPERATOR] = "invalid nested repetition operator",
        [RE2_BAD_PERL] = "invalid or unsupported Perl syntax",
        [RE2_BAD_UTF8] = "invalid UTF-8",
        [RE2_BAD_NAME] = "invalid named capture",
        [RE2_TOO_LARGE] = "expression too large",
        [RE2_NO_MEMORY] = "out of memory",
};

static int quote_error(enum re2_error error, const char *part, size_t n, struct err *err) {
        return err_set(err, ERR_SYNTAX, "error parsing regexp: %s: `%.*s`", error_texts[error], (int)n, part);
}

/* RE2's errors quote the pattern that it was given; Go quotes the whole pattern for parentheses. */
static int compile_error(const char *pattern, size_t n, enum re2_error error, char *arg, struct err *err) {
        if (error == RE2_NO_MEMORY)
                return err_oom(err);
        if (strncmp(arg, "(?P<", 4) == 0 && !memmem(pattern, n, arg, strlen(arg)))
                memmove(arg + 2, arg + 3, strlen(arg + 3) + 1); /* it stood there as (?<name> */
        char *brace = strchr(arg, '}');
        if (error == RE2_REPEAT_SIZE && brace)
                brace[1] = '\0'; /* Go does not count a '?' behind it */
        bool whole = error == RE2_MISSING_PAREN || error == RE2_UNEXPECTED_PAREN || error == RE2_INTERNAL;
        return quote_error(error, whole ? pattern : arg, whole ? n : strlen(arg), err);
}

static bool keep_name(void *context, size_t index, const char *name) {
        struct regex *re = context;
        re->names[index] = strdup(name);
        return re->names[index] != NULL;
}

int regex_new(const char *pattern, size_t n, struct regex **ret, struct err *err) {
        if (n > LIMIT_REGEX)
                return err_set(err, ERR_TOO_LARGE, "error parsing regexp: the expression is longer than %d bytes",
                               LIMIT_REGEX);
        _cleanup_buf_ struct buf rewritten = BUF_INIT(8 * n + 64);
        _cleanup_arena_ struct arena *arena = arena_new(0);
        _cleanup_regex_ struct regex *re = calloc(1, sizeof(*re));
        struct regex_complaint complaint;
        const char *copy = arena ? arena_strndup(arena, pattern, n) : NULL; /* with a NUL to stop at */
        if (!re || !copy)
                return err_oom(err);
        if (regex_rewrite(&rewritten, copy, n, &complaint) < 0)
                return quote_error(complaint.error, complaint.part, complaint.len, err);
        if (buf_failed(&rewritten))
                return err_oom(err);
        enum re2_error error;
        char arg[256];
        re->re = re2_compile(buf_str(&rewritten), rewritten.len, &error, arg, sizeof(arg));
        if (!re->re)
                return compile_error(pattern, n, error, arg, err);
        re->n_groups = re2_groups(re->re);
        re->names = calloc(re->n_groups + 1, sizeof(*re->names));
        if (!re->names || !re2_each_name(re->re, keep_name, re))
                return err_oom(err);
        *ret = TAKE_PTR(re);
        return 0;
}

struct regex *regex_free(struct regex *re) {
        if (!re)
                return NULL;
        for (size_t i = 0; re->names && i <= re->n_groups; i++)
                free(re->names[i]);
        free(re->names);
        re2_destroy(re->re);
        free(re);
        return NULL;
}

size_t regex_groups(const struct regex *re) {
        return re->n_groups;
}

const char *regex_group_name(const struct regex *re, size_t i) {
        return i <= re->n_groups && re->names[i] ? re->names[i] : "";
}

bool regex_match(const struct regex *re, const char *text, size_t n) {
        return re2_search(re->re, text, n, 0, NULL, 0);
}

/* Whether a position lies inside a rune. */
static bool is_inside_rune(const char *text, size_t n, size_t at) {
        size_t start = at;
        if (at >= n)
                return false;
        while (start && at - start < UTF8_MAX && ((uint8_t)text[start] & 0xC0) == 0x80)
                start--;
        uint32_t rune;
        return start < at && start + utf8_decode(text + start, text + n, &rune) > at;
}

bool regex_find(const struct regex *re, const char *text, size_t n, size_t from, struct regex_span *spans,
                size_t n_spans) {
        if (n_spans > re->n_groups + 1)
                n_spans = re->n_groups + 1;
        for (; from <= n; from++) {
                if (!re2_search(re->re, text, n, from, (struct re2_span *)spans, n_spans))
                        return false;
                if (!n_spans || spans[0].end > spans[0].start || !is_inside_rune(text, n, (size_t)spans[0].start))
                        return true;
                from = (size_t)spans[0].start; /* RE2 finds empty matches between bytes: three times at most */
        }
        return false;
}

static size_t rune_width(const char *text, size_t n, size_t at) {
        uint32_t rune;
        if (at >= n)
                return 0;
        unsigned len = utf8_decode(text + at, text + n, &rune);
        return len ? len : 1;
}

bool regex_next(const struct regex *re, const char *text, size_t n, struct regex_iterator *it, struct regex_span *spans,
                size_t n_spans) {
        struct regex_span whole[1];
        if (!n_spans) {
                spans = whole;
                n_spans = 1;
        }
        while (!it->done) {
                if (!regex_find(re, text, n, it->at, spans, n_spans))
                        break;
                size_t start = (size_t)spans[0].start, end = (size_t)spans[0].end;
                bool accept = end != it->at || !it->had_match || start != it->last_end;
                if (end == it->at) {
                        size_t width = rune_width(text, n, it->at);
                        it->at += width;
                        it->done = !width;
                } else {
                        it->at = end;
                }
                it->had_match = true;
                it->last_end = end;
                if (accept)
                        return true;
        }
        it->done = true;
        return false;
}

/* ---- replacing ---- */

/* Reads the name behind a dollar ("1", "{name}"); answers the bytes taken, 0 when there is none. */
static size_t read_reference(const char *s, size_t n, const char **ret_name, size_t *ret_len) {
        size_t brace = n && *s == '{', i = brace;
        while (i < n) {
                uint32_t rune;
                unsigned len = utf8_decode(s + i, s + n, &rune);
                if (!len || (rune != '_' && !unicode_is_letter(rune) && !unicode_is_digit(rune)))
                        break;
                i += len;
        }
        if (i == brace || (brace && (i >= n || s[i] != '}')))
                return 0;
        *ret_name = s + brace;
        *ret_len = i - brace;
        return i + brace;
}

/* The group a reference names: a number, or a name that took part; -1: nothing to insert. */
static long find_group(const struct regex *re, const char *name, size_t n, const struct regex_span *spans) {
        size_t digits = 0;
        long number = 0;
        while (digits < n && name[digits] >= '0' && name[digits] <= '9' && number < 100000000)
                number = number * 10 + (name[digits++] - '0');
        if (digits == n && !(n > 1 && *name == '0'))
                return number <= (long)re->n_groups ? number : -1;
        for (size_t i = 1; i <= re->n_groups; i++)
                if (re->names[i] && strlen(re->names[i]) == n && memcmp(re->names[i], name, n) == 0 &&
                    spans[i].start >= 0)
                        return (long)i;
        return -1;
}

static void expand(const struct regex *re, struct buf *b, const char *text, const struct regex_span *spans,
                   const char *s, size_t n) {
        while (n) {
                const char *dollar = memchr(s, '$', n);
                size_t plain = dollar ? (size_t)(dollar - s) : n;
                buf_add(b, s, plain);
                s += plain;
                n -= plain;
                if (!n)
                        break;
                s++;
                n--;
                const char *name;
                size_t name_len, taken = read_reference(s, n, &name, &name_len);
                long group = taken ? find_group(re, name, name_len, spans) : -1;
                if (group >= 0 && spans[group].start >= 0)
                        buf_add(b, text + spans[group].start, (size_t)(spans[group].end - spans[group].start));
                if (!taken) {
                        buf_addc(b, '$');
                        taken = n && *s == '$';
                }
                s += taken;
                n -= taken;
        }
}

void regex_replace_all(const struct regex *re, struct buf *b, const char *text, size_t n, const char *replacement,
                       size_t replacement_len, bool literal) {
        size_t n_spans = re->n_groups + 1, last_end = 0, at = 0;
        _cleanup_free_ struct regex_span *spans = calloc(n_spans, sizeof(*spans));
        if (!spans) {
                b->failed = true;
                return;
        }
        while (at <= n && !buf_failed(b) && regex_find(re, text, n, at, spans, n_spans)) {
                size_t start = (size_t)spans[0].start, end = (size_t)spans[0].end;
                buf_add(b, text + last_end, start - last_end);
                if (end > last_end || start == 0) { /* not for an empty match right behind another */
                        if (literal)
                                buf_add(b, replacement, replacement_len);
                        else
                                expand(re, b, text, spans, replacement, replacement_len);
                }
                last_end = end;
                size_t width = rune_width(text, n, at);
                at = at + (width ? width : 1) > end ? at + (width ? width : 1) : end;
        }
        buf_add(b, text + last_end, n - last_end);
}

void regex_quote(struct buf *b, const char *text, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (text[i] && strchr("\\.+*?()|[]{}^$", text[i]))
                        buf_addc(b, '\\');
                buf_addc(b, text[i]);
        }
}
