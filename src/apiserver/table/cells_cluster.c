/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of everything that is neither workload nor network: access, storage, nodes, events, the server's own kinds. */
#include "apiserver/table/cells.h"

#include "apiserver/table/table.h"
#include "base/clock.h"

static const char *text_at(const struct cell *c, const char *path) {
        return value_string_or(cell_at(c->object, path), "");
}

static void add_or(struct cell *c, const char *text, const char *fallback) {
        buf_adds(&c->text, text[0] ? text : fallback);
}

static const struct value *condition_of(const struct cell *c, const char *type) {
        const struct value *conditions = cell_at(c->object, ".status.conditions");
        if (value_is_list(conditions))
                VALUE_EACH_ITEM(condition, conditions)
                        if (value_equals_str(value_get(condition, "type"), type))
                                return condition;
        return NULL;
}

static void api_service(struct cell *c) {
        const struct value *service = cell_at(c->object, ".spec.service");
        if (!service)
                buf_adds(&c->text, "Local");
        else
                buf_addf(&c->text, "%s/%s", value_string_or(value_get(service, "namespace"), ""),
                         value_string_or(value_get(service, "name"), ""));
}

static void api_available(struct cell *c) {
        const struct value *condition = condition_of(c, "Available");
        const char *status = value_string_or(value_get(condition, "status"), "Unknown");
        buf_adds(&c->text, status);
        if (!streq(status, "True"))
                buf_addf(&c->text, " (%s)", value_string_or(value_get(condition, "reason"), ""));
}

static void csr_duration(struct cell *c) {
        const struct value *seconds = cell_at(c->object, ".spec.expirationSeconds");
        char text[24];
        if (seconds)
                buf_adds(&c->text, table_human_duration(text, value_int_or(seconds, 0) * NSEC_PER_SEC));
        else
                buf_adds(&c->text, "<none>");
}

static void csr_condition(struct cell *c) {
        buf_adds(&c->text, condition_of(c, "Denied") ? "Denied" : condition_of(c, "Approved") ? "Approved" : "Pending");
        if (condition_of(c, "Failed"))
                buf_adds(&c->text, ",Failed");
        if (text_at(c, ".status.certificate")[0])
                buf_adds(&c->text, ",Issued");
}

static void role_ref(struct cell *c) {
        buf_addf(&c->text, "%s/%s", text_at(c, ".roleRef.kind"), text_at(c, ".roleRef.name"));
}

static void list_subjects(struct cell *c, const char *kind) {
        const struct value *subjects = cell_at(c->object, ".subjects");
        if (!value_is_list(subjects))
                return;
        VALUE_EACH_ITEM(subject, subjects) {
                const char *name = value_string_or(value_get(subject, "name"), "");
                if (!value_equals_str(value_get(subject, "kind"), kind))
                        continue;
                buf_adds(&c->text, c->text.len ? ", " : "");
                if (streq(kind, "ServiceAccount"))
                        buf_addf(&c->text, "%s/", value_string_or(value_get(subject, "namespace"), ""));
                buf_adds(&c->text, name);
        }
}

static void subjects_user(struct cell *c) {
        list_subjects(c, "User");
}

static void subjects_group(struct cell *c) {
        list_subjects(c, "Group");
}

static void subjects_account(struct cell *c) {
        list_subjects(c, "ServiceAccount");
}

static const struct value *component_condition(const struct cell *c) {
        const struct value *conditions = cell_at(c->object, ".conditions");
        if (value_is_list(conditions))
                VALUE_EACH_ITEM(condition, conditions)
                        if (value_equals_str(value_get(condition, "type"), "Healthy"))
                                return condition;
        return NULL;
}

static void component_status(struct cell *c) {
        const char *status = value_string_or(value_get(component_condition(c), "status"), "");
        buf_adds(&c->text, streq(status, "True") ? "Healthy" : streq(status, "False") ? "Unhealthy" : "Unknown");
}

