/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of workloads: deployments, sets, jobs, autoscalers. */
#include "apiserver/table/cells.h"

#include "apiserver/table/table.h"
#include "base/clock.h"

static int64_t number(const struct cell *c, const char *path) {
        return value_int_or(cell_at(c->object, path), 0);
}

static void deployment_ready(struct cell *c) {
        buf_addf(&c->text, "%lld/%lld", (long long)number(c, ".status.readyReplicas"),
                 (long long)number(c, ".spec.replicas"));
}

static void list_containers(struct cell *c, const char *path, const char *field) {
        const struct value *list = cell_at(c->object, path);
        if (value_is_list(list))
                VALUE_EACH_ITEM(container, list)
                        cell_item(c, value_string_or(value_get(container, field), ""));
}

static void containers(struct cell *c) {
        list_containers(c, ".spec.template.spec.containers", "name");
}

static void images(struct cell *c) {
        list_containers(c, ".spec.template.spec.containers", "image");
}

static void selector(struct cell *c) {
        cell_selector(c, cell_at(c->object, ".spec.selector"), false);
}

static void plain_selector(struct cell *c) {
        cell_selector(c, cell_at(c->object, ".spec.selector"), true);
}

static void node_selector(struct cell *c) {
        cell_selector(c, cell_at(c->object, ".spec.template.spec.nodeSelector"), true);
}

static void template_containers(struct cell *c) {
        list_containers(c, ".template.spec.containers", "name");
}

static void template_images(struct cell *c) {
        list_containers(c, ".template.spec.containers", "image");
}

static void template_labels(struct cell *c) {
        cell_selector(c, cell_at(c->object, ".template.metadata.labels"), true);
}

static void job_containers(struct cell *c) {
        list_containers(c, ".spec.jobTemplate.spec.template.spec.containers", "name");
}

static void job_images(struct cell *c) {
        list_containers(c, ".spec.jobTemplate.spec.template.spec.containers", "image");
}

static void job_selector(struct cell *c) {
        cell_selector(c, cell_at(c->object, ".spec.jobTemplate.spec.selector"), false);
}

static void suspend(struct cell *c) {
        buf_adds(&c->text, value_bool_or(cell_at(c->object, ".spec.suspend"), false) ? "True" : "False");
}

static void last_schedule(struct cell *c) {
        const struct value *time = cell_at(c->object, ".status.lastScheduleTime");
        if (value_is_null(time))
                buf_adds(&c->text, "<none>");
        else
                cell_since(c, time);
}

static bool has_condition(const struct cell *c, const char *type) {
        const struct value *conditions = cell_at(c->object, ".status.conditions");
        if (value_is_list(conditions))
                VALUE_EACH_ITEM(condition, conditions)
                        if (value_equals_str(value_get(condition, "type"), type) &&
                            value_equals_str(value_get(condition, "status"), "True"))
                                return true;
        return false;
}

static void job_status(struct cell *c) {
        static const char *const order[][2] = {{"Complete", "Complete"},
                                               {"Failed", "Failed"},
                                               {NULL, "Terminating"},
                                               {"Suspended", "Suspended"},
                                               {"FailureTarget", "FailureTarget"},
                                               {"SuccessCriteriaMet", "SuccessCriteriaMet"}};
        bool deleting = !value_is_null(cell_at(c->object, ".metadata.deletionTimestamp"));
        for (size_t i = 0; i < ARRAY_LEN(order); i++)
                if (order[i][0] ? has_condition(c, order[i][0]) : deleting) {
                        buf_adds(&c->text, order[i][1]);
                        return;
                }
        buf_adds(&c->text, "Running");
}

static void job_completions(struct cell *c) {
        const struct value *completions = cell_at(c->object, ".spec.completions");
        long long done = number(c, ".status.succeeded"), parallel = number(c, ".spec.parallelism");
        if (completions)
                buf_addf(&c->text, "%lld/%lld", done, (long long)value_int_or(completions, 0));
        else if (parallel > 1)
                buf_addf(&c->text, "%lld/1 of %lld", done, parallel);
        else
                buf_addf(&c->text, "%lld/1", done);
}

static void job_duration(struct cell *c) {
        const struct value *start = cell_at(c->object, ".status.startTime");
        const struct value *end = cell_at(c->object, ".status.completionTime");
        int64_t from, to = c->now_ns;
        char text[24];
        if (!value_is_string(start) || time_parse_rfc3339(start->str, &from, NULL) < 0)
                return;
        if (value_is_string(end) && time_parse_rfc3339(end->str, &to, NULL) < 0)
                return;
        buf_adds(&c->text, table_human_duration(text, to - from));
}

