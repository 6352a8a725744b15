/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/schema/strict.h"

#include "base/limits.h"
#include "data/text/go_names.h"
#include "kube/schema/strict_internal.h"

/* ---- places and errors ---- */

/* "spec.template.spec.containers[0]" for warnings. */
static void print_path(struct buf *b, const struct strict_place *p) {
        if (!p)
                return;
        print_path(b, p->outer);
        if (!p->name)
                buf_addf(b, "[%zu]", p->index);
        else
                buf_addf(b, "%s%s", b->len ? "." : "", p->name);
}

/* "spec.template.spec.containers" for errors: the fields alone. Answers the innermost struct, or NULL. */
static const struct schema *print_fields(struct buf *b, const struct strict_place *p) {
        if (!p)
                return NULL;
        const struct schema *owner = print_fields(b, p->outer);
        if (!p->owner)
                return owner;
        buf_addf(b, "%s%s", b->len ? "." : "", p->name);
        return p->owner;
}

static void print_type(struct buf *b, const struct schema *s) {
        static const char *const plain[] = {
                [SCHEMA_STRING] = "string", [SCHEMA_INTEGER] = "int64", [SCHEMA_NUMBER] = "float64",
                [SCHEMA_BOOLEAN] = "bool",  [SCHEMA_STRUCT] = "struct", [SCHEMA_ANY] = "interface {}"};
        if (s->go_type)
                buf_adds(b, s->go_type);
        else if (s->type == SCHEMA_LIST || s->type == SCHEMA_MAP) {
                buf_adds(b, s->type == SCHEMA_LIST ? "[]" : "map[string]");
                print_type(b, s->element);
        } else if (s->type == SCHEMA_INTEGER && s->format)
                buf_adds(b, s->format);
        else if (s->type == SCHEMA_STRING && s->format)
                buf_adds(b, "[]uint8");
        else
                buf_adds(b, plain[s->type]);
}

static int wrong_type(struct strict *c, const struct strict_place *p, const char *found, const char *type) {
        _cleanup_buf_ struct buf path = BUF_INIT(LIMIT_ERROR_TEXT);
        const struct schema *owner = print_fields(&path, p);
        const char *dot = owner && owner->go_type ? strrchr(owner->go_type, '.') : NULL;
        if (!dot)
                return err_set(c->err, ERR_BAD_REQUEST, "json: cannot unmarshal %s into Go value of type %s", found,
                               type);
        return err_set(c->err, ERR_BAD_REQUEST, "json: cannot unmarshal %s into Go struct field %s.%s of type %s",
                       found, dot + 1, buf_str(&path), type);
}

int strict_wrong_type(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p) {
        _cleanup_buf_ struct buf type = BUF_INIT(LIMIT_ERROR_TEXT);
        print_type(&type, s);
        return wrong_type(c, p, go_json_type(v), buf_str(&type));
}

int strict_wrong_number(struct strict *c, const char *type, const char *number, const struct strict_place *p) {
        char text[128];
        snprintf(text, sizeof(text), "number %s", number);
        return wrong_type(c, p, text, type);
}

static int warn_unknown(struct strict *c, const struct strict_place *p, const char *name) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        if (!c->warnings || c->quiet || c->warnings->len >= LIMIT_STRICT_WARNINGS)
                return 0;
        buf_adds(&b, "unknown field \"");
        size_t start = b.len;
        _cleanup_buf_ struct buf path = BUF_INIT(LIMIT_ERROR_TEXT);
        print_path(&path, p);
        buf_adds(&b, buf_str(&path));
        buf_addf(&b, "%s%s\"", b.len > start ? "." : "", name);
        const char *text = arena_strndup(c->a, buf_str(&b), b.len);
        return text && value_append(c->a, c->warnings, value_strn(text, b.len)) ? 0 : err_oom(c->err);
}

/* ---- values ---- */

/* Is it what omitempty leaves out? Structs and the types Go holds as structs never are. */
static bool is_empty(const struct value *v) {
        switch (v->type) {
        case VALUE_NULL:
                return true;
        case VALUE_BOOL:
                return !v->boolean;
        case VALUE_INT:
                return v->i == 0;
        case VALUE_UINT:
                return v->u == 0;
        case VALUE_FLOAT:
                return v->f == 0;
        default:
                return v->len == 0;
        }
}

