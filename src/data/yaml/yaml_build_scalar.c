/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml_builder.h"

#include "data/base64.h"
#include "data/text/utf8.h"
#include "data/yaml/yaml_text.h"

#include <math.h>

int yaml_build_resolve(struct yaml_builder *b, const struct yaml_node *n, struct yaml_scalar *ret) {
        *ret = (struct yaml_scalar){.type = YAML_SCALAR_STRING};
        /* A lone "!" makes a plain text a string in v2; v3 looks at the quotes only. */
        bool plain = b->dialect == YAML_SIGS ? n->implicit : n->style == VALUE_STYLE_PLAIN;
        if (!*n->tag && !plain)
                return 0;
        _cleanup_err_ struct err err = ERR_INIT;
        if (yaml_scalar_resolve_tagged(n->tag, n->text, n->len, b->dialect, ret, &err) == 0)
                return 0;
        err_move(b->err, &err);
        err_wrap(b->err, "yaml");
        return err_at(b->err, n->line + 1, 0);
}

/* Bytes as a string of JSON: what is no UTF-8 becomes U+FFFD. */
static int valid_string(struct yaml_builder *b, const char *s, size_t n, struct value *ret) {
        char *to = arena_alloc(b->a, n * 3 + 1);
        if (!to)
                return err_oom(b->err);
        size_t out = 0;
        for (const char *end = s + n; s < end;) {
                uint32_t rune;
                unsigned len = utf8_decode(s, end, &rune);
                out += utf8_encode(to + out, rune);
                s += len ? len : 1;
        }
        to[out] = '\0';
        *ret = value_strn(to, out);
        return 0;
}

static int binary(struct yaml_builder *b, const struct yaml_node *n, struct value *ret) {
        char *bytes;
        size_t len;
        _cleanup_err_ struct err err = ERR_INIT;
        if (base64_decode(b->a, n->text, n->len, &bytes, &len, &err) == 0)
                return valid_string(b, bytes, len, ret);
        if (err.class == ERR_MEMORY)
                return err_move(b->err, &err);
        err_set(b->err, ERR_SYNTAX, "yaml: !!binary value contains invalid base64 data");
        return err_at(b->err, n->line + 1, 0);
}

static int timestamp(struct yaml_builder *b, const struct yaml_node *n, struct value *ret) {
        char text[TIME_NANO_MAX];
        *ret = value_strn(n->text, n->len);
        if (b->dialect == YAML_SIGS)
                return 0;
        yaml_timestamp(n->text, n->len, text);
        const char *copy = arena_strdup(b->a, text);
        if (!copy)
                return err_oom(b->err);
        *ret = value_str(copy);
        return 0;
}

int yaml_build_scalar_value(struct yaml_builder *b, const struct yaml_node *n, const struct yaml_scalar *s,
                            struct value *ret) {
        *ret = value_null();
        switch (s->type) {
        case YAML_SCALAR_NULL:
                ret->len = n->len; /* kustomize tells "key: null" from "key:" */
                ret->str = n->text;
                break;
        case YAML_SCALAR_BOOL:
                *ret = value_bool(s->boolean);
                break;
        case YAML_SCALAR_INT:
                *ret = value_int(s->i);
                break;
        case YAML_SCALAR_UINT:
                *ret = (struct value){.type = VALUE_UINT, .u = s->u};
                break;
        case YAML_SCALAR_FLOAT:
                if ((isnan(s->f) || isinf(s->f)) && b->refused.class == ERR_NONE)
                        err_set(&b->refused, ERR_SYNTAX, "json: unsupported value: %s",
                                isnan(s->f) ? "NaN"
                                : s->f < 0  ? "-Inf"
                                            : "+Inf");
                *ret = value_float(s->f);
                if (b->dialect == YAML_SIGS && s->f != 0 && s->f == trunc(s->f) && fabs(s->f) < 0x1p63)
                        *ret = value_int((int64_t)s->f); /* JSON shows it without a fraction, and reads an integer */
                break;
        case YAML_SCALAR_TIMESTAMP:
                if (timestamp(b, n, ret) < 0)
                        return -1;
                break;
        case YAML_SCALAR_BINARY:
                if (binary(b, n, ret) < 0)
                        return -1;
                break;
        case YAML_SCALAR_STRING:
                *ret = value_strn(n->text, n->len);
                break;
        }
        ret->style = n->style;
        return 0;
}

/* kustomize writes each document as text and reads it again before it makes JSON of it, and its writer is not quite
 * faithful: an empty plain scalar inside a flow collection comes back as "", and so does this. */
static bool in_flow(const struct yaml_node *n) {
        return n->style == VALUE_STYLE_PLAIN && n->parent && n->parent->style == VALUE_STYLE_FLOW;
}

static bool becomes_empty(const struct yaml_node *n) {
        return in_flow(n) && !n->len && !*n->tag;
}

int yaml_build_scalar(struct yaml_builder *b, const struct yaml_node *n, struct value *ret) {
        struct yaml_scalar s;
        if (yaml_build_resolve(b, n, &s) < 0)
                return -1;
        bool empty = b->through_text && becomes_empty(n);
        if (empty && !b->spelled)
                s.type = YAML_SCALAR_STRING;
        if (yaml_build_scalar_value(b, n, &s, ret) < 0)
                return -1;
        if (empty && b->spelled)
                ret->style = VALUE_STYLE_SPELLED;
        else if (s.type == YAML_SCALAR_NULL && *n->tag)
                ret->style = VALUE_STYLE_ANY; /* its tag says what it is, wherever it goes */
        if (b->spelled && s.type != YAML_SCALAR_STRING && n->style == VALUE_STYLE_PLAIN &&
            yaml_is_spelled(&s, n->text, n->len) && yaml_scalar_resolve(n->text, n->len, b->dialect).type == s.type) {
                *ret = value_strn(n->text, n->len);
                ret->style = VALUE_STYLE_SPELLED;
        }
        return b->through_text && !b->spelled ? yaml_refold(b->a, ret, b->err) : 0;
}
