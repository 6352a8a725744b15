/* SPDX-License-Identifier: Apache-2.0 */
/* CRDs become kinds: after each write of one, names are settled and a new snapshot of kinds is published, before the
 * write is answered. */
#include "apiserver/registry/private.h"

#include "apiserver/crd/crd.h"
#include "base/clock.h"
#include "base/limits.h"

bool kind_is_crd(const struct kind *k) {
        return streq(k->resource, "customresourcedefinitions") && streq(k->group, "apiextensions.k8s.io");
}

static int load_all(struct registry *r, struct store_resource *resource, struct arena *a, struct store_list *objects,
                    struct value *ret, struct err *err) {
        struct store_range range = {.namespace_ = ""};
        *ret = value_list();
        if (store_list(r->store, resource, &range, objects, err) < 0)
                return -1;
        for (size_t i = 0; i < objects->n; i++) {
                struct value tree;
                if (object_tree(objects->items[i], a, &tree, err) < 0)
                        return -1;
                if (!value_append(a, ret, tree))
                        return err_oom(err);
        }
        return 0;
}

/* The names and conditions are the server's own. */
static int own_status(struct arena *a, const struct object *o, struct value *crd, struct err *err) {
        const struct ssa_request request = {
                .schema = schema_of_kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
                .api_version = "apiextensions.k8s.io/v1",
                .kind = "CustomResourceDefinition",
                .manager = "kube-apiserver",
                .subresource = "status",
                .now = clock_realtime_ns() / NSEC_PER_SEC,
        };
        struct value live, managed;
        if (object_tree(o, a, &live, err) < 0 || ssa_update(a, &request, &live, crd, &managed, err) < 0)
                return -1;
        *crd = managed;
        return 0;
}

/* Settles one CRD. 1: it was written (the others look different now), 0: nothing to do. */
static int settle_one(struct registry *r, struct store_resource *resource, struct arena *a, const struct object *o,
                      const struct value *all, struct err *err) {
        struct value crd;
        bool changed = false;
        struct object *fresh = NULL;
        if (object_tree(o, a, &crd, err) < 0 ||
            crd_settle(a, &crd, all, clock_realtime_ns() / NSEC_PER_SEC, &changed, err) < 0)
                return -1;
        if (!changed)
                return 0;
        if (own_status(a, o, &crd, err) < 0 || object_new(&crd, &fresh, err) < 0)
                return -1;
        switch (store_commit(r->store, resource, STORE_UPDATE, fresh, o->rv, NULL, err)) {
        case STORE_OK:
        case STORE_CONFLICT: /* whoever overtook this settles again */
        case STORE_MISSING:
                return 1;
        default:
                return -1;
        }
}

static int settle_round(struct registry *r, struct store_resource *resource, struct arena *a, struct value *ret_all,
                        struct err *err) {
        _cleanup_store_list_ struct store_list objects = {0};
        if (load_all(r, resource, a, &objects, ret_all, err) < 0)
                return -1;
        for (size_t i = 0; i < objects.n; i++) {
                int changed = settle_one(r, resource, a, objects.items[i], ret_all, err);
                if (changed != 0)
                        return changed;
        }
        return 0;
}

static int publish(struct registry *r, struct store_resource *resource, struct arena *a, struct err *err) {
        struct value all = value_list(), established;
        struct kind_set *kinds = NULL;
        int changed = 1;
        /* Each round settles one CRD, and a settled one stays so unless another one goes. */
        size_t rounds = 2 * store_count(r->store, resource) + LIMIT_WRITE_TRIES;
        for (size_t i = 0; i < rounds && changed > 0; i++)
                changed = settle_round(r, resource, a, &all, err);
        if (changed < 0 || crd_established_list(a, &all, &established, err) < 0 ||
            kind_set_new(&established, &kinds, err) < 0)
                return -1;
        registry_set_kinds(r, kinds);
        return 0;
}

int crds_settle(struct registry *r, struct err *err) {
        struct store_resource *resource = store_resource(r->store, "apiextensions.k8s.io", "customresourcedefinitions");
        if (!resource)
                return err_oom(err);
        _cleanup_arena_ struct arena *a = arena_new(0);
        if (!a)
                return err_oom(err);
        pthread_mutex_lock(&r->crd_lock);
        int status = publish(r, resource, a, err);
        pthread_mutex_unlock(&r->crd_lock);
        return status;
}
