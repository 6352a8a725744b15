/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/replace/vars.h"

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

const char *var_field_path(const struct value *spec) {
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
const char *var_text(struct engine *e, const struct value *spec) {
        struct resid id;
        if (target_id(e, spec, &id) < 0)
                return "";
        const char *gvk = gvk_string(e->arena, &id.gvk);
        const char *text = gvk ? arena_printf(e->arena, "{%s %s {%s}}", value_string_or(value_get(spec, "name"), ""),
                                              gvk, var_field_path(spec))
                               : NULL;
        return text ? text : "";
}

/* The same as the file has it: without apiVersion and defaults. */
static const char *raw_text(struct engine *e, const struct value *spec) {
        const struct value *ref = value_get(spec, "objref");
        const struct gvk gvk = {
                .group = value_string_or(value_get(ref, "group"), ""),
                .version = value_string_or(value_get(ref, "version"), ""),
                .kind = value_string_or(value_get(ref, "kind"), ""),
        };
        const char *path = value_path_str(spec, "fieldref", "fieldPath", NULL);
        const char *text = arena_printf(e->arena, "{%s %s {%s}}", value_string_or(value_get(spec, "name"), ""),
                                        gvk_string(e->arena, &gvk), path ? path : "");
        return text ? text : "";
}

static bool same_target(const struct resid *want, const struct resid *id, bool with_ns) {
        return streq(want->name, id->name) && gvk_equal(&want->gvk, &id->gvk) &&
               (!with_ns || streq(resid_effective_ns(want), resid_effective_ns(id)));
}

/* One pass over the resources for each var. */
static int mark_target(struct engine *e, struct resmap *m, const struct value *spec, struct err *err) {
        struct arena *a = e->arena;
        struct resid want, id;
        size_t n = 0;
        struct resource *found = NULL;
        if (target_id(e, spec, &want) < 0)
                return err_oom(err);
        if (engine_charge(e, m->len, err) < 0)
                return -1;
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
                buf_addf(&all, "%s%s", i ? " " : "", raw_text(e, spec));
        }
        for (size_t i = 0; i < list->len && !failed; i++)
                failed = mark_target(e, acc->resources, items[i].spec, err);
        if (failed || vars_merge(e->arena, &acc->vars, items, list->len, err) < 0)
                return err_wrap(err, "merging vars [%s]", buf_str(&all));
        return 0;
}
