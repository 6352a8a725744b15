/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of workloads: selectors against templates, what may not change, jobs, budgets, autoscalers. */
#include "apiserver/strategy/names.h"
#include "apiserver/strategy/rules/rules.h"
#include "kube/select/selector.h"

/* ReplicationControllers have a plain map as selector, all others a LabelSelector. */
static bool selects(struct rules *r, const struct value *selector, const struct value *labels) {
        if (!streq(r->context->kind->kind, "ReplicationController")) {
                struct label_selector parsed;
                if (label_selector_from_object(r->fields->arena, selector, &parsed, NULL) < 0)
                        return true; /* its own rules tell what is wrong with it */
                return label_selector_matches_map(&parsed, labels);
        }
        VALUE_EACH_MEMBER(m, selector) {
                const struct value *have = value_getn(labels, m->key, m->key_len);
                if (!have || !value_equal(have, &m->value))
                        return false;
        }
        return true;
}

static const char *lower_kind(struct rules *r) {
        char *text = arena_strdup(r->fields->arena, r->context->kind->kind);
        for (char *p = text; p && *p; p++)
                *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
        if (!text)
                r->fields->oom = true;
        return text ? text : "";
}

static void template_selector(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *selector = value_get(object, "selector"), *template = value_get(object, "template");
        const struct value *labels = value_path(template, "metadata", "labels", NULL);
        if (value_is_map(selector)) {
                bool set = !rules_is_empty(value_get(selector, "matchLabels")) ||
                           !rules_is_empty(value_get(selector, "matchExpressions"));
                bool plain = streq(r->context->kind->kind, "ReplicationController");
                if (!plain && !set)
                        fields_invalid(r->fields, fields_path(r->fields, path, "selector"), selector,
                                       "empty selector is invalid for %s", lower_kind(r));
                if ((plain || set) && !selects(r, selector, labels))
                        fields_invalid(r->fields, fields_path(r->fields, path, "template.metadata.labels"), labels,
                                       "`selector` does not match template `labels`");
        }
        /* no selector selects nothing, so no template can match it */
        if (!value_is_map(selector))
                fields_invalid(r->fields, fields_path(r->fields, path, "template.metadata.labels"), labels,
                               "`selector` does not match template `labels`");
        static const char *const always[] = {"Always", NULL};
        const struct value *restart = value_path(template, "spec", "restartPolicy", NULL);
        if (restart && !value_equals_str(restart, "Always"))
                fields_unsupported(r->fields, fields_path(r->fields, path, "template.spec.restartPolicy"), restart,
                                   always);
        if (value_path(template, "spec", "activeDeadlineSeconds", NULL))
                fields_forbidden(r->fields, fields_path(r->fields, path, "template.spec.activeDeadlineSeconds"),
                                 "activeDeadlineSeconds in %s is not Supported",
                                 streq(r->context->kind->kind, "Deployment") ? "ReplicaSet" : r->context->kind->kind);
}

