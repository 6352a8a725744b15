/* SPDX-License-Identifier: Apache-2.0 */
/* Making the registry, its kinds, and reading. */
#include "apiserver/registry/private.h"

#include "base/clock.h"

/* Resources that two API groups show: where their objects live. */
static const struct {
        const char *group, *resource, *stored_group;
} cohabitants[] = {
        {"events.k8s.io", "events", ""},
};

static struct store_resource *find_resource(struct registry *r, const struct kind *k) {
        const char *group = k->group;
        for (size_t i = 0; i < ARRAY_LEN(cohabitants); i++)
                if (streq(k->group, cohabitants[i].group) && streq(k->resource, cohabitants[i].resource))
                        group = cohabitants[i].stored_group;
        return store_resource(r->store, group, k->resource);
}

struct store_resource *registry_resource(struct registry *r, const struct kind *k, struct err *err) {
        struct store_resource *resource = find_resource(r, k);
        if (!resource)
                err_oom(err);
        return resource;
}

static void registry_freep(struct registry **r) {
        *r = registry_free(*r);
}

#define SERVICES_DEFAULT ((struct address_range){.first = UINT32_C(0x0a000000), .count = 256})

int registry_new(struct store *store, const struct registry_hooks *hooks, struct registry **ret, struct err *err) {
        _cleanup_(registry_freep) struct registry *r = calloc(1, sizeof(*r));
        if (!r)
                return err_oom(err);
        r->store = store;
        if (hooks)
                r->hooks = *hooks;
        pthread_mutex_init(&r->kinds_lock, NULL);
        pthread_mutex_init(&r->crd_lock, NULL);
        for (size_t i = 0; i < ARRAY_LEN(r->turns); i++)
                pthread_mutex_init(&r->turns[i], NULL);
        r->kinds = kind_set_builtin();
        if (!r->hooks.services.count)
                r->hooks.services = SERVICES_DEFAULT;
        if (addresses_new(store, &r->hooks.services, &r->addresses, err) < 0 || crds_settle(r, err) < 0)
                return -1;
        *ret = TAKE_PTR(r);
        return 0;
}

struct registry *registry_free(struct registry *r) {
        if (!r)
                return NULL;
        kind_set_unref(r->kinds);
        addresses_free(r->addresses);
        free(r);
        return NULL;
}

struct store *registry_store(struct registry *r) {
        return r->store;
}

uint64_t registry_current_rv(struct registry *r) {
        return store_rv(r->store);
}

const struct kind_set *registry_kinds(struct registry *r) {
        pthread_mutex_lock(&r->kinds_lock);
        const struct kind_set *set = kind_set_ref(r->kinds);
        pthread_mutex_unlock(&r->kinds_lock);
        return set;
}

void registry_set_kinds(struct registry *r, const struct kind_set *set) {
        pthread_mutex_lock(&r->kinds_lock);
        const struct kind_set *old = r->kinds;
        r->kinds = set;
        pthread_mutex_unlock(&r->kinds_lock);
        kind_set_unref(old);
        if (r->hooks.kinds_changed)
                r->hooks.kinds_changed(r->hooks.context);
}

const char *kind_qualified(struct arena *a, const struct kind *k) {
        if (!*k->group)
                return k->resource;
        const char *text = arena_printf(a, "%s.%s", k->resource, k->group);
        return text ? text : k->resource;
}

/* ---- reading ---- */

int registry_get(struct registry *r, const struct kind *k, const char *namespace_, const char *name,
                 struct object **ret, struct err *err) {
        struct store_resource *resource = registry_resource(r, k, err);
        if (!resource)
                return -1;
        struct object *o = store_get(r->store, resource, namespace_ ? namespace_ : "", name);
        if (!o)
                return err_set(err, ERR_NOT_FOUND, "%s%s%s \"%s\" not found", k->resource, *k->group ? "." : "",
                               k->group, name);
        *ret = o;
        return 0;
}