static void scale_target(struct cell *c) {
        buf_addf(&c->text, "%s/%s", value_string_or(cell_at(c->object, ".spec.scaleTargetRef.kind"), ""),
                 value_string_or(cell_at(c->object, ".spec.scaleTargetRef.name"), ""));
}

static void hpa_min(struct cell *c) {
        const struct value *least = cell_at(c->object, ".spec.minReplicas");
        if (least)
                buf_addf(&c->text, "%lld", (long long)value_int_or(least, 0));
        else
                buf_adds(&c->text, "<unset>");
}

/* One side of a metric: a percentage or a quantity. */
static void amount(struct buf *b, const struct value *v, const char *unknown) {
        const struct value *percent = value_get(v, "averageUtilization");
        const struct value *average = value_get(v, "averageValue"), *plain = value_get(v, "value");
        if (percent)
                buf_addf(b, "%lld%%", (long long)value_int_or(percent, 0));
        else
                buf_adds(b, value_string_or(average ? average : plain, unknown));
}

static void hpa_targets(struct cell *c) {
        static const char *const sources[][2] = {{"Resource", "resource"},
                                                 {"ContainerResource", "containerResource"},
                                                 {"Pods", "pods"},
                                                 {"Object", "object"},
                                                 {"External", "external"}};
        const struct value *metrics = cell_at(c->object, ".spec.metrics");
        const struct value *current = cell_at(c->object, ".status.currentMetrics");
        if (!value_is_list(metrics) || !metrics->len) {
                buf_adds(&c->text, "<none>");
                return;
        }
        for (size_t i = 0; i < metrics->len && i < 2; i++) {
                const struct value *metric = &metrics->items[i];
                const struct value *now = value_is_list(current) && current->len > i ? &current->items[i] : NULL;
                buf_adds(&c->text, i ? ", " : "");
                for (size_t s = 0; s < ARRAY_LEN(sources); s++) {
                        if (!value_equals_str(value_get(metric, "type"), sources[s][0]))
                                continue;
                        const struct value *source = value_get(metric, sources[s][1]);
                        const struct value *target = value_get(source, "target");
                        bool resource = s<2, average = s> 2 && value_get(target, "averageValue");
                        if (resource)
                                buf_addf(&c->text, "%s: ", value_string_or(value_get(source, "name"), ""));
                        amount(&c->text, value_path(now, sources[s][1], "current", NULL), "<unknown>");
                        buf_addc(&c->text, '/');
                        amount(&c->text, target, resource ? "<auto>" : "0");
                        buf_adds(&c->text, average ? " (avg)" : "");
                }
        }
        if (metrics->len > 2)
                buf_addf(&c->text, " + %u more...", metrics->len - 2);
}

static void controller(struct cell *c) {
        const struct value *owners = cell_at(c->object, ".metadata.ownerReferences");
        if (value_is_list(owners))
                VALUE_EACH_ITEM(owner, owners) {
                        if (!value_bool_or(value_get(owner, "controller"), false))
                                continue;
                        const char *version = value_string_or(value_get(owner, "apiVersion"), "");
                        const char *kind = value_string_or(value_get(owner, "kind"), "");
                        for (; *kind; kind++)
                                buf_addc(&c->text, (char)(*kind >= 'A' && *kind <= 'Z' ? *kind + 32 : *kind));
                        if (strchr(version, '/'))
                                buf_addf(&c->text, ".%.*s", (int)strcspn(version, "/"), version);
                        buf_addf(&c->text, "/%s", value_string_or(value_get(owner, "name"), ""));
                        return;
                }
        buf_adds(&c->text, "<none>");
}

const struct cell_name cells_workload[] = {
        {"deployment_ready", deployment_ready},
        {"stateful_ready", deployment_ready},
        {"containers", containers},
        {"images", images},
        {"selector", selector},
        {"plain_selector", plain_selector},
        {"node_selector", node_selector},
        {"template_containers", template_containers},
        {"template_images", template_images},
        {"template_labels", template_labels},
        {"job_containers", job_containers},
        {"job_images", job_images},
        {"job_selector", job_selector},
        {"suspend", suspend},
        {"last_schedule", last_schedule},
        {"job_status", job_status},
        {"job_completions", job_completions},
        {"job_duration", job_duration},
        {"scale_target", scale_target},
        {"hpa_min", hpa_min},
        {"hpa_targets", hpa_targets},
        {"controller", controller},
        {NULL, NULL},
};
