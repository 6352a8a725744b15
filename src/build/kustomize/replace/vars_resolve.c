/* SPDX-License-Identifier: Apache-2.0 */
/* Putting the values of vars where $(NAME) stands. */
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/field/lookup.h"
#include "build/kustomize/replace/vars.h"
#include "data/yaml/yaml_scalar.h"

#include <errno.h>
#include <math.h>

struct var_value {
        const char *name;
        const struct value *value; /* in its resource; scalars only are put in */
        bool used;
};

struct var_map {
        struct strmap by_name;
};

/* Appends the text of a var's value, or "$(NAME)" when there is no such var. *ret_whole: the value itself. */
static void expand_name(struct arena *a, const struct var_map *vars, const char *name, size_t n, struct buf *out,
                        const struct value **ret_whole) {
        struct var_value *v = strmap_get(&vars->by_name, name, n);
        if (!v || !scalar_is(v->value) || v->value->type == VALUE_NULL) {
                buf_addf(out, "$(%.*s)", (int)n, name);
                return;
        }
        v->used = true;
        *ret_whole = v->value;
        buf_adds(out, scalar_text(a, v->value));
}

static int expand(struct arena *a, const struct var_map *vars, struct value *field, struct err *err) {
        _cleanup_buf_ struct buf out = BUF_INIT(SIZE_MAX / 2);
        const char *text = field->str, *end = text + field->len;
        if (scalar_is_string(field))
                field->style = VALUE_STYLE_ANY; /* also where there is no var */
        if (!memchr(text, '$', field->len))
                return 0;
        const struct value *whole = NULL;
        for (const char *p = text; p < end; p++) {
                if (*p != '$' || p + 1 == end) {
                        buf_addc(&out, *p);
                        continue;
                }
                p++;
                const char *close = *p == '(' ? memchr(p, ')', (size_t)(end - p)) : NULL;
                if (close) {
                        whole = NULL;
                        expand_name(a, vars, p + 1, (size_t)(close - p - 1), &out, &whole);
                        if (p != text + 1 || close + 1 != end)
                                whole = NULL;
                        p = close;
                } else if (*p == '$') {
                        buf_addc(&out, '$');
                } else {
                        buf_addf(&out, "$%c", *p);
                }
        }
        if (whole) {
                *field = *whole;
                field->style = VALUE_STYLE_ANY;
                return 0;
        }
        const char *done = buf_failed(&out) ? NULL : arena_strndup(a, buf_str(&out), out.len);
        if (!done)
                return err_oom(err);
        *field = value_strn(done, out.len);
        return 0;
}

/* 1: a string, with its vars replaced; an untyped scalar becomes one. 0: something else. */
static int set_scalar(struct arena *a, const struct var_map *vars, struct value *field, struct err *err) {
        if (scalar_is(field) && (field->flags & SCALAR_UNTYPED)) {
                *field = value_str(scalar_node_text(a, field));
        }
        if (field->type != VALUE_STRING)
                return 0;
        return expand(a, vars, field, err) < 0 ? -1 : 1;
}

static int set_field(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct var_map *vars = context;
        if (set_scalar(a, vars, field, err) < 0)
                return -1;
        if (value_is_map(field))
                VALUE_EACH_MEMBER(m, field)
                        if (set_scalar(a, vars, &m->value, err) < 0)
                                return -1;
        if (value_is_list(field))
                VALUE_EACH_ITEM(item, field) {
                        int done = set_scalar(a, vars, item, err);
                        if (done < 0)
                                return -1;
                        if (!done)
                                return err_set(err, ERR_INVALID, "invalid value type expect a string");
                }
        return 0;
}

static int find_value(struct engine *e, const struct resmap *m, const struct var *var, const struct value **ret,
                      struct err *err) {
        if (engine_charge(e, m->len, err) < 0)
                return -1;
        for (size_t i = 0; i < m->len; i++)
                for (size_t k = 0; k < m->items[i]->vars.len; k++) {
                        if (!streq(m->items[i]->vars.items[k], var->name))
                                continue;
                        if (resource_show_notes(e->arena, m->items[i], err) < 0)
                                return -1;
                        *ret = lookup_field(e->arena, &m->items[i]->object, var_field_path(var->spec));
                        if (*ret)
                                return 0;
                        return err_set(err, ERR_NOT_FOUND,
                                       "field specified in var '%s' not found in corresponding resource",
                                       var_text(e, var->spec));
                }
        return err_set(err, ERR_NOT_FOUND, "var '%s' cannot be mapped to a field in the set of known resources",
                       var_text(e, var->spec));
}