static void component_message(struct cell *c) {
        buf_adds(&c->text, value_string_or(value_get(component_condition(c), "message"), ""));
}

static void component_error(struct cell *c) {
        buf_adds(&c->text, value_string_or(value_get(component_condition(c), "error"), ""));
}

static void data_count(struct cell *c) {
        const struct value *data = cell_at(c->object, ".data"), *binary = cell_at(c->object, ".binaryData");
        c->value = value_int((int64_t)(value_is_map(data) ? data->len : 0) + (value_is_map(binary) ? binary->len : 0));
}

static void token_requests(struct cell *c) {
        const struct value *list = cell_at(c->object, ".spec.tokenRequests");
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list) {
                        const char *audience = value_string_or(value_get(item, "audience"), "");
                        cell_item(c, audience);
                }
        if (!c->text.len)
                buf_adds(&c->text, "<unset>");
}

static void volume_modes(struct cell *c) {
        const struct value *list = cell_at(c->object, ".spec.volumeLifecycleModes");
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        cell_item(c, value_string_or(item, ""));
        if (!c->text.len)
                buf_adds(&c->text, "<none>");
}

static void event_first(struct cell *c) {
        const struct value *first = cell_at(c->object, ".firstTimestamp");
        cell_since(c, value_is_null(first) ? cell_at(c->object, ".eventTime") : first);
}

static void event_last(struct cell *c) {
        const struct value *series = cell_at(c->object, ".series"), *last = cell_at(c->object, ".lastTimestamp");
        if (!value_is_null(series))
                cell_since(c, value_get(series, "lastObservedTime"));
        else if (!value_is_null(last))
                cell_since(c, last);
        else
                event_first(c);
}