static void selector_requirement(struct rules *r, const char *path, const struct value *object,
                                 const struct value *old) {
        const struct value *operator= value_get(object, "operator"), *values = value_get(object, "values");
        const char *at = fields_path(r->fields, path, "values");
        struct value empty = value_str("");
        if (value_equals_str(operator, "In") || value_equals_str(operator, "NotIn")) {
                if (rules_is_empty(values))
                        fields_required(r->fields, at, "must be specified when `operator` is 'In' or 'NotIn'");
        } else if (value_equals_str(operator, "Exists") || value_equals_str(operator, "DoesNotExist")) {
                if (!rules_is_empty(values))
                        fields_forbidden(r->fields, at,
                                         "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        } else {
                fields_invalid(r->fields, fields_path(r->fields, path, "operator"), operator ? operator : &empty,
                               "not a valid selector operator");
        }
}

static void deployment(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *deadline = value_get(object, "progressDeadlineSeconds");
        if (deadline && value_int_or(deadline, 0) <= value_int_or(value_get(object, "minReadySeconds"), 0))
                fields_invalid(r->fields, fields_path(r->fields, path, "progressDeadlineSeconds"), deadline,
                               "must be greater than minReadySeconds");
}

static void deployment_strategy(struct rules *r, const char *path, const struct value *object,
                                const struct value *old) {
        if (value_equals_str(value_get(object, "type"), "Recreate") && value_get(object, "rollingUpdate"))
                fields_forbidden(r->fields, fields_path(r->fields, path, "rollingUpdate"),
                                 "may not be specified when strategy `type` is 'Recreate'");
}

static bool is_none(const struct value *v) {
        return value_is_string(v) ? strtol(v->str, NULL, 10) == 0 : value_int_or(v, 0) == 0;
}

static void rolling_update(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *unavailable = value_get(object, "maxUnavailable"), *surge = value_get(object, "maxSurge");
        if (is_none(unavailable) && is_none(surge))
                fields_invalid(r->fields, fields_path(r->fields, path, "maxUnavailable"), unavailable,
                               "may not be 0 when `maxSurge` is 0");
}

static void stateful_set_immutable(struct rules *r, const char *path, const struct value *object,
                                   const struct value *old) {
        static const char *const free_fields[] = {"replicas",
                                                  "ordinals",
                                                  "template",
                                                  "updateStrategy",
                                                  "revisionHistoryLimit",
                                                  "persistentVolumeClaimRetentionPolicy",
                                                  "minReadySeconds"};
        if (!old)
                return;
        struct value now, was;
        if (value_clone(r->fields->arena, object, &now, NULL) < 0 ||
            value_clone(r->fields->arena, old, &was, NULL) < 0) {
                r->fields->oom = true;
                return;
        }
        for (size_t i = 0; i < ARRAY_LEN(free_fields); i++) {
                value_remove(&now, free_fields[i]);
                value_remove(&was, free_fields[i]);
        }
        if (!value_equal(&now, &was))
                fields_forbidden(r->fields, path,
                                 "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                                 "'template', 'updateStrategy', 'revisionHistoryLimit', "
                                 "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
}

static void job_spec(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        static const char *const policies[] = {"OnFailure", "Never", NULL};
        const struct value *restart = value_path(object, "template", "spec", "restartPolicy", NULL);
        const char *at = fields_path(r->fields, path, "template.spec.restartPolicy");
        bool indexed = value_equals_str(value_get(object, "completionMode"), "Indexed");
        if (!restart || value_equals_str(restart, "Always"))
                fields_required(r->fields, at, "valid values: \"OnFailure\", \"Never\"");
        else if (!value_equals_str(restart, "OnFailure") && !value_equals_str(restart, "Never"))
                fields_unsupported(r->fields, at, restart, policies);
        else if (value_get(object, "podFailurePolicy") && !value_equals_str(restart, "Never"))
                fields_invalid(r->fields, at, restart,
                               "only \"Never\" is supported when podFailurePolicy is specified");
        if (indexed && !value_get(object, "completions"))
                fields_required(r->fields, fields_path(r->fields, path, "completions"),
                                "when completion mode is Indexed");
        static const char *const need_index[] = {"backoffLimitPerIndex", "maxFailedIndexes"};
        for (size_t i = 0; i < ARRAY_LEN(need_index); i++) {
                const struct value *v = value_get(object, need_index[i]);
                if (v && !indexed)
                        fields_invalid(r->fields, fields_path(r->fields, path, "%s", need_index[i]), v,
                                       "requires indexed completion mode");
        }
}

/* A Job: its selector must select its own template, and most of it is for ever. */
static void job_selector(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *spec = value_get(object, "spec"), *before = value_get(old, "spec");
        const struct value *selector = value_get(spec, "selector");
        const struct value *labels = value_path(spec, "template", "metadata", "labels", NULL);
        if (!selector)
                fields_required(r->fields, "spec.selector", NULL);
        else if (!selects(r, selector, labels))
                fields_invalid(r->fields, "spec.template.metadata.labels", labels,
                               "`selector` does not match template `labels`");
        if (!before)
                return;
        static const char *const immutable[] = {"selector",  "completionMode",       "podFailurePolicy",
                                                "managedBy", "backoffLimitPerIndex", "successPolicy"};
        for (size_t i = 0; i < ARRAY_LEN(immutable); i++)
                rules_immutable(r, fields_path(r->fields, "spec", "%s", immutable[i]), value_get(spec, immutable[i]),
                                value_get(before, immutable[i]));
        bool indexed = value_equals_str(value_get(before, "completionMode"), "Indexed");
        if (!indexed)
                rules_immutable(r, "spec.completions", value_get(spec, "completions"),
                                value_get(before, "completions"));
        bool suspended =
                value_bool_or(value_get(before, "suspend"), false) && !value_path(old, "status", "startTime", NULL);
        if (!suspended)
                rules_immutable(r, "spec.template", value_get(spec, "template"), value_get(before, "template"));
}

/* Five fields of digits, names, * , - and /, or a descriptor. */
static void cron_schedule(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *schedule = value_get(object, "schedule");
        const char *text = value_string_or(schedule, "");
        const char *at = fields_path(r->fields, path, "schedule");
        if (!text[0])
                return;
        if (strstr(text, "TZ"))
                fields_invalid(r->fields, at, schedule,
                               "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        if (text[0] == '@' || strstr(text, "TZ"))
                return;
        size_t n = 0;
        for (const char *p = text; *p;) {
                size_t word = strcspn(p, " \t");
                n += word > 0;
                p += word;
                p += strspn(p, " \t");
        }
        if (n != 5)
                fields_invalid(r->fields, at, schedule, "expected exactly 5 fields, found %zu: [%s]", n, text);
}

static void disruption_budget(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        if (value_get(object, "minAvailable") && value_get(object, "maxUnavailable"))
                fields_invalid(r->fields, path, object, "minAvailable and maxUnavailable cannot be both set");
}

static void autoscaler(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *least = value_get(object, "minReplicas"), *most = value_get(object, "maxReplicas");
        if (least && value_int_or(most, 0) < value_int_or(least, 0))
                fields_invalid(r->fields, fields_path(r->fields, path, "maxReplicas"), most,
                               "must be greater than or equal to `minReplicas`");
}

const struct rule_name rules_workload[] = {
        {"template_selector", template_selector},
        {"selector_requirement", selector_requirement},
        {"deployment", deployment},
        {"deployment_strategy", deployment_strategy},
        {"rolling_update", rolling_update},
        {"stateful_set_immutable", stateful_set_immutable},
        {"job_spec", job_spec},
        {"job_selector", job_selector},
        {"cron_schedule", cron_schedule},
        {"disruption_budget", disruption_budget},
        {"autoscaler", autoscaler},
        {NULL, NULL},
};
