/* SPDX-License-Identifier: Apache-2.0 */
/* Comments that matter: those that hold JSON, and one behind the last value of a document. libyaml's events have no
 * comments, so the text around a key is looked at. Where they stand is what go-yaml v3 makes the line comment and the
 * head comment of a key or of its value (measured with kustomize 5.8.1; tests/unit/build/test_comments.c). */
#include "data/yaml/yaml_node.h"

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

static size_t skip_blanks(const char *text, size_t n, size_t at) {
        while (at < n && is_blank(text[at]))
                at++;
        return at;
}

/* Where the '{' of the comment at text[at] stands; n: it holds no JSON object. */
static size_t object_at(const char *text, size_t n, size_t at) {
        while (at < n && text[at] == '#')
                at++;
        at = skip_blanks(text, n, at);
        return at < n && text[at] == '{' ? at : n;
}

bool yaml_comment_any(const char *text, size_t n) {
        const char *end = text + n;
        for (const char *p = text; p && (p = memchr(p, '#', (size_t)(end - p))); p++)
                if (object_at(text, n, (size_t)(p - text)) < n)
                        return true;
        return false;
}

/* The comment at text[at] as the node's, when it holds an object. */
static int keep(struct yaml_loader *l, struct yaml_node *n, size_t at, struct err *err) {
        const char *text = l->source.text;
        size_t from = object_at(text, l->source.n, at), to = from;
        while (to < l->source.n && text[to] != '\n' && text[to] != '\r')
                to++;
        if (from == to)
                return 0;
        n->text = arena_strndup(l->texts, text + from, to - from);
        return n->text ? 0 : err_oom(err);
}

static size_t line_start(const char *text, size_t at) {
        while (at > 0 && text[at - 1] != '\n')
                at--;
        return at;
}

/* The comment that fills the line before the one that begins at `line`, and is no deeper than `indent`; SIZE_MAX: there
 * is none. */
static size_t comment_above(const char *text, size_t line, size_t indent) {
        if (!line)
                return SIZE_MAX;
        size_t start = line_start(text, line - 1), at = skip_blanks(text, line, start);
        return text[at] == '#' && at - start <= indent ? at : SIZE_MAX;
}

/* A comment of several lines is one text, and no JSON. */
static int keep_above(struct yaml_loader *l, struct yaml_node *n, size_t key, struct err *err) {
        const char *text = l->source.text;
        size_t line = line_start(text, key), indent = key - line;
        if (skip_blanks(text, key, line) != key)
                return 0;
        size_t at = comment_above(text, line, indent);
        if (at == SIZE_MAX || comment_above(text, line_start(text, at), SIZE_MAX) != SIZE_MAX)
                return 0;
        return keep(l, n, at, err);
}

int yaml_comment_of_key(struct yaml_loader *l, struct yaml_node *n, struct err *err) {
        const char *text = l->source.text;
        size_t end = l->source.n, key = yaml_source_byte(&l->comments, l->scalar_start);
        size_t at = skip_blanks(text, end, yaml_source_byte(&l->comments, l->scalar_end));
        if (at < end && text[at] == ':')
                at = skip_blanks(text, end, at + 1);
        return at < end && text[at] == '#' ? keep(l, n, at, err) : keep_above(l, n, key, err);
}

int yaml_comment_of_flow(struct yaml_loader *l, struct yaml_node *n, size_t mark, struct err *err) {
        const char *text = l->source.text;
        size_t end = l->source.n, at = skip_blanks(text, end, yaml_source_byte(&l->comments, mark));
        if (at < end && text[at] == ',')
                at = skip_blanks(text, end, at + 1);
        return at < end && text[at] == '#' ? keep(l, n, at, err) : 0;
}

/* Ends with an empty line, or is one: only such a scalar is written so that it keeps its line breaks ("|+"). */
static bool keeps_breaks(const struct yaml_node *n) {
        bool block = n->style == VALUE_STYLE_LITERAL || n->style == VALUE_STYLE_FOLDED;
        return n->kind == YAML_NODE_SCALAR && block && n->len && n->text[n->len - 1] == '\n' &&
               (n->len == 1 || n->text[n->len - 2] == '\n');
}

static bool has_comment_line(const char *text, size_t n, size_t at) {
        while (at < n) {
                size_t first = skip_blanks(text, n, at);
                if (first < n && text[first] == '#')
                        return true;
                const char *end = memchr(text + first, '\n', n - first);
                at = end ? (size_t)(end - text) + 1 : n;
        }
        return false;
}

int yaml_comment_at_end(struct yaml_loader *l, struct yaml_node *document, struct err *err) {
        struct yaml_node *n = document;
        while (n->kind != YAML_NODE_SCALAR && n->last)
                n = n->last;
        if (!keeps_breaks(n) ||
            !has_comment_line(l->source.text, l->source.n, yaml_source_byte(&l->comments, l->scalar_end)))
                return 0;
        char *text = arena_alloc(l->texts, (size_t)n->len + 3);
        if (!text)
                return err_oom(err);
        memcpy(text, n->text - 1, (size_t)n->len + 1);
        memcpy(text + n->len + 1, "\n", 2);
        n->text = text + 1;
        n->len++;
        return 0;
}
