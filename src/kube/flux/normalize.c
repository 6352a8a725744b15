/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/normalize.h"

#include "data/base64.h"
#include "kube/schema/strict.h"

#include <strings.h>

/* Groups whose kinds are built in but unknown to the client library that Flux uses: they keep every field. */
static const char *const untyped_groups[] = {"apiextensions.k8s.io", "apiregistration.k8s.io"};

/* Where the pod template of a kind stands; the containers' ports get their default protocol there. */
static const struct {
        const char *api_version, *kind;
        const char *path[5];
} pod_specs[] = {
        {"v1", "Pod", {"spec"}},
        {"apps/v1", "Deployment", {"spec", "template", "spec"}},
        {"apps/v1", "StatefulSet", {"spec", "template", "spec"}},
        {"apps/v1", "DaemonSet", {"spec", "template", "spec"}},
        {"apps/v1", "ReplicaSet", {"spec", "template", "spec"}},
        {"batch/v1", "Job", {"spec", "template", "spec"}},
        {"batch/v1", "CronJob", {"spec", "jobTemplate", "spec", "template", "spec"}},
};

static bool is(const struct value *object, const char *api_version, const char *kind) {
        return value_equals_str(value_get(object, "apiVersion"), api_version) &&
               value_equals_str(value_get(object, "kind"), kind);
}

static const struct schema *schema_of(const char *api_version, const char *kind) {
        char group[256] = "";
        const char *slash = strchr(api_version, '/'), *version = slash ? slash + 1 : api_version;
        size_t n = slash ? (size_t)(slash - api_version) : 0;
        if (n >= sizeof(group))
                return NULL;
        memcpy(group, api_version, n);
        for (size_t i = 0; i < ARRAY_LEN(untyped_groups); i++)
                if (streq(group, untyped_groups[i]))
                        return NULL;
        return schema_of_kind(group, version, kind);
}

static int default_protocols(struct arena *a, struct value *ports) {
        if (!value_is_list(ports))
                return 0;
        VALUE_EACH_ITEM(port, ports) {
                const char *protocol = value_get_str(port, "protocol");
                if (value_is_map(port) && (!protocol || !*protocol) &&
                    !value_set(a, port, "protocol", value_str("TCP")))
                        return -1;
        }
        return 0;
}

static int default_ports(struct arena *a, struct value *object) {
        if (is(object, "v1", "Service"))
                return default_protocols(a, value_path(object, "spec", "ports", NULL));
        for (size_t i = 0; i < ARRAY_LEN(pod_specs); i++) {
                if (!is(object, pod_specs[i].api_version, pod_specs[i].kind))
                        continue;
                struct value *at = object;
                for (size_t j = 0; j < ARRAY_LEN(pod_specs[i].path) && pod_specs[i].path[j]; j++)
                        at = value_get(at, pod_specs[i].path[j]);
                struct value *containers = value_get(at, "containers");
                if (!value_is_list(containers))
                        return 0;
                VALUE_EACH_ITEM(container, containers)
                        if (default_protocols(a, value_get(container, "ports")) < 0)
                                return -1;
        }
        return 0;
}

/* stringData becomes data, over what data held. */
static int encode_string_data(struct arena *a, struct value *secret) {
        const struct value *plain = value_get(secret, "stringData");
        if (!value_is_map(plain))
                return 0;
        struct value *data = plain->len ? value_get(secret, "data") : NULL;
        if (plain->len && !value_is_map(data))
                data = value_set(a, secret, "data", value_map());
        plain = value_get(secret, "stringData"); /* setting data may have moved it */
        VALUE_EACH_MEMBER(m, plain) {
                size_t n;
                const char *text = base64_encode(a, value_string_or(&m->value, ""),
                                                 value_is_string(&m->value) ? m->value.len : 0, &n);
                if (!text || !data || !value_setn(a, data, m->key, m->key_len, value_strn(text, n)))
                        return -1;
        }
        value_remove(secret, "stringData");
        return 0;
}

/* Through the kind's Go type and back. What does not fit its type stays as it was. -1: memory. */
static int through_type(struct arena *a, struct value *object, struct err *err) {
        const char *api_version = value_get_str(object, "apiVersion"), *kind = value_get_str(object, "kind");
        const struct schema *schema = api_version && kind ? schema_of(api_version, kind) : NULL;
        _cleanup_err_ struct err why = ERR_INIT;
        struct value decoded, typed;
        if (!schema)
                return 0;
        if (strict_decode(a, schema, object, &decoded, NULL, &why) < 0)
                return why.class == ERR_MEMORY ? err_move(err, &why) : 0;
        if (value_clone(a, &decoded, &typed, err) < 0)
                return -1;
        if (default_ports(a, &typed) < 0 || (is(&typed, "v1", "Secret") && encode_string_data(a, &typed) < 0))
                return err_oom(err);
        *object = typed;
        return 0;
}

static bool is_crd(const struct value *object) {
        const char *api_version = value_get_str(object, "apiVersion"), *kind = value_get_str(object, "kind");
        return api_version && kind && str_has_prefix(api_version, "apiextensions.k8s.io/") &&
               strcasecmp(kind, "CustomResourceDefinition") == 0;
}

int normalize_object(struct arena *a, struct value *object, struct err *err) {
        /* Rules would come back as null where they are absent; an aggregated ClusterRole must not lose them. */
        if (is(object, "rbac.authorization.k8s.io/v1", "Role") ||
            is(object, "rbac.authorization.k8s.io/v1", "ClusterRole"))
                return 0;
        if (through_type(a, object, err) < 0)
                return -1;
        struct value *metadata = value_obtain_map(a, object, "metadata");
        if (!metadata || !value_set(a, metadata, "creationTimestamp", value_null()))
                return err_oom(err);
        if (!is_crd(object))
                value_remove(object, "status");
        return 0;
}

/* ---- Secrets in diffs ---- */

static int data_of(struct value *object, const char *which, struct value **ret, struct err *err) {
        *ret = object ? value_get(object, "data") : NULL;
        if (!*ret || value_is_map(*ret))
                return 0;
        return err_set(err, ERR_INVALID, "unable to get data from %s object: .data accessor error: not a map", which);
}

int normalize_mask_secret(struct arena *a, struct value *old_object, struct value *new_object, struct err *err) {
        struct value *old_data, *new_data;
        if (data_of(old_object, "old", &old_data, err) < 0 || data_of(new_object, "new", &new_data, err) < 0)
                return -1;
        struct value mask = value_str("***");
        struct value_index index;
        if (new_data && value_index_init(a, &index, new_data) < 0)
                return err_oom(err);
        if (old_data) {
                VALUE_EACH_MEMBER(m, old_data) {
                        struct value *now = new_data ? value_index_get(&index, new_data, m->key, m->key_len) : NULL;
                        bool changed = now && !value_equal(&m->value, now);
                        m->value = changed ? value_str("*** (before)") : mask;
                        if (now) {
                                *now = changed ? value_str("*** (after)") : mask;
                                now->flags = 1; /* masked */
                        }
                }
        }
        if (new_data) {
                VALUE_EACH_MEMBER(m, new_data) {
                        if (!m->value.flags)
                                m->value = mask;
                        m->value.flags = 0;
                }
        }
        return 0;
}
