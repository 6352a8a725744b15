/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/prepare.h"

#include "apiserver/strategy/qos.h"
#include "base/clock.h"

#define TEMPLATE_GENERATION "deprecated.daemonset.template.generation"

static struct value *metadata_map(struct strategy_context *c, struct value *object, const char *key) {
        struct value *metadata = value_obtain_map(c->arena, object, "metadata");
        return metadata ? value_obtain_map(c->arena, metadata, key) : NULL;
}

/* The label with its own name (generateName made it only now), and the finalizer of the namespace controller. */
static int create_namespace(struct strategy_context *c, struct value *object, struct err *err) {
        struct value *labels = metadata_map(c, object, "labels");
        struct value *spec = value_obtain_map(c->arena, object, "spec");
        const char *name = value_path_str(object, "metadata", "name", NULL);
        if (!labels || !spec)
                return err_oom(err);
        if (name && !value_set(c->arena, labels, "kubernetes.io/metadata.name", value_str(name)))
                return err_oom(err);
        if (value_list_has(value_get(spec, "finalizers"), "kubernetes"))
                return 0;
        struct value list = value_list();
        const struct value *own = value_get(spec, "finalizers");
        if (value_is_list(own)) {
                VALUE_EACH_ITEM(item, own)
                        if (!value_append(c->arena, &list, *item))
                                return err_oom(err);
        }
        if (!value_append(c->arena, &list, value_str("kubernetes")) || !value_set(c->arena, spec, "finalizers", list))
                return err_oom(err);
        return 0;
}

static int create_pod(struct strategy_context *c, struct value *object, struct err *err) {
        struct value *status = value_obtain_map(c->arena, object, "status");
        if (!status || !value_set(c->arena, status, "qosClass", value_str(qos_class(value_get(object, "spec")))))
                return err_oom(err);
        return 0;
}

/* What a pod's resources made of it stays, whoever writes its status. */
static int update_pod(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        const struct value *class = value_path(old, "status", "qosClass", NULL);
        struct value *status = value_obtain_map(c->arena, object, "status");
        if (!status)
                return err_oom(err);
        if (class && !value_get(status, "qosClass") && !value_set(c->arena, status, "qosClass", *class))
                return err_oom(err);
        return 0;
}

static int template_generation(struct strategy_context *c, struct value *object, int64_t generation, struct err *err) {
        struct value *annotations = metadata_map(c, object, "annotations");
        struct value text = value_strf(c->arena, "%lld", (long long)generation);
        if (!annotations || value_is_null(&text) || !value_set(c->arena, annotations, TEMPLATE_GENERATION, text))
                return err_oom(err);
        return 0;
}

static int create_daemon_set(struct strategy_context *c, struct value *object, struct err *err) {
        const char *set = value_path_str(object, "metadata", "annotations", TEMPLATE_GENERATION, NULL);
        long given = set ? strtol(set, NULL, 10) : 0;
        return template_generation(c, object, given < 1 ? 1 : given, err);
}

static int update_daemon_set(struct strategy_context *c, struct value *object, const struct value *old,
                             struct err *err) {
        const char *set = value_path_str(old, "metadata", "annotations", TEMPLATE_GENERATION, NULL);
        int64_t generation = set ? strtol(set, NULL, 10) : 1;
        const struct value *now = value_path(object, "spec", "template", NULL);
        const struct value *before = value_path(old, "spec", "template", NULL);
        if (now && before && !value_equal(now, before))
                generation++;
        return template_generation(c, object, generation, err);
}

/* A job selects its pods by its own uid, unless it says manualSelector. */
static int create_job(struct strategy_context *c, struct value *object, struct err *err) {
        struct value *spec = value_get(object, "spec");
        if (!value_is_map(spec) || value_bool_or(value_get(spec, "manualSelector"), false))
                return 0;
        const char *uid = value_path_str(object, "metadata", "uid", NULL);
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        struct value *template = value_obtain_map(c->arena, spec, "template");
        struct value *metadata = template ? value_obtain_map(c->arena, template, "metadata") : NULL;
        struct value *labels = metadata ? value_obtain_map(c->arena, metadata, "labels") : NULL;
        if (!labels || !uid)
                return err_oom(err);
        const struct {
                const char *key, *value;
        } wanted[] = {{"batch.kubernetes.io/controller-uid", uid},
                      {"batch.kubernetes.io/job-name", name},
                      {"controller-uid", uid},
                      {"job-name", name}};
        for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
                if (!value_get(labels, wanted[i].key) &&
                    !value_set(c->arena, labels, wanted[i].key, value_str(wanted[i].value)))
                        return err_oom(err);
        struct value *selector = value_obtain_map(c->arena, spec, "selector");
        struct value *match = selector ? value_obtain_map(c->arena, selector, "matchLabels") : NULL;
        if (!match || (!value_get(match, wanted[0].key) && !value_set(c->arena, match, wanted[0].key, value_str(uid))))
                return err_oom(err);
        /* an object that had no labels shows its template's, and so these too */
        struct value *own = metadata_map(c, object, "labels");
        if (!own)
                return err_oom(err);
        if (own->len == 0) {
                VALUE_EACH_MEMBER(m, labels)
                        if (!value_setn(c->arena, own, m->key, m->key_len, m->value))
                                return err_oom(err);
        }
        return 0;
}

