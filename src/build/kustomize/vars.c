/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/vars.h"

#include "build/kustomize/fieldpath.h"
#include "build/kustomize/lookup.h"

/* ---- collecting ---- */

int vars_merge(struct arena *a, struct vars *to, const struct var *items, size_t n, struct err *err) {
        if (!n)
                return 0;
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        struct var *grown = arena_zalloc(a, to->len + n, sizeof(*grown));
        if (!grown)
                return err_oom(err);
        for (size_t i = 0; i < to->len + n; i++) {
                grown[i] = i < to->len ? to->items[i] : items[i - to->len];
                int there = strmap_add(&seen, grown[i].name, strlen(grown[i].name), &grown[i], NULL);
                if (there)
                        return there < 0 ? err_oom(err)
                                         : err_set(err, ERR_CONFLICT, "var '%s' already encountered", grown[i].name);
        }
        to->items = grown;
        to->len += n;
        return 0;
}

static const char *field_path(const struct value *spec) {
        const char *path = value_path_str(spec, "fieldref", "fieldPath", NULL);
        return path && *path ? path : "metadata.name";
}

static int target_id(struct engine *e, const struct value *spec, struct resid *ret) {
        const struct value *ref = value_get(spec, "objref");
        const char *api_version = value_string_or(value_get(ref, "apiVersion"), "");
        *ret = (struct resid){
                .gvk = {.group = value_string_or(value_get(ref, "group"), ""),
                        .version = value_string_or(value_get(ref, "version"), ""),
                        .kind = value_string_or(value_get(ref, "kind"), "")},
                .name = value_string_or(value_get(ref, "name"), ""),
                .ns = value_string_or(value_get(ref, "namespace"), ""),
        };
        if (!*api_version)
                return 0;
        const char *group;
        if (gvk_split(e->arena, api_version, &group, &ret->gvk.version) < 0)
                return -1;
        if (*group)
                ret->gvk.group = group;
        return 0;
}

/* "{X ConfigMap.v1.[noGrp] {metadata.name}}": how Go prints a var. */
static const char *var_text(struct engine *e, const struct value *spec) {
        struct resid id;
        if (target_id(e, spec, &id) < 0)
                return "";
        const char *gvk = gvk_string(e->arena, &id.gvk);
        const char *text = gvk ? arena_printf(e->arena, "{%s %s {%s}}", value_string_or(value_get(spec, "name"), ""),
                                              gvk, field_path(spec))
                               : NULL;
        return text ? text : "";
}

static bool same_target(const struct resid *want, const struct resid *id, bool with_ns) {
        return streq(want->name, id->name) && gvk_equal(&want->gvk, &id->gvk) &&
               (!with_ns || streq(resid_effective_ns(want), resid_effective_ns(id)));
}

/* One pass over the resources for each var: vars are few, and deprecated. */
static int mark_target(struct engine *e, struct resmap *m, const struct value *spec, struct err *err) {
        struct arena *a = e->arena;
        struct resid want, id;
        size_t n = 0;
        struct resource *found = NULL;
        if (target_id(e, spec, &want) < 0)
                return err_oom(err);
        const char *api_version =
                *want.gvk.group ? arena_printf(a, "%s/%s", want.gvk.group, want.gvk.version) : want.gvk.version;
        if (!api_version)
                return err_oom(err);
        bool with_ns = *want.ns != 0;
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                bool match = false;
                for (size_t k = 0; k <= r->n_previous && !match; k++) {
                        int failed = k < r->n_previous ? resource_previous_id(a, r, k, &id)
                                                       : resource_current_id(a, &e->scopes, r, &id);
                        if (failed)
                                return err_oom(err);
                        match = same_target(&want, &id, with_ns);
                }
                if (match && n++ == 0)
                        found = r;
        }
        if (n > 1)
                return err_set(err, ERR_CONFLICT, "found %zu resId matches for var %s (unable to disambiguate)", n,
                               var_text(e, spec));
        return found ? names_add(a, &found->vars, value_string_or(value_get(spec, "name"), ""), err) : 0;
}

int vars_collect(struct target *t, struct accumulator *acc, struct err *err) {
        struct engine *e = t->e;
        const struct value *list = value_get(&t->file.spec, "vars");
        if (!value_is_list(list))
                return 0;
        struct var *items = arena_zalloc(e->arena, list->len + 1, sizeof(*items));
        _cleanup_buf_ struct buf all = BUF_INIT(65536);
        if (!items)
                return err_oom(err);
        int failed = 0;
        for (size_t i = 0; i < list->len; i++) {
                const struct value *spec = &list->items[i];
                items[i] = (struct var){.name = value_string_or(value_get(spec, "name"), ""), .spec = spec};
                buf_addf(&all, "%s%s", i ? " " : "", var_text(e, spec));
        }
        for (size_t i = 0; i < list->len && !failed; i++)
                failed = mark_target(e, acc->resources, items[i].spec, err);
        if (failed || vars_merge(e->arena, &acc->vars, items, list->len, err) < 0)
                return err_wrap(err, "merging vars [%s]", buf_str(&all));
        return 0;
}

/* ---- replacing ---- */

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

static int set_field(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct var_map *vars = context;
        if (field->type == VALUE_STRING)
                return expand(a, vars, field, err);
        if (value_is_map(field))
                VALUE_EACH_MEMBER(m, field)
                        if (m->value.type == VALUE_STRING && expand(a, vars, &m->value, err) < 0)
                                return -1;
        if (value_is_list(field))
                VALUE_EACH_ITEM(item, field) {
                        if (item->type != VALUE_STRING)
                                return err_set(err, ERR_INVALID, "invalid value type expect a string");
                        if (expand(a, vars, item, err) < 0)
                                return -1;
                }
        return 0;
}

static int find_value(struct engine *e, const struct resmap *m, const struct var *var, const struct value **ret,
                      struct err *err) {
        for (size_t i = 0; i < m->len; i++)
                for (size_t k = 0; k < m->items[i]->vars.len; k++) {
                        if (!streq(m->items[i]->vars.items[k], var->name))
                                continue;
                        *ret = lookup_field(e->arena, &m->items[i]->object, field_path(var->spec));
                        if (*ret)
                                return 0;
                        return err_set(err, ERR_NOT_FOUND,
                                       "field specified in var '%s' not found in corresponding resource",
                                       var_text(e, var->spec));
                }
        return err_set(err, ERR_NOT_FOUND, "var '%s' cannot be mapped to a field in the set of known resources",
                       var_text(e, var->spec));
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
                failed = !copy ? err_oom(err) : value_clone(e->arena, values[i].value, copy, err);
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
