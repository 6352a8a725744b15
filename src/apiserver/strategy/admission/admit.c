/* SPDX-License-Identifier: Apache-2.0 */
/* strategy_admit(): the admission plugins that are built in. What is not built is said by not_built.c. */
#include "apiserver/strategy/admission/admit.h"
#include "apiserver/strategy/admission/podsecurity.h"
#include "apiserver/strategy/admission/quota.h"
#include "base/limits.h"

/* NamespaceLifecycle: nothing new in a namespace that is missing or on its way out. */
static int admit_namespace(struct strategy_context *c, const struct value *object, struct err *err) {
        if (!c->kind->namespaced || !c->namespace[0] || !c->callbacks.lookup || c->subresource)
                return 0;
        const struct value *namespace = admit_lookup(c, "", "namespaces", "", c->namespace);
        if (!namespace)
                return err_set(err, ERR_NOT_FOUND, "namespaces \"%s\" not found", c->namespace);
        if (value_is_null(value_path(namespace, "metadata", "deletionTimestamp", NULL)) &&
            !value_equals_str(value_path(namespace, "status", "phase", NULL), "Terminating"))
                return 0;
        admit_forbid(c, object, err, "unable to create new content in namespace %s because it is being terminated",
                     c->namespace);
        return err_add_cause(err, "NamespaceTerminating", "metadata.namespace", "namespace %s is being terminated",
                             c->namespace);
}

/* No new objects of a kind whose CRD is being deleted. */
static int admit_custom(struct strategy_context *c, const struct value *object, struct err *err) {
        if (!c->kind->custom || c->subresource)
                return 0;
        const char *name = value_string_or(value_path(c->kind->crd, "metadata", "name", NULL), "");
        const struct value *crd = admit_lookup(c, "apiextensions.k8s.io", "customresourcedefinitions", "", name);
        if (!crd || value_is_null(value_path(crd, "metadata", "deletionTimestamp", NULL)))
                return 0;
        return admit_forbid(c, object, err, "create not allowed while custom resource definition is terminating");
}

static int add_finalizer(struct strategy_context *c, struct value *object, const char *name, struct err *err) {
        struct value *metadata = value_obtain_map(c->arena, object, "metadata");
        if (!metadata)
                return err_oom(err);
        struct value *list = value_get(metadata, "finalizers");
        if (!value_is_list(list))
                list = value_set(c->arena, metadata, "finalizers", value_list());
        if (!list)
                return err_oom(err);
        return value_list_has(list, name) || value_append(c->arena, list, value_str(name)) ? 0 : err_oom(err);
}

/* The StorageClass that claims get when they name none: the newest of those marked as default. */
static const char *default_storage_class(struct strategy_context *c) {
        struct value classes;
        const char *best = NULL, *since = "";
        if (!c->callbacks.list ||
            c->callbacks.list(c->callbacks.user, c->arena, "storage.k8s.io", "storageclasses", "", &classes, NULL) < 0)
                return NULL;
        VALUE_EACH_ITEM(class, &classes) {
                const struct value *annotations = value_path(class, "metadata", "annotations", NULL);
                const char *created = value_string_or(value_path(class, "metadata", "creationTimestamp", NULL), "");
                if (!value_equals_str(value_get(annotations, "storageclass.kubernetes.io/is-default-class"), "true") &&
                    !value_equals_str(value_get(annotations, "storageclass.beta.kubernetes.io/is-default-class"),
                                      "true"))
                        continue;
                if (!best || strcmp(created, since) > 0) {
                        best = value_path_str(class, "metadata", "name", NULL);
                        since = created;
                }
        }
        return best;
}

static int admit_claim(struct strategy_context *c, struct value *claim, struct err *err) {
        if (add_finalizer(c, claim, "kubernetes.io/pvc-protection", err) < 0)
                return -1;
        struct value *spec = value_obtain_map(c->arena, claim, "spec");
        if (!spec)
                return err_oom(err);
        const char *class = value_get(spec, "storageClassName") ? NULL : default_storage_class(c);
        if (class && !value_set(c->arena, spec, "storageClassName", value_str(class)))
                return err_oom(err);
        return admit_limits(c, claim, err);
}

