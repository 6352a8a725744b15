/* SPDX-License-Identifier: Apache-2.0 */
/* What every namespace has: the service account `default` and the cluster's certificate. */
#include "apiserver/controllers/internal.h"
#include "base/limits.h"

#define DESCRIPTION                                                                                                    \
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as "    \
        "the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "     \
        "Kubernetes clusters."

static int make(struct controllers *c, struct arena *a, const struct kind *k, const char *namespace_,
                const struct value *object, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        if (registry_create(c->registry, a, k, namespace_, object, &options, NULL, &why) == 0)
                return 0;
        /* somebody was faster, or the namespace is on its way out */
        if (why.class == ERR_EXISTS || why.class == ERR_FORBIDDEN || why.class == ERR_NOT_FOUND)
                return 0;
        return err_move(err, &why);
}

static int named(struct arena *a, const char *kind, const char *name, struct value *ret, struct err *err) {
        struct value metadata = value_map();
        *ret = value_map();
        if (!value_set(a, &metadata, "name", value_str(name)) || !value_set(a, ret, "apiVersion", value_str("v1")) ||
            !value_set(a, ret, "kind", value_str(kind)) || !value_set(a, ret, "metadata", metadata))
                return err_oom(err);
        return 0;
}

static int ensure_account(struct controllers *c, struct arena *a, const struct kind_set *kinds, const char *namespace_,
                          struct err *err) {
        const struct kind *k = kind_by_resource(kinds, "", "v1", "serviceaccounts");
        _cleanup_object_ struct object *live = NULL;
        struct value object;
        if (registry_get(c->registry, k, namespace_, "default", &live, NULL) == 0)
                return 0;
        return named(a, "ServiceAccount", "default", &object, err) < 0 ? -1 : make(c, a, k, namespace_, &object, err);
}

static int restore_ca(void *context, struct arena *a, struct value *object, struct err *err) {
        const char *pem = context;
        if (value_equals_str(value_path(object, "data", "ca.crt", NULL), pem))
                return 1;
        struct value *data = value_obtain_map(a, object, "data");
        return data && value_set(a, data, "ca.crt", value_str(pem)) ? 0 : err_oom(err);
}

static int ensure_root_ca(struct controllers *c, struct arena *a, const struct kind_set *kinds, const char *namespace_,
                          struct err *err) {
        const struct kind *k = kind_by_resource(kinds, "", "v1", "configmaps");
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        _cleanup_object_ struct object *live = NULL;
        struct value object, annotations = value_map(), data = value_map();
        if (registry_get(c->registry, k, namespace_, "kube-root-ca.crt", &live, NULL) == 0)
                return registry_modify(c->registry, a, k, namespace_, "kube-root-ca.crt", &options, restore_ca,
                                       c->root_ca_pem, NULL, err);
        if (named(a, "ConfigMap", "kube-root-ca.crt", &object, err) < 0)
                return -1;
        if (!value_set(a, &annotations, "kubernetes.io/description", value_str(DESCRIPTION)) ||
            !value_set(a, value_get(&object, "metadata"), "annotations", annotations) ||
            !value_set(a, &data, "ca.crt", value_str(c->root_ca_pem)) || !value_set(a, &object, "data", data))
                return err_oom(err);
        return make(c, a, k, namespace_, &object, err);
}

void accounts_sync(struct controllers *c, const char *namespace_) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        const struct kind *k = kind_by_resource(kinds, "", "v1", "namespaces");
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        _cleanup_object_ struct object *namespace = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        bool alive = registry_get(c->registry, k, "", namespace_, &namespace, NULL) == 0 && !namespace->deleting;
        if (a && alive &&
            (ensure_account(c, a, kinds, namespace_, &err) < 0 || ensure_root_ca(c, a, kinds, namespace_, &err) < 0))
                controllers_report("service accounts", namespace_, NULL, &err);
        kind_set_unref(kinds);
}
