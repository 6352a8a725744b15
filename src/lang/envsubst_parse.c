/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of ${…}. Which characters end a name, an operator or an argument, and which error follows, is Flux's
 * (fluxcd/pkg/envsubst); so is what looks odd here. */
#include "lang/envsubst_parse.h"

#include "base/limits.h"
#include "data/text/unicode.h"
#include "data/text/utf8.h"

enum token { TOKEN_OTHER, TOKEN_END, TOKEN_TEXT, TOKEN_OPEN /* ${ */, TOKEN_CLOSE /* } */ };

enum mode {
        MODE_TEXT = 1 << 0,
        MODE_OPEN = 1 << 1,
        MODE_CLOSE = 1 << 2,
        MODE_ESCAPES = 1 << 3,
};

/* Whether a rune, the last of i bytes, goes on with the token. */
typedef bool accept_function(uint32_t rune, size_t i);

struct parser {
        struct arena *arena;
        const char *text;
        size_t n, pos;
        size_t width;     /* bytes of the rune read last: what unread() goes back, even after a peek() */
        struct buf token; /* what the last scan() took, escapes removed */
        bool backslashes; /* a backslash escapes too: inside ${…} */
        unsigned depth;
        struct err *err;
};

#define END_OF_TEXT 0 /* no text holds a NUL */

/* ---- the scanner ---- */

static uint32_t read_rune(struct parser *p) {
        uint32_t rune;
        if (p->pos >= p->n) {
                p->width = 0;
                return END_OF_TEXT;
        }
        unsigned len = utf8_decode(p->text + p->pos, p->text + p->n, &rune);
        p->width = len ? len : 1;
        p->pos += p->width;
        return rune;
}

static void unread(struct parser *p) {
        p->pos -= p->width;
}

static uint32_t peek(struct parser *p) {
        uint32_t rune = read_rune(p);
        unread(p);
        return rune;
}

/* After a dollar: takes the brace behind it. */
static bool take_open(struct parser *p, unsigned mode, uint32_t rune) {
        if (!(mode & MODE_OPEN) || rune != '$')
                return false;
        if (read_rune(p) == '{')
                return true;
        unread(p);
        return false;
}

static bool is_escape(struct parser *p, unsigned mode, uint32_t rune) {
        if (!(mode & MODE_ESCAPES))
                return false;
        if (rune == '$')
                return peek(p) == '$';
        if (rune != '\\' || !p->backslashes)
                return false;
        uint32_t next = peek(p);
        return next == '/' || next == '\\';
}

static void keep(struct parser *p, size_t start) {
        buf_add(&p->token, p->text + start, p->pos - start);
}

/* An escape's first byte vanishes and the second is taken as it is. */
static void keep_escaped(struct parser *p) {
        size_t start = p->pos;
        read_rune(p);
        keep(p, start);
}

static bool scan_text(struct parser *p, unsigned mode, accept_function *accept, size_t start, uint32_t rune) {
        if (!(mode & MODE_TEXT))
                return false;
        if (is_escape(p, mode, rune))
                keep_escaped(p);
        else if (accept(rune, p->pos - start))
                keep(p, start);
        else
                return false;
        for (;;) {
                size_t at = p->pos;
                rune = read_rune(p);
                if (rune == END_OF_TEXT)
                        return true;
                if (take_open(p, mode, rune)) {
                        p->pos = at;
                        return true;
                }
                if (is_escape(p, mode, rune)) {
                        keep_escaped(p);
                } else if (accept(rune, p->token.len + (p->pos - at))) {
                        keep(p, at);
                } else {
                        p->pos = at;
                        return true;
                }
        }
}

static enum token scan(struct parser *p, unsigned mode, accept_function *accept) {
        buf_clear(&p->token);
        size_t start = p->pos;
        uint32_t rune = read_rune(p);
        if (rune == END_OF_TEXT)
                return TOKEN_END;
        if (take_open(p, mode, rune))
                return TOKEN_OPEN;
        if ((mode & MODE_CLOSE) && rune == '}')
                return TOKEN_CLOSE;
        return scan_text(p, mode, accept, start, rune) ? TOKEN_TEXT : TOKEN_OTHER;
}

/* ---- what tokens accept ---- */

