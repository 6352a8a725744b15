/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of JSONPath templates. What it accepts, and how, is client-go's: dictionary keys are re-read as fields
 * (so that "['a.b']" means two of them), filters and unions as actions of their own. */
#include "data/jsonpath/jsonpath_node.h"

#include "data/text/unicode.h"
#include "data/text/utf8.h"

#include <errno.h>

#define MAX_NESTING 16 /* of actions inside actions: filters and unions hold two or three */

struct parser {
        struct arena *arena;
        const char *p;     /* the next byte */
        const char *start; /* of what is being read */
        const char *end;
        unsigned nesting;
        struct err *err;
};

static int parse_template(struct arena *a, const char *text, size_t n, unsigned nesting, struct jsonpath_list *ret,
                          struct err *err);

static struct jsonpath_node *add_node(struct parser *ps, struct jsonpath_list *list, enum jsonpath_node_type type) {
        if (list->n == list->cap) {
                size_t cap = list->cap ? 2 * list->cap : 4;
                struct jsonpath_node *nodes =
                        arena_grow(ps->arena, list->nodes, list->n * sizeof(*nodes), cap * sizeof(*nodes));
                if (!nodes) {
                        err_oom(ps->err);
                        return NULL;
                }
                list->nodes = nodes;
                list->cap = cap;
        }
        struct jsonpath_node *node = &list->nodes[list->n++];
        *node = (struct jsonpath_node){.type = type};
        return node;
}

static int add_string(struct parser *ps, struct jsonpath_list *list, enum jsonpath_node_type type, const char *s,
                      size_t n) {
        char *copy = arena_strndup(ps->arena, s, n);
        if (!copy)
                return err_oom(ps->err);
        struct jsonpath_node *node = add_node(ps, list, type);
        if (!node)
                return -1;
        node->value = value_strn(copy, n);
        return 0;
}

static int fail(struct parser *ps, const char *text) {
        return err_set(ps->err, ERR_SYNTAX, "%s", text);
}

/* ---- runes ---- */

#define END_OF_TEXT UINT32_MAX

static uint32_t peek(const struct parser *ps) {
        uint32_t rune;
        if (ps->p >= ps->end)
                return END_OF_TEXT;
        utf8_decode(ps->p, ps->end, &rune);
        return rune;
}

static uint32_t next(struct parser *ps) {
        uint32_t rune;
        if (ps->p >= ps->end)
                return END_OF_TEXT;
        unsigned len = utf8_decode(ps->p, ps->end, &rune);
        ps->p += len ? len : 1;
        return rune;
}

static bool looking_at(const struct parser *ps, const char *text) {
        size_t n = strlen(text);
        return (size_t)(ps->end - ps->p) >= n && memcmp(ps->p, text, n) == 0;
}

static bool is_terminator(uint32_t r) {
        return r == END_OF_TEXT || (r < 0x80 && strchr(" \t\r\n.,[]$@{}", (int)r) && r);
}

static bool is_digit(uint32_t r) {
        return r >= '0' && r <= '9';
}

static bool is_word(uint32_t r) {
        return r == '_' || unicode_is_letter(r) || unicode_is_digit(r);
}

/* ---- the parts of an action ---- */

static int parse_identifier(struct parser *ps, struct jsonpath_list *list) {
        while (!is_terminator(peek(ps)))
                next(ps);
        size_t n = (size_t)(ps->p - ps->start);
        bool is_true = n == 4 && memcmp(ps->start, "true", 4) == 0;
        if (!is_true && !(n == 5 && memcmp(ps->start, "false", 5) == 0))
                return add_string(ps, list, JSONPATH_IDENTIFIER, ps->start, n);
        struct jsonpath_node *node = add_node(ps, list, JSONPATH_LITERAL);
        if (!node)
                return -1;
        node->value = value_bool(is_true);
        return 0;
}

/* A field's name ends at a terminator that no backslash precedes; backslashes vanish. */
static int parse_field(struct parser *ps, struct jsonpath_list *list) {
        ps->start = ps->p;
        while (!is_terminator(peek(ps)))
                if (next(ps) == '\\')
                        next(ps);
        size_t n = (size_t)(ps->p - ps->start), len = 0;
        if (n == 1 && *ps->start == '*')
                return add_node(ps, list, JSONPATH_WILDCARD) ? 0 : -1;
        char *name = arena_alloc(ps->arena, n + 1);
        if (!name)
                return err_oom(ps->err);
        for (size_t i = 0; i < n; i++)
                if (ps->start[i] != '\\')
                        name[len++] = ps->start[i];
        name[len] = '\0';
        return add_string(ps, list, JSONPATH_FIELD, name, len);
}

