/* SPDX-License-Identifier: Apache-2.0 */
/* Field selectors: "metadata.name=x,status.phase!=Running". */
#include "kube/select/selector.h"

#include "base/buf.h"

/* Terms of one selector. */
#define TERMS_MAX 8192

static int by_text(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The length of the first term: up to a comma that no backslash escapes. */
static size_t term_length(const char *s) {
        size_t n = 0;
        for (bool escaped = false; s[n] && (escaped || s[n] != ','); n++)
                escaped = !escaped && s[n] == '\\';
        return n;
}

static int split_terms(struct arena *a, const char *text, const char ***ret, size_t *ret_n, struct err *err) {
        const char **terms = NULL;
        size_t n = 0;
        for (const char *at = text; *at;) {
                size_t len = term_length(at);
                if (n == TERMS_MAX)
                        return err_set(err, ERR_BAD_REQUEST, "too many field selector terms");
                if (n % 16 == 0)
                        terms = arena_grow(a, terms, n * sizeof(*terms), (n + 16) * sizeof(*terms));
                if (!terms || !(terms[n] = arena_strndup(a, at, len)))
                        return err_oom(err);
                n += len > 0;
                at += len + (at[len] == ',');
        }
        if (n > 1)
                qsort(terms, n, sizeof(*terms), by_text);
        *ret = terms;
        *ret_n = n;
        return 0;
}

/* Takes the escapes out of a value, in place. */
static int unescape(char *value, struct err *err) {
        char *to = value;
        for (const char *from = value; *from; from++) {
                if (*from == '\\') {
                        size_t n = from[1] ? 2 : 1; /* bytes of the escape: one character may have several */
                        while (n > 1 && ((unsigned char)from[n] & 0xc0) == 0x80)
                                n++;
                        if (n != 2 || !strchr("\\,=", from[1]))
                                return err_set(err, ERR_BAD_REQUEST,
                                               "invalid field selector: invalid escape sequence: %.*s", (int)n, from);
                        from++;
                } else if (*from == ',' || *from == '=') {
                        return err_set(err, ERR_BAD_REQUEST, "invalid field selector: unescaped character in value: %d",
                                       *from);
                }
                *to++ = *from;
        }
        *to = '\0';
        return 0;
}

static int parse_term(struct arena *a, const char *text, const char *term, struct field_term *ret, struct err *err) {
        size_t n = 0;
        while (term[n] && term[n] != '=' && !(term[n] == '!' && term[n + 1] == '='))
                n++;
        if (!term[n])
                return err_set(err, ERR_BAD_REQUEST, "invalid selector: '%s'; can't understand '%s'", text, term);
        bool negated = term[n] == '!';
        const char *value = term + n + (negated || term[n + 1] == '=' ? 2 : 1);
        char *field_copy = arena_strndup(a, term, n), *value_copy_ = arena_strdup(a, value);
        if (!field_copy || !value_copy_)
                return err_oom(err);
        if (unescape(value_copy_, err) < 0)
                return -1;
        *ret = (struct field_term){.field = field_copy, .value = value_copy_, .negated = negated};
        return 0;
}

int field_selector_parse(struct arena *a, const char *text, struct field_selector *ret, struct err *err) {
        const char **terms = NULL;
        size_t n = 0;
        if (split_terms(a, text, &terms, &n, err) < 0)
                return -1;
        struct field_term *items = arena_zalloc(a, n, sizeof(*items));
        if (!items)
                return err_oom(err);
        for (size_t i = 0; i < n; i++)
                if (parse_term(a, text, terms[i], &items[i], err) < 0)
                        return -1;
        *ret = (struct field_selector){items, n};
        return 0;
}

bool field_selector_matches(const struct field_selector *s, selector_lookup lookup, const void *context) {
        for (size_t i = 0; i < s->n; i++) {
                const char *is = lookup(context, s->items[i].field);
                if (streq(is ? is : "", s->items[i].value) == s->items[i].negated)
                        return false;
        }
        return true;
}

const char *field_selector_exact(const struct field_selector *s, const char *field) {
        for (size_t i = 0; i < s->n; i++)
                if (!s->items[i].negated && streq(s->items[i].field, field))
                        return s->items[i].value;
        return NULL;
}

static void add_escaped(struct buf *b, const char *value) {
        for (; *value; value++) {
                if (strchr("\\,=", *value))
                        buf_addc(b, '\\');
                buf_addc(b, *value);
        }
}

const char *field_selector_text(struct arena *a, const struct field_selector *s) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        for (size_t i = 0; i < s->n; i++) {
                buf_addf(&b, "%s%s%s", i ? "," : "", s->items[i].field, s->items[i].negated ? "!=" : "=");
                add_escaped(&b, s->items[i].value);
        }
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}
