/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults that need logic: named by rows of data/kubernetes/defaults.json. */
#include "apiserver/strategy/defaults.h"

#include "data/base64.h"

#include <ctype.h>

static int set_string(struct defaulting *d, struct value *object, const char *key, const char *text, struct err *err) {
        return value_set(d->arena, object, key, value_str(text)) ? 0 : err_oom(err);
}

/* The tag of an image reference is "latest", said or implied; one with a digest and no tag is not. */
static bool image_is_latest(const char *image) {
        const char *digest = strchr(image, '@');
        size_t n = digest ? (size_t)(digest - image) : strlen(image);
        const char *colon = NULL;
        for (size_t i = n; i > 0 && image[i - 1] != '/'; i--)
                if (image[i - 1] == ':')
                        colon = image + i;
        if (!colon)
                return !digest;
        return n - (size_t)(colon - image) == strlen("latest") && memcmp(colon, "latest", strlen("latest")) == 0;
}

static int pull_policy_by(struct defaulting *d, struct value *object, const char *image_field, const char *policy_field,
                          struct err *err) {
        const char *policy = value_get_str(object, policy_field);
        if (policy && policy[0])
                return 0;
        const char *image = value_string_or(value_get(object, image_field), "");
        return set_string(d, object, policy_field, image_is_latest(image) ? "Always" : "IfNotPresent", err);
}

static int image_pull_policy(struct defaulting *d, struct value *container, struct err *err) {
        return pull_policy_by(d, container, "image", "imagePullPolicy", err);
}

static int image_volume_pull_policy(struct defaulting *d, struct value *source, struct err *err) {
        return pull_policy_by(d, source, "reference", "pullPolicy", err);
}

/* A volume without any source is an emptyDir. */
static int volume_empty_dir(struct defaulting *d, struct value *volume, struct err *err) {
        VALUE_EACH_MEMBER(m, volume)
                if (!streq(m->key, "name") && !value_is_null(&m->value))
                        return 0;
        return value_set(d->arena, volume, "emptyDir", value_map()) ? 0 : err_oom(err);
}

/* serviceAccount is the deprecated alias of serviceAccountName: the server keeps both. */
static int pod_spec_service_account(struct defaulting *d, struct value *spec, struct err *err) {
        const char *name = value_get_str(spec, "serviceAccountName");
        const char *old = value_get_str(spec, "serviceAccount");
        if (name && name[0])
                return set_string(d, spec, "serviceAccount", name, err);
        if (old && old[0])
                return set_string(d, spec, "serviceAccountName", old, err);
        return 0;
}

/* Copies into target what it lacks of the map `from`. */
static int copy_missing(struct defaulting *d, struct value *target, const struct value *from, struct err *err) {
        struct value_index index;
        struct value before;
        if (!value_is_map(from) || !from->len)
                return 0;
        /* an index over what is there already: clients choose how many resources they name */
        if (value_clone(d->arena, target, &before, err) < 0)
                return -1;
        if (value_index_init(d->arena, &index, &before) < 0)
                return err_oom(err);
        VALUE_EACH_MEMBER(m, from)
                if (!value_index_get(&index, &before, m->key, m->key_len) &&
                    !value_add(d->arena, target, m->key, m->key_len, m->value))
                        return err_oom(err);
        return 0;
}

/* In a Pod (not in templates) requests follow limits. */
static int requests_from_limits(struct defaulting *d, struct value *containers, bool host_network, struct err *err) {
        if (!value_is_list(containers))
                return 0;
        VALUE_EACH_ITEM(container, containers) {
                struct value *resources = value_get(container, "resources");
                const struct value *limits = value_get(resources, "limits");
                if (value_is_map(limits) && limits->len) {
                        struct value *requests = value_obtain_map(d->arena, resources, "requests");
                        if (!requests)
                                return err_oom(err);
                        /* obtaining may have moved the members of resources */
                        if (copy_missing(d, requests, value_get(resources, "limits"), err) < 0)
                                return -1;
                }
                struct value *ports = value_get(container, "ports");
                if (!host_network || !value_is_list(ports))
                        continue;
                VALUE_EACH_ITEM(port, ports) {
                        const struct value *number = value_get(port, "containerPort");
                        if (number && !value_int_or(value_get(port, "hostPort"), 0) &&
                            !value_set(d->arena, port, "hostPort", *number))
                                return err_oom(err);
                }
        }
        return 0;
}