static int parse_recursive(struct parser *ps, struct jsonpath_list *list) {
        if (list->n && list->nodes[list->n - 1].type == JSONPATH_RECURSIVE)
                return fail(ps, "invalid multiple recursive descent");
        ps->p += 2;
        if (!add_node(ps, list, JSONPATH_RECURSIVE))
                return -1;
        return is_word(peek(ps)) ? parse_field(ps, list) : 0;
}

/* A whole decimal integer that fits 64 bits. */
static bool read_int(const char *s, int64_t *ret) {
        char *end;
        if (!*s || (*s != '-' && *s != '+' && !is_digit((uint8_t)*s)))
                return false;
        errno = 0;
        *ret = strtoll(s, &end, 10);
        return !*end && end != s && !errno && is_digit((uint8_t)end[-1]);
}

static int parse_number(struct parser *ps, struct jsonpath_list *list) {
        if (*ps->p == '+' || *ps->p == '-')
                ps->p++;
        const char *digits = ps->p;
        size_t dots = 0;
        for (; ps->p < ps->end && (is_digit((uint8_t)*ps->p) || *ps->p == '.'); ps->p++)
                dots += *ps->p == '.';
        char *text = arena_strndup(ps->arena, ps->start, (size_t)(ps->p - ps->start));
        if (!text)
                return err_oom(ps->err);
        if (dots > 1 || (size_t)(ps->p - digits) == dots)
                return err_set(ps->err, ERR_SYNTAX, "cannot parse number %s", text);
        struct jsonpath_node *node = add_node(ps, list, JSONPATH_LITERAL);
        if (!node)
                return -1;
        int64_t i;
        node->value = !dots && read_int(text, &i) ? value_int(i) : value_float(strtod(text, NULL));
        node->value.flags = JSONPATH_LITERAL_INT;
        return 0;
}

static int parse_quote(struct parser *ps, struct jsonpath_list *list, char quote) {
        do {
                while (ps->p < ps->end && *ps->p != quote && *ps->p != '\n')
                        ps->p++;
                if (ps->p >= ps->end || *ps->p == '\n')
                        return fail(ps, "unterminated quoted string");
                ps->p++;
        } while (ps->p[-2] == '\\');
        _cleanup_buf_ struct buf out = BUF_INIT((size_t)(ps->end - ps->start) * 2 + 16);
        if (jsonpath_unquote(ps->start + 1, ps->p - 1, quote, &out) < 0)
                return err_set(ps->err, ERR_SYNTAX, "unquote string %.*s error invalid syntax",
                               (int)(ps->p - ps->start), ps->start);
        if (buf_failed(&out))
                return err_oom(ps->err);
        return add_string(ps, list, JSONPATH_TEXT, buf_str(&out), out.len);
}

/* Parses "{text}" and answers what stands between its braces. */
static int parse_action_text(struct parser *ps, const char *before, const char *text, size_t n, const char *after,
                             struct jsonpath_list *ret) {
        struct jsonpath_list list;
        char *action = arena_printf(ps->arena, "{%s%.*s%s}", before, (int)n, text, after);
        if (!action)
                return err_oom(ps->err);
        if (parse_template(ps->arena, action, strlen(action), ps->nesting + 1, &list, ps->err) < 0)
                return -1;
        *ret = list.nodes[0].left;
        return 0;
}

static int parse_union(struct parser *ps, struct jsonpath_list *list, const char *text, size_t n) {
        size_t members = 1;
        for (size_t i = 0; i < n; i++)
                members += text[i] == ',';
        struct jsonpath_list *lists = arena_zalloc(ps->arena, members, sizeof(*lists));
        if (!lists)
                return err_oom(ps->err);
        const char *end = text + n;
        for (size_t i = 0; i < members; i++) {
                const char *comma = memchr(text, ',', (size_t)(end - text));
                const char *s = text, *e = comma ? comma : end;
                while (s < e && *s == ' ')
                        s++;
                while (s < e && e[-1] == ' ')
                        e--;
                if (parse_action_text(ps, "[", s, (size_t)(e - s), "]", &lists[i]) < 0)
                        return -1;
                text = comma ? comma + 1 : end;
        }
        struct jsonpath_node *node = add_node(ps, list, JSONPATH_UNION);
        if (!node)
                return -1;
        node->members = lists;
        node->n_members = members;
        return 0;
}

