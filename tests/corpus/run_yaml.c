/* SPDX-License-Identifier: Apache-2.0 */
/* Corpus yaml/: what go-yaml's readers and writers do. The recorded readers and what stands for them here:
 *   k8s, k8s_strict  yaml_parse(YAML_SIGS), compared as JSON
 *   k8s_any          the same with every number a float
 *   kyaml            yaml_parse(YAML_KYAML), compared as JSON
 *   v3               the same where there is no row of kyaml, in the typed notation, if JSON can hold the value
 *   v2               not offered: its values come before the way through JSON
 * and of the writers k8s and kyaml; of the streams v2, v3, k8s_yamlreader, k8s_yaml_or_json and kio_bytereader. */
#include "corpus.h"

#include "base/limits.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

#define OUTPUT_MAX ((size_t)256 << 20)

static const struct yaml_options sigs = {.dialect = YAML_SIGS};
static const struct yaml_options strict = {.dialect = YAML_SIGS, .strict = true};
static const struct yaml_options kyaml = {.dialect = YAML_KYAML};

/* The text with every occurrence of one piece replaced by another. */
static const char *replaced(struct corpus_case *c, const char *s, const char *from, const char *to) {
        _cleanup_buf_ struct buf b = BUF_INIT(OUTPUT_MAX);
        for (const char *at; (at = strstr(s, from)); s = at + strlen(from)) {
                buf_add(&b, s, (size_t)(at - s));
                buf_adds(&b, to);
        }
        buf_adds(&b, s);
        return arena_strdup(c->arena, buf_str(&b));
}

static enum corpus_verdict same_json(struct corpus_case *c, const char *what, const char *expected,
                                     const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT(OUTPUT_MAX);
        json_write(&b, v, JSON_SORT_KEYS | JSON_HTML_ESCAPE);
        /* Go escapes U+FFFD where it stands for bytes that were no UTF-8. */
        return corpus_same(c, what, replaced(c, expected, "\\ufffd", "\xEF\xBF\xBD"), buf_str(&b));
}

static enum corpus_verdict same_typed(struct corpus_case *c, const char *what, const char *expected,
                                      const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT(OUTPUT_MAX);
        corpus_typed(&b, v);
        const char *found = replaced(c, buf_str(&b), "\\u003c", "<"); /* this table's notation does not escape them */
        found = replaced(c, replaced(c, found, "\\u003e", ">"), "\\u0026", "&");
        return corpus_same(c, what, expected, found);
}

static void all_floats(struct value *v) {
        if (v->type == VALUE_INT)
                *v = value_float((double)v->i);
        else if (v->type == VALUE_UINT)
                *v = value_float((double)v->u);
        else if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        all_floats(item);
        else if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        all_floats(&m->value);
}

/* Whether a typed text holds keys that are no strings or bytes that are no UTF-8, which JSON cannot hold. */
static bool beyond_json(const char *typed) {
        bool string = false;
        for (const char *p = typed; *p; p++) {
                if (string && *p == '\\')
                        p++;
                else if (*p == '"')
                        string = !string;
                else if (!string && ((*p == '{' && p[1] != '"' && p[1] != '}') || str_has_prefix(p, "b(")))
                        return true;
                else if (!string && *p == ',' && p[1] && strchr("inutf", p[1])) { /* a key, when a colon follows */
                        size_t n = strcspn(p + 1, ",:]}");
                        if (p[1 + n] == ':')
                                return true;
                }
        }
        return false;
}

/* t(2001-12-14T00:00:00Z) becomes a string, as in JSON. */
static const char *times_as_strings(struct corpus_case *c, const char *typed) {
        _cleanup_buf_ struct buf b = BUF_INIT(OUTPUT_MAX);
        const char *at;
        while ((at = strstr(typed, "t(")) && strchr(at, ')')) {
                const char *end = strchr(at, ')');
                buf_addf(&b, "%.*s\"%.*s\"", (int)(at - typed), typed, (int)(end - at - 2), at + 2);
                typed = end + 1;
        }
        buf_adds(&b, typed);
        return arena_strdup(c->arena, buf_str(&b));
}

/* kyaml makes "" of an empty plain scalar inside a flow collection; v3 alone leaves it null. */
static void empty_as_null(struct value *v) {
        if (v->type == VALUE_STRING && v->style == VALUE_STYLE_PLAIN && !v->len)
                *v = value_null();
}