static int pod(struct defaulting *d, struct value *object, struct err *err) {
        struct value *spec = value_get(object, "spec");
        if (!value_is_map(spec))
                return 0;
        bool host_network = value_bool_or(value_get(spec, "hostNetwork"), false);
        if (requests_from_limits(d, value_get(spec, "containers"), host_network, err) < 0 ||
            requests_from_limits(d, value_get(spec, "initContainers"), host_network, err) < 0)
                return -1;
        if (value_is_null(value_get(spec, "enableServiceLinks")) &&
            !value_set(d->arena, spec, "enableServiceLinks", value_bool(true)))
                return err_oom(err);
        return 0;
}

static int service_ports(struct defaulting *d, struct value *ports, struct err *err) {
        VALUE_EACH_ITEM(port, ports) {
                if (!value_get(port, "protocol") && set_string(d, port, "protocol", "TCP", err) < 0)
                        return -1;
                const struct value *target = value_get(port, "targetPort");
                bool empty = value_is_null(target) || value_equals_str(target, "") ||
                             (target->type == VALUE_INT && target->i == 0);
                const struct value *number = value_get(port, "port");
                if (empty && number && !value_set(d->arena, port, "targetPort", *number))
                        return err_oom(err);
        }
        return 0;
}

/* sessionAffinityConfig exists exactly with ClientIP. */
static int service_affinity(struct defaulting *d, struct value *spec, struct err *err) {
        if (!value_get(spec, "sessionAffinity") && set_string(d, spec, "sessionAffinity", "None", err) < 0)
                return -1;
        if (value_equals_str(value_get(spec, "sessionAffinity"), "None")) {
                value_remove(spec, "sessionAffinityConfig");
        } else if (value_equals_str(value_get(spec, "sessionAffinity"), "ClientIP") &&
                   !value_path(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds", NULL)) {
                struct value *config = value_obtain_map(d->arena, spec, "sessionAffinityConfig");
                struct value *client = config ? value_obtain_map(d->arena, config, "clientIP") : NULL;
                if (!client || !value_set(d->arena, client, "timeoutSeconds", value_int(10800)))
                        return err_oom(err);
        }
        return 0;
}

/* How a load balancer's address reaches the nodes. */
static int balancer_mode(struct defaulting *d, struct value *object, struct err *err) {
        struct value *ingress = value_path(object, "status", "loadBalancer", "ingress", NULL);
        if (!value_is_list(ingress))
                return 0;
        VALUE_EACH_ITEM(item, ingress)
                if (value_get(item, "ip") && !value_get(item, "ipMode") &&
                    set_string(d, item, "ipMode", "VIP", err) < 0)
                        return -1;
        return 0;
}

static int service(struct defaulting *d, struct value *object, struct err *err) {
        struct value *spec = value_get(object, "spec");
        if (!value_is_map(spec))
                return 0;
        if (service_affinity(d, spec, err) < 0)
                return -1;
        const char *type = value_get_str(spec, "type");
        if (!type || !type[0]) {
                type = "ClusterIP";
                if (set_string(d, spec, "type", type, err) < 0)
                        return -1;
        }
        struct value *ports = value_get(spec, "ports");
        if (value_is_list(ports) && service_ports(d, ports, err) < 0)
                return -1;
        bool balancer = streq(type, "LoadBalancer");
        if (balancer && balancer_mode(d, object, err) < 0)
                return -1;
        const struct value *external = value_get(spec, "externalIPs");
        bool reachable = balancer || streq(type, "NodePort") ||
                         (streq(type, "ClusterIP") && value_is_list(external) && external->len);
        if (reachable && !value_get(spec, "externalTrafficPolicy") &&
            set_string(d, spec, "externalTrafficPolicy", "Cluster", err) < 0)
                return -1;
        if (!streq(type, "ExternalName") && !value_get(spec, "internalTrafficPolicy") &&
            set_string(d, spec, "internalTrafficPolicy", "Cluster", err) < 0)
                return -1;
        if (balancer && !value_get(spec, "allocateLoadBalancerNodePorts") &&
            !value_set(d->arena, spec, "allocateLoadBalancerNodePorts", value_bool(true)))
                return err_oom(err);
        return 0;
}

/* stringData is a way to write data: it is encoded into data and never stored. */
static int secret_string_data(struct defaulting *d, struct value *secret, struct err *err) {
        struct value *strings = value_get(secret, "stringData");
        if (!value_is_map(strings) || !strings->len) {
                value_remove(secret, "stringData");
                return 0;
        }
        struct value taken = *strings;
        value_remove(secret, "stringData");
        struct value *data = value_obtain_map(d->arena, secret, "data");
        if (!data)
                return err_oom(err);
        VALUE_EACH_MEMBER(m, &taken) {
                bool string = value_is_string(&m->value);
                const char *text = base64_encode(d->arena, string ? m->value.str : "", string ? m->value.len : 0, NULL);
                if (!text || !value_setn(d->arena, data, m->key, m->key_len, value_str(text)))
                        return err_oom(err);
        }
        return 0;
}

static int namespace_label(struct defaulting *d, struct value *object, struct err *err) {
        struct value *metadata = value_get(object, "metadata");
        const char *name = value_get_str(metadata, "name");
        if (!name || !name[0])
                return 0;
        struct value *labels = value_obtain_map(d->arena, metadata, "labels");
        return labels && value_set(d->arena, labels, "kubernetes.io/metadata.name", value_str(name)) ? 0 : err_oom(err);
}

static int node_allocatable(struct defaulting *d, struct value *status, struct err *err) {
        const struct value *capacity = value_get(status, "capacity");
        if (!value_is_map(capacity) || value_get(status, "allocatable"))
                return 0;
        return value_set(d->arena, status, "allocatable", *capacity) ? 0 : err_oom(err);
}

/* For containers: default follows max; defaultRequest follows default, then min. */
static int limit_range_item(struct defaulting *d, struct value *item, struct err *err) {
        if (!value_equals_str(value_get(item, "type"), "Container"))
                return 0;
        static const char *const steps[][2] = {
                {"default", "max"}, {"defaultRequest", "default"}, {"defaultRequest", "min"}};
        for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
                const struct value *from = value_get(item, steps[i][1]);
                if (!value_is_map(from) || !from->len)
                        continue;
                struct value source = *from;
                struct value *target = value_obtain_map(d->arena, item, steps[i][0]);
                if (!target)
                        return err_oom(err);
                if (copy_missing(d, target, &source, err) < 0)
                        return -1;
        }
        return 0;
}