int registry_list(struct registry *r, const struct kind *k, const char *namespace_, struct registry_list *ret,
                  struct err *err) {
        struct store_resource *resource = registry_resource(r, k, err);
        struct store_range range = {.namespace_ = namespace_ ? namespace_ : ""};
        struct store_list list;
        if (!resource || store_list(r->store, resource, &range, &list, err) < 0)
                return -1;
        *ret = (struct registry_list){.items = list.items, .n = list.n, .rv = list.rv};
        return 0;
}

void registry_list_done(struct registry_list *l) {
        for (size_t i = 0; i < l->n; i++)
                object_unref(l->items[i]);
        free(l->items);
        *l = (struct registry_list){0};
}

bool registry_any(struct registry *r, const struct kind *k, const char *namespace_) {
        struct store_resource *resource = registry_resource(r, k, NULL);
        if (!resource)
                return false;
        if (!namespace_ || !*namespace_)
                return store_count(r->store, resource) > 0;
        struct store_range range = {.namespace_ = namespace_, .limit = 1};
        _cleanup_store_list_ struct store_list list = {0};
        return store_list(r->store, resource, &range, &list, NULL) == 0 && list.n > 0;
}

int registry_tree(struct registry *r, const struct kind *k, const struct object *o, struct arena *a, struct value *ret,
                  struct err *err) {
        if (object_tree(o, a, ret, err) < 0)
                return -1;
        const struct kind_set *kinds = registry_kinds(r);
        int status = strategy_from_storage(a, kinds, k, ret, err);
        kind_set_unref(kinds);
        return status;
}

/* ---- watching ---- */

struct registry_watch {
        struct registry *registry;
        struct store_cursor cursor;
};

int registry_watch_new(struct registry *r, const struct kind *k, uint64_t rv, struct registry_watch **ret,
                       struct err *err) {
        struct store_resource *resource = NULL;
        if (k && !(resource = registry_resource(r, k, err)))
                return -1;
        struct registry_watch *w = calloc(1, sizeof(*w));
        if (!w)
                return err_oom(err);
        w->registry = r;
        w->cursor = (struct store_cursor){.resource = resource, .rv = rv};
        *ret = w;
        return 0;
}

struct registry_watch *registry_watch_free(struct registry_watch *w) {
        free(w);
        return NULL;
}

int registry_watch_next(struct registry_watch *w, int64_t timeout_ns, struct registry_event *ret_event,
                        struct err *err) {
        struct store *s = w->registry->store;
        int64_t until = timeout_ns < 0 ? INT64_MAX : timeout_ns > 0 ? clock_monotonic_ns() + timeout_ns : 0;
        for (;;) {
                uint64_t seen = store_rv(s);
                struct ring_event e;
                int n = store_next(s, &w->cursor, &e, 1, err);
                if (n < 0)
                        return -1;
                if (n > 0) {
                        static const enum registry_event_type types[] = {
                                [RING_ADDED] = REGISTRY_ADDED,
                                [RING_MODIFIED] = REGISTRY_MODIFIED,
                                [RING_DELETED] = REGISTRY_DELETED,
                        };
                        *ret_event = (struct registry_event){
                                .type = types[e.type],
                                .rv = e.rv,
                                .group = store_resource_group(e.resource),
                                .resource = store_resource_name(e.resource),
                                .object = e.object,
                                .previous = e.previous,
                        };
                        return 1;
                }
                if (timeout_ns == 0)
                        return 0;
                if (store_interrupted(s))
                        return err_set(err, ERR_UNAVAILABLE, "the server is stopping");
                int64_t left = until == INT64_MAX ? -1 : until - clock_monotonic_ns();
                if (until != INT64_MAX && left <= 0)
                        return 0;
                store_wait_after(s, seen, left);
        }
}

void registry_event_done(struct registry_event *e) {
        object_unref(e->object);
        object_unref(e->previous);
        *e = (struct registry_event){0};
}