/* ['key'] is read again as ".key". */
static int parse_dict_key(struct parser *ps, struct jsonpath_list *list, const char *key, size_t n) {
        struct jsonpath_list fields;
        if (parse_action_text(ps, ".", key, n, "", &fields) < 0)
                return -1;
        for (size_t i = 0; i < fields.n; i++) {
                struct jsonpath_node *node = add_node(ps, list, JSONPATH_FIELD);
                if (!node)
                        return -1;
                *node = fields.nodes[i];
        }
        return 0;
}

/* Cuts text (NUL-terminated) at its colons into at most three parts of an optional minus and digits. */
static bool split_slice(char *text, char *parts[static 3], size_t *ret_n) {
        size_t n = 0;
        for (char *s = text; s;) {
                char *colon = strchr(s, ':');
                if (colon)
                        *colon = '\0';
                if (n == 3 || s[*s == '-' ? 1 + strspn(s + 1, "0123456789") : strspn(s, "0123456789")])
                        return false;
                parts[n++] = s;
                s = colon ? colon + 1 : NULL;
        }
        *ret_n = n;
        return true;
}

static int parse_slice(struct parser *ps, struct jsonpath_list *list, const char *text, size_t n) {
        char *copy = arena_strndup(ps->arena, text, n), *parts[3];
        size_t n_parts;
        if (!copy)
                return err_oom(ps->err);
        if (strlen(copy) != n || !split_slice(copy, parts, &n_parts))
                return err_set(ps->err, ERR_SYNTAX, "invalid array index %.*s", (int)n, text);
        struct jsonpath_node *node = add_node(ps, list, JSONPATH_SLICE);
        if (!node)
                return -1;
        for (size_t i = 0; i < n_parts; i++) {
                struct jsonpath_bound *bound = &node->bounds[i];
                bound->known = *parts[i];
                if (bound->known && !read_int(parts[i], &bound->value))
                        return err_set(ps->err, ERR_SYNTAX, "array index %s is not a number", parts[i]);
        }
        if (n_parts == 1) {
                if (node->bounds[0].value == INT64_MAX)
                        return err_set(ps->err, ERR_SYNTAX, "array index %s is not a number", parts[0]);
                node->bounds[1] =
                        (struct jsonpath_bound){.value = node->bounds[0].value + 1, .known = true, .derived = true};
        }
        return 0;
}

static int parse_array(struct parser *ps, struct jsonpath_list *list) {
        while (ps->p < ps->end && *ps->p != ']' && *ps->p != '\n')
                ps->p++;
        if (ps->p >= ps->end || *ps->p == '\n')
                return fail(ps, "unterminated array");
        const char *text = ps->start + 1;
        size_t n = (size_t)(ps->p++ - text);
        if (n == 1 && *text == '*')
                return parse_slice(ps, list, ":", 1);
        if (memchr(text, ',', n))
                return parse_union(ps, list, text, n);
        if (n >= 2 && *text == '\'' && text[n - 1] == '\'' && !memchr(text + 1, '\'', n - 2))
                return parse_dict_key(ps, list, text + 1, n - 2);
        return parse_slice(ps, list, text, n);
}

/* Finds the end of a filter: the closing parenthesis outside the one pair of quotes that may be there. */
static int find_filter_end(struct parser *ps) {
        bool begun = false, ended = false;
        char quote = 0;
        for (;; ps->p++) {
                if (ps->p >= ps->end || *ps->p == '\n')
                        return fail(ps, "unterminated filter");
                if (*ps->p == ')' && begun == ended)
                        break;
                if (*ps->p != '"' && *ps->p != '\'')
                        continue;
                if (!begun) {
                        begun = true;
                        quote = *ps->p;
                } else if (*ps->p == quote && ps->p[-1] != '\\') {
                        ended = true;
                }
        }
        if (ps->p + 1 >= ps->end || ps->p[1] != ']')
                return fail(ps, "unclosed array expect ]");
        return 0;
}

/* Splits "left OP right"; false when there is no operator with something on both sides. */
static bool split_filter(const char *text, size_t n, size_t *ret_left, size_t *ret_operator) {
        const char *operators = "!<>=";
        size_t left = 0, op;
        while (left < n && !strchr(operators, text[left]))
                left++;
        for (op = left; op < n && strchr(operators, text[op]);)
                op++;
        if (op == n && op > left)
                op--; /* the right side needs one byte at least */
        *ret_left = left;
        *ret_operator = op - left;
        return left && op > left;
}

