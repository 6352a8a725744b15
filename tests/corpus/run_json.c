/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON codec against what Go's readers and writers did. */
#include "corpus.h"

#include "base/limits.h"
#include "data/json/json.h"

static enum corpus_verdict same_error(struct corpus_case *c, const char *what, const struct value *out,
                                      const struct err *err) {
        const char *expected = value_is_string(out) ? out->str : corpus_text(c, out, "error");
        return corpus_same(c, what, expected, err_message(err));
}

/* One reader of a row: text out again, or the error. */
static enum corpus_verdict check_reader(struct corpus_case *c, const char *reader, unsigned flags, const char *in,
                                        size_t n) {
        const struct value *out = value_path(c->row, "out", reader, NULL);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        if (json_parse(c->arena, in, n, flags, NULL, &v, &err) < 0)
                return same_error(c, reader, out, &err);
        if (value_is_string(out)) /* rows about depth hold only "ok" or an error */
                return corpus_same(c, reader, out->str, "ok");
        _cleanup_buf_ struct buf text = BUF_INIT((size_t)16 << 20);
        json_write(&text, &v, JSON_SORT_KEYS | JSON_HTML_ESCAPE);
        if (corpus_same(c, reader, corpus_text(c, out, "out"), buf_str(&text)) != CORPUS_PASS)
                return CORPUS_FAIL;
        const char *typed = corpus_text(c, out, "typed");
        if (!typed)
                return CORPUS_PASS;
        buf_clear(&text);
        corpus_typed(&text, &v);
        return corpus_same(c, "typed", typed, buf_str(&text));
}

static enum corpus_verdict check_strict(struct corpus_case *c, const char *in, size_t n) {
        const struct value *out = value_path(c->row, "out", "strict", NULL);
        _cleanup_err_ struct err err = ERR_INIT;
        struct json_report report = {.arena = c->arena};
        struct value v;
        if (json_parse(c->arena, in, n, JSON_REPORT_DUPLICATES, &report, &v, &err) < 0)
                return same_error(c, "strict", out, &err);
        if (value_is_string(out))
                return corpus_same(c, "strict", out->str, "ok");
        if (value_is_list(value_get(out, "strict_errors"))) {
                struct value found = value_list();
                VALUE_EACH_ITEM(path, &report.duplicates) {
                        _cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
                        buf_adds(&text, "duplicate field ");
                        json_write_string(&text, path->str, path->len, 0);
                        value_append(c->arena, &found, value_str(arena_strdup(c->arena, buf_str(&text))));
                }
                return corpus_same_value(c, "strict", value_get(out, "strict_errors"), &found);
        }
        return report.duplicates.len ? corpus_fail(c, "%u duplicates", report.duplicates.len) : CORPUS_PASS;
}

/* Borrowing must give the same tree and the same error in the same place. */
static enum corpus_verdict check_borrowed(struct corpus_case *c, const char *in, size_t n) {
        char *copy = malloc(n ? n : 1); /* of its exact size, so that ASan sees a read behind it */
        if (!copy)
                abort();
        memcpy(copy, in, n);
        _cleanup_err_ struct err err1 = ERR_INIT, err2 = ERR_INIT;
        struct value v1, v2;
        int r1 = json_parse(c->arena, in, n, 0, NULL, &v1, &err1);
        int r2 = json_parse(c->arena, copy, n, JSON_BORROW, NULL, &v2, &err2);
        enum corpus_verdict verdict = CORPUS_PASS;
        if (r1 != r2 || (r1 == 0 && !value_equal(&v1, &v2)))
                verdict = corpus_fail(c, "borrowed: another tree");
        else if (r1 < 0 && (!streq(err_message(&err1), err_message(&err2)) || err1.line != err2.line ||
                            err1.column != err2.column))
                verdict = corpus_fail(c, "borrowed: another error, %s at %u:%u", err_message(&err2), err2.line,
                                      err2.column);
        free(copy);
        return verdict;
}

static enum corpus_verdict check_decode(struct corpus_case *c) {
        const char *in;
        size_t n;
        if (corpus_bytes(c, c->row, "in", &in, &n) < 0)
                return corpus_fail(c, "no input");
        enum corpus_verdict v = check_reader(c, "k8s", JSON_KUBERNETES, in, n);
        if (v == CORPUS_PASS)
                v = check_reader(c, "std", JSON_FLOATS, in, n);
        if (v == CORPUS_PASS)
                v = check_strict(c, in, n);
        return v == CORPUS_PASS ? check_borrowed(c, in, n) : v;
}

