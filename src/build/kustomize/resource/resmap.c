/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/resource/resmap.h"

#include "base/limits.h"

struct resmap *resmap_new(struct arena *a, const struct scopes *scopes) {
        struct resmap *m = arena_make(a, struct resmap);
        if (m) {
                m->arena = a;
                m->scopes = scopes;
        }
        return m;
}

void resmap_touch(struct resmap *m) {
        strmap_done(&m->by_id);
        strmap_done(&m->by_any_id);
        m->by_id = m->by_any_id = STRMAP_INIT;
        m->indexed = m->any_indexed = false;
        if (m->keys)
                arena_reset(m->keys);
}

/* Where keys live: apart from the build's arena, because patches may rebuild the indexes many times. */
static struct arena *keys_of(struct resmap *m) {
        if (!m->keys)
                m->keys = arena_new(0);
        return m->keys;
}

void resmap_done(struct resmap *m) {
        if (!m)
                return;
        resmap_touch(m);
        m->keys = arena_free(m->keys);
}

/* Adds the current id of r to the index: 1 when another resource has it. */
static int index_current(struct resmap *m, struct resource *r, struct resid *id, struct err *err) {
        size_t n;
        const char *key;
        void *old;
        struct arena *keys = keys_of(m);
        if (!keys || resource_current_id(m->arena, m->scopes, r, id) < 0 || !(key = resid_key(keys, id, &n)))
                return err_oom(err);
        int there = strmap_add(&m->by_id, key, n, r, &old);
        return there < 0 ? err_oom(err) : there;
}

static int registered(struct resmap *m, const struct resid *id, struct err *err) {
        const char *text = resid_string(m->arena, id);
        return err_set(err, ERR_CONFLICT, "may not add resource with an already registered id: %s", text ? text : "");
}

static int build_index(struct resmap *m, bool unique, struct err *err) {
        strmap_done(&m->by_id);
        m->by_id = STRMAP_INIT;
        m->indexed = false;
        for (size_t i = 0; i < m->len; i++) {
                struct resid id;
                int there = index_current(m, m->items[i], &id, err);
                if (there < 0)
                        return -1;
                if (there && unique)
                        return registered(m, &id, err);
        }
        m->indexed = true;
        return 0;
}

int resmap_check_unique(struct resmap *m, struct err *err) {
        return build_index(m, true, err);
}

static int push(struct resmap *m, struct resource *r, struct err *err) {
        if (m->len >= LIMIT_KUSTOMIZE_RESOURCES)
                return err_set(err, ERR_TOO_LARGE, "more than %d resources", LIMIT_KUSTOMIZE_RESOURCES);
        if (m->len == m->cap) {
                size_t cap = m->cap ? 2 * m->cap : 16;
                struct resource **grown = arena_grow(m->arena, m->items, m->cap * sizeof(*grown), cap * sizeof(*grown));
                if (!grown)
                        return err_oom(err);
                m->items = grown;
                m->cap = cap;
        }
        m->items[m->len++] = r;
        return 0;
}

/* ---- any id ---- */

static int index_any(struct resmap *m, struct resource *r, const struct resid *id, struct err *err) {
        size_t n;
        struct arena *keys = keys_of(m);
        const char *key = keys ? resid_key(keys, id, &n) : NULL;
        struct resmap_link *link = keys ? arena_make(keys, struct resmap_link) : NULL;
        void *old = NULL;
        if (!key || !link)
                return err_oom(err);
        link->resource = r;
        int there = strmap_add(&m->by_any_id, key, n, link, &old);
        if (there < 0)
                return err_oom(err);
        if (!there)
                return 0;
        struct resmap_link *last = old;
        if (last->resource == r)
                return 0;
        /* Lists of more than one are id conflicts in the making; kustomize fails on them soon after. */
        while (last->next) {
                last = last->next;
                if (last->resource == r)
                        return 0;
        }
        last->next = link;
        return 0;
}

static int index_all_ids(struct resmap *m, struct resource *r, struct err *err) {
        struct resid id;
        if (resource_is_empty(r))
                return 0;
        for (size_t p = 0; p < r->n_previous; p++)
                if (resource_previous_id(m->arena, r, p, &id) < 0 || index_any(m, r, &id, err) < 0)
                        return err_oom(err);
        if (resource_current_id(m->arena, m->scopes, r, &id) < 0 || index_any(m, r, &id, err) < 0)
                return err_oom(err);
        return 0;
}

int resmap_append(struct resmap *m, struct resource *r, struct err *err) {
        if (!m->indexed && build_index(m, false, err) < 0)
                return -1;
        struct resid id;
        int there = index_current(m, r, &id, err);
        if (there)
                return there < 0 ? -1 : registered(m, &id, err);
        if (push(m, r, err) < 0)
                return -1;
        return m->any_indexed ? index_all_ids(m, r, err) : 0;
}

int resmap_append_all(struct resmap *m, const struct resmap *from, struct err *err) {
        for (size_t i = 0; i < from->len; i++)
                if (resmap_append(m, from->items[i], err) < 0)
                        return -1;
        return 0;
}

static int build_any_index(struct resmap *m, struct err *err) {
        for (size_t i = 0; i < m->len; i++)
                if (index_all_ids(m, m->items[i], err) < 0)
                        return -1;
        m->any_indexed = true;
        return 0;
}

int resmap_find_any(struct resmap *m, const struct resid *id, const struct resmap_link **ret, struct err *err) {
        if (!m->any_indexed && build_any_index(m, err) < 0)
                return -1;
        size_t n;
        const char *key = resid_key(m->arena, id, &n);
        if (!key)
                return err_oom(err);
        *ret = strmap_get(&m->by_any_id, key, n);
        return 0;
}

int resmap_find_target(struct resmap *m, const struct resid *id, struct resource **ret, struct err *err) {
        const struct resmap_link *found;
        if (resmap_find_any(m, id, &found, err) < 0)
                return -1;
        if (found && !found->next) {
                *ret = found->resource;
                return 0;
        }
        const char *text = resid_string(m->arena, id);
        return err_set(err, ERR_NOT_FOUND, "%s matches for Id %s; failed to find unique target for patch %s",
                       found ? "multiple" : "no", text, text);
}

void resmap_drop_empty(struct resmap *m) {
        size_t kept = 0;
        for (size_t i = 0; i < m->len; i++)
                if (!resource_is_empty(m->items[i]))
                        m->items[kept++] = m->items[i];
        if (kept == m->len)
                return;
        m->len = kept;
        resmap_touch(m);
}