static bool accept_any(uint32_t rune, size_t i) {
        return true;
}
static bool accept_name(uint32_t rune, size_t i) {
        return unicode_is_letter(rune) || unicode_is_digit(rune) || rune == '_';
}
static bool accept_argument(uint32_t rune, size_t i) {
        return rune != '}';
}
static bool accept_offset(uint32_t rune, size_t i) {
        return rune != ':' && rune != '}';
}
static bool accept_not_slash(uint32_t rune, size_t i) {
        return rune != '/';
}
static bool accept_slashes(uint32_t rune, size_t i) {
        return rune == '/';
}
static bool accept_colons(uint32_t rune, size_t i) {
        return rune == ':';
}
static bool accept_one_colon(uint32_t rune, size_t i) {
        return rune == ':' && i == 1;
}
static bool accept_one_equal(uint32_t rune, size_t i) {
        return rune == '=' && i == 1;
}
static bool accept_one_hash(uint32_t rune, size_t i) {
        return rune == '#' && i == 1;
}
static bool accept_hashes(uint32_t rune, size_t i) {
        return rune == '#' && i < 3;
}
static bool accept_percents(uint32_t rune, size_t i) {
        return rune == '%' && i < 3;
}
static bool accept_casing(uint32_t rune, size_t i) {
        return (rune == ',' || rune == '^') && i < 3;
}
static bool accept_default(uint32_t rune, size_t i) {
        return i == 1 ? rune == ':' : i == 2 && (rune == '=' || rune == '-' || rune == '?' || rune == '+');
}
static bool accept_replace(uint32_t rune, size_t i) {
        return i == 1 ? rune == '/' : i == 2 && (rune == '/' || rune == '#' || rune == '%');
}

/* ---- the parser ---- */

static int fail(struct parser *p, const char *text) {
        return err_set(p->err, ERR_SYNTAX, "%s", text);
}

static int bad(struct parser *p) {
        return fail(p, "bad substitution");
}

static struct envsubst_node *add_node(struct parser *p, struct envsubst_list *list) {
        if (list->n == list->cap) {
                size_t cap = list->cap ? 2 * list->cap : 2;
                struct envsubst_node *nodes =
                        arena_grow(p->arena, list->nodes, list->n * sizeof(*nodes), cap * sizeof(*nodes));
                if (!nodes) {
                        err_oom(p->err);
                        return NULL;
                }
                list->nodes = nodes;
                list->cap = cap;
        }
        struct envsubst_node *node = &list->nodes[list->n++];
        *node = (struct envsubst_node){0};
        return node;
}

static int keep_token(struct parser *p, struct envsubst_node *node) {
        node->len = p->token.len;
        node->text = arena_strndup(p->arena, buf_str(&p->token), p->token.len);
        return node->text && !buf_failed(&p->token) ? 0 : err_oom(p->err);
}

static int add_text(struct parser *p, struct envsubst_list *list) {
        struct envsubst_node *node = add_node(p, list);
        return node ? keep_token(p, node) : -1;
}

static int parse_expansion(struct parser *p, struct envsubst_list *list);

/* One argument: text, or a nested expansion. */
static int parse_argument(struct parser *p, unsigned mode, accept_function *accept, struct envsubst_node *node) {
        switch (scan(p, mode | MODE_OPEN, accept)) {
        case TOKEN_OPEN:
                return parse_expansion(p, &node->args);
        case TOKEN_TEXT:
                return add_text(p, &node->args);
        default:
                return fail(p, "unable to parse substitution within function");
        }
}

static int parse_close(struct parser *p) {
        return scan(p, MODE_CLOSE, accept_any) == TOKEN_CLOSE ? 0 : bad(p);
}

static int parse_operator(struct parser *p, accept_function *accept, struct envsubst_node *node) {
        if (scan(p, MODE_TEXT, accept) != TOKEN_TEXT || p->token.len >= sizeof(node->op))
                return -1;
        memcpy(node->op, p->token.data, p->token.len + 1);
        return 0;
}

/* ${v:offset} and ${v:offset:length} */
static int parse_substring(struct parser *p, struct envsubst_node *node) {
        if (parse_operator(p, accept_one_colon, node) < 0)
                return bad(p);
        if (parse_argument(p, MODE_TEXT, accept_offset, node) < 0)
                return -1;
        switch (scan(p, MODE_TEXT | MODE_CLOSE, accept_colons)) {
        case TOKEN_CLOSE:
                return 0;
        case TOKEN_TEXT:
                break;
        default:
                return bad(p);
        }
        return parse_argument(p, MODE_TEXT, accept_argument, node) < 0 ? -1 : parse_close(p);
}

