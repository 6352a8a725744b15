/* SPDX-License-Identifier: Apache-2.0 */
#include "data/patch/pointer.h"

/* Unescapes one token into `to`, which has room for it: ~1 is a slash, ~0 a tilde. */
static size_t unescape(char *to, const char *text, size_t n) {
        size_t len = 0;
        for (size_t i = 0; i < n; i++) {
                char c = text[i];
                if (c == '~' && i + 1 < n && (text[i + 1] == '0' || text[i + 1] == '1'))
                        c = text[++i] == '0' ? '~' : '/';
                to[len++] = c;
        }
        to[len] = '\0';
        return len;
}

int pointer_split(struct arena *a, const char *text, size_t n, struct pointer *ret, struct err *err) {
        const char *end = text + n;
        const char *slash = n ? memchr(text, '/', n) : NULL;
        size_t count = 0;
        for (const char *p = slash; p; p = memchr(p + 1, '/', (size_t)(end - p - 1)))
                count++;
        struct pointer result = {.tokens = arena_zalloc(a, count + 1, sizeof(*result.tokens)), .n = count};
        char *bytes = arena_alloc(a, n + count + 1); /* each token's text and its NUL */
        if (!result.tokens || !bytes)
                return err_oom(err);
        const char *p = slash;
        for (size_t i = 0; i < count; i++) {
                const char *start = p + 1;
                p = memchr(start, '/', (size_t)(end - start));
                size_t len = unescape(bytes, start, (size_t)((p ? p : end) - start));
                result.tokens[i] = (struct pointer_token){.text = bytes, .len = len};
                bytes += len + 1;
        }
        *ret = result;
        return 0;
}

int pointer_parse(struct arena *a, const char *text, size_t n, struct pointer *ret, struct err *err) {
        if (n && *text != '/')
                return err_set(err, ERR_BAD_REQUEST, "JSON pointer must be empty or start with a \"/\"");
        for (size_t i = 0; i < n; i++)
                if (text[i] == '~' && (i + 1 == n || (text[i + 1] != '0' && text[i + 1] != '1')))
                        return err_set(err, ERR_BAD_REQUEST,
                                       "JSON pointer has a \"~\" that is neither \"~0\" nor \"~1\"");
        return pointer_split(a, text, n, ret, err);
}

/* The list index a token names, or -1. */
static int64_t parse_index(const struct pointer_token *token) {
        if (!token->len || token->len > 10 || (token->text[0] == '0' && token->len > 1))
                return -1;
        int64_t index = 0;
        for (size_t i = 0; i < token->len; i++) {
                if (token->text[i] < '0' || token->text[i] > '9')
                        return -1;
                index = index * 10 + (token->text[i] - '0');
        }
        return index;
}

struct value *pointer_get(const struct value *document, const struct pointer *p) {
        const struct value *v = document;
        for (size_t i = 0; v && i < p->n; i++) {
                if (v->type == VALUE_LIST) {
                        int64_t index = parse_index(&p->tokens[i]);
                        v = index >= 0 && index < v->len ? &v->items[index] : NULL;
                } else {
                        v = value_getn(v, p->tokens[i].text, p->tokens[i].len);
                }
        }
        return (struct value *)v;
}

struct value *pointer_find(const struct value *document, const char *text) {
        _cleanup_arena_ struct arena *scratch = arena_new(0);
        struct pointer p;
        if (!scratch || pointer_parse(scratch, text, strlen(text), &p, NULL) < 0)
                return NULL;
        return pointer_get(document, &p);
}

void pointer_add_token(struct buf *b, const char *key, size_t n) {
        buf_addc(b, '/');
        for (size_t i = 0; i < n; i++) {
                if (key[i] == '~')
                        buf_adds(b, "~0");
                else if (key[i] == '/')
                        buf_adds(b, "~1");
                else
                        buf_addc(b, key[i]);
        }
}