/* An Ingress without a class gets the default one. */
static int admit_ingress(struct strategy_context *c, struct value *ingress, struct err *err) {
        struct value classes;
        struct value *spec = value_get(ingress, "spec");
        if (!value_is_map(spec) || value_get(spec, "ingressClassName") || !c->callbacks.list ||
            value_path(ingress, "metadata", "annotations", "kubernetes.io/ingress.class", NULL))
                return 0;
        if (c->callbacks.list(c->callbacks.user, c->arena, "networking.k8s.io", "ingressclasses", "", &classes, err) <
            0)
                return -1;
        VALUE_EACH_ITEM(class, &classes) {
                const char *name = value_path_str(class, "metadata", "name", NULL);
                if (name && value_equals_str(value_path(class, "metadata", "annotations",
                                                        "ingressclass.kubernetes.io/is-default-class", NULL),
                                             "true"))
                        return value_set(c->arena, spec, "ingressClassName", value_str(name)) ? 0 : err_oom(err);
        }
        return 0;
}

/* TaintNodesByCondition: nothing is scheduled on a new node before it said that it is ready. */
static int admit_node(struct strategy_context *c, struct value *node, struct err *err) {
        static const char key[] = "node.kubernetes.io/not-ready";
        struct value *spec = value_obtain_map(c->arena, node, "spec"), taint = value_map();
        struct value *taints = spec ? value_get(spec, "taints") : NULL;
        if (!spec)
                return err_oom(err);
        if (!value_is_list(taints))
                taints = value_set(c->arena, spec, "taints", value_list());
        if (!taints)
                return err_oom(err);
        VALUE_EACH_ITEM(item, taints)
                if (value_equals_str(value_get(item, "key"), key) &&
                    value_equals_str(value_get(item, "effect"), "NoSchedule"))
                        return 0;
        if (!value_set(c->arena, &taint, "key", value_str(key)) ||
            !value_set(c->arena, &taint, "effect", value_str("NoSchedule")) || !value_append(c->arena, taints, taint))
                return err_oom(err);
        return 0;
}

static int warn_security(struct strategy_context *c, const struct value *spec, const struct value *namespace,
                         struct err *err) {
        const char *text = NULL;
        enum podsecurity_level level = podsecurity_of(c->arena, namespace, "warn", &text);
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_BODY);
        podsecurity_check(&b, spec, level);
        if (!b.len)
                return 0;
        struct value warning =
                value_strf(c->arena, "would violate PodSecurity \"%s\": %s", text ? text : "", buf_str(&b));
        if (!value_is_list(&c->warnings))
                c->warnings = value_list();
        return !value_is_null(&warning) && value_append(c->arena, &c->warnings, warning) ? 0 : err_oom(err);
}

/* PodSecurity: pods are refused outside of the enforced level; workloads that would make such pods are warned about. */
static int admit_security(struct strategy_context *c, const struct value *object, struct err *err) {
        bool pod = admit_is_kind(c, "", "pods");
        const struct value *spec = value_get(object, "spec");
        if (!pod) {
                const struct value *template = value_path(spec, "jobTemplate", "spec", "template", NULL);
                spec = value_get(template ? template : value_get(spec, "template"), "spec");
        }
        if (!value_is_map(spec) || !value_is_list(value_get(spec, "containers")) || c->subresource)
                return 0;
        const struct value *namespace = admit_lookup(c, "", "namespaces", "", c->namespace);
        const char *text = NULL;
        enum podsecurity_level level = podsecurity_of(c->arena, namespace, "enforce", &text);
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_BODY);
        if (pod)
                podsecurity_check(&b, spec, level);
        if (b.len)
                return admit_forbid(c, object, err, "violates PodSecurity \"%s\": %s", text ? text : "", buf_str(&b));
        return warn_security(c, spec, namespace, err);
}

int strategy_admit(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        bool pod = admit_is_kind(c, "", "pods");
        if (old)
                return c->kind->custom ? 0 : admit_security(c, object, err);
        if (admit_namespace(c, object, err) < 0 || admit_custom(c, object, err) < 0)
                return -1;
        if (c->subresource)
                return 0;
        if (pod && (admit_limits(c, object, err) < 0 || admit_pod(c, object, err) < 0))
                return -1;
        if (admit_is_kind(c, "", "persistentvolumeclaims") && admit_claim(c, object, err) < 0)
                return -1;
        if (admit_is_kind(c, "", "persistentvolumes") &&
            add_finalizer(c, object, "kubernetes.io/pv-protection", err) < 0)
                return -1;
        if (admit_is_kind(c, "", "nodes") && admit_node(c, object, err) < 0)
                return -1;
        if (admit_is_kind(c, "networking.k8s.io", "ingresses") && admit_ingress(c, object, err) < 0)
                return -1;
        if (!c->kind->custom && admit_security(c, object, err) < 0)
                return -1;
        return quota_admit(c, object, err);
}
