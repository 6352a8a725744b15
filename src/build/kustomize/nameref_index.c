/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/nameref_index.h"

static void write_key(char *key, enum candidate_by by, const char *first, size_t n, const char *second, size_t m) {
        key[0] = (char)by;
        memcpy(key + 1, first, n);
        key[n + 1] = '\x1f';
        memcpy(key + n + 2, second, m);
}

static int add(struct candidates *c, enum candidate_by by, const char *first, const char *second,
               const struct candidate *candidate) {
        size_t n = strlen(first), m = strlen(second);
        char *key = arena_alloc(c->arena, n + m + 2);
        struct candidate_link *link = arena_make(c->arena, struct candidate_link);
        void *old = NULL;
        if (!key || !link)
                return -1;
        write_key(key, by, first, n, second, m);
        *link = (struct candidate_link){.candidate = candidate, .last = link};
        int there = strmap_add(&c->chains, key, n + m + 2, link, &old);
        if (there <= 0)
                return there;
        struct candidate_link *first_link = old;
        if (by == BY_BOTH_NS || first_link->last->candidate == candidate)
                return 0;
        first_link->last->next = link;
        first_link->last = link;
        return 0;
}

static int add_resource(struct engine *e, struct candidates *c, struct resource *r) {
        struct candidate *candidate = arena_make(c->arena, struct candidate);
        struct resid original;
        if (!candidate || resource_current_id(c->arena, &e->scopes, r, &candidate->now) < 0 ||
            resource_original_id(c->arena, &e->scopes, r, &original) < 0)
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
        *c = (struct candidates){.arena = e->arena};
        for (size_t i = 0; i < m->len; i++)
                if (add_resource(e, c, m->items[i]) < 0)
                        return err_oom(err);
        return 0;
}

void candidates_done(struct candidates *c) {
        strmap_done(&c->chains);
}

const struct candidate_link *candidates_find(const struct candidates *c, enum candidate_by by, const char *first,
                                             const char *second) {
        char small[512], *key = small;
        size_t n = strlen(first), m = strlen(second);
        if (n + m + 2 > sizeof(small) && !(key = arena_alloc(c->arena, n + m + 2)))
                return NULL;
        write_key(key, by, first, n, second, m);
        return strmap_get(&c->chains, key, n + m + 2);
}
