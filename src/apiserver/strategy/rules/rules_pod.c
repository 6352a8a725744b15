/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of pods and pod templates that need more than one field (pkg/apis/core/validation, 1.36). */
#include "apiserver/strategy/amount.h"
#include "apiserver/strategy/names.h"
#include "apiserver/strategy/rules/rules.h"
#include "base/strmap.h"

/* Adds the names of the items of a list to a set; a name that is there already is told as a duplicate. */
static void collect_names(struct rules *r, struct strmap *names, const char *path, const struct value *list) {
        size_t i = 0;
        if (!value_is_list(list))
                return;
        VALUE_EACH_ITEM(item, list) {
                const struct value *name = value_get(item, "name");
                const char *at = fields_item(r->fields, path, i++);
                if (!value_is_string(name) || !name->len)
                        continue;
                int added = strmap_add(names, name->str, name->len, (void *)name, NULL);
                if (added < 0)
                        r->fields->oom = true;
                else if (added == 1)
                        fields_duplicate(r->fields, fields_path(r->fields, at, "name"), name);
        }
}

static void check_mounts(struct rules *r, const struct strmap *volumes, const char *path,
                         const struct value *container) {
        const struct value *mounts = value_get(container, "volumeMounts");
        _cleanup_strmap_ struct strmap paths = STRMAP_INIT;
        size_t i = 0;
        if (!value_is_list(mounts))
                return;
        VALUE_EACH_ITEM(mount, mounts) {
                const char *at = fields_path(r->fields, path, "volumeMounts[%zu]", i++);
                const struct value *name = value_get(mount, "name"), *where = value_get(mount, "mountPath");
                struct value empty = value_str("");
                if (!value_is_string(name) || !strmap_get(volumes, name->str, name->len))
                        fields_not_found(r->fields, fields_path(r->fields, at, "name"), name ? name : &empty);
                if (!value_is_string(where))
                        continue;
                int added = strmap_add(&paths, where->str, where->len, (void *)where, NULL);
                if (added < 0)
                        r->fields->oom = true;
                else if (added == 1)
                        fields_invalid(r->fields, fields_path(r->fields, at, "mountPath"), where, "must be unique");
        }
}

static void pod_spec(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        _cleanup_strmap_ struct strmap volumes = STRMAP_INIT, containers = STRMAP_INIT;
        static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
        collect_names(r, &volumes, fields_path(r->fields, path, "volumes"), value_get(object, "volumes"));
        for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
                const struct value *list = value_get(object, lists[i]);
                const char *at = fields_path(r->fields, path, "%s", lists[i]);
                collect_names(r, &containers, at, list);
                size_t n = 0;
                if (value_is_list(list))
                        VALUE_EACH_ITEM(container, list)
                                check_mounts(r, &volumes, fields_item(r->fields, at, n++), container);
        }
        if (value_equals_str(value_get(object, "dnsPolicy"), "None") &&
            rules_is_empty(value_path(object, "dnsConfig", "nameservers", NULL)))
                fields_required(r->fields, fields_path(r->fields, path, "dnsConfig.nameservers"),
                                "must provide at least one DNS nameserver when `dnsPolicy` is None");
}

