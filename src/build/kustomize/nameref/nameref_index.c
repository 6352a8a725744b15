/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/nameref/nameref_index.h"

/* A chain's key: on the stack while it is looked for. */
struct key {
        char small[512], *text;
        size_t len;
};

static int make_key(const struct candidates *c, enum candidate_by by, const char *first, const char *second,
                    struct key *ret) {
        size_t n = strlen(first), m = strlen(second);
        ret->len = n + m + 2;
        ret->text = ret->len <= sizeof(ret->small) ? ret->small : arena_alloc(c->arena, ret->len);
        if (!ret->text)
                return -1;
        ret->text[0] = (char)by;
        memcpy(ret->text + 1, first, n);
        ret->text[n + 1] = '\x1f';
        memcpy(ret->text + n + 2, second, m);
        return 0;
}

static int add(struct candidates *c, enum candidate_by by, const char *first, const char *second,
               const struct candidate *candidate) {
        struct key key;
        if (make_key(c, by, first, second, &key) < 0)
                return -1;
        struct candidate_link *chain = strmap_get(&c->chains, key.text, key.len);
        if (chain && (by == BY_BOTH_NS || chain->last->candidate == candidate))
                return 0;
        struct candidate_link *link = arena_make(c->arena, struct candidate_link);
        if (!link)
                return -1;
        *link = (struct candidate_link){.candidate = candidate, .last = link};
        if (chain) {
                chain->last->next = link;
                chain->last = link;
                return 0;
        }
        const char *kept = arena_memdup(c->arena, key.text, key.len);
        return kept ? strmap_set(&c->chains, kept, key.len, link) : -1;
}

static int add_resource(struct engine *e, struct candidates *c, struct resource *r) {
        struct candidate *candidate = arena_make(c->arena, struct candidate);
        struct resid original;
        if (!candidate || resource_current_id(e->arena, &e->scopes, r, &candidate->now) < 0 ||
            resource_original_id(e->arena, &e->scopes, r, &original) < 0)
                return -1;
        candidate->resource = r;
        candidate->original_ns = resid_effective_ns(&original);
        const char *ns = resid_effective_ns(&candidate->now);
        if (add(c, BY_BOTH_NS, candidate->original_ns, ns, candidate) < 0)
                return -1;
        for (size_t i = 0; i < r->n_previous; i++) {
                const char *name = r->previous[i].name;
                if (add(c, BY_NAME, name, "", candidate) < 0 || add(c, BY_CURRENT_NS, name, ns, candidate) < 0 ||
                    add(c, BY_ORIGINAL_NS, name, candidate->original_ns, candidate) < 0)
                        return -1;
        }
        return 0;
}

int candidates_init(struct engine *e, const struct resmap *m, struct candidates *c, struct err *err) {
        *c = (struct candidates){.arena = arena_new(0)};
        if (!c->arena)
                return err_oom(err);
        for (size_t i = 0; i < m->len; i++)
                if (add_resource(e, c, m->items[i]) < 0)
                        return err_oom(err);
        return 0;
}

void candidates_done(struct candidates *c) {
        strmap_done(&c->chains);
        c->arena = arena_free(c->arena);
}

const struct candidate_link *candidates_find(const struct candidates *c, enum candidate_by by, const char *first,
                                             const char *second) {
        struct key key;
        return make_key(c, by, first, second, &key) < 0 ? NULL : strmap_get(&c->chains, key.text, key.len);
}
