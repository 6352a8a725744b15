/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/nameref.h"

#include "build/kustomize/fieldpath.h"
#include "build/kustomize/nameref_index.h"

struct rule { /* one field of one kind that names resources of another */
        const struct gvk *target;
        struct fieldspec field;
};

struct rules {
        struct rule *items;
        size_t len;
};

struct referrer {
        struct engine *e;
        struct candidates *index;
        struct resource *resource;
        struct resid id;
        const struct rule *rule;
        struct names subjects_ns; /* of a RoleBinding's ServiceAccounts: seen as well */
};

struct found {
        const struct candidate **items;
        size_t len, cap;
};

/* ---- what a name may mean ---- */

static bool was_kind(struct arena *a, const struct resource *r, const struct gvk *gvk) {
        for (size_t i = 0; i < r->n_previous; i++) {
                struct resid id;
                if (resource_previous_id(a, r, i, &id) == 0 && gvk_selected(&id.gvk, gvk))
                        return true;
        }
        return false;
}

/* A roleRef says itself which kind it means. */
static bool fits_role(const struct referrer *f, const struct resource *r) {
        if (!str_has_suffix(f->rule->field.path, "roleRef/name"))
                return true;
        const struct value *role = value_get(&f->resource->object, "roleRef");
        const struct value *group = value_get(role, "apiGroup"), *kind = value_get(role, "kind");
        if (!group || !kind)
                return true;
        struct arena *a = f->e->arena;
        struct gvk gvk = {.group = scalar_text(a, group), .version = "", .kind = scalar_text(a, kind)};
        return was_kind(a, r, &gvk);
}

static bool same_ending(const struct names *a, const struct names *b) {
        if (a->len > b->len) {
                const struct names *t = a;
                a = b;
                b = t;
        }
        if (!a->len)
                return !b->len;
        for (size_t i = 0; i < a->len; i++)
                if (!streq(a->items[a->len - 1 - i], b->items[b->len - 1 - i]))
                        return false;
        return true;
}

static bool same_affixes(const struct resource *a, const struct resource *b, bool allow_empty) {
        bool prefixes = allow_empty && (!a->prefixes.len || !b->prefixes.len);
        bool suffixes = allow_empty && (!a->suffixes.len || !b->suffixes.len);
        return (prefixes || same_ending(&a->prefixes, &b->prefixes)) &&
               (suffixes || same_ending(&a->suffixes, &b->suffixes));
}

static bool in_subjects(const struct referrer *f, const struct candidate *c) {
        for (size_t i = 0; i < f->subjects_ns.len; i++)
                if (streq(f->subjects_ns.items[i], c->now.ns))
                        return true;
        return false;
}

static bool visible(const struct referrer *f, const struct candidate *c) {
        return f->id.cluster_scoped || c->now.cluster_scoped ||
               streq(resid_effective_ns(&c->now), resid_effective_ns(&f->id)) || in_subjects(f, c);
}

static bool same_namespace(const struct referrer *f, const struct candidate *c) {
        return f->id.cluster_scoped || c->now.cluster_scoped || streq(c->now.gvk.kind, "ServiceAccount") ||
               streq(resid_effective_ns(&c->now), resid_effective_ns(&f->id));
}

static int add_found(const struct referrer *f, const struct candidate_link *chain, struct found *out) {
        for (; chain; chain = chain->next) {
                const struct candidate *c = chain->candidate;
                if (!visible(f, c) || !was_kind(f->e->arena, c->resource, f->rule->target) ||
                    !fits_role(f, c->resource) || !same_namespace(f, c))
                        continue;
                if (out->len == out->cap) {
                        size_t cap = out->cap ? 2 * out->cap : 4;
                        out->items = arena_grow(f->e->arena, out->items, out->cap * sizeof(*out->items),
                                                cap * sizeof(*out->items));
                        if (!out->items)
                                return -1;
                        out->cap = cap;
                }
                out->items[out->len++] = c;
        }
        return 0;
}

