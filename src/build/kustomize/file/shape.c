/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/file/shape.h"

#include "build/kustomize/field/scalar.h"
#include "data/text/go_names.h"
#include "data/yaml/yaml_scalar.h"

struct reader {
        struct arena *arena;
        const char *type; /* Go's name of the struct that is being read */
        unsigned flags;
        char where[256]; /* what is being read: "images[2].newTag" */
        size_t where_len;
        struct err *err;
};

/* Goes on to a field or an element. Answers where it was, for leave(). */
static size_t _printf_(2, 3) enter(struct reader *r, const char *fmt, ...) {
        size_t was = r->where_len;
        va_list ap;
        va_start(ap, fmt);
        int n = vsnprintf(r->where + was, sizeof(r->where) - was, fmt, ap);
        va_end(ap);
        r->where_len += n < 0 ? 0 : (size_t)n < sizeof(r->where) - was ? (size_t)n : sizeof(r->where) - was - 1;
        return was;
}

static void leave(struct reader *r, size_t was) {
        r->where_len = was;
        r->where[was] = 0;
}

static const char *field_type(const struct shape_field *f) {
        static const char *const names[] = {
                [SHAPE_STRING] = "string",
                [SHAPE_BOOL] = "bool",
                [SHAPE_INT] = "int",
                [SHAPE_STRINGS] = "[]string",
                [SHAPE_STRING_MAP] = "map[string]string",
                [SHAPE_MAP] = "map[string]interface {}",
                [SHAPE_ANY] = "interface {}",
        };
        return f->type == SHAPE_LIST || f->type == SHAPE_STRUCT ? f->of->go_type : names[f->type];
}

static int mismatch(struct reader *r, const struct value *v, const char *path, const char *type) {
        bool text = streq(type, "string");
        const char *expected = text || streq(type, "bool")  ? type
                               : streq(type, "int")         ? "integer"
                               : str_has_prefix(type, "[]") ? "list"
                                                            : "map";
        err_set(r->err, ERR_INVALID, "json: cannot unmarshal %s into Go struct field %s.%s of type %s", go_json_type(v),
                r->type, path, type);
        return err_hint(r->err, "%s: found %s, expected %s%s", r->where, value_type_name(v), expected,
                        text && scalar_is(v) ? ": put it in quotes" : "");
}

static int read_string(struct reader *r, const struct value *v, const char *path, struct value *ret) {
        if (v->type == VALUE_STRING) {
                *ret = *v;
                return 0;
        }
        if (!(r->flags & SHAPE_COERCE) || !scalar_is(v))
                return mismatch(r, v, path, "string");
        const char *text = scalar_text(r->arena, v);
        char number[YAML_FLOAT_MAX];
        if (v->type == VALUE_FLOAT) { /* with the digits of a float32 */
                yaml_format_float(number, v->f, 32);
                text = arena_strdup(r->arena, number);
        }
        if (!text)
                return err_oom(r->err);
        *ret = value_str(text);
        return 0;
}

static int read_strings(struct reader *r, const struct value *v, const char *path, struct value *ret) {
        if (!value_is_list(v))
                return mismatch(r, v, path, "[]string");
        *ret = value_list();
        VALUE_EACH_ITEM(item, v) {
                struct value s = value_str("");
                size_t was = enter(r, "[%zu]", (size_t)(item - v->items));
                if (item->type != VALUE_NULL && read_string(r, item, path, &s) < 0)
                        return -1;
                leave(r, was);
                if (!value_append(r->arena, ret, s))
                        return err_oom(r->err);
        }
        return 0;
}

static int read_string_map(struct reader *r, const struct value *v, const char *path, struct value *ret) {
        if (!value_is_map(v))
                return mismatch(r, v, path, "map[string]string");
        *ret = value_map();
        VALUE_EACH_MEMBER(m, v) {
                struct value s = value_str("");
                size_t was = enter(r, ".%s", m->key);
                if (m->value.type != VALUE_NULL && read_string(r, &m->value, path, &s) < 0)
                        return -1;
                leave(r, was);
                if (!value_add(r->arena, ret, m->key, m->key_len, s))
                        return err_oom(r->err);
        }
        return 0;
}

static int read_struct(struct reader *r, const struct shape *shape, const struct value *v, const char *path,
                       struct value *ret);