static enum corpus_verdict check_float(struct corpus_case *c) {
        uint64_t bits = strtoull(value_get_str(c->row, "in"), NULL, 16);
        double f;
        memcpy(&f, &bits, sizeof(f));
        _cleanup_buf_ struct buf text = BUF_INIT(1024);
        json_write_float(&text, f);
        if (!value_get(c->row, "out"))
                return buf_failed(&text) ? CORPUS_PASS : corpus_fail(c, "%s", buf_str(&text));
        return corpus_same(c, "", value_get_str(c->row, "out"), buf_str(&text));
}

static enum corpus_verdict check_string(struct corpus_case *c) {
        const struct value *out = value_get(c->row, "out");
        const char *in;
        size_t n;
        if (corpus_bytes(c, c->row, "in", &in, &n) < 0)
                return corpus_fail(c, "no input");
        _cleanup_buf_ struct buf html = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20), map = BUF_INIT(1 << 20);
        json_write_string(&html, in, n, JSON_HTML_ESCAPE);
        json_write_string(&plain, in, n, 0);
        struct value list = value_list(), tree = value_map();
        value_append(c->arena, &list, value_strn(in, n));
        value_add(c->arena, &tree, in, n, list);
        json_write(&map, &tree, JSON_HTML_ESCAPE | JSON_INDENT2);
        enum corpus_verdict v = corpus_same(c, "html", value_get_str(out, "html"), buf_str(&html));
        if (v == CORPUS_PASS)
                v = corpus_same(c, "nohtml", value_get_str(out, "nohtml"), buf_str(&plain));
        return v == CORPUS_PASS ? corpus_same(c, "indent_map", value_get_str(out, "indent_map"), buf_str(&map)) : v;
}

static enum corpus_verdict check_value(struct corpus_case *c) {
        static const struct {
                const char *name;
                unsigned flags;
        } forms[] = {{"compact", 0}, {"indent2", JSON_INDENT2}, {"indent4", JSON_INDENT}};
        const char *in = value_get_str(c->row, "in");
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        if (json_parse(c->arena, in, strlen(in), 0, NULL, &v, &err) < 0)
                return corpus_fail(c, "%s", err_message(&err));
        for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
                _cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
                json_write(&text, &v, JSON_SORT_KEYS | JSON_HTML_ESCAPE | forms[i].flags);
                const char *expected = value_path_str(c->row, "out", forms[i].name, NULL);
                if (corpus_same(c, forms[i].name, expected, buf_str(&text)) != CORPUS_PASS)
                        return CORPUS_FAIL;
        }
        return CORPUS_PASS;
}

/* The codec's part of the rows: text in, text out. That an object needs a kind, and what lists lend their items, is
 * not the codec's. */
static enum corpus_verdict check_unstructured(struct corpus_case *c) {
        const struct value *out = value_get(c->row, "out");
        const char *error = corpus_text(c, c->row, "error"), *in;
        size_t n;
        bool about_kind = error && (str_has_prefix(error, "Object 'Kind'") || strstr(error, "unstructured.detector") ||
                                    strstr(error, "decodeList") || strstr(error, "map[string]"));
        if (about_kind || value_equals_str(value_get(out, "go"), "UnstructuredList"))
                return CORPUS_SKIP;
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
        struct value v;
        if (corpus_bytes(c, c->row, "in", &in, &n) < 0)
                return corpus_fail(c, "no input");
        if (json_parse(c->arena, in, n, 0, NULL, &v, &err) < 0)
                return corpus_same(c, "", error, err_message(&err));
        json_write(&text, &v, JSON_SORT_KEYS | JSON_HTML_ESCAPE);
        buf_addc(&text, '\n');
        return corpus_same(c, "", corpus_text(c, out, "text"), buf_str(&text));
}

int main(void) {
        static const struct corpus_table tables[] = {
                {"json/decode", check_decode},
                {"json/float-encode", check_float},
                {"json/string-encode", check_string},
                {"json/value-encode", check_value},
                {"json/unstructured", check_unstructured},
        };
        return corpus_main(tables, ARRAY_LEN(tables));
}
