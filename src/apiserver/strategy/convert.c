/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of one resource: custom kinds only change their apiVersion; built-in ones that are served in two forms are
 * HorizontalPodAutoscaler (autoscaling/v1, v2) and Event (v1, events.k8s.io/v1). */
#include "apiserver/strategy/strategy.h"
#include "base/buf.h"
#include "base/limits.h"
#include "data/json/json.h"
#include "kube/schema/prune.h"

#define METRICS_ANNOTATION "autoscaling.alpha.kubernetes.io/metrics"
#define BEHAVIOR_ANNOTATION "autoscaling.alpha.kubernetes.io/behavior"

/* Names that differ between the two forms of an Event. */
static const char *const event_names[][2] = {
        {"involvedObject", "regarding"},
        {"message", "note"},
        {"source", "deprecatedSource"},
        {"firstTimestamp", "deprecatedFirstTimestamp"},
        {"lastTimestamp", "deprecatedLastTimestamp"},
        {"count", "deprecatedCount"},
        {"reportingComponent", "reportingController"},
};

/* Renames members; what core/v1 always writes and events.k8s.io leaves out when empty is added or dropped. */
static int convert_event(struct arena *a, struct value *object, bool to_core, struct err *err) {
        struct value result = value_map();
        VALUE_EACH_MEMBER(m, object) {
                const char *key = m->key;
                for (size_t i = 0; i < ARRAY_LEN(event_names); i++)
                        if (streq(key, event_names[i][to_core]))
                                key = event_names[i][!to_core];
                if (!value_set(a, &result, key, m->value))
                        return err_oom(err);
        }
        static const char *const texts[] = {"reportingComponent", "reportingInstance"};
        for (size_t i = 0; to_core && i < ARRAY_LEN(texts); i++)
                if (!value_get(&result, texts[i]) && !value_set(a, &result, texts[i], value_str("")))
                        return err_oom(err);
        static const char *const maps[] = {"involvedObject", "source"};
        for (size_t i = 0; to_core && i < ARRAY_LEN(maps); i++)
                if (!value_get(&result, maps[i]) && !value_set(a, &result, maps[i], value_map()))
                        return err_oom(err);
        static const char *const times[] = {"firstTimestamp", "lastTimestamp"};
        for (size_t i = 0; to_core && i < ARRAY_LEN(times); i++)
                if (!value_get(&result, times[i]) && !value_set(a, &result, times[i], value_null()))
                        return err_oom(err);
        static const char *const emptied[] = {"reportingController", "reportingInstance", "note"};
        for (size_t i = 0; !to_core && i < ARRAY_LEN(emptied); i++)
                if (value_equals_str(value_get(&result, emptied[i]), ""))
                        value_remove(&result, emptied[i]);
        *object = result;
        return 0;
}

static bool is_cpu_utilization(const struct value *metric) {
        return value_equals_str(value_get(metric, "type"), "Resource") &&
               value_equals_str(value_path(metric, "resource", "name", NULL), "cpu") &&
               value_path(metric, "resource", "target", "averageUtilization", NULL);
}

static int annotate(struct arena *a, struct value *object, const char *key, const struct value *v, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_BODY);
        json_write(&b, v, 0);
        struct value *metadata = value_obtain_map(a, object, "metadata");
        struct value *annotations = metadata ? value_obtain_map(a, metadata, "annotations") : NULL;
        const char *text = buf_failed(&b) ? NULL : arena_strdup(a, buf_str(&b));
        return annotations && text && value_set(a, annotations, key, value_str(text)) ? 0 : err_oom(err);
}

/* Takes an annotation away and parses it; null when there is none or it is no JSON. */
static struct value take_annotation(struct arena *a, struct value *object, const char *key) {
        struct value *metadata = value_get(object, "metadata"), *annotations = value_get(metadata, "annotations");
        const struct value *text = value_get(annotations, key);
        struct value parsed = value_null();
        if (!value_is_string(text) || json_parse(a, text->str, text->len, JSON_KUBERNETES, NULL, &parsed, NULL) < 0)
                return value_null();
        value_remove(annotations, key);
        if (!annotations->len)
                value_remove(metadata, "annotations");
        return parsed;
}

