/* SPDX-License-Identifier: Apache-2.0 */
/* What a name may mean: kustomize's sieves, over the few candidates that the index gives. */
#include "base/buf.h"
#include "build/kustomize/nameref/nameref_index.h"

struct found {
        const struct candidate **items;
        size_t len, cap;
};

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

static int add_found(const struct referrer *f, const struct candidate_link *chain, struct found *out, struct err *err) {
        for (; chain; chain = chain->next) {
                const struct candidate *c = chain->candidate;
                if (engine_charge(f->e, 1, err) < 0)
                        return -1;
                if (!visible(f, c) || !was_kind(f->e->arena, c->resource, f->rule->target) ||
                    !fits_role(f, c->resource) || !same_namespace(f, c))
                        continue;
                if (out->len == out->cap) {
                        size_t cap = out->cap ? 2 * out->cap : 4;
                        out->items = arena_grow(f->index->arena, out->items, out->cap * sizeof(*out->items),
                                                cap * sizeof(*out->items));
                        if (!out->items)
                                return err_oom(err);
                        out->cap = cap;
                }
                out->items[out->len++] = c;
        }
        return 0;
}

/* All that the name may mean; ns is the namespace that stands beside it, NULL when none does. */
static int find(const struct referrer *f, const char *name, const char *ns, struct found *out, struct err *err) {
        const struct candidates *index = f->index;
        if (ns) {
                const char *own = resid_effective_ns(&f->id);
                bool original = f->id.cluster_scoped ? candidates_find(index, BY_ORIGINAL_NS, name, ns) != NULL
                                                     : candidates_find(index, BY_BOTH_NS, ns, own) != NULL;
                for (size_t i = 0; !original && i < f->subjects_ns.len; i++)
                        original = candidates_find(index, BY_BOTH_NS, ns, f->subjects_ns.items[i]) != NULL;
                return add_found(f, candidates_find(index, original ? BY_ORIGINAL_NS : BY_CURRENT_NS, name, ns), out,
                                 err);
        }
        if (f->id.cluster_scoped)
                return add_found(f, candidates_find(index, BY_NAME, name, ""), out, err);
        const char *own = resid_effective_ns(&f->id);
        if (add_found(f, candidates_find(index, BY_CURRENT_NS, name, own), out, err) < 0 ||
            add_found(f, candidates_find(index, BY_CURRENT_NS, name, RESID_NO_NAMESPACE), out, err) < 0)
                return -1;
        for (size_t i = 0; i < f->subjects_ns.len; i++)
                if (!streq(f->subjects_ns.items[i], own) &&
                    add_found(f, candidates_find(index, BY_CURRENT_NS, name, f->subjects_ns.items[i]), out, err) < 0)
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

int referrer_choose(const struct referrer *f, const char *name, const char *ns, bool mapping,
                    const struct candidate **ret, struct err *err) {
        struct found found = {.items = NULL};
        *ret = NULL;
        if (find(f, name, ns, &found, err) < 0)
                return -1;
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
