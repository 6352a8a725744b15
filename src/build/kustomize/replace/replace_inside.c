/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/replace/replace_inside.h"

#include "build/kustomize/field/scalar.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

/* The scalar on the way, and where in the path it stands. */
static struct value *find_scalar(struct arena *a, struct value *object, const struct path *path, size_t *ret_at) {
        for (size_t i = 1; i < path->n; i++) {
                const struct path head = {.parts = path->parts, .n = i};
                struct value *found;
                if (lookup_get(a, object, &head, &found, NULL) < 0)
                        continue;
                if (found && scalar_is(found) && found->type != VALUE_NULL) {
                        *ret_at = i;
                        return found;
                }
        }
        return NULL;
}

/* json_write() indents by four spaces, Go's MarshalIndent here by two; no JSON string holds a raw newline. */
static void halve_indent(const char *text, struct buf *out) {
        while (*text) {
                size_t spaces = strspn(text, " ");
                buf_addf(out, "%*s", (int)(spaces / 2), "");
                size_t n = strcspn(text + spaces, "\n");
                buf_add(out, text + spaces, n);
                text += spaces + n;
                if (*text)
                        buf_addc(out, *text++);
        }
}

static bool is_json(const char *text) {
        text += strspn(text, " \t\r\n");
        return *text == '{' || *text == '[';
}

static const char *write_back(struct arena *a, const struct value *v, const char *original) {
        _cleanup_buf_ struct buf text = BUF_INIT(SIZE_MAX / 2);
        _cleanup_buf_ struct buf indented = BUF_INIT(SIZE_MAX / 2);
        struct buf *out = &text;
        if (is_json(original)) {
                bool pretty = strchr(original, '\n') && strstr(original, "  ");
                json_write(&text, v, JSON_HTML_ESCAPE | JSON_SORT_KEYS | (pretty ? JSON_INDENT : 0));
                if (pretty) {
                        halve_indent(buf_str(&text), &indented);
                        out = &indented;
                }
        } else {
                yaml_write_styled(&text, v);
        }
        size_t n = out->len;
        const char *from = buf_str(out);
        while (n && strchr(" \t\r\n", from[n - 1]))
                n--;
        return buf_failed(out) ? NULL : arena_strndup(a, from, n);
}

/* What does not suit the field's type stands in YAML as it is; -1: it cannot be made JSON. */
static int put(struct value *field, const char *text, bool json) {
        if (scalar_retyped(field, text, field, NULL) == 0)
                return 0;
        if (json)
                return -1;
        *field = scalar_plain(text);
        return 0;
}

int replace_inside(struct arena *a, struct value *object, const struct path *path, const struct value *value,
                   bool create, struct err *err) {
        const struct yaml_options options = {.dialect = YAML_KYAML, .spelled = true};
        size_t at;
        struct value *scalar = path->n < 2 ? NULL : find_scalar(a, object, path, &at);
        if (!scalar)
                return 0;
        const char *text = scalar_text(a, scalar);
        struct value inner, old = *scalar;
        struct matches found;
        const struct path rest = {.parts = path->parts + at, .n = path->n - at};
        if (yaml_parse(a, text, strlen(text), &options, &inner, NULL) < 0 ||
            lookup_match(a, &inner, &rest, create ? value : NULL, &found, NULL) < 0 || !found.len)
                return 0;
        for (size_t i = 0; i < found.len; i++) {
                struct value *field = found.items[i];
                const char *new_text = scalar_node_text(a, value);
                if (field->flags & SCALAR_UNTYPED)
                        *field = scalar_plain(new_text);
                else if (scalar_is(field) && put(field, new_text, is_json(text)) < 0)
                        return 1;
                else if (!scalar_is(field) && value_clone(a, value, field, err) < 0)
                        return -1;
        }
        /* kustomize makes JSON of YAML's text; where it cannot, all stays as it is, without an error. */
        if (is_json(text) && scalar_settle(a, &inner, NULL) < 0)
                return 1;
        const char *out = write_back(a, &inner, text);
        if (!out)
                return err_oom(err);
        return scalar_retyped_late(&old, out, scalar, err) < 0 ? -1 : 1;
}