static void event_object(struct cell *c) {
        const char *name = text_at(c, ".involvedObject.name");
        for (const char *p = text_at(c, ".involvedObject.kind"); *p; p++)
                buf_addc(&c->text, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
        if (name[0])
                buf_addf(&c->text, "/%s", name);
}

static void event_source(struct cell *c) {
        const char *component = text_at(c, ".source.component"), *host = text_at(c, ".source.host");
        if (!component[0])
                component = text_at(c, ".reportingComponent");
        if (!host[0])
                host = text_at(c, ".reportingInstance");
        buf_addf(&c->text, "%s%s%s", component, host[0] ? ", " : "", host);
}

static void event_message(struct cell *c) {
        const char *text = text_at(c, ".message");
        text += strspn(text, " \t\r\n");
        size_t n = strlen(text);
        while (n && strchr(" \t\r\n", text[n - 1]))
                n--;
        buf_add(&c->text, text, n);
}

static void event_count(struct cell *c) {
        const struct value *series = cell_at(c->object, ".series");
        int64_t count =
                value_int_or(value_is_null(series) ? cell_at(c->object, ".count") : value_get(series, "count"), 0);
        c->value = value_int(count || !value_is_null(series) ? count : 1);
}

static void dangling(struct cell *c) {
        add_or(c, value_string_or(value_get(condition_of(c, "Dangling"), "status"), ""), "?");
}

static void level_cell(struct cell *c, const char *path) {
        const struct value *v = cell_at(c->object, path);
        if (value_is_null(v))
                buf_adds(&c->text, "<none>");
        else
                c->value = *v;
}

static void level_shares(struct cell *c) {
        level_cell(c, ".spec.limited.nominalConcurrencyShares");
}

static void level_queues(struct cell *c) {
        level_cell(c, ".spec.limited.limitResponse.queuing.queues");
}

static void level_hand(struct cell *c) {
        level_cell(c, ".spec.limited.limitResponse.queuing.handSize");
}

static void level_length(struct cell *c) {
        level_cell(c, ".spec.limited.limitResponse.queuing.queueLengthLimit");
}

static void param_kind(struct cell *c) {
        const struct value *kind = cell_at(c->object, ".spec.paramKind");
        if (value_is_null(kind))
                buf_adds(&c->text, "<unset>");
        else
                buf_addf(&c->text, "%s/%s", value_string_or(value_get(kind, "apiVersion"), ""),
                         value_string_or(value_get(kind, "kind"), ""));
}

static void param_ref(struct cell *c) {
        const struct value *ref = cell_at(c->object, ".spec.paramRef");
        const char *namespace = value_string_or(value_get(ref, "namespace"), "");
        if (value_is_null(ref))
                buf_adds(&c->text, "<unset>");
        else
                buf_addf(&c->text, "%s%s%s", namespace, namespace[0] ? "/" : "",
                         value_string_or(value_get(ref, "name"), "*"));
}

static void node_status(struct cell *c) {
        const struct value *ready = condition_of(c, "Ready");
        buf_adds(&c->text, !ready                                                 ? "Unknown"
                           : value_equals_str(value_get(ready, "status"), "True") ? "Ready"
                                                                                  : "NotReady");
        if (value_bool_or(cell_at(c->object, ".spec.unschedulable"), false))
                buf_adds(&c->text, ",SchedulingDisabled");
}

static void node_roles(struct cell *c) {
        static const char prefix[] = "node-role.kubernetes.io/";
        const struct value *labels = cell_at(c->object, ".metadata.labels");
        const char *last = "";
        /* sorted, each once */
        for (bool more = value_is_map(labels); more;) {
                const char *next = NULL;
                VALUE_EACH_MEMBER(m, labels) {
                        const char *role = str_has_prefix(m->key, prefix)        ? m->key + strlen(prefix)
                                           : streq(m->key, "kubernetes.io/role") ? value_string_or(&m->value, "")
                                                                                 : "";
                        if (role[0] && strcmp(role, last) > 0 && (!next || strcmp(role, next) < 0))
                                next = role;
                }
                more = next != NULL;
                if (next) {
                        cell_item(c, next);
                        last = next;
                }
        }
        if (!c->text.len)
                buf_adds(&c->text, "<none>");
}

static void node_address(struct cell *c, const char *type) {
        const struct value *addresses = cell_at(c->object, ".status.addresses");
        if (value_is_list(addresses))
                VALUE_EACH_ITEM(item, addresses)
                        if (value_equals_str(value_get(item, "type"), type)) {
                                buf_adds(&c->text, value_string_or(value_get(item, "address"), ""));
                                return;
                        }
        buf_adds(&c->text, "<none>");
}

static void node_internal(struct cell *c) {
        node_address(c, "InternalIP");
}

static void node_external(struct cell *c) {
        node_address(c, "ExternalIP");
}

static void node_kernel(struct cell *c) {
        const char *architecture = text_at(c, ".status.nodeInfo.architecture");
        add_or(c, text_at(c, ".status.nodeInfo.kernelVersion"), "<unknown>");
        if (architecture[0])
                buf_addf(&c->text, " (%s)", architecture);
}

/* Access modes in their short forms, in a fixed order. */
static void access_modes(struct cell *c, const struct value *list) {
        static const char *const forms[][2] = {{"ReadWriteOnce", "RWO"},
                                               {"ReadOnlyMany", "ROX"},
                                               {"ReadWriteMany", "RWX"},
                                               {"ReadWriteOncePod", "RWOP"}};
        for (size_t i = 0; value_is_list(list) && i < ARRAY_LEN(forms); i++)
                VALUE_EACH_ITEM(item, list)
                        if (value_equals_str(item, forms[i][0])) {
                                cell_item(c, forms[i][1]);
                                break;
                        }
}

static void phase(struct cell *c) {
        bool deleting = !value_is_null(cell_at(c->object, ".metadata.deletionTimestamp"));
        buf_adds(&c->text, deleting ? "Terminating" : text_at(c, ".status.phase"));
}

static void claim_capacity(struct cell *c) {
        if (text_at(c, ".spec.volumeName")[0])
                add_or(c, text_at(c, ".status.capacity.storage"), "0");
}

static void claim_modes(struct cell *c) {
        if (text_at(c, ".spec.volumeName")[0])
                access_modes(c, cell_at(c->object, ".status.accessModes"));
}

static void claim_class(struct cell *c) {
        const struct value *annotations = cell_at(c->object, ".metadata.annotations");
        const char *old = value_string_or(value_get(annotations, "volume.beta.kubernetes.io/storage-class"), "");
        add_or(c, old, text_at(c, ".spec.storageClassName"));
}

static void volume_access(struct cell *c) {
        access_modes(c, cell_at(c->object, ".spec.accessModes"));
}

static void volume_claim(struct cell *c) {
        const struct value *claim = cell_at(c->object, ".spec.claimRef");
        if (claim)
                buf_addf(&c->text, "%s/%s", value_string_or(value_get(claim, "namespace"), ""),
                         value_string_or(value_get(claim, "name"), ""));
}

static void attached_volume(struct cell *c) {
        buf_adds(&c->text, text_at(c, ".spec.source.persistentVolumeName"));
}

static void class_name(struct cell *c) {
        const struct value *annotations = cell_at(c->object, ".metadata.annotations");
        buf_adds(&c->text, text_at(c, ".metadata.name"));
        if (value_equals_str(value_get(annotations, "storageclass.kubernetes.io/is-default-class"), "true") ||
            value_equals_str(value_get(annotations, "storageclass.beta.kubernetes.io/is-default-class"), "true"))
                buf_adds(&c->text, " (default)");
}

/* "used/hard" of every resource, sorted; limits in a column of their own. */
static void quota(struct cell *c, bool limits) {
        const struct value *hard = cell_at(c->object, ".status.hard"), *used = cell_at(c->object, ".status.used");
        const char *last = "";
        for (bool more = value_is_map(hard); more;) {
                const struct member *next = NULL;
                VALUE_EACH_MEMBER(m, hard)
                        if (strcmp(m->key, last) > 0 && (!next || strcmp(m->key, next->key) < 0))
                                next = m;
                more = next != NULL;
                if (!next)
                        break;
                last = next->key;
                if (str_has_prefix(last, "limits.") == limits)
                        buf_addf(&c->text, "%s%s: %s/%s", c->text.len ? ", " : "", last,
                                 value_string_or(value_get(used, last), "0"), value_string_or(&next->value, "0"));
        }
}

static void quota_requests(struct cell *c) {
        quota(c, false);
}

static void quota_limits(struct cell *c) {
        quota(c, true);
}

const struct cell_name cells_cluster[] = {
        {"api_service", api_service},
        {"api_available", api_available},
        {"csr_duration", csr_duration},
        {"csr_condition", csr_condition},
        {"role_ref", role_ref},
        {"subjects_user", subjects_user},
        {"subjects_group", subjects_group},
        {"subjects_account", subjects_account},
        {"component_status", component_status},
        {"component_message", component_message},
        {"component_error", component_error},
        {"data_count", data_count},
        {"token_requests", token_requests},
        {"volume_modes", volume_modes},
        {"event_first", event_first},
        {"event_last", event_last},
        {"event_object", event_object},
        {"event_source", event_source},
        {"event_message", event_message},
        {"event_count", event_count},
        {"dangling", dangling},
        {"level_shares", level_shares},
        {"level_queues", level_queues},
        {"level_hand", level_hand},
        {"level_length", level_length},
        {"param_kind", param_kind},
        {"param_ref", param_ref},
        {"node_status", node_status},
        {"node_roles", node_roles},
        {"node_internal", node_internal},
        {"node_external", node_external},
        {"node_kernel", node_kernel},
        {"claim_status", phase},
        {"volume_status", phase},
        {"claim_capacity", claim_capacity},
        {"claim_modes", claim_modes},
        {"claim_class", claim_class},
        {"volume_access", volume_access},
        {"volume_claim", volume_claim},
        {"attached_volume", attached_volume},
        {"class_name", class_name},
        {"quota_requests", quota_requests},
        {"quota_limits", quota_limits},
        {NULL, NULL},
};