static void empties_as_null(struct value *v) {
        if (v->type == VALUE_LIST) {
                VALUE_EACH_ITEM(item, v) {
                        empty_as_null(item);
                        empties_as_null(item);
                }
        } else if (v->type == VALUE_MAP) {
                VALUE_EACH_MEMBER(m, v) {
                        empty_as_null(&m->value);
                        empties_as_null(&m->value);
                }
        }
}

/* ---- decode ---- */

struct outcome {
        bool failed;
        struct value v;
        const char *error;
};

static struct outcome parse(struct corpus_case *c, const char *in, size_t n, const struct yaml_options *options) {
        struct outcome o = {false, value_null(), NULL};
        _cleanup_err_ struct err err = ERR_INIT;
        o.failed = yaml_parse(c->arena, in, n, options, &o.v, &err) < 0;
        if (o.failed)
                o.error = arena_strdup(c->arena, err_message(&err));
        return o;
}

static enum corpus_verdict check_k8s(struct corpus_case *c, const struct outcome *o) {
        const struct value *out = value_path(c->row, "out", "k8s", NULL);
        const char *error = corpus_text(c, out, "error"), *json = corpus_text(c, out, "json");
        if (error)
                return corpus_same(c, "k8s", error, o->error);
        if (o->failed)
                return corpus_fail(c, "k8s: error: %s", o->error);
        /* Two keys that become one in JSON: which one wins is random there. */
        return !json || corpus_has_tag(c, "unstable") ? CORPUS_PASS : same_json(c, "k8s", json, &o->v);
}

static enum corpus_verdict check_any(struct corpus_case *c, const struct outcome *o) {
        const struct value *out = value_path(c->row, "out", "k8s_any", NULL);
        const char *error = corpus_text(c, out, "error"), *typed = corpus_text(c, out, "typed");
        if (error)
                return corpus_same(c, "k8s_any", error + strlen("error converting YAML to JSON: "), o->error);
        if (o->failed || !typed || corpus_has_tag(c, "unstable"))
                return o->failed ? corpus_fail(c, "k8s_any: error: %s", o->error) : CORPUS_PASS;
        struct value v;
        if (value_copy(c->arena, &o->v, &v, NULL) < 0)
                return corpus_fail(c, "out of memory");
        all_floats(&v);
        return same_typed(c, "k8s_any", typed, &v);
}

static enum corpus_verdict check_strict(struct corpus_case *c, const char *in, size_t n) {
        const struct value *out = value_path(c->row, "out", "k8s_strict", NULL);
        struct outcome o = parse(c, in, n, &strict);
        if (value_is_string(out))
                return corpus_same(c, "k8s_strict", out->str, o.failed ? o.error : "ok");
        return corpus_same(c, "k8s_strict", corpus_text(c, out, "error"), o.error);
}

static enum corpus_verdict check_v3(struct corpus_case *c, const struct outcome *o) {
        const struct value *out = value_path(c->row, "out", "v3", NULL);
        const char *error = corpus_text(c, out, "error"), *typed = corpus_text(c, out, "typed");
        if (value_path(c->row, "out", "kyaml", "json", NULL))
                return CORPUS_PASS; /* kyaml's own answer counts */
        if (error)
                return corpus_same(c, "v3", error, o->error);
        if (!typed)
                return o->failed ? corpus_fail(c, "v3: error: %s", o->error) : CORPUS_PASS;
        if (beyond_json(typed))
                return CORPUS_PASS;
        if (o->failed && str_has_prefix(o->error, "json: unsupported value") &&
            (strstr(typed, "f(nan)") || strstr(typed, "f(7ff0") || strstr(typed, "f(fff0")))
                return CORPUS_PASS;
        if (o->failed)
                return corpus_fail(c, "v3: error: %s", o->error);
        struct value v;
        if (value_copy(c->arena, &o->v, &v, NULL) < 0)
                return corpus_fail(c, "out of memory");
        empties_as_null(&v);
        return same_typed(c, "v3", times_as_strings(c, typed), &v);
}

/* kyaml writes the node and reads it again into a map: a document that is no map fails there, null becomes {}. */
static enum corpus_verdict check_kyaml(struct corpus_case *c, const struct outcome *o) {
        const struct value *out = value_path(c->row, "out", "kyaml", NULL);
        const char *error = corpus_text(c, out, "error"), *json = corpus_text(c, out, "json");
        if (!error)
                error = corpus_text(c, out, "json_error");
        if (!out || (error && (streq(error, "EOF") || strstr(error, "cannot unmarshal"))))
                return CORPUS_PASS;
        if (error && str_has_prefix(error, "yaml: invalid map key"))
                return o->failed ? CORPUS_PASS : corpus_fail(c, "kyaml: no error");
        if (error)
                return corpus_same(c, "kyaml", error, o->error);
        if (o->failed)
                return corpus_fail(c, "kyaml: error: %s", o->error);
        return !json || (streq(json, "{}") && value_is_null(&o->v)) ? CORPUS_PASS : same_json(c, "kyaml", json, &o->v);
}