static int create_request(struct strategy_context *c, struct value *object, struct err *err) {
        struct value *spec = value_obtain_map(c->arena, object, "spec");
        if (!spec)
                return err_oom(err);
        struct value groups = value_list();
        for (size_t i = 0; c->user_groups && c->user_groups[i]; i++)
                if (!value_append(c->arena, &groups, value_str(c->user_groups[i])))
                        return err_oom(err);
        struct value name = value_str(c->user_name ? c->user_name : "");
        struct value uid = value_str(c->user_uid ? c->user_uid : "");
        bool extra = value_is_map(c->user_extra) && c->user_extra->len;
        if (prepare_set(c->arena, spec, "username", name.len ? &name : NULL, err) < 0 ||
            prepare_set(c->arena, spec, "uid", uid.len ? &uid : NULL, err) < 0 ||
            prepare_set(c->arena, spec, "groups", groups.len ? &groups : NULL, err) < 0 ||
            prepare_set(c->arena, spec, "extra", extra ? c->user_extra : NULL, err) < 0)
                return -1;
        return 0;
}

static int create_volume(struct strategy_context *c, struct value *object, struct err *err) {
        char text[TIME_TEXT_MAX];
        struct value now = value_strf(c->arena, "%s", time_format_rfc3339(text, c->now_ns / NSEC_PER_SEC));
        struct value *status = value_obtain_map(c->arena, object, "status");
        if (!status || value_is_null(&now) || !value_set(c->arena, status, "lastPhaseTransitionTime", now))
                return err_oom(err);
        return 0;
}

/* The names are not accepted before they were compared; the storage version counts as stored from the start. */
static int create_crd(struct strategy_context *c, struct value *object, struct err *err) {
        struct value status = value_map(), names = value_map(), stored = value_list();
        if (!value_set(c->arena, &names, "plural", value_str("")) ||
            !value_set(c->arena, &names, "kind", value_str("")))
                return err_oom(err);
        const struct value *versions = value_path(object, "spec", "versions", NULL);
        if (value_is_list(versions)) {
                VALUE_EACH_ITEM(version, versions) {
                        const struct value *name = value_get(version, "name");
                        if (name && value_bool_or(value_get(version, "storage"), false) &&
                            !value_append(c->arena, &stored, *name))
                                return err_oom(err);
                        if (stored.len)
                                break;
                }
        }
        if (!value_set(c->arena, &status, "conditions", value_null()) ||
            !value_set(c->arena, &status, "acceptedNames", names) ||
            !value_set(c->arena, &status, "storedVersions", stored.len ? stored : value_null()) ||
            !value_set(c->arena, object, "status", status))
                return err_oom(err);
        return 0;
}

/* A service of the API that is served here is there at once. */
static int create_api_service(struct strategy_context *c, struct value *object, struct err *err) {
        char text[TIME_TEXT_MAX];
        struct value condition = value_map(), list = value_list(), status = value_map();
        struct value now = value_strf(c->arena, "%s", time_format_rfc3339(text, c->now_ns / NSEC_PER_SEC));
        if (value_path(object, "spec", "service", NULL))
                return 0;
        if (value_is_null(&now) || !value_set(c->arena, &condition, "type", value_str("Available")) ||
            !value_set(c->arena, &condition, "status", value_str("True")) ||
            !value_set(c->arena, &condition, "lastTransitionTime", now) ||
            !value_set(c->arena, &condition, "reason", value_str("Local")) ||
            !value_set(c->arena, &condition, "message", value_str("Local APIServices are always available")) ||
            !value_append(c->arena, &list, condition) || !value_set(c->arena, &status, "conditions", list) ||
            !value_set(c->arena, object, "status", status))
                return err_oom(err);
        return 0;
}

/* A new storage version joins the stored ones. */
static int update_crd(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        if (c->subresource)
                return 0;
        const struct value *versions = value_path(object, "spec", "versions", NULL);
        const struct value *stored = value_path(old, "status", "storedVersions", NULL);
        if (!value_is_list(versions))
                return 0;
        VALUE_EACH_ITEM(version, versions) {
                const char *name = value_get_str(version, "name");
                if (!name || !value_bool_or(value_get(version, "storage"), false) || value_list_has(stored, name))
                        continue;
                struct value list = value_list(), status;
                if (value_clone(c->arena, value_get(object, "status"), &status, err) < 0)
                        return -1;
                if (!value_is_map(&status))
                        status = value_map();
                if (value_is_list(stored)) {
                        VALUE_EACH_ITEM(item, stored)
                                if (!value_append(c->arena, &list, *item))
                                        return err_oom(err);
                }
                if (!value_append(c->arena, &list, value_str(name)) ||
                    !value_set(c->arena, &status, "storedVersions", list) ||
                    !value_set(c->arena, object, "status", status))
                        return err_oom(err);
        }
        return 0;
}

