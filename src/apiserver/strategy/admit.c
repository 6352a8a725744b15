/* SPDX-License-Identifier: Apache-2.0 */
/* strategy_admit(): the admission plugins that are built in. What is not built (webhooks, admission policies in CEL,
 * quota) is said in a warning when somebody asks for it. */
#include "apiserver/strategy/admit.h"

int admit_forbid(struct strategy_context *c, const struct value *object, struct err *err, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        char *why = arena_vprintf(c->arena, fmt, ap);
        va_end(ap);
        const char *group = c->kind->group;
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        if (!why)
                return err_oom(err);
        return err_set(err, ERR_FORBIDDEN, "%s%s%s \"%s\" is forbidden: %s", c->kind->resource, group[0] ? "." : "",
                       group, name, why);
}

static bool is_kind(const struct strategy_context *c, const char *group, const char *resource) {
        return streq(c->kind->group, group) && streq(c->kind->resource, resource);
}

static const struct value *lookup(struct strategy_context *c, const char *group, const char *resource,
                                  const char *namespace, const char *name) {
        return c->callbacks.lookup ? c->callbacks.lookup(c->callbacks.user, group, resource, namespace, name) : NULL;
}

/* NamespaceLifecycle: nothing new in a namespace that is missing or on its way out. */
static int admit_namespace(struct strategy_context *c, const struct value *object, struct err *err) {
        if (!c->kind->namespaced || !c->namespace[0] || !c->callbacks.lookup || c->subresource)
                return 0;
        const struct value *namespace = lookup(c, "", "namespaces", "", c->namespace);
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
        const struct value *crd = lookup(c, "apiextensions.k8s.io", "customresourcedefinitions", "", name);
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
        VALUE_EACH_ITEM(item, list)
                if (value_equals_str(item, name))
                        return 0;
        return value_append(c->arena, list, value_str(name)) ? 0 : err_oom(err);
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

static int warn(struct strategy_context *c, const char *text, struct err *err) {
        if (!value_is_list(&c->warnings))
                c->warnings = value_list();
        return value_append(c->arena, &c->warnings, value_str(text)) ? 0 : err_oom(err);
}

/* Kinds that are stored but whose meaning is not built. */
static int warn_not_built(struct strategy_context *c, struct err *err) {
        static const struct {
                const char *group, *resource, *text;
        } rows[] = {
                {"admissionregistration.k8s.io", "mutatingwebhookconfigurations",
                 "weir does not call admission webhooks: this configuration is stored without effect"},
                {"admissionregistration.k8s.io", "validatingwebhookconfigurations",
                 "weir does not call admission webhooks: this configuration is stored without effect"},
                {"admissionregistration.k8s.io", "validatingadmissionpolicybindings",
                 "weir does not evaluate admission policies: this binding is stored without effect"},
                {"admissionregistration.k8s.io", "mutatingadmissionpolicybindings",
                 "weir does not evaluate admission policies: this binding is stored without effect"},
                {"", "resourcequotas", "weir does not enforce resource quotas: this quota is stored without effect"},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (is_kind(c, rows[i].group, rows[i].resource) && warn(c, rows[i].text, err) < 0)
                        return -1;
        return 0;
}

/* Any x-kubernetes-validations in a schema. Bounded by the size of the CRD. */
static bool has_rules(const struct value *schema) {
        static const char *const one[] = {"items", "additionalProperties", "openAPIV3Schema"};
        const struct value *rules = value_get(schema, "x-kubernetes-validations");
        const struct value *properties = value_get(schema, "properties");
        if (value_is_list(rules) && rules->len)
                return true;
        for (size_t i = 0; i < ARRAY_LEN(one); i++)
                if (value_is_map(value_get(schema, one[i])) && has_rules(value_get(schema, one[i])))
                        return true;
        if (value_is_map(properties))
                VALUE_EACH_MEMBER(m, properties)
                        if (has_rules(&m->value))
                                return true;
        return false;
}

static int warn_rules(struct strategy_context *c, const struct value *crd, struct err *err) {
        const struct value *versions = value_path(crd, "spec", "versions", NULL);
        if (!is_kind(c, "apiextensions.k8s.io", "customresourcedefinitions") || c->subresource ||
            !value_is_list(versions))
                return 0;
        VALUE_EACH_ITEM(version, versions)
                if (has_rules(value_get(version, "schema")))
                        return warn(c,
                                    "weir does not evaluate x-kubernetes-validations (CEL): these rules are stored "
                                    "without effect",
                                    err);
        return 0;
}

int strategy_admit(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        bool pod = is_kind(c, "", "pods");
        if (warn_rules(c, object, err) < 0)
                return -1;
        if (old)
                return 0;
        if (admit_namespace(c, object, err) < 0 || admit_custom(c, object, err) < 0 || warn_not_built(c, err) < 0)
                return -1;
        if (c->subresource)
                return 0;
        if (pod && (admit_limits(c, object, err) < 0 || admit_pod(c, object, err) < 0))
                return -1;
        if (is_kind(c, "", "persistentvolumeclaims") && admit_claim(c, object, err) < 0)
                return -1;
        if (is_kind(c, "", "persistentvolumes") && add_finalizer(c, object, "kubernetes.io/pv-protection", err) < 0)
                return -1;
        if (is_kind(c, "networking.k8s.io", "ingresses") && admit_ingress(c, object, err) < 0)
                return -1;
        return 0;
}