static int parse_filter(struct parser *ps, struct jsonpath_list *list) {
        ps->p += 3;
        const char *text = ps->p;
        if (find_filter_end(ps) < 0)
                return -1;
        size_t n = (size_t)(ps->p - text), left, op;
        ps->p += 2;
        struct jsonpath_node filter = {.type = JSONPATH_FILTER, .op = "exists"};
        if (split_filter(text, n, &left, &op)) {
                filter.op = arena_strndup(ps->arena, text + left, op);
                if (!filter.op)
                        return err_oom(ps->err);
                if (parse_action_text(ps, "", text, left, "", &filter.left) < 0 ||
                    parse_action_text(ps, "", text + left + op, n - left - op, "", &filter.right) < 0)
                        return -1;
        } else if (parse_action_text(ps, "", text, n, "", &filter.left) < 0) {
                return -1;
        }
        struct jsonpath_node *node = add_node(ps, list, JSONPATH_FILTER);
        if (!node)
                return -1;
        *node = filter;
        return 0;
}

/* ---- actions and text ---- */

static int unrecognized(struct parser *ps, uint32_t r) {
        char utf8[UTF8_MAX + 1] = "";
        utf8[utf8_encode(utf8, r)] = '\0';
        bool printable = unicode_is_print(r);
        return err_set(ps->err, ERR_SYNTAX, "unrecognized character in action: U+%04X%s%s%s", r, printable ? " '" : "",
                       printable ? utf8 : "", printable ? "'" : "");
}

/* Parses one part of an action; 1: the action has ended. */
static int parse_part(struct parser *ps, struct jsonpath_list *list) {
        ps->start = ps->p;
        if (looking_at(ps, "[?("))
                return parse_filter(ps, list);
        if (looking_at(ps, ".."))
                return parse_recursive(ps, list);
        uint32_t r = peek(ps);
        if (is_digit(r) || r == '+' || r == '-')
                return parse_number(ps, list);
        if (is_word(r))
                return parse_identifier(ps, list);
        next(ps);
        switch (r) {
        case '}':
                return 1;
        case END_OF_TEXT:
        case '\r':
        case '\n':
                return fail(ps, "unclosed action");
        case ' ':
        case '@':
        case '$':
                return 0;
        case '[':
                return parse_array(ps, list);
        case '"':
        case '\'':
                return parse_quote(ps, list, (char)r);
        case '.':
                return parse_field(ps, list);
        default:
                return unrecognized(ps, r);
        }
}

static int parse_template(struct arena *a, const char *text, size_t n, unsigned nesting, struct jsonpath_list *ret,
                          struct err *err) {
        struct parser ps = {.arena = a, .p = text, .start = text, .end = text + n, .nesting = nesting, .err = err};
        *ret = (struct jsonpath_list){0};
        if (nesting > MAX_NESTING)
                return fail(&ps, "filters are nested too deeply");
        while (ps.p < ps.end) {
                const char *brace = memchr(ps.p, '{', (size_t)(ps.end - ps.p));
                size_t plain = (size_t)((brace ? brace : ps.end) - ps.p);
                if (plain && add_string(&ps, ret, JSONPATH_TEXT, ps.p, plain) < 0)
                        return -1;
                if (!brace)
                        break;
                ps.p = brace + 1;
                struct jsonpath_list action = {0};
                int r;
                while ((r = parse_part(&ps, &action)) == 0)
                        ;
                struct jsonpath_node *node = r < 0 ? NULL : add_node(&ps, ret, JSONPATH_ACTION);
                if (!node)
                        return -1;
                node->left = action;
        }
        return 0;
}

int jsonpath_parse(struct arena *a, const char *text, size_t n, struct jsonpath **ret, struct err *err) {
        struct jsonpath *path = arena_make(a, struct jsonpath);
        if (!path)
                return err_oom(err);
        if (parse_template(a, text, n, 0, &path->root, err) < 0)
                return -1;
        *ret = path;
        return 0;
}

/* An optional pair of braces around an optional dot and a path without braces. */
int jsonpath_relaxed(struct arena *a, const char *text, const char **ret, struct err *err) {
        size_t n = strlen(text);
        const char *inner = text;
        if (n >= 2 && text[0] == '{' && text[n - 1] == '}') {
                inner++;
                n -= 2;
        }
        bool has_dot = n > 1 && *inner == '.'; /* a lone dot is the path itself */
        inner += has_dot;
        n -= has_dot;
        if (!*text) {
                *ret = "";
                return 0;
        }
        if (!n || memchr(inner, '{', n) || memchr(inner, '}', n))
                return err_set(err, ERR_SYNTAX,
                               "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' "
                               "or '{.name1.name2}'");
        *ret = arena_printf(a, "{.%.*s}", (int)n, inner);
        return *ret ? 0 : err_oom(err);
}
