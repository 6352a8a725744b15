/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of label selectors: "a=b,c in (x,y),!d", with the words kube-apiserver finds for what is not. */
#include "kube/select/selector_private.h"

#include "base/limits.h"
#include "kube/select/labels.h"
#include "kube/quote.h"

/* Requirements and values of one selector. A URL of 16 kB cannot hold more. */
#define ITEMS_MAX 8192

enum token {
        TOKEN_END,
        TOKEN_CLOSE,
        TOKEN_COMMA,
        TOKEN_NOT,
        TOKEN_EQUAL, /* "=" and "==" */
        TOKEN_GREATER,
        TOKEN_LESS,
        TOKEN_IDENTIFIER,
        TOKEN_IN,
        TOKEN_NOT_EQUAL,
        TOKEN_NOT_IN,
        TOKEN_OPEN,
        TOKEN_BAD,
};

struct parser {
        struct arena *arena;
        const char *at;
        enum token token; /* the next one */
        const char *text; /* its text, in the arena */
        struct err *err;
};

static bool is_special(char c) {
        return c && strchr("=!(),><", c);
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum token special_token(const char *s, size_t n) {
        static const struct {
                const char *text;
                enum token token;
        } table[] = {
                {")", TOKEN_CLOSE},  {",", TOKEN_COMMA},      {"!", TOKEN_NOT},
                {"==", TOKEN_EQUAL}, {"=", TOKEN_EQUAL},      {">", TOKEN_GREATER},
                {"<", TOKEN_LESS},   {"!=", TOKEN_NOT_EQUAL}, {"(", TOKEN_OPEN},
        };
        for (size_t i = 0; i < ARRAY_LEN(table); i++)
                if (strlen(table[i].text) == n && memcmp(table[i].text, s, n) == 0)
                        return table[i].token;
        return TOKEN_BAD;
}

/* Reads the next token. -1: memory. */
static int advance(struct parser *p) {
        while (is_blank(*p->at))
                p->at++;
        const char *start = p->at;
        size_t n = 0;
        if (!*start) {
                p->token = TOKEN_END;
        } else if (is_special(*start)) {
                /* the longest operator: at most two characters */
                n = special_token(start, 2) != TOKEN_BAD && is_special(start[1]) ? 2 : 1;
                p->token = special_token(start, n);
        } else {
                while (start[n] && !is_special(start[n]) && !is_blank(start[n]))
                        n++;
                p->token = n == 2 && memcmp(start, "in", 2) == 0      ? TOKEN_IN
                           : n == 5 && memcmp(start, "notin", 5) == 0 ? TOKEN_NOT_IN
                                                                      : TOKEN_IDENTIFIER;
        }
        p->at = start + n;
        p->text = arena_strndup(p->arena, start, n);
        return p->text ? 0 : err_oom(p->err);
}

/* Where a value may stand, "in" and "notin" are ordinary words. */
static enum token as_value(const struct parser *p) {
        return p->token == TOKEN_IN || p->token == TOKEN_NOT_IN ? TOKEN_IDENTIFIER : p->token;
}

static int expected(struct parser *p, const char *what) {
        return err_set(p->err, ERR_BAD_REQUEST, "found '%s'%s", p->text, what);
}

struct values {
        const char **items;
        size_t n;
};

/* Adds to the set unless it is there: values are few (a URL is short), so a search will do. */
static int add_value(struct parser *p, struct values *v, const char *text) {
        for (size_t i = 0; i < v->n; i++)
                if (streq(v->items[i], text))
                        return 0;
        if (v->n == ITEMS_MAX)
                return err_set(p->err, ERR_BAD_REQUEST, "too many values");
        const char **grown = v->items;
        if (v->n % 16 == 0)
                grown = arena_grow(p->arena, v->items, v->n * sizeof(*grown), (v->n + 16) * sizeof(*grown));
        if (!grown)
                return err_oom(p->err);
        grown[v->n++] = text;
        v->items = grown;
        return 0;
}

/* "x,y,,z" up to the closing parenthesis, where empty values count. */
static int parse_list(struct parser *p, struct values *v) {
        for (;;) {
                enum token token = as_value(p);
                if (token == TOKEN_IDENTIFIER) {
                        if (add_value(p, v, p->text) < 0 || advance(p) < 0)
                                return -1;
                        token = as_value(p);
                        if (token == TOKEN_CLOSE)
                                return 0;
                        if (token != TOKEN_COMMA)
                                return expected(p, ", expected: ',' or ')'");
                } else if (token == TOKEN_COMMA) {
                        if ((v->n == 0 && add_value(p, v, "") < 0) || advance(p) < 0)
                                return -1;
                        token = as_value(p);
                        if ((token == TOKEN_CLOSE || token == TOKEN_COMMA) && add_value(p, v, "") < 0)
                                return -1;
                        if (token == TOKEN_CLOSE)
                                return 0;
                } else {
                        return expected(p, ", expected: ',', or identifier");
                }
        }
}

static int parse_set(struct parser *p, struct values *v) {
        if (p->token != TOKEN_OPEN)
                return expected(p, " expected: '('");
        if (advance(p) < 0)
                return -1;
        enum token token = as_value(p);
        if (token == TOKEN_CLOSE)
                return add_value(p, v, "") < 0 ? -1 : advance(p);
        if (token != TOKEN_IDENTIFIER && token != TOKEN_COMMA)
                return expected(p, ", expected: ',', ')' or identifier");
        return parse_list(p, v) < 0 ? -1 : advance(p);
}

static int parse_single(struct parser *p, struct values *v) {
        enum token token = as_value(p);
        if (token == TOKEN_END || token == TOKEN_COMMA)
                return add_value(p, v, "");
        if (token != TOKEN_IDENTIFIER)
                return expected(p, ", expected: identifier");
        return add_value(p, v, p->text) < 0 ? -1 : advance(p);
}

static int parse_operator(struct parser *p, struct selector_requirement *r) {
        switch (p->token) {
        case TOKEN_IN:
        case TOKEN_EQUAL:
                r->operator= SELECTOR_IN;
                break;
        case TOKEN_NOT_IN:
        case TOKEN_NOT_EQUAL:
                r->operator= SELECTOR_NOT_IN;
                break;
        case TOKEN_GREATER:
                r->operator= SELECTOR_GREATER;
                break;
        case TOKEN_LESS:
                r->operator= SELECTOR_LESS;
                break;
        default:
                return expected(p, ", expected: in, notin, =, ==, !=, gt, lt");
        }
        r->set = p->token == TOKEN_IN || p->token == TOKEN_NOT_IN;
        return advance(p);
}

static int parse_key(struct parser *p, struct selector_requirement *r, bool *ret_negated) {
        *ret_negated = p->token == TOKEN_NOT;
        if (*ret_negated && advance(p) < 0)
                return -1;
        if (as_value(p) != TOKEN_IDENTIFIER)
                return expected(p, ", expected: identifier");
        r->key = p->text;
        _cleanup_buf_ struct buf problems = BUF_INIT(LIMIT_REQUEST_HEADERS), key = BUF_INIT(LIMIT_REQUEST_HEADERS * 4);
        label_key_problems(&problems, p->text);
        if (problems.len) {
                quote_go(&key, p->text);
                return err_set(p->err, ERR_BAD_REQUEST, "<nil>: Invalid value: %s: %s", buf_str(&key),
                               buf_str(&problems));
        }
        return advance(p);
}

static int parse_requirement(struct parser *p, struct selector_requirement *ret) {
        struct selector_requirement r = {0};
        struct values v = {0};
        bool negated;
        if (parse_key(p, &r, &negated) < 0)
                return -1;
        enum token token = as_value(p);
        if (token == TOKEN_END || token == TOKEN_COMMA)
                r.operator= negated ? SELECTOR_ABSENT : SELECTOR_EXISTS;
        else if (negated && token == TOKEN_IDENTIFIER && p->token == TOKEN_IDENTIFIER)
                return expected(p, ", expected: in, notin, =, ==, !=, gt, lt");
        else if (parse_operator(p, &r) < 0 || (r.set ? parse_set : parse_single)(p, &v) < 0)
                return -1;
        if (selector_requirement_make(p->arena, r.key, r.operator, v.items, v.n, ret, p->err) < 0)
                return -1;
        ret->set = r.set;
        return 0;
}

/* After a requirement: the end, or a comma and another one. *ret_more: another one. */
static int parse_separator(struct parser *p, bool *ret_more) {
        *ret_more = p->token == TOKEN_COMMA;
        if (p->token == TOKEN_END)
                return 0;
        if (p->token != TOKEN_COMMA)
                return expected(p, ", expected: ',' or 'end of string'");
        if (advance(p) < 0)
                return -1;
        if (as_value(p) != TOKEN_IDENTIFIER && p->token != TOKEN_NOT)
                return expected(p, ", expected: identifier after ','");
        return 0;
}

int label_selector_parse(struct arena *a, const char *text, struct label_selector *ret, struct err *err) {
        struct parser p = {.arena = a, .at = text, .err = err};
        struct selector_requirement *items = NULL;
        size_t n = 0;
        if (advance(&p) < 0)
                return -1;
        bool more = p.token != TOKEN_END;
        if (more && as_value(&p) != TOKEN_IDENTIFIER && p.token != TOKEN_NOT)
                return expected(&p, ", expected: !, identifier, or 'end of string'");
        while (more) {
                if (n == ITEMS_MAX)
                        return err_set(err, ERR_BAD_REQUEST, "too many requirements");
                if (n % 16 == 0)
                        items = arena_grow(a, items, n * sizeof(*items), (n + 16) * sizeof(*items));
                if (!items)
                        return err_oom(err);
                if (parse_requirement(&p, &items[n++]) < 0)
                        return err_wrap(err, "unable to parse requirement");
                if (parse_separator(&p, &more) < 0)
                        return -1;
        }
        selector_sort(items, n);
        *ret = (struct label_selector){.items = items, .n = n};
        return 0;
}
