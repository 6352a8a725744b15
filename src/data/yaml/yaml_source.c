/* SPDX-License-Identifier: Apache-2.0 */
/* Where libyaml's syntax is not go-yaml's, the source text decides: what it takes and go-yaml refuses is refused here,
 * and what go-yaml reads in another way is rewritten for another try. */
#include "data/yaml/yaml_node.h"

#include "base/limits.h"

static bool starts_rune(char c) {
        return ((uint8_t)c & 0xC0) != 0x80;
}

#define MARK "\xEF\xBB\xBF"
#define MARK_LEN 3

/* Bytes of a byte order mark, which libyaml's marks do not count. */
static size_t mark_len(const char *text, size_t n) {
        return n >= MARK_LEN && memcmp(text, MARK, MARK_LEN) == 0 ? MARK_LEN : 0;
}

static void replace_runes(char *text, size_t n, const char *from, const char *to) {
        for (char *end = text + n, *p = text; (p = memmem(p, (size_t)(end - p), from, MARK_LEN)); p += MARK_LEN)
                memcpy(p, to, MARK_LEN);
}

bool yaml_source_hide_marks(const char *text, size_t n, struct buf *to, char ret_mark[4]) {
        size_t start = mark_len(text, n);
        const char *first = n > start ? memchr(text + start, MARK[0], n - start) : NULL;
        if (!first || !memmem(first, (size_t)(text + n - first), MARK, MARK_LEN))
                return false;
        for (int i = 0; i < 64; i++) { /* runes for private use: U+E000 and those behind it */
                const char rune[] = {'\xEE', '\x80', (char)(0x80 + i), 0};
                if (memmem(text, n, rune, MARK_LEN))
                        continue;
                buf_add(to, text, n);
                if (buf_failed(to))
                        return false;
                replace_runes(to->data + start, n - start, MARK, rune);
                memcpy(ret_mark, rune, sizeof(rune));
                return true;
        }
        return false;
}

void yaml_source_show_marks(const struct yaml_source *s, char *text, size_t n) {
        if (*s->mark)
                replace_runes(text, n, s->mark, MARK);
}

/* Marks only grow, so the whole text is walked through once. */
size_t yaml_source_byte(struct yaml_source *s, size_t rune) {
        if (s->byte == 0)
                s->byte = mark_len(s->text, s->n);
        while (s->byte < s->n && s->rune < rune) {
                s->byte++;
                while (s->byte < s->n && !starts_rune(s->text[s->byte]))
                        s->byte++;
                s->rune++;
        }
        return s->byte;
}

/* "\/" in a double-quoted scalar; ret_line is its line, from 0. */
static bool has_escaped_slash(struct yaml_source *s, const yaml_event_t *event, size_t *ret_line) {
        size_t from = yaml_source_byte(s, event->start_mark.index), to = yaml_source_byte(s, event->end_mark.index);
        *ret_line = event->start_mark.line;
        for (size_t i = from; i + 1 < to; i++) {
                if (s->text[i] == '\n')
                        (*ret_line)++;
                if (s->text[i] == '\\' && s->text[++i] == '/')
                        return true;
        }
        return false;
}

/* A tag before a comma: for go-yaml ',', '[' and ']' belong to the tag. */
static bool ends_with_tag(struct yaml_source *s, const yaml_event_t *event) {
        size_t from = yaml_source_byte(s, event->start_mark.index), to = yaml_source_byte(s, event->end_mark.index),
               at = to;
        while (at > from && s->text[at - 1] != ' ' && s->text[at - 1] != '\t' && s->text[at - 1] != '\n')
                at--;
        return to < s->n && s->text[to] == ',' && s->text[at] == '!' && s->text[to - 1] != '>';
}

int yaml_source_check(struct yaml_loader *l, const yaml_event_t *event, const struct yaml_node *parent,
                      struct err *err) {
        const char *text = (const char *)event->data.scalar.value;
        size_t len = event->data.scalar.length, line, start = event->start_mark.line;
        bool sigs = l->dialect == YAML_SIGS;
        if (l->parser.encoding != YAML_UTF8_ENCODING)
                return 0;
        if (!len && event->data.scalar.tag && ends_with_tag(&l->source, event)) {
                l->source.indicator = l->source.byte;
                return yaml_syntax_error(start + 1, &event->start_mark, "did not find whitespace behind a tag", err);
        }
        if (len < 1)
                return 0;
        if (event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && memchr(text, '/', len) &&
            has_escaped_slash(&l->source, event, &line)) {
                size_t shown = sigs || !start ? line : start;
                return yaml_syntax_error(shown ? shown + 1 : 0, &event->start_mark, "found unknown escape character",
                                         err);
        }
        if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && parent->style == VALUE_STYLE_FLOW &&
            memchr(text + 1, '?', len - 1)) {
                size_t shown = sigs || !parent->line ? start : parent->line;
                return yaml_syntax_error(shown, &event->start_mark,
                                         parent->kind == YAML_NODE_MAPPING ? "did not find expected ',' or '}'"
                                                                           : "did not find expected ',' or ']'",
                                         err);
        }
        return 0;
}

/* "\'" inside double quotes becomes "'". */
static void mend_escape(struct buf *to, const char *text, size_t n, size_t at) {
        buf_add(to, text, at);
        buf_add(to, text + at + 1, n - at - 1);
}

/* A plain scalar that ends with ':' before the end of a flow collection gets quotes. */
static void mend_plain(struct buf *to, const char *text, size_t n, size_t from, size_t colon) {
        buf_add(to, text, from);
        buf_addc(to, '\'');
        for (size_t i = from; i <= colon; i++) {
                if (text[i] == '\'')
                        buf_addc(to, '\'');
                buf_addc(to, text[i]);
        }
        buf_addc(to, '\'');
        buf_add(to, text + colon + 1, n - colon - 1);
}

/* A flow indicator that belongs to the tag before it is written as a tag may hold it. */
static void mend_tag(struct buf *to, const char *text, size_t n, size_t at) {
        buf_add(to, text, at);
        buf_addf(to, "%%%02X", (unsigned)(uint8_t)text[at]);
        buf_add(to, text + at + 1, n - at - 1);
}

bool yaml_source_mend(struct yaml_loader *l, struct buf *to) {
        const yaml_parser_t *p = &l->parser;
        const char *text = l->source.text;
        size_t n = l->source.n;
        if (p->encoding != YAML_UTF8_ENCODING || n > LIMIT_YAML_MEND_BYTES)
                return false;
        if (l->source.indicator) {
                mend_tag(to, text, n, l->source.indicator);
                return !buf_failed(to);
        }
        if (p->error != YAML_SCANNER_ERROR)
                return false;
        struct yaml_source fresh = {.text = text, .n = n}; /* the context lies before what was looked at last */
        size_t from = yaml_source_byte(&fresh, p->context_mark.index),
               at = yaml_source_byte(&fresh, p->problem_mark.index);
        if (streq(p->problem, "found unknown escape character") && at + 1 < n && text[at] == '\\' &&
            text[at + 1] == '\'')
                mend_escape(to, text, n, at);
        else if (streq(p->problem, "found unexpected ':'") && at < n && text[at] == ':' && from < at)
                mend_plain(to, text, n, from, at);
        else if (streq(p->problem, "did not find expected whitespace or line break") && at < n &&
                 memchr(",[]", text[at], 3))
                mend_tag(to, text, n, at);
        else
                return false;
        return !buf_failed(to);
}
