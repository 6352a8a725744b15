/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/manifest.h"

#include "base/limits.h"
#include "data/text/go_names.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

#include <strings.h>

static bool has_text(const struct value *map, const char *key) {
        const char *s = value_get_str(map, key);
        return s && *s;
}

static bool is_object(const struct value *v) {
        return has_text(v, "apiVersion") && has_text(v, "kind") && has_text(value_get(v, "metadata"), "name");
}

static bool is_kustomization(const struct value *v) {
        return strcasecmp(value_get_str(v, "kind"), "Kustomization") == 0 &&
               str_has_prefix(value_get_str(v, "apiVersion"), "kustomize.config.k8s.io/");
}

static int not_an_object(const struct value *v, struct err *err) {
        return err_set(err, ERR_SYNTAX,
                       "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal %s into Go value of type "
                       "map[string]interface {}",
                       go_json_type(v));
}

static int no_kind(const struct value *v, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES);
        json_write(&text, v, JSON_SORT_KEYS | JSON_HTML_ESCAPE);
        return err_set(err, ERR_SYNTAX,
                       "error unmarshaling JSON: while decoding JSON: Object 'Kind' is missing in '%s'",
                       buf_str(&text));
}

static int add_document(struct arena *a, const struct value *v, struct value *objects, struct err *err) {
        if (value_is_null(v))
                return 0;
        if (!value_is_map(v))
                return not_an_object(v, err);
        if (!has_text(v, "kind"))
                return no_kind(v, err);
        const struct value *items = value_get(v, "items");
        if (!value_is_list(items)) {
                if (is_object(v) && !is_kustomization(v) && !value_append(a, objects, *v))
                        return err_oom(err);
                return 0;
        }
        VALUE_EACH_ITEM(item, items) {
                if (!value_is_map(item))
                        return err_set(err, ERR_SYNTAX, "items member is not an object");
                if (!value_append(a, objects, *item))
                        return err_oom(err);
        }
        return 0;
}

/* The end of the JSON object that begins at text: behind its brace, or n when it does not end. */
static size_t json_object_end(const char *text, size_t n) {
        size_t depth = 0;
        bool string = false;
        for (size_t i = 0; i < n; i++) {
                if (string) {
                        if (text[i] == '\\')
                                i++;
                        else if (text[i] == '"')
                                string = false;
                } else if (text[i] == '"')
                        string = true;
                else if (text[i] == '{')
                        depth++;
                else if (text[i] == '}' && --depth == 0)
                        return i + 1;
        }
        return n;
}

static size_t skip_space(const char *text, size_t n, size_t at) {
        while (at < n && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
                at++;
        return at;
}

/* Reads JSON objects one behind the other, as far as they go. Answers where the rest begins, -1: an error. */
static int64_t read_json(struct arena *a, const char *text, size_t n, struct value *objects, struct err *err) {
        size_t at = skip_space(text, n, 0);
        while (at < n && text[at] == '{') {
                size_t end = at + json_object_end(text + at, n - at);
                _cleanup_err_ struct err why = ERR_INIT;
                struct value v;
                if (json_parse(a, text + at, end - at, 0, NULL, &v, &why) < 0)
                        return why.class == ERR_SYNTAX ? (int64_t)at : err_move(err, &why);
                if (add_document(a, &v, objects, err) < 0)
                        return -1;
                at = skip_space(text, n, end);
        }
        return (int64_t)at;
}

/* The documents between "---" lines, each by itself. */
static int read_yaml(struct arena *a, const char *text, size_t n, struct value *objects, struct err *err) {
        struct yaml_splitter splitter = YAML_SPLITTER(text, n, YAML_SIGS);
        struct yaml_piece piece;
        size_t documents = 0;
        int r;
        while ((r = yaml_split_next(&splitter, &piece, err)) > 0) {
                struct value v;
                if (++documents > LIMIT_YAML_DOCUMENTS)
                        return err_set(err, ERR_TOO_LARGE, "more than %d documents", LIMIT_YAML_DOCUMENTS);
                if (yaml_parse(a, piece.text, piece.n, NULL, &v, err) < 0)
                        return err_wrap(err, "error converting YAML to JSON");
                if (add_document(a, &v, objects, err) < 0)
                        return -1;
        }
        return r;
}

int manifest_read(struct arena *a, const char *text, size_t n, struct value *ret, struct err *err) {
        struct value objects = value_list();
        int64_t at = read_json(a, text, n, &objects, err);
        if (at < 0 || read_yaml(a, text + at, n - (size_t)at, &objects, err) < 0)
                return -1;
        *ret = objects;
        return 0;
}

int manifest_write(struct buf *b, const struct value *objects, struct err *err) {
        VALUE_EACH_ITEM(object, objects) {
                if (yaml_marshal(b, object, YAML_SIGS, err) < 0)
                        return -1;
                buf_adds(b, "---\n");
        }
        return buf_failed(b) ? err_set(err, ERR_TOO_LARGE, "the objects are more than %zu bytes of YAML", b->max) : 0;
}