/* All that the name may mean; ns is the namespace that stands beside it, NULL when none does. */
static int find(const struct referrer *f, const char *name, const char *ns, struct found *out) {
        const struct candidates *index = f->index;
        if (ns) {
                const char *own = resid_effective_ns(&f->id);
                bool original = f->id.cluster_scoped ? candidates_find(index, BY_ORIGINAL_NS, name, ns) != NULL
                                                     : candidates_find(index, BY_BOTH_NS, ns, own) != NULL;
                for (size_t i = 0; !original && i < f->subjects_ns.len; i++)
                        original = candidates_find(index, BY_BOTH_NS, ns, f->subjects_ns.items[i]) != NULL;
                return add_found(f, candidates_find(index, original ? BY_ORIGINAL_NS : BY_CURRENT_NS, name, ns), out);
        }
        if (f->id.cluster_scoped)
                return add_found(f, candidates_find(index, BY_NAME, name, ""), out);
        const char *own = resid_effective_ns(&f->id);
        if (add_found(f, candidates_find(index, BY_CURRENT_NS, name, own), out) < 0 ||
            add_found(f, candidates_find(index, BY_CURRENT_NS, name, RESID_NO_NAMESPACE), out) < 0)
                return -1;
        for (size_t i = 0; i < f->subjects_ns.len; i++)
                if (!streq(f->subjects_ns.items[i], own) &&
                    add_found(f, candidates_find(index, BY_CURRENT_NS, name, f->subjects_ns.items[i]), out) < 0)
                        return -1;
        return 0;
}

static void keep_same_affixes(const struct referrer *f, struct found *found, bool allow_empty) {
        size_t kept = 0;
        for (size_t i = 0; i < found->len; i++)
                if (same_affixes(found->items[i]->resource, f->resource, allow_empty))
                        found->items[kept++] = found->items[i];
        found->len = kept;
}

static int ambiguous(const struct referrer *f, const struct found *found, struct err *err) {
        _cleanup_buf_ struct buf ids = BUF_INIT(65536);
        for (size_t i = 0; i < found->len; i++)
                buf_addf(&ids, "%s%s", i ? ", " : "", resid_string(f->e->arena, &found->items[i]->now));
        return err_set(err, ERR_CONFLICT, "found multiple possible referrals: %s", buf_str(&ids));
}

/* Decides on one; *ret is NULL when the name means none of ours. */
static int choose(const struct referrer *f, const char *name, const char *ns, bool mapping,
                  const struct candidate **ret, struct err *err) {
        struct found found = {.items = NULL};
        *ret = NULL;
        if (find(f, name, ns, &found) < 0)
                return err_oom(err);
        if (found.len > 1)
                keep_same_affixes(f, &found, true);
        if (found.len > 1)
                keep_same_affixes(f, &found, false);
        for (size_t i = 1; i < found.len; i++) {
                const struct resid *a = &found.items[0]->now, *b = &found.items[i]->now;
                if (!streq(a->name, b->name) || (mapping && !streq(a->ns, b->ns)))
                        return ambiguous(f, &found, err);
        }
        if (found.len)
                *ret = found.items[0];
        return 0;
}

/* ---- writing ---- */

static int set_scalar(const struct referrer *f, struct value *field, struct err *err) {
        const struct candidate *c;
        const char *old = scalar_text(f->e->arena, field);
        if (choose(f, old, NULL, false, &c, err) < 0)
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
        if (choose(f, old, ns ? scalar_text(a, ns) : NULL, true, &c, err) < 0)
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
                const char *ns = value_get_str(subject, "namespace");
                bool account = value_equals_str(value_get(subject, "kind"), "ServiceAccount");
                if (account && value_get(subject, "namespace") && !ns)
                        return err_set(err, ERR_INVALID, "Invalid Input: namespace is blank for resource \"%s\"\n",
                                       resid_string(f->e->arena, &f->id));
                if (account && ns && names_add(f->e->arena, &f->subjects_ns, ns, err) < 0)
                        return -1;
        }
        return 0;
}

static int fix_resource(struct referrer *f, const struct rules *rules, struct err *err) {
        const struct field_action action = {.set = set_field, .context = f};
        if (read_subjects(f, err) < 0)
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
