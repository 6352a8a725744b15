/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/limits.h"
#include "data/base64.h"
#include "data/json/json.h"
#include "kube/quantity.h"
#include "kube/schema/strict_internal.h"

static const char *json_text(struct arena *a, const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        json_write(&b, v, 0);
        return arena_strndup(a, buf_str(&b), b.len);
}

static int decode_integer(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                          struct value *ret) {
        static const struct schema plain = {.type = SCHEMA_INTEGER, .format = "int32"};
        bool small = !s->format || streq(s->format, "int32");
        if (s->type != SCHEMA_INTEGER)
                s = &plain;
        if (!value_is_number(v))
                return strict_wrong_type(c, s, v, p);
        if (v->type != VALUE_INT || (small && (v->i > INT32_MAX || v->i < INT32_MIN))) {
                const char *text = json_text(c->a, v);
                return text ? strict_wrong_number(c, small ? "int32" : "int64", text, p) : err_oom(c->err);
        }
        *ret = *v;
        return 0;
}

static int decode_bytes(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                        struct value *ret) {
        char *bytes, *text;
        size_t n;
        if (!value_is_string(v))
                return strict_wrong_type(c, s, v, p);
        if (base64_decode(c->a, v->str, v->len, &bytes, &n, c->err) < 0) {
                if (c->err && c->err->class == ERR_SYNTAX)
                        c->err->class = ERR_BAD_REQUEST;
                return -1;
        }
        text = base64_encode(c->a, bytes, n, &n);
        if (!text)
                return err_oom(c->err);
        *ret = value_strn(text, n);
        return 0;
}

/* A quantity may be a number; every other JSON is read as text and refused. */
static int decode_quantity(struct strict *c, const struct value *v, struct value *ret) {
        const char *text = value_is_string(v) ? v->str : json_text(c->a, v), *canonical;
        _cleanup_err_ struct err inner = ERR_INIT;
        if (!text)
                return err_oom(c->err);
        size_t start = strspn(text, " \t\n\r"), end = strlen(text);
        while (end > start && strchr(" \t\n\r", text[end - 1]))
                end--;
        text = arena_strndup(c->a, text + start, end - start);
        if (!text)
                return err_oom(c->err);
        if (quantity_canonical(c->a, text, &canonical, &inner) < 0) {
                if (inner.class == ERR_MEMORY)
                        return err_move(c->err, &inner);
                return err_set(c->err, ERR_BAD_REQUEST, "%s", err_message(&inner));
        }
        *ret = value_str(canonical);
        return 0;
}

static int decode_time(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                       struct value *ret) {
        static const struct schema plain = {.type = SCHEMA_STRING};
        bool micro = s->format && streq(s->format, "micro-time");
        char text[TIME_TEXT_MAX];
        int64_t ns;
        if (!value_is_string(v))
                return strict_wrong_type(c, &plain, v, p);
        if (time_parse_rfc3339(v->str, &ns, NULL) < 0)
                return err_set(
                        c->err, ERR_BAD_REQUEST,
                        "parsing time \"%s\" as \"2006-01-02T15:04:05%sZ07:00\": cannot parse \"%s\" as \"2006\"",
                        v->str, micro ? ".000000" : "", v->str);
        if (micro)
                time_format_rfc3339_micro(text, ns);
        else
                time_format_rfc3339(text, ns / NSEC_PER_SEC - (ns % NSEC_PER_SEC < 0));
        const char *copy = arena_strdup(c->a, text);
        if (!copy)
                return err_oom(c->err);
        *ret = value_str(copy);
        return 0;
}

int strict_scalar(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                  struct value *ret) {
        switch (s->type) {
        case SCHEMA_QUANTITY:
                return decode_quantity(c, v, ret);
        case SCHEMA_TIME:
                return decode_time(c, s, v, p, ret);
        case SCHEMA_INT_OR_STRING:
                if (value_is_string(v))
                        break;
                return decode_integer(c, s, v, p, ret);
        case SCHEMA_INTEGER:
                return decode_integer(c, s, v, p, ret);
        case SCHEMA_NUMBER:
                if (!value_is_number(v))
                        return strict_wrong_type(c, s, v, p);
                break;
        case SCHEMA_BOOLEAN:
                if (v->type != VALUE_BOOL)
                        return strict_wrong_type(c, s, v, p);
                break;
        default:
                if (s->format && streq(s->format, "byte"))
                        return decode_bytes(c, s, v, p, ret);
                if (!value_is_string(v))
                        return strict_wrong_type(c, s, v, p);
        }
        *ret = *v;
        return 0;
}

/* ---- any ---- */

static int decode_props(struct strict *c, const struct value *v, const struct strict_place *p, unsigned depth,
                        struct value *ret) {
        const struct schema *props = schema_builtin("apiextensions.v1.JSONSchemaProps");
        bool quiet = c->quiet;
        c->quiet = true;
        int r = props ? strict_value(c, props, v, p, depth + 1, ret) : err_oom(c->err);
        c->quiet = quiet;
        return r;
}

static int decode_list_of_props(struct strict *c, const struct value *v, const struct strict_place *p, unsigned depth,
                                struct value *ret) {
        struct value out = value_list(), one;
        VALUE_EACH_ITEM(item, v) {
                if (decode_props(c, item, p, depth, &one) < 0)
                        return -1;
                if (!value_append(c->a, &out, one))
                        return err_oom(c->err);
        }
        *ret = out;
        return 0;
}

int strict_any(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
               unsigned depth, struct value *ret) {
        static const struct schema text = {.type = SCHEMA_STRING}, texts = {.type = SCHEMA_LIST, .element = &text};
        const char *form = s->format ? s->format : "";
        *ret = *v;
        if (!str_has_prefix(form, "props-or-"))
                return 0;
        if (value_is_map(v))
                return decode_props(c, v, p, depth, ret);
        if (streq(form, "props-or-array") && value_is_list(v))
                return decode_list_of_props(c, v, p, depth, ret);
        if (streq(form, "props-or-string-array") && value_is_list(v))
                return strict_list(c, &texts, v, p, depth, ret);
        if (streq(form, "props-or-bool") && v->type != VALUE_BOOL)
                return err_set(c->err, ERR_BAD_REQUEST, "boolean or JSON schema expected");
        return 0;
}
