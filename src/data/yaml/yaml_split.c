/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a stream into documents by lines, as Kubernetes' and kustomize's readers do before they parse. */
#include "data/yaml/yaml.h"

struct line {
        const char *text;
        size_t n;    /* with its line break */
        bool broken; /* ends with a line break */
};

static struct line line_at(const struct yaml_splitter *s, size_t at) {
        const char *text = s->text + at, *end = memchr(text, '\n', s->n - at);
        return (struct line){text, end ? (size_t)(end - text) + 1 : s->n - at, end != NULL};
}

static bool is_space(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_separator(const struct line *l) {
        return l->n >= 3 && memcmp(l->text, "---", 3) == 0;
}

/* What follows the dashes may be white space and a comment. */
static int check_separator(const struct yaml_splitter *s, const struct line *l, unsigned line, struct err *err) {
        size_t from = 3, to = l->n;
        while (to > from && is_space(l->text[to - 1]))
                to--;
        while (from < to && is_space(l->text[from]))
                from++;
        if (from == to || l->text[from] == '#')
                return 0;
        if (s->dialect == YAML_KYAML)
                err_set(err, ERR_SYNTAX, "invalid document separator: %.*s", (int)to, l->text);
        else
                err_set(err, ERR_SYNTAX, "invalid Yaml document separator: %.*s", (int)(to - from), l->text + from);
        return err_at(err, line, 1);
}

static int piece(const struct yaml_splitter *s, size_t from, size_t to, unsigned line, struct yaml_piece *ret) {
        *ret = (struct yaml_piece){s->text + from, to - from, line};
        return 1;
}

/* apimachinery: a separator ends what came before it; with nothing before it, it begins the piece. */
static int next_sigs(struct yaml_splitter *s, struct yaml_piece *ret, struct err *err) {
        size_t from = s->at;
        unsigned first = s->line;
        while (s->at < s->n) {
                struct line l = line_at(s, s->at);
                size_t end = s->at;
                if (is_separator(&l) && check_separator(s, &l, s->line, err) < 0)
                        return -1;
                s->at += l.n;
                s->line++;
                if (is_separator(&l) && end > from)
                        return piece(s, from, end, first, ret);
        }
        return s->at > from ? piece(s, from, s->at, first, ret) : 0;
}

/* kyaml: only separators after the first line and with a line break behind them cut; every piece counts. */
static int next_kyaml(struct yaml_splitter *s, struct yaml_piece *ret, struct err *err) {
        size_t from = s->at;
        unsigned first = s->line;
        if (s->done || !s->n)
                return 0;
        while (s->at < s->n) {
                struct line l = line_at(s, s->at);
                size_t end = s->at;
                bool cuts = is_separator(&l) && l.broken && end > from;
                if (cuts && check_separator(s, &l, s->line, err) < 0)
                        return -1;
                s->at += l.n;
                s->line++;
                if (cuts)
                        return piece(s, from, end, first, ret);
        }
        s->done = true;
        return piece(s, from, s->n, first, ret);
}

int yaml_split_next(struct yaml_splitter *s, struct yaml_piece *ret, struct err *err) {
        return s->dialect == YAML_KYAML ? next_kyaml(s, ret, err) : next_sigs(s, ret, err);
}