static void container(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        _cleanup_strmap_ struct strmap names = STRMAP_INIT;
        const struct value *ports = value_get(object, "ports");
        collect_names(r, &names, fields_path(r->fields, path, "ports"), ports);
        const struct value *context = value_get(object, "securityContext");
        const struct value *escalation = value_get(context, "allowPrivilegeEscalation");
        if (escalation && !value_bool_or(escalation, true) && value_bool_or(value_get(context, "privileged"), false))
                fields_invalid(r->fields, fields_path(r->fields, path, "securityContext"), context,
                               "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
}

static void env_var(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        static const char *const sources[] = {"configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef",
                                              "secretKeyRef"};
        const struct value *from = value_get(object, "valueFrom");
        if (!value_is_map(from))
                return;
        const char *at = fields_path(r->fields, path, "valueFrom");
        struct value empty = value_str("");
        size_t n = 0;
        for (size_t i = 0; i < ARRAY_LEN(sources); i++)
                n += value_get(from, sources[i]) != NULL;
        if (!n)
                fields_invalid(r->fields, at, &empty,
                               "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                               "`secretKeyRef` or `fileKeyRef`");
        else if (!rules_is_empty(value_get(object, "value")))
                fields_invalid(r->fields, at, &empty, "may not be specified when `value` is not empty");
        else if (n > 1)
                fields_invalid(r->fields, at, &empty, "may not have more than one field specified at a time");
}

static void volume(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        size_t sources = 0;
        VALUE_EACH_MEMBER(m, object) {
                if (streq(m->key, "name") || value_is_null(&m->value))
                        continue;
                if (++sources > 1)
                        fields_forbidden(r->fields, fields_path(r->fields, path, "%s", m->key),
                                         "may not specify more than 1 volume type");
        }
        if (!sources)
                fields_required(r->fields, path, "must specify a volume type");
}

static void probe(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        static const char *const handlers[] = {"exec", "httpGet", "tcpSocket", "grpc"};
        size_t n = 0;
        for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
                if (!value_is_null(value_get(object, handlers[i])) && ++n > 1)
                        fields_forbidden(r->fields, fields_path(r->fields, path, "%s", handlers[i]),
                                         "may not specify more than 1 handler type");
        if (!n)
                fields_required(r->fields, path, "must specify a handler type");
}

static void resources(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *limits = value_get(object, "limits"), *requests = value_get(object, "requests");
        struct value_index index;
        if (!value_is_map(requests) || !value_is_map(limits))
                return;
        if (value_index_init(r->fields->arena, &index, limits) < 0) {
                r->fields->oom = true;
                return;
        }
        VALUE_EACH_MEMBER(m, requests) {
                const char *limit = value_string_or(value_index_get(&index, limits, m->key, m->key_len), NULL);
                const char *request = value_string_or(&m->value, "");
                long double most, wanted;
                if (!limit || !amount_parse(limit, &most) || !amount_parse(request, &wanted) || wanted <= most)
                        continue;
                fields_invalid(r->fields, fields_path(r->fields, path, "requests"), &m->value,
                               "must be less than or equal to %s limit of %s", m->key, limit);
        }
}

static void toleration(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *key = value_get(object, "key"), *operator= value_get(object, "operator");
        const struct value *effect = value_get(object, "effect");
        struct value empty = value_str("");
        if (!rules_is_empty(key))
                names_check_qualified(r->fields, fields_path(r->fields, path, "key"), key->str);
        else if (!value_equals_str(operator, "Exists"))
                fields_invalid(r->fields, fields_path(r->fields, path, "operator"), operator ? operator : &empty,
                               "operator must be Exists when `key` is empty, which means \"match all values and all "
                               "keys\"");
        if (value_get(object, "tolerationSeconds") && !value_equals_str(effect, "NoExecute"))
                fields_invalid(r->fields, fields_path(r->fields, path, "effect"), effect ? effect : &empty,
                               "effect must be 'NoExecute' when `tolerationSeconds` is set");
}

/* A copy of a pod's spec without what an update may change. */
static int frozen_part(struct arena *a, const struct value *spec, struct value *ret) {
        static const char *const lists[] = {"containers", "initContainers"};
        static const char *const free_fields[] = {
                "activeDeadlineSeconds",         "tolerations", "schedulingGates", "ephemeralContainers",
                "terminationGracePeriodSeconds", "nodeName"};
        if (value_clone(a, spec, ret, NULL) < 0)
                return -1;
        for (size_t i = 0; i < ARRAY_LEN(free_fields); i++)
                value_remove(ret, free_fields[i]);
        for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
                struct value *list = value_get(ret, lists[i]);
                if (value_is_list(list))
                        VALUE_EACH_ITEM(item, list)
                                value_remove(item, "image");
        }
        return 0;
}

static void pod_immutable(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        if (!old || r->context->subresource)
                return;
        struct value now, was;
        if (frozen_part(r->fields->arena, value_get(object, "spec"), &now) < 0 ||
            frozen_part(r->fields->arena, value_get(old, "spec"), &was) < 0) {
                r->fields->oom = true;
                return;
        }
        if (!value_equal(&now, &was))
                fields_forbidden(r->fields, "spec",
                                 "pod updates may not change fields other than `spec.containers[*].image`,"
                                 "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
                                 "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to "
                                 "be set to 1 if it was previously negative)\n");
}

const struct rule_name rules_pod[] = {
        {"pod_spec", pod_spec}, {"container", container}, {"env_var", env_var},       {"volume", volume},
        {"probe", probe},       {"resources", resources}, {"toleration", toleration}, {"pod_immutable", pod_immutable},
        {NULL, NULL},
};