/* v2 says all in metrics; v1 has one field for the CPU and keeps the rest in annotations. */
static int autoscaler_to_v1(struct arena *a, struct value *object, struct err *err) {
        struct value *spec = value_get(object, "spec"), *status = value_get(object, "status");
        const struct value *metrics = value_get(spec, "metrics");
        struct value others = value_list();
        if (value_is_list(metrics)) {
                struct value all = *metrics;
                value_remove(spec, "metrics");
                VALUE_EACH_ITEM(metric, &all) {
                        const struct value *percent =
                                value_path(metric, "resource", "target", "averageUtilization", NULL);
                        bool ours = is_cpu_utilization(metric) && !value_get(spec, "targetCPUUtilizationPercentage");
                        if (ours ? !value_set(a, spec, "targetCPUUtilizationPercentage", *percent)
                                 : !value_append(a, &others, *metric))
                                return err_oom(err);
                }
        }
        if (others.len && annotate(a, object, METRICS_ANNOTATION, &others, err) < 0)
                return -1;
        spec = value_get(object, "spec");
        const struct value *behavior = value_get(spec, "behavior");
        if (behavior) {
                struct value kept = *behavior;
                value_remove(spec, "behavior");
                if (annotate(a, object, BEHAVIOR_ANNOTATION, &kept, err) < 0)
                        return -1;
        }
        status = value_get(object, "status");
        if (value_is_map(status)) {
                value_remove(status, "currentMetrics");
                value_remove(status, "conditions");
                if (!value_get(status, "currentReplicas") && !value_set(a, status, "currentReplicas", value_int(0)))
                        return err_oom(err);
        }
        return 0;
}

static int autoscaler_to_v2(struct arena *a, struct value *object, struct err *err) {
        struct value kept = take_annotation(a, object, METRICS_ANNOTATION);
        struct value behavior = take_annotation(a, object, BEHAVIOR_ANNOTATION);
        struct value metrics = value_is_list(&kept) ? kept : value_list();
        struct value *spec = value_obtain_map(a, object, "spec");
        if (!spec)
                return err_oom(err);
        const struct value *percent = value_get(spec, "targetCPUUtilizationPercentage");
        if (percent) {
                struct value metric = value_map(), resource = value_map(), target = value_map();
                if (!value_set(a, &target, "type", value_str("Utilization")) ||
                    !value_set(a, &target, "averageUtilization", *percent) ||
                    !value_set(a, &resource, "name", value_str("cpu")) || !value_set(a, &resource, "target", target) ||
                    !value_set(a, &metric, "type", value_str("Resource")) ||
                    !value_set(a, &metric, "resource", resource) || !value_append(a, &metrics, metric))
                        return err_oom(err);
                value_remove(spec, "targetCPUUtilizationPercentage");
        }
        if (metrics.len && !value_set(a, spec, "metrics", metrics))
                return err_oom(err);
        if (value_is_map(&behavior) && !value_set(a, spec, "behavior", behavior))
                return err_oom(err);
        struct value *status = value_get(object, "status");
        if (value_is_map(status)) {
                value_remove(status, "currentCPUUtilizationPercentage");
                if (value_int_or(value_get(status, "currentReplicas"), 1) == 0)
                        value_remove(status, "currentReplicas");
                if (!value_get(status, "currentMetrics") && !value_set(a, status, "currentMetrics", value_null()))
                        return err_oom(err);
        }
        return 0;
}

int strategy_convert(struct arena *a, const struct kind *from, const struct kind *to, struct value *object,
                     struct err *err) {
        if (streq(from->group, to->group) && streq(from->version, to->version))
                return 0;
        struct value version = value_strf(a, "%s%s%s", to->group, to->group[0] ? "/" : "", to->version);
        if (value_is_null(&version) || !value_set(a, object, "apiVersion", version))
                return err_oom(err);
        if (from->custom) {
                /* fields of the other version go, and those that this version defaults are there from now on */
                if (!to->schema || prune_object(a, to->schema, object, NULL, err) < 0)
                        return to->schema ? -1 : 0;
                return prune_default(a, to->schema, object, err);
        }
        if (streq(to->resource, "events"))
                return convert_event(a, object, to->group[0] == '\0', err);
        if (streq(to->resource, "horizontalpodautoscalers"))
                return streq(to->version, "v1") ? autoscaler_to_v1(a, object, err) : autoscaler_to_v2(a, object, err);
        return 0;
}

int strategy_from_storage(struct arena *a, const struct kind_set *kinds, const struct kind *to, struct value *object,
                          struct err *err) {
        const struct kind *stored = kind_storage(kinds, to);
        if (stored && strategy_convert(a, stored, to, object, err) < 0)
                return -1;
        if (!to->custom || !to->schema)
                return 0;
        /* another version's fields go, and what the schema of this one defaults is there for readers */
        const char *version = value_string_or(value_get(object, "apiVersion"), "");
        const char *wanted = arena_printf(a, "%s/%s", to->group, to->version);
        if (!wanted)
                return err_oom(err);
        if (!streq(version, wanted) && !value_set(a, object, "apiVersion", value_str(wanted)))
                return err_oom(err);
        if (prune_object(a, to->schema, object, NULL, err) < 0)
                return -1;
        return prune_default(a, to->schema, object, err);
}