static enum corpus_verdict check_decode(struct corpus_case *c) {
        const char *in;
        size_t n;
        if (corpus_bytes(c, c->row, "in", &in, &n) < 0)
                return CORPUS_SKIP;
        struct outcome o = parse(c, in, n, &sigs);
        if (check_k8s(c, &o) != CORPUS_PASS || check_any(c, &o) != CORPUS_PASS || check_strict(c, in, n) != CORPUS_PASS)
                return CORPUS_FAIL;
        o = parse(c, in, n, &kyaml);
        return check_v3(c, &o) != CORPUS_PASS ? CORPUS_FAIL : check_kyaml(c, &o);
}

/* ---- emit ---- */

/* The corpus' value: JSON text; where it holds floats only the typed notation tells 1000000 from 1000000.0, and all of
 * its numbers are floats. */
static int read_value(struct corpus_case *c, struct value *ret) {
        const char *in = value_get_str(c->row, "in");
        const char *typed = value_get_str(c->row, "in_typed");
        if (!in || str_has_prefix(in, "special:"))
                return -1;
        unsigned flags = typed && !strstr(typed, "i(") ? JSON_FLOATS : 0;
        return json_parse(c->arena, in, strlen(in), flags, NULL, ret, NULL);
}

static enum corpus_verdict check_writer(struct corpus_case *c, const struct value *v, const char *writer,
                                        enum yaml_dialect dialect) {
        const struct value *out = value_path(c->row, "out", writer, NULL);
        _cleanup_buf_ struct buf b = BUF_INIT(OUTPUT_MAX);
        _cleanup_err_ struct err err = ERR_INIT;
        if (!out)
                return CORPUS_PASS;
        int r = yaml_marshal(&b, v, dialect, &err);
        const char *found = r < 0 ? err_message(&err) : buf_str(&b);
        return corpus_same(c, writer, value_is_string(out) ? out->str : corpus_text(c, out, "error"), found);
}

static enum corpus_verdict check_emit(struct corpus_case *c) {
        struct value v;
        if (read_value(c, &v) < 0)
                return CORPUS_SKIP;
        if (check_writer(c, &v, "k8s", YAML_SIGS) != CORPUS_PASS)
                return CORPUS_FAIL;
        return check_writer(c, &v, "kyaml", YAML_KYAML);
}

/* ---- streams ---- */

/* One recorded document or error against what came. Answers CORPUS_SKIP when the record ends with an error. */
static enum corpus_verdict same_document(struct corpus_case *c, const char *what, const struct value *expected, int r,
                                         const struct value *v, const struct err *err) {
        if (!expected)
                return r ? corpus_fail(c, "%s: one more: %s", what, r < 0 ? err_message(err) : "a document")
                         : CORPUS_PASS;
        const char *error = corpus_text(c, expected, "error");
        if (error)
                return corpus_same(c, what, error, r < 0 ? err_message(err) : NULL) == CORPUS_PASS ? CORPUS_SKIP
                                                                                                   : CORPUS_FAIL;
        if (r <= 0)
                return corpus_fail(c, "%s: %s", what, r < 0 ? err_message(err) : "the end");
        return same_typed(c, what, expected->str, v);
}

static enum corpus_verdict check_stream(struct corpus_case *c, const char *decoder, const struct yaml_options *options,
                                        const char *in, size_t n) {
        const struct value *out = value_path(c->row, "out", decoder, NULL);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_yaml_stream_ struct yaml_stream *s = yaml_stream_new(in, n, options, &err);
        for (size_t i = 0; s && value_is_list(out) && i <= out->len; i++) {
                struct value v;
                int r = yaml_stream_next(s, c->arena, &v, &err);
                enum corpus_verdict verdict =
                        same_document(c, decoder, i < out->len ? &out->items[i] : NULL, r, &v, &err);
                if (verdict != CORPUS_PASS)
                        return verdict == CORPUS_SKIP ? CORPUS_PASS : CORPUS_FAIL;
        }
        return CORPUS_PASS;
}

