/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the RBAC index in step with the registry. The cursors are read before every decision: that costs a look at four
 * counters when nothing has changed, and makes a role count from the moment its write was answered. */
#include "apiserver/auth/auth_private.h"
#include "apiserver/registry.h"

#define GROUP "rbac.authorization.k8s.io"

static const char *const resources[] = {"clusterroles", "clusterrolebindings", "roles", "rolebindings"};

#define N_RESOURCES ARRAY_LEN(resources)

struct auth_follower {
        struct registry *registry;
        const struct kind_set *kinds;
        struct registry_watch *watches[N_RESOURCES];
        struct rbac_world *world;
        struct arena *arena; /* one object's tree at a time */
};

static void close_watches(struct auth_follower *f) {
        for (size_t i = 0; i < N_RESOURCES; i++)
                f->watches[i] = registry_watch_free(f->watches[i]);
        f->world = rbac_world_free(f->world);
}

struct auth_follower *auth_follower_free(struct auth_follower *f) {
        if (!f)
                return NULL;
        close_watches(f);
        kind_set_unref(f->kinds);
        arena_free(f->arena);
        free(f);
        return NULL;
}

static int put(struct auth_follower *f, const struct object *o, struct err *err) {
        struct value tree;
        arena_reset(f->arena);
        return object_tree(o, f->arena, &tree, err) < 0 ? -1 : rbac_world_put(f->world, &tree, err);
}

/* Reads one resource whole and opens the cursor behind it. */
static int load_resource(struct auth_follower *f, size_t i, struct err *err) {
        const struct kind *k = kind_by_resource(f->kinds, GROUP, "v1", resources[i]);
        if (!k)
                return err_set(err, ERR_INTERNAL, "the kind of %s is missing", resources[i]);
        _cleanup_registry_list_ struct registry_list list = {0};
        if (registry_list(f->registry, k, NULL, &list, err) < 0)
                return -1;
        for (size_t j = 0; j < list.n; j++)
                if (put(f, list.items[j], err) < 0)
                        return -1;
        return registry_watch_new(f->registry, k, list.rv, &f->watches[i], err);
}

static int load(struct auth_follower *f, struct err *err) {
        close_watches(f);
        int r = rbac_world_new(&f->world, err);
        for (size_t i = 0; r == 0 && i < N_RESOURCES; i++)
                r = load_resource(f, i, err);
        if (r < 0)
                close_watches(f); /* the next decision tries again */
        return r;
}

int auth_follower_new(struct registry *r, struct auth_follower **ret, struct err *err) {
        struct auth_follower *f = calloc(1, sizeof(*f));
        if (!f || !(f->arena = arena_new(0))) {
                free(f);
                return err_oom(err);
        }
        f->registry = r;
        f->kinds = registry_kinds(r);
        if (load(f, err) < 0) {
                auth_follower_free(f);
                return -1;
        }
        *ret = f;
        return 0;
}

/* Takes in the events of one cursor. */
static int drain(struct auth_follower *f, struct registry_watch *w, struct err *err) {
        for (;;) {
                _cleanup_registry_event_ struct registry_event e = {0};
                int r = registry_watch_next(w, 0, &e, err);
                if (r <= 0)
                        return r;
                if (e.type == REGISTRY_DELETED)
                        rbac_world_remove(f->world, e.object->kind, e.object->namespace_, e.object->name);
                else if (put(f, e.object, err) < 0)
                        return -1;
        }
}

int auth_follower_index(struct auth_follower *f, const struct rbac_index **ret, struct err *err) {
        _cleanup_err_ struct err e = ERR_INIT;
        int r = f->world ? 0 : -1;
        for (size_t i = 0; r == 0 && i < N_RESOURCES; i++)
                r = drain(f, f->watches[i], &e);
        /* events were missed, or one could not be taken in: read everything again */
        if (r < 0 && load(f, err) < 0)
                return -1;
        return rbac_world_snapshot(f->world, ret, err);
}