/* Labels (and the selector) of a controller follow its template's. */
static int labels_from_template(struct defaulting *d, struct value *object, bool selector, struct err *err) {
        struct value *spec = value_get(object, "spec");
        const struct value *labels = value_path(spec, "template", "metadata", "labels", NULL);
        if (!value_is_map(labels) || !labels->len)
                return 0;
        struct value *metadata = value_obtain_map(d->arena, object, "metadata");
        if (!metadata)
                return err_oom(err);
        const struct value *own = value_get(metadata, "labels");
        struct value copy;
        if (value_clone(d->arena, labels, &copy, err) < 0)
                return -1;
        if ((!value_is_map(own) || !own->len) && !value_set(d->arena, metadata, "labels", copy))
                return err_oom(err);
        if (selector && !value_get(spec, "selector") &&
            (value_clone(d->arena, labels, &copy, err) < 0 || !value_set(d->arena, spec, "selector", copy)))
                return err_oom(err);
        return 0;
}

static int replication_controller(struct defaulting *d, struct value *object, struct err *err) {
        return labels_from_template(d, object, true, err);
}

/* Where the deprecated field of the template's generation is kept. The server counts it from 1 when it is created. */
static int daemon_set(struct defaulting *d, struct value *object, struct err *err) {
        static const char key[] = "deprecated.daemonset.template.generation";
        struct value *metadata = value_obtain_map(d->arena, object, "metadata");
        struct value *annotations = metadata ? value_obtain_map(d->arena, metadata, "annotations") : NULL;
        if (!annotations)
                return err_oom(err);
        return value_get(annotations, key) ? 0 : set_string(d, annotations, key, "0", err);
}

/* Completions follow parallelism: both 1 when neither is set; backoffLimit and podReplacementPolicy follow the
 * policies that are used. */
static int job(struct defaulting *d, struct value *object, struct err *err) {
        struct value *spec = value_get(object, "spec");
        if (!value_is_map(spec))
                return 0;
        bool parallelism = value_get(spec, "parallelism") != NULL;
        if (!value_get(spec, "completions") && !parallelism && !value_set(d->arena, spec, "completions", value_int(1)))
                return err_oom(err);
        if (!parallelism && !value_set(d->arena, spec, "parallelism", value_int(1)))
                return err_oom(err);
        struct value fallback = value_map();
        int64_t backoff = value_get(spec, "backoffLimitPerIndex") ? INT32_MAX : 6;
        const char *replacement = value_get(spec, "podFailurePolicy") ? "Failed" : "TerminatingOrFailed";
        if (!value_set(d->arena, &fallback, "backoffLimit", value_int(backoff)) ||
            !value_set(d->arena, &fallback, "completionMode", value_str("NonIndexed")) ||
            !value_set(d->arena, &fallback, "suspend", value_bool(false)) ||
            !value_set(d->arena, &fallback, "podReplacementPolicy", value_str(replacement)) ||
            !value_set(d->arena, &fallback, "manualSelector", value_bool(false)))
                return err_oom(err);
        if (defaults_merge(d->arena, spec, &fallback, err) < 0)
                return -1;
        return labels_from_template(d, object, false, err);
}