/* The pieces, with line breaks as that reader gives them: LF, and one at the end. */
static enum corpus_verdict check_pieces(struct corpus_case *c, const char *in, size_t n) {
        const struct value *out = value_path(c->row, "out", "k8s_yamlreader", NULL);
        struct yaml_splitter splitter = YAML_SPLITTER(in, n, YAML_SIGS);
        struct yaml_piece piece;
        struct value found = value_list();
        _cleanup_err_ struct err err = ERR_INIT;
        int r;
        while ((r = yaml_split_next(&splitter, &piece, &err)) > 0) {
                const char *text = replaced(c, arena_strndup(c->arena, piece.text, piece.n), "\r\n", "\n");
                bool ends = *text && text[strlen(text) - 1] == '\n';
                value_append(c->arena, &found, value_strf(c->arena, "%s%s", text, ends ? "" : "\n"));
        }
        if (r < 0) {
                struct value error = value_map();
                value_set(c->arena, &error, "error", value_strf(c->arena, "%s", err_message(&err)));
                value_append(c->arena, &found, error);
        }
        return corpus_same_value(c, "k8s_yamlreader", out, &found);
}

/* Kubernetes' decoder: YAML pieces; JSON streams are manifest_read()'s. */
static enum corpus_verdict check_k8s_all(struct corpus_case *c, const char *in, size_t n) {
        const struct value *out = value_path(c->row, "out", "k8s_yaml_or_json", NULL);
        size_t space = strspn(in, " \t\r\n");
        if (in[space] == '{' || !value_is_list(out))
                return CORPUS_PASS;
        _cleanup_err_ struct err err = ERR_INIT;
        struct value found;
        const struct value *last = out->len ? &out->items[out->len - 1] : NULL;
        int r = yaml_parse_all(c->arena, in, n, &sigs, &found, &err);
        if (r == 0)
                all_floats(&found);
        if (last && value_is_map(last)) {
                const char *error = corpus_text(c, last, "error"), *prefix = "error converting YAML to JSON: ";
                if (str_has_prefix(error, prefix))
                        error += strlen(prefix);
                return corpus_same(c, "k8s_yaml_or_json", error, r < 0 ? err_message(&err) : NULL);
        }
        if (r < 0 || found.len != out->len)
                return corpus_fail(c, "k8s_yaml_or_json: %s",
                                   r < 0 ? err_message(&err) : "another number of documents");
        for (uint32_t i = 0; i < found.len; i++)
                if (same_typed(c, "k8s_yaml_or_json", out->items[i].str, &found.items[i]) != CORPUS_PASS)
                        return CORPUS_FAIL;
        return CORPUS_PASS;
}

/* kyaml writes each document again with its comments; here it is enough that there are as many. */
static enum corpus_verdict check_kio(struct corpus_case *c, const char *in, size_t n) {
        const struct value *out = value_path(c->row, "out", "kio_bytereader", NULL);
        const char *error = corpus_text(c, out, "error"), *prefix = "MalformedYAMLError: ";
        _cleanup_err_ struct err err = ERR_INIT;
        struct value found;
        uint32_t documents = 0;
        int r = yaml_parse_all(c->arena, in, n, &kyaml, &found, &err);
        if (error && str_has_prefix(error, prefix))
                error += strlen(prefix);
        if (error)
                return corpus_same(c, "kio_bytereader", error, r < 0 ? err_message(&err) : NULL);
        if (r < 0)
                return corpus_fail(c, "kio_bytereader: error: %s", err_message(&err));
        VALUE_EACH_ITEM(item, &found)
                documents += !value_is_null(item);
        /* A List is unwrapped there. */
        if (found.len == 1 && value_is_list(value_get(&found.items[0], "items")))
                documents = value_get(&found.items[0], "items")->len;
        return documents == out->len ? CORPUS_PASS : corpus_fail(c, "kio_bytereader: %u documents", documents);
}

static enum corpus_verdict check_multidoc(struct corpus_case *c) {
        const char *in;
        size_t n;
        if (corpus_bytes(c, c->row, "in", &in, &n) < 0)
                return CORPUS_SKIP;
        if (check_stream(c, "v2", &sigs, in, n) != CORPUS_PASS || check_stream(c, "v3", &kyaml, in, n) != CORPUS_PASS ||
            check_pieces(c, in, n) != CORPUS_PASS || check_k8s_all(c, in, n) != CORPUS_PASS)
                return CORPUS_FAIL;
        return check_kio(c, in, n);
}

int main(void) {
        static const struct corpus_table tables[] = {
                {.name = "yaml/decode", .check = check_decode},
                {.name = "yaml/emit", .check = check_emit},
                {.name = "yaml/multidoc", .check = check_multidoc},
        };
        return corpus_main(tables, ARRAY_LEN(tables));
}