/* clusterIP and clusterIPs say the same; the older one is what most clients write. */
static int service_addresses(struct strategy_context *c, struct value *object, const struct value *old,
                             struct err *err) {
        struct value *spec = value_get(object, "spec");
        const struct value *before = value_get(old, "spec");
        if (!value_is_map(spec) || c->subresource)
                return 0;
        bool named = value_equals_str(value_get(spec, "type"), "ExternalName");
        static const char *const kept[] = {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"};
        for (size_t i = 0; before && !named && i < ARRAY_LEN(kept); i++) {
                const struct value *was = value_get(before, kept[i]);
                if (was && !value_get(spec, kept[i]) && !value_equals_str(value_get(before, "type"), "ExternalName") &&
                    !value_set(c->arena, spec, kept[i], *was))
                        return err_oom(err);
        }
        if (named && before) {
                /* becoming an ExternalName gives the addresses back */
                for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
                        const struct value *was = value_get(before, kept[i]), *now = value_get(spec, kept[i]);
                        if (was && now && value_equal(was, now))
                                value_remove(spec, kept[i]);
                }
        }
        const struct value *address = value_get(spec, "clusterIP");
        const struct value *addresses = value_get(spec, "clusterIPs");
        if (address && address->len && (!value_is_list(addresses) || !addresses->len)) {
                struct value list = value_list();
                if (!value_append(c->arena, &list, *address) || !value_set(c->arena, spec, "clusterIPs", list))
                        return err_oom(err);
        } else if ((!address || !address->len) && value_is_list(addresses) && addresses->len) {
                if (!value_set(c->arena, spec, "clusterIP", addresses->items[0]))
                        return err_oom(err);
        }
        return 0;
}

/* A port that keeps its name keeps its node port. */
static int keep_node_ports(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        struct value *ports = value_path(object, "spec", "ports", NULL);
        const struct value *before = value_path(old, "spec", "ports", NULL);
        const char *type = value_string_or(value_path(object, "spec", "type", NULL), "");
        bool wants = streq(type, "NodePort") || streq(type, "LoadBalancer");
        if (!wants || !value_is_list(ports) || !value_is_list(before))
                return 0;
        VALUE_EACH_ITEM(port, ports) {
                if (value_int_or(value_get(port, "nodePort"), 0))
                        continue;
                const char *name = value_string_or(value_get(port, "name"), "");
                VALUE_EACH_ITEM(was, before) {
                        const struct value *number = value_get(was, "nodePort");
                        if (number && value_int_or(number, 0) &&
                            streq(value_string_or(value_get(was, "name"), ""), name) &&
                            !value_set(c->arena, port, "nodePort", *number))
                                return err_oom(err);
                }
        }
        return 0;
}

static int create_service(struct strategy_context *c, struct value *object, struct err *err) {
        return service_addresses(c, object, NULL, err);
}

static int update_service(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        if (service_addresses(c, object, old, err) < 0)
                return -1;
        return c->subresource ? 0 : keep_node_ports(c, object, old, err);
}

/* A Namespace's spec changes through /finalize only. */
static int update_namespace(struct strategy_context *c, struct value *object, const struct value *old,
                            struct err *err) {
        if (c->subresource)
                return 0;
        return prepare_set(c->arena, object, "spec", value_get(old, "spec"), err);
}

/* A request for a certificate is not changed once it was made. */
static int update_request(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        if (prepare_set(c->arena, object, "spec", value_get(old, "spec"), err) < 0)
                return -1;
        return c->subresource ? 0 : prepare_set(c->arena, object, "status", value_get(old, "status"), err);
}

static const struct {
        const char *group, *resource;
        int (*create)(struct strategy_context *, struct value *, struct err *);
        int (*update)(struct strategy_context *, struct value *, const struct value *, struct err *);
} kinds[] = {
        {"", "namespaces", create_namespace, update_namespace},
        {"", "pods", create_pod, update_pod},
        {"", "services", create_service, update_service},
        {"", "persistentvolumes", create_volume, NULL},
        {"apps", "daemonsets", create_daemon_set, update_daemon_set},
        {"batch", "jobs", create_job, NULL},
        {"certificates.k8s.io", "certificatesigningrequests", create_request, update_request},
        {"apiregistration.k8s.io", "apiservices", create_api_service, NULL},
        {"apiextensions.k8s.io", "customresourcedefinitions", create_crd, update_crd},
};

int prepare_kind_create(struct strategy_context *c, struct value *object, struct err *err) {
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                if (kinds[i].create && streq(kinds[i].resource, c->kind->resource) &&
                    streq(kinds[i].group, c->kind->group))
                        return kinds[i].create(c, object, err);
        return 0;
}

int prepare_kind_update(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                if (kinds[i].update && streq(kinds[i].resource, c->kind->resource) &&
                    streq(kinds[i].group, c->kind->group))
                        return kinds[i].update(c, object, old, err);
        return 0;
}
