/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions against Go's regexp. Its leftmost-longest mode and literal prefixes have no user in weir and no
 * counterpart here; splitting is FindAll's matches again. */
#include "corpus.h"

#include "lang/regex.h"

/* [start, end, …] of a match, or null. */
static struct value spans_value(struct corpus_case *c, bool found, const struct regex_span *spans, size_t n) {
        struct value list = value_list();
        for (size_t i = 0; found && i < n; i++) {
                value_append(c->arena, &list, value_int(spans[i].start));
                value_append(c->arena, &list, value_int(spans[i].end));
        }
        return found ? list : value_null();
}

static enum corpus_verdict check_subject(struct corpus_case *c, const struct regex *re, const struct value *result) {
        const char *s;
        size_t n, n_spans = regex_groups(re) + 1;
        if (corpus_bytes(c, result, "s", &s, &n) < 0)
                return corpus_fail(c, "no subject");
        struct regex_span *spans = arena_zalloc(c->arena, n_spans, sizeof(*spans));
        bool found = regex_find(re, s, n, 0, spans, n_spans);
        struct value match = value_bool(regex_match(re, s, n));
        struct value submatch = spans_value(c, found, spans, n_spans), all = value_list();
        struct regex_iterator it = {0};
        while (regex_next(re, s, n, &it, spans, n_spans))
                value_append(c->arena, &all, spans_value(c, true, spans, 1));
        enum corpus_verdict v = corpus_same_value(c, s, value_get(result, "match"), &match);
        if (v == CORPUS_PASS)
                v = corpus_same_value(c, s, value_get(result, "submatch"), &submatch);
        return v == CORPUS_PASS ? corpus_same_value(c, s, value_get(result, "all"), &all) : v;
}

static enum corpus_verdict check_names(struct corpus_case *c, const struct regex *re, const struct value *names) {
        struct value found = value_list();
        if (!names)
                return CORPUS_PASS;
        for (size_t i = 0; i <= regex_groups(re); i++)
                value_append(c->arena, &found, value_str(regex_group_name(re, i)));
        return corpus_same_value(c, "names", names, &found);
}

static enum corpus_verdict check_match(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in"), *out = value_get(c->row, "out");
        const char *pattern;
        size_t n;
        if (corpus_bytes(c, in, "pattern", &pattern, &n) < 0)
                return corpus_fail(c, "no pattern");
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_regex_ struct regex *re = NULL;
        if (regex_new(pattern, n, &re, &err) < 0)
                return corpus_same(c, "", corpus_text(c, c->row, "error"), err_message(&err));
        if (!out)
                return corpus_fail(c, "compiled: %s", pattern);
        struct value groups = value_int((int64_t)regex_groups(re));
        enum corpus_verdict v = corpus_same_value(c, "groups", value_get(out, "groups"), &groups);
        if (v == CORPUS_PASS)
                v = check_names(c, re, value_get(out, "names"));
        VALUE_EACH_ITEM(result, value_get(out, "results"))
                if (v == CORPUS_PASS)
                        v = check_subject(c, re, result);
        return v;
}

static enum corpus_verdict check_replacement(struct corpus_case *c, const char *name, const struct regex *re,
                                             bool literal) {
        const struct value *in = value_get(c->row, "in"), *out = value_get(c->row, "out");
        const char *subject, *replacement, *expected;
        size_t subject_len, replacement_len, expected_len;
        if (corpus_bytes(c, in, "subject", &subject, &subject_len) < 0 ||
            corpus_bytes(c, in, "replacement", &replacement, &replacement_len) < 0 ||
            corpus_bytes(c, out, name, &expected, &expected_len) < 0)
                return corpus_fail(c, "%s: an input is missing", name);
        _cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
        regex_replace_all(re, &b, subject, subject_len, replacement, replacement_len, literal);
        return corpus_same_bytes(c, name, expected, expected_len, buf_str(&b), b.len);
}

static enum corpus_verdict check_replace(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in");
        if (value_is_string(in)) { /* QuoteMeta */
                _cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
                regex_quote(&b, in->str, in->len);
                return corpus_same(c, "quote", value_get_str(c->row, "out"), buf_str(&b));
        }
        _cleanup_regex_ struct regex *re = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        const char *pattern = corpus_text(c, in, "pattern");
        if (!pattern || regex_new(pattern, strlen(pattern), &re, &err) < 0)
                return corpus_same(c, "", corpus_text(c, c->row, "error"), err_message(&err));
        enum corpus_verdict v = check_replacement(c, "ReplaceAllString", re, false);
        return v == CORPUS_PASS ? check_replacement(c, "ReplaceAllLiteralString", re, true) : v;
}

int main(void) {
        static const struct corpus_table tables[] = {
                {"regex/match", check_match},
                {"regex/replace", check_replace},
        };
        return corpus_main(tables, ARRAY_LEN(tables));
}