/* A scalar as Go's strconv reads it from its text, which is not how YAML does: 010 is ten, 0x1F nothing. What is
 * neither number nor bool counts as its text, and so does what has no tag. */
static int type_value(struct arena *a, struct value *v, struct err *err) {
        if (v->flags & SCALAR_UNTYPED)
                *v = value_str(scalar_node_text(a, v));
        if (v->type == VALUE_NULL)
                *v = v->len ? value_strn(v->str, v->len) : value_str("");
        if (v->type == VALUE_UINT)
                return err_set(err, ERR_INVALID, "strconv: parsing \"%s\": value out of range", scalar_text(a, v));
        if (v->type != VALUE_STRING || scalar_is_string(v))
                return 0;
        const char *text = v->str, *digits = text + (*text == '+' || *text == '-');
        const struct yaml_scalar s = yaml_scalar_resolve(text, v->len, YAML_KYAML);
        bool number = s.type == YAML_SCALAR_INT || s.type == YAML_SCALAR_UINT || s.type == YAML_SCALAR_FLOAT;
        v->style = VALUE_STYLE_ANY;
        if (s.type == YAML_SCALAR_BOOL)
                *v = value_bool(s.boolean);
        if (!number)
                return 0;
        if (s.type == YAML_SCALAR_FLOAT && isfinite(s.f) && !strchr(text, '_')) {
                *v = value_float(s.f);
                return 0;
        }
        errno = 0;
        int64_t n = strtoll(text, NULL, 10);
        if (!*digits || digits[strspn(digits, "0123456789")] || errno)
                return err_set(err, ERR_INVALID, "strconv: parsing \"%s\": invalid syntax", text);
        *v = value_int(n);
        return 0;
}

static int compare_var(const void *x, const void *y) {
        return strcmp(((const struct var *)x)->name, ((const struct var *)y)->name);
}

static void warn_unused(struct engine *e, const struct var_value *values, size_t n) {
        const char *sep = "well-defined vars that were never replaced: ";
        for (size_t i = 0; e->options.warnings && i < n; i++)
                if (!values[i].used) {
                        buf_addf(e->options.warnings, "%s%s", sep, values[i].name);
                        sep = ",";
                }
        if (e->options.warnings && *sep == ',')
                buf_addc(e->options.warnings, '\n');
}

static int replace_all(struct engine *e, const struct accumulator *acc, struct var_map *vars, struct err *err) {
        const struct field_action action = {.set = set_field, .context = vars};
        for (size_t i = 0; i < acc->resources->len; i++)
                if (fieldspecs_apply(e->arena, &acc->config.section[CONFIG_VAR_REFERENCE], &action,
                                     &acc->resources->items[i]->object, err) < 0)
                        return -1;
        return 0;
}

int vars_resolve(struct engine *e, const struct accumulator *acc, struct err *err) {
        size_t n = acc->vars.len;
        if (!n)
                return 0;
        struct var_map vars = {0};
        struct var_value *values = arena_zalloc(e->arena, n, sizeof(*values));
        if (!values)
                return err_oom(err);
        qsort(acc->vars.items, n, sizeof(*acc->vars.items), compare_var);
        int failed = 0;
        for (size_t i = 0; i < n && !failed; i++) {
                values[i].name = acc->vars.items[i].name;
                failed = find_value(e, acc->resources, &acc->vars.items[i], &values[i].value, err);
                if (failed)
                        break;
                /* The field may itself be one that vars are put into: it counts as it was. */
                struct value *copy = arena_make(e->arena, struct value);
                failed = !copy || value_clone(e->arena, values[i].value, copy, err) < 0
                                 ? err_oom(err)
                                 : type_value(e->arena, copy, err);
                values[i].value = copy;
                if (!failed && strmap_set(&vars.by_name, values[i].name, strlen(values[i].name), &values[i]) < 0)
                        failed = err_oom(err);
        }
        if (!failed)
                failed = replace_all(e, acc, &vars, err);
        if (!failed)
                warn_unused(e, values, n);
        strmap_done(&vars.by_name);
        return failed;
}