static int read_list(struct reader *r, const struct shape *of, const struct value *v, const char *path,
                     struct value *ret) {
        if (!value_is_list(v)) {
                const char *type = arena_printf(r->arena, "[]%s", of->go_type);
                return mismatch(r, v, path, type ? type : "");
        }
        *ret = value_list();
        VALUE_EACH_ITEM(item, v) {
                struct value element = value_map();
                size_t was = enter(r, "[%zu]", (size_t)(item - v->items));
                if (item->type != VALUE_NULL && read_struct(r, of, item, path, &element) < 0)
                        return -1;
                leave(r, was);
                if (!value_append(r->arena, ret, element))
                        return err_oom(r->err);
        }
        return 0;
}

static int read_field(struct reader *r, const struct shape_field *f, const struct value *v, const char *path,
                      struct value *ret) {
        switch (f->type) {
        case SHAPE_STRING:
                return read_string(r, v, path, ret);
        case SHAPE_STRINGS:
                return read_strings(r, v, path, ret);
        case SHAPE_STRING_MAP:
                return read_string_map(r, v, path, ret);
        case SHAPE_LIST:
                return read_list(r, f->of, v, path, ret);
        case SHAPE_STRUCT:
                return read_struct(r, f->of, v, path, ret);
        case SHAPE_BOOL:
        case SHAPE_INT:
                if (v->type != (f->type == SHAPE_BOOL ? VALUE_BOOL : VALUE_INT))
                        return mismatch(r, v, path, field_type(f));
                break;
        case SHAPE_MAP:
                if (!value_is_map(v))
                        return mismatch(r, v, path, field_type(f));
                break;
        case SHAPE_ANY:
                break;
        }
        *ret = *v;
        return 0;
}

static const struct shape_field *find_field(const struct shape *shape, const char *name) {
        for (size_t i = 0; i < shape->n; i++)
                if (streq(shape->fields[i].name, name))
                        return &shape->fields[i];
        for (size_t i = 0; i < shape->n; i++)
                if (strcasecmp(shape->fields[i].name, name) == 0)
                        return &shape->fields[i];
        return NULL;
}

static const char *field_path(struct arena *a, const char *path, const struct shape_field *f) {
        const char *in = f->in ? f->in : "";
        return arena_printf(a, "%s%s%s%s%s", path, *path ? "." : "", in, *in ? "." : "", f->name);
}

static int unknown_field(struct reader *r, const struct shape *shape, const char *name) {
        _cleanup_buf_ struct buf known = BUF_INIT(4096);
        for (size_t i = 0; i < shape->n; i++)
                buf_addf(&known, "%s%s", i ? ", " : "", shape->fields[i].name);
        err_set(r->err, ERR_INVALID, "json: unknown field \"%s\"", name);
        return err_hint(r->err, "%s: expected one of %s", r->where, buf_str(&known));
}

static int read_struct(struct reader *r, const struct shape *shape, const struct value *v, const char *path,
                       struct value *ret) {
        if (!value_is_map(v))
                return *path ? mismatch(r, v, path, shape->go_type)
                             : err_set(r->err, ERR_INVALID, "json: cannot unmarshal %s into Go value of type %s",
                                       go_json_type(v), shape->go_type);
        const char *dot = strrchr(shape->go_type, '.'), *outer = r->type;
        r->type = dot ? dot + 1 : shape->go_type;
        struct value sorted;
        if (value_clone(r->arena, v, &sorted, r->err) < 0)
                return -1;
        value_sort_keys(&sorted);
        *ret = value_map();
        VALUE_EACH_MEMBER(m, &sorted) {
                const struct shape_field *f = find_field(shape, m->key);
                size_t was = enter(r, "%s%s", r->where_len ? "." : "", m->key);
                if (!f && (r->flags & SHAPE_STRICT))
                        return unknown_field(r, shape, m->key);
                if (!f || m->value.type == VALUE_NULL) {
                        leave(r, was);
                        continue;
                }
                const char *at = field_path(r->arena, path, f);
                struct value got = value_null();
                const unsigned flags = r->flags;
                if (!at)
                        return err_oom(r->err);
                if (f->in)
                        r->flags &= ~(unsigned)SHAPE_COERCE;
                if (read_field(r, f, &m->value, at, &got) < 0)
                        return -1;
                r->flags = flags;
                leave(r, was);
                if (!value_set(r->arena, ret, f->name, got))
                        return err_oom(r->err);
        }
        r->type = outer;
        return 0;
}

int shape_read(struct arena *a, const struct shape *shape, const struct value *in, unsigned flags, struct value *ret,
               struct err *err) {
        struct reader r = {.arena = a, .type = "", .flags = flags, .err = err};
        struct value out;
        if (value_is_null(in)) {
                *ret = value_map();
                return 0;
        }
        if (read_struct(&r, shape, in, "", &out) < 0)
                return -1;
        *ret = out;
        return 0;
}