/* ${v:=default} and its like: any number of texts and expansions */
static int parse_default(struct parser *p, struct envsubst_node *node) {
        if (parse_operator(p, peek(p) == '=' ? accept_one_equal : accept_default, node) < 0)
                return fail(p, "unable to parse default function");
        while (peek(p) != '}')
                if (parse_argument(p, MODE_TEXT, accept_argument, node) < 0)
                        return -1;
        return parse_close(p);
}

/* Looks behind the colon. What unread() goes back is the width of the rune seen there, so that ${v:é} fails. */
static int parse_default_or_substring(struct parser *p, struct envsubst_node *node) {
        read_rune(p);
        uint32_t rune = peek(p);
        unread(p);
        if (rune == '=' || rune == '-' || rune == '?' || rune == '+')
                return parse_default(p, node);
        return parse_substring(p, node);
}

/* ${v/a/b}; an empty b may be left out, its slash may not */
static int parse_replace(struct parser *p, struct envsubst_node *node) {
        if (parse_operator(p, accept_replace, node) < 0)
                return bad(p);
        if (parse_argument(p, MODE_TEXT | MODE_ESCAPES, accept_not_slash, node) < 0)
                return -1;
        if (scan(p, MODE_TEXT, accept_slashes) != TOKEN_TEXT)
                return bad(p);
        if (peek(p) != '}' && parse_argument(p, MODE_TEXT | MODE_ESCAPES, accept_argument, node) < 0)
                return -1;
        return parse_close(p);
}

/* ${v#pattern}, ${v%%pattern} */
static int parse_trim(struct parser *p, accept_function *accept, struct envsubst_node *node) {
        if (parse_operator(p, accept, node) < 0)
                return bad(p);
        return parse_argument(p, MODE_TEXT, accept_argument, node) < 0 ? -1 : parse_close(p);
}

/* ${#v} */
static int parse_length(struct parser *p, struct envsubst_node *node) {
        if (parse_operator(p, accept_one_hash, node) < 0 || scan(p, MODE_TEXT, accept_name) != TOKEN_TEXT)
                return bad(p);
        return keep_token(p, node) < 0 ? -1 : parse_close(p);
}

static int parse_named(struct parser *p, struct envsubst_node *node) {
        if (scan(p, MODE_TEXT, accept_name) != TOKEN_TEXT)
                return fail(p, "unable to parse variable name");
        if (keep_token(p, node) < 0)
                return -1;
        switch (peek(p)) {
        case ':':
                return parse_default_or_substring(p, node);
        case '=':
                return parse_default(p, node);
        case ',':
        case '^':
                return parse_operator(p, accept_casing, node) < 0 ? bad(p) : parse_close(p);
        case '/':
                return parse_replace(p, node);
        case '#':
                return parse_trim(p, accept_hashes, node);
        case '%':
                return parse_trim(p, accept_percents, node);
        default:
                return scan(p, MODE_CLOSE, accept_name) == TOKEN_CLOSE ? 0 : fail(p, "missing closing brace");
        }
}

/* Behind "${". The node is filled before it joins the list, which nested expansions may move. */
static int parse_expansion(struct parser *p, struct envsubst_list *list) {
        struct envsubst_node node = {.expansion = true};
        if (++p->depth > LIMIT_SUBST_DEPTH)
                return err_set(p->err, ERR_TOO_LARGE, "substitutions are nested deeper than %d levels",
                               LIMIT_SUBST_DEPTH);
        p->backslashes = true;
        if ((peek(p) == '#' ? parse_length(p, &node) : parse_named(p, &node)) < 0)
                return -1;
        p->depth--;
        struct envsubst_node *kept = add_node(p, list);
        if (!kept)
                return -1;
        *kept = node;
        return 0;
}

static int parse_all(struct parser *p, struct envsubst_list *ret) {
        for (;;) {
                p->backslashes = false;
                switch (scan(p, MODE_TEXT | MODE_OPEN | MODE_ESCAPES, accept_any)) {
                case TOKEN_END:
                        return 0;
                case TOKEN_TEXT:
                        if (add_text(p, ret) < 0)
                                return -1;
                        break;
                case TOKEN_OPEN:
                        if (parse_expansion(p, ret) < 0)
                                return -1;
                        break;
                default:
                        return bad(p);
                }
        }
}

int envsubst_parse(struct arena *a, const char *text, size_t n, struct envsubst_list *ret, struct err *err) {
        size_t used = strnlen(text, n);
        struct parser p = {.arena = a, .text = text, .n = used, .token = BUF_INIT(used + 1), .err = err};
        struct envsubst_list list = {0};
        int r = parse_all(&p, &list);
        buf_done(&p.token);
        if (r == 0)
                *ret = list;
        return r;
}
