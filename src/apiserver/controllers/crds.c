/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a CRD: its objects are deleted first, then its finalizer goes. Also the finalizers that protect volumes
 * and claims, which nobody uses here. */
#include "apiserver/controllers/internal.h"
#include "apiserver/crd/crd.h"
#include "base/limits.h"

static bool has_finalizer(const struct object *o, const char *name) {
        for (size_t i = 0; i < o->n_finalizers; i++)
                if (streq(o->finalizers[i], name))
                        return true;
        return false;
}

/* The stored kind of a CRD in this snapshot; NULL when it is not served any more. */
static const struct kind *kind_of_crd(const struct kind_set *kinds, const char *name) {
        for (size_t i = 0; i < kind_count(kinds); i++) {
                const struct kind *k = kind_at(kinds, i);
                if (k->custom && value_equals_str(value_path(k->crd, "metadata", "name", NULL), name))
                        return k->storage ? k->storage : k;
        }
        return NULL;
}

static int delete_instances(struct controllers *c, const struct kind *k, size_t *ret_left, struct err *err) {
        _cleanup_registry_list_ struct registry_list list = {0}, left = {0};
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        if (registry_list(c->registry, k, NULL, &list, err) < 0)
                return -1;
        for (size_t i = 0; i < list.n; i++) {
                _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
                const struct registry_delete how = {.propagation = REGISTRY_BACKGROUND, .grace_seconds = -1};
                if (!a)
                        return err_oom(err);
                if (!list.items[i]->deleting)
                        registry_delete(c->registry, a, k, list.items[i]->namespace_, list.items[i]->name, &how,
                                        &options, NULL, NULL);
        }
        if (registry_list(c->registry, k, NULL, &left, err) < 0)
                return -1;
        *ret_left = left.n;
        return 0;
}

static void clean_up(struct controllers *c, const struct kind_set *kinds, const struct kind *crds,
                     const struct object *o) {
        const struct kind *k = kind_of_crd(kinds, o->name);
        _cleanup_err_ struct err err = ERR_INIT;
        size_t left = 0;
        if (!o->deleting || !has_finalizer(o, CRD_CLEANUP_FINALIZER))
                return;
        /* an object with finalizers keeps its CRD until they are gone */
        if ((k && delete_instances(c, k, &left, &err) < 0) ||
            (!left && controllers_remove_finalizer(c, crds, "", o->name, CRD_CLEANUP_FINALIZER, &err) < 0))
                controllers_report("custom resource definitions", NULL, o->name, &err);
}

/* o: the CRD that changed; NULL: an object went, and some CRD may have waited for it. */
void crds_sync(struct controllers *c, const struct object *o) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        const struct kind *crds = kind_by_resource(kinds, "apiextensions.k8s.io", "v1", "customresourcedefinitions");
        _cleanup_registry_list_ struct registry_list list = {0};
        if (o)
                clean_up(c, kinds, crds, o);
        else if (registry_list(c->registry, crds, NULL, &list, NULL) == 0)
                for (size_t i = 0; i < list.n; i++)
                        clean_up(c, kinds, crds, list.items[i]);
        kind_set_unref(kinds);
}

void protection_sync(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        static const char *const finalizers[] = {"kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"};
        const struct kind *k = controllers_kind(kinds, o->api_version, o->kind);
        for (size_t i = 0; k && i < ARRAY_LEN(finalizers); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                if (has_finalizer(o, finalizers[i]) &&
                    controllers_remove_finalizer(c, k, o->namespace_, o->name, finalizers[i], &err) < 0)
                        controllers_report("volume protection", o->namespace_, o->name, &err);
        }
}