/* Go's zero where null was given: a list's or map's element cannot be absent. */
static int zero_of(struct strict *c, const struct schema *s, struct value *ret) {
        struct schema_field f = {.schema = s};
        return schema_zero(c->a, &f, ret, c->err);
}

static int decode_member(struct strict *c, const struct schema *s, const struct member *m, const struct strict_place *p,
                         unsigned depth, struct value *out) {
        const struct schema_field *f = schema_field(s, m->key, m->key_len);
        struct strict_place inner = {.outer = p, .owner = s, .name = m->key};
        struct value v = value_null();
        if (!f)
                return warn_unknown(c, p, m->key);
        if (!value_is_null(&m->value)) {
                if (strict_value(c, f->schema, &m->value, &inner, depth + 1, &v) < 0)
                        return -1;
                bool keeps_zero = f->always || f->optional || f->schema->type == SCHEMA_STRUCT;
                if (!keeps_zero && is_empty(&v))
                        return 0;
        } else if (f->always) {
                if (schema_zero(c->a, f, &v, c->err) < 0)
                        return -1;
        } else {
                return 0;
        }
        return value_add(c->a, out, f->name, m->key_len, v) ? 0 : err_oom(c->err);
}

static int decode_struct(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                         unsigned depth, struct value *ret) {
        struct value out = value_map();
        if (!value_is_map(v))
                return strict_wrong_type(c, s, v, p);
        VALUE_EACH_MEMBER(m, v)
                if (decode_member(c, s, m, p, depth, &out) < 0)
                        return -1;
        if (schema_fill(c->a, s, &out, c->err) < 0)
                return -1;
        *ret = out;
        return 0;
}

static int decode_map(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                      unsigned depth, struct value *ret) {
        struct value out = value_map(), one;
        if (!value_is_map(v))
                return strict_wrong_type(c, s, v, p);
        VALUE_EACH_MEMBER(m, v) {
                struct strict_place inner = {.outer = p, .name = m->key};
                if (strict_element(c, s->element, &m->value, &inner, depth, &one) < 0)
                        return -1;
                if (!value_add(c->a, &out, m->key, m->key_len, one))
                        return err_oom(c->err);
        }
        *ret = out;
        return 0;
}

int strict_list(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                unsigned depth, struct value *ret) {
        struct value out = value_list(), one;
        if (!value_is_list(v))
                return strict_wrong_type(c, s, v, p);
        for (size_t i = 0; i < v->len; i++) {
                struct strict_place inner = {.outer = p, .index = i};
                if (strict_element(c, s->element, &v->items[i], &inner, depth, &one) < 0)
                        return -1;
                if (!value_append(c->a, &out, one))
                        return err_oom(c->err);
        }
        *ret = out;
        return 0;
}

int strict_element(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                   unsigned depth, struct value *ret) {
        return value_is_null(v) ? zero_of(c, s, ret) : strict_value(c, s, v, p, depth + 1, ret);
}

int strict_value(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                 unsigned depth, struct value *ret) {
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(c->err, ERR_TOO_LARGE, "object is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        switch (s->type) {
        case SCHEMA_STRUCT:
                return decode_struct(c, s, v, p, depth, ret);
        case SCHEMA_MAP:
                return decode_map(c, s, v, p, depth, ret);
        case SCHEMA_LIST:
                return strict_list(c, s, v, p, depth, ret);
        case SCHEMA_ANY:
                return strict_any(c, s, v, p, depth, ret);
        default:
                return strict_scalar(c, s, v, p, ret);
        }
}

int strict_decode(struct arena *a, const struct schema *schema, const struct value *object, struct value *ret,
                  struct value *warnings, struct err *err) {
        struct value told = value_list(), out;
        struct strict c = {.a = a, .err = err, .warnings = warnings ? &told : NULL};
        if (strict_value(&c, schema, object, NULL, 0, &out) < 0)
                return -1;
        *ret = out;
        if (warnings)
                *warnings = told;
        return 0;
}

const char *strict_message(struct arena *a, const struct value *warnings) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        buf_adds(&b, "strict decoding error: ");
        for (size_t i = 0; value_is_list(warnings) && i < warnings->len; i++)
                buf_addf(&b, "%s%s", i ? ", " : "", value_string_or(&warnings->items[i], ""));
        const char *text = arena_strndup(a, buf_str(&b), b.len);
        return text ? text : "strict decoding error";
}
