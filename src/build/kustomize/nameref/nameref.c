/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/nameref/nameref.h"

#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/nameref/nameref_index.h"

struct rules {
        struct rule *items;
        size_t len;
};

static int set_scalar(const struct referrer *f, struct value *field, struct err *err) {
        const struct candidate *c;
        const char *old = scalar_text(f->e->arena, field);
        if (referrer_choose(f, old, NULL, false, &c, err) < 0)
                return -1;
        if (c && !streq(c->now.name, old))
                *field = scalar_styled(field, c->now.name);
        return 0;
}

static int set_mapping(const struct referrer *f, struct value *map, struct err *err) {
        struct arena *a = f->e->arena;
        const struct candidate *c;
        struct value *name = value_get(map, "name"), *ns = value_get(map, "namespace");
        if (!name)
                return err_set(err, ERR_INVALID, "path config error; no 'name' field in node");
        const char *old = scalar_text(a, name);
        if (referrer_choose(f, old, ns ? scalar_text(a, ns) : NULL, true, &c, err) < 0)
                return -1;
        if (!c || (streq(c->now.name, old) && !*c->now.ns))
                return 0;
        *name = scalar_styled(name, c->now.name);
        if (!*c->now.ns)
                return 0;
        struct value v = ns ? scalar_styled(ns, c->now.ns) : value_str(c->now.ns);
        return value_set(a, map, "namespace", v) ? 0 : err_oom(err);
}

static int set_field(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct referrer *f = context;
        (void)a;
        if (field->type == VALUE_NULL)
                return 0;
        if (value_is_map(field))
                return set_mapping(f, field, err);
        if (!value_is_list(field))
                return set_scalar(f, field, err);
        VALUE_EACH_ITEM(item, field) {
                if (item->type == VALUE_NULL)
                        continue;
                if (value_is_list(item))
                        return err_set(err, ERR_INVALID, "a list is expected to be either a string or a map of string");
                int failed = value_is_map(item) ? set_mapping(f, item, err) : set_scalar(f, item, err);
                if (failed)
                        return -1;
        }
        return 0;
}

/* ---- rules of a kind ---- */

static int make_rules(struct arena *a, const struct backrefs *references, const struct gvk *gvk, struct rules *out) {
        for (size_t i = 0; i < references->len; i++)
                for (size_t k = 0; k < references->items[i].referrers.len; k++) {
                        const struct fieldspec *fs = &references->items[i].referrers.items[k];
                        if (!gvk_selected(gvk, &fs->gvk))
                                continue;
                        size_t size = out->len * sizeof(struct rule);
                        struct rule *grown = arena_grow(a, out->items, size, size + sizeof(*grown));
                        if (!grown)
                                return -1;
                        out->items = grown;
                        grown[out->len] = (struct rule){.target = &references->items[i].target, .field = *fs};
                        grown[out->len++].field.gvk = (struct gvk){"", "", ""};
                }
        return 0;
}

/* The rules of the kind that a resource first was; made once for each kind. */
static const struct rules *rules_for(struct arena *a, struct strmap *cache, const struct backrefs *references,
                                     const struct gvk *gvk) {
        const char *key = gvk_string(a, gvk);
        if (!key)
                return NULL;
        struct rules *rules = strmap_get(cache, key, strlen(key));
        if (rules)
                return rules;
        rules = arena_make(a, struct rules);
        if (!rules || make_rules(a, references, gvk, rules) < 0 || strmap_set(cache, key, strlen(key), rules) < 0)
                return NULL;
        return rules;
}

static int read_subjects(struct referrer *f, struct err *err) {
        const struct value *subjects = value_get(&f->resource->object, "subjects");
        if (!streq(f->id.gvk.kind, "RoleBinding") || !value_is_list(subjects))
                return 0;
        VALUE_EACH_ITEM(subject, subjects) {
                if (!value_is_map(subject)) /* kustomize panics */
                        return err_set(err, ERR_INVALID, "expected maps in the subjects of \"%s\", but found a %s",
                                       resid_string(f->e->arena, &f->id), value_type_name(subject));
                const struct value *kind = value_get(subject, "kind"), *space = value_get(subject, "namespace");
                if (kind && space && !scalar_is_string(kind)) /* here as well */
                        return err_set(err, ERR_INVALID,
                                       "expected strings as kinds in the subjects of \"%s\", but found: %s",
                                       resid_string(f->e->arena, &f->id),
                                       value_is_string(kind) ? kind->str : value_type_name(kind));
                const char *ns = value_string_or(space, NULL);
                bool account = value_equals_str(kind, "ServiceAccount");
                if (account && space && !ns)
                        return err_set(err, ERR_INVALID, "Invalid Input: namespace is blank for resource \"%s\"\n",
                                       resid_string(f->e->arena, &f->id));
                if (account && ns && names_add(f->e->arena, &f->subjects_ns, ns, err) < 0)
                        return -1;
        }
        return 0;
}

/* kustomize compares what two of its readers make of the object: the one takes a null for nothing, the other for its
 * text. */
static int check_null(const struct value *object, const char *field, const char *shown, struct err *err) {
        const struct value *v = value_get(object, field);
        if (!v || v->type != VALUE_NULL || !v->len)
                return 0;
        return err_set(err, ERR_INVALID, "node-referrerOriginal '%s' mismatch '' != '%s'", shown, v->str);
}

static int fix_resource(struct referrer *f, const struct rules *rules, struct err *err) {
        const struct field_action action = {.set = set_field, .context = f};
        if (check_null(&f->resource->object, "apiVersion", "APIVersion", err) < 0 ||
            check_null(&f->resource->object, "kind", "Kind", err) < 0 || read_subjects(f, err) < 0)
                return -1;
        for (size_t i = 0; i < rules->len; i++) {
                f->rule = &rules->items[i];
                if (fieldspec_apply(f->e->arena, &f->rule->field, &action, &f->resource->object, err) < 0)
                        return err_wrap(err, "updating name reference in '%s' field of '%s'", f->rule->field.path,
                                        resid_string(f->e->arena, &f->id));
        }
        return 0;
}

static int fix_all(struct engine *e, struct resmap *m, const struct backrefs *references, struct candidates *index,
                   struct strmap *cache, struct err *err) {
        for (size_t i = 0; i < m->len; i++) {
                struct referrer f = {.e = e, .index = index, .resource = m->items[i]};
                struct resid original;
                if (resource_current_id(e->arena, &e->scopes, f.resource, &f.id) < 0 ||
                    resource_original_id(e->arena, &e->scopes, f.resource, &original) < 0)
                        return err_oom(err);
                const struct rules *rules = rules_for(e->arena, cache, references, &original.gvk);
                if (!rules)
                        return err_oom(err);
                if (rules->len && fix_resource(&f, rules, err) < 0)
                        return -1;
        }
        return 0;
}

int nameref_fix(struct engine *e, struct resmap *m, const struct backrefs *references, struct err *err) {
        struct candidates index;
        struct strmap cache = STRMAP_INIT;
        int failed = candidates_init(e, m, &index, err) < 0 || fix_all(e, m, references, &index, &cache, err) < 0;
        candidates_done(&index);
        strmap_done(&cache);
        resmap_touch(m);
        return failed ? -1 : 0;
}