/* Claims in a StatefulSet are stored as whole objects with a status. */
static int volume_claim_templates(struct defaulting *d, struct value *object, struct err *err) {
        struct value *claims = value_path(object, "spec", "volumeClaimTemplates", NULL);
        if (!value_is_list(claims))
                return 0;
        VALUE_EACH_ITEM(claim, claims) {
                if (!value_is_map(claim))
                        continue;
                struct value fallback = value_map();
                if (!value_set(d->arena, &fallback, "kind", value_str("PersistentVolumeClaim")) ||
                    !value_set(d->arena, &fallback, "apiVersion", value_str("v1")))
                        return err_oom(err);
                if (defaults_merge(d->arena, claim, &fallback, err) < 0)
                        return -1;
        }
        return 0;
}

static int network_policy_types(struct defaulting *d, struct value *spec, struct err *err) {
        const struct value *types = value_get(spec, "policyTypes");
        if (value_is_list(types) && types->len)
                return 0;
        const struct value *egress = value_get(spec, "egress");
        struct value list = value_list();
        if (!value_append(d->arena, &list, value_str("Ingress")) ||
            (value_is_list(egress) && egress->len && !value_append(d->arena, &list, value_str("Egress"))) ||
            !value_set(d->arena, spec, "policyTypes", list))
                return err_oom(err);
        return 0;
}

static int crd_names(struct defaulting *d, struct value *names, struct err *err) {
        const char *kind = value_get_str(names, "kind");
        if (!kind)
                return 0;
        if (!value_get(names, "singular")) {
                char *lower = arena_strdup(d->arena, kind);
                if (!lower)
                        return err_oom(err);
                for (char *p = lower; *p; p++)
                        *p = (char)tolower((unsigned char)*p);
                if (set_string(d, names, "singular", lower, err) < 0)
                        return -1;
        }
        if (kind[0] && !value_get(names, "listKind")) {
                const char *list = arena_printf(d->arena, "%sList", kind);
                if (!list || !value_set(d->arena, names, "listKind", value_str(list)))
                        return err_oom(err);
        }
        return 0;
}

/* Names, conversion, and the storage version as the first stored one. */
static int crd(struct defaulting *d, struct value *object, struct err *err) {
        struct value *spec = value_get(object, "spec");
        struct value *names = value_get(spec, "names");
        if (!value_is_map(spec))
                return 0;
        if (value_is_map(names) && crd_names(d, names, err) < 0)
                return -1;
        if (!value_get(spec, "conversion")) {
                struct value *conversion = value_obtain_map(d->arena, spec, "conversion");
                if (!conversion || set_string(d, conversion, "strategy", "None", err) < 0)
                        return err_oom(err);
        }
        const struct value *stored = value_path(object, "status", "storedVersions", NULL);
        const struct value *versions = value_get(spec, "versions");
        if ((value_is_list(stored) && stored->len) || !value_is_list(versions))
                return 0;
        VALUE_EACH_ITEM(version, versions) {
                const struct value *name = value_get(version, "name");
                if (!value_bool_or(value_get(version, "storage"), false) || !name)
                        continue;
                struct value list = value_list();
                struct value *status = value_obtain_map(d->arena, object, "status");
                if (!status || !value_append(d->arena, &list, *name) ||
                    !value_set(d->arena, status, "storedVersions", list))
                        return err_oom(err);
                break;
        }
        return 0;
}

int defaults_call(struct defaulting *d, const char *name, struct value *object, struct err *err) {
        static const struct {
                const char *name;
                int (*run)(struct defaulting *, struct value *, struct err *);
        } calls[] = {
                {"image_pull_policy", image_pull_policy},
                {"image_volume_pull_policy", image_volume_pull_policy},
                {"volume_empty_dir", volume_empty_dir},
                {"pod_spec_service_account", pod_spec_service_account},
                {"pod", pod},
                {"service", service},
                {"secret_string_data", secret_string_data},
                {"namespace_label", namespace_label},
                {"node_allocatable", node_allocatable},
                {"limit_range_item", limit_range_item},
                {"replication_controller", replication_controller},
                {"job", job},
                {"daemon_set", daemon_set},
                {"volume_claim_templates", volume_claim_templates},
                {"network_policy_types", network_policy_types},
                {"crd", crd},
        };
        for (size_t i = 0; i < ARRAY_LEN(calls); i++)
                if (streq(calls[i].name, name))
                        return calls[i].run(d, object, err);
        return err_set(err, ERR_INTERNAL, "defaults.json names an unknown function %s", name);
}
