/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of pods: one summary of phase, containers and restarts. */
#include "apiserver/table/cells.h"

#include "apiserver/table/table.h"
#include "base/clock.h"

struct summary {
        char reason[256];
        int64_t restarts;
        int64_t last_restart; /* nanoseconds since 1970; 0: none */
        size_t total, ready;
};

static void set_reason(struct summary *s, const char *prefix, const struct value *state, const char *text) {
        if (text[0])
                snprintf(s->reason, sizeof(s->reason), "%s%s", prefix, text);
        else if (value_int_or(value_get(state, "signal"), 0))
                snprintf(s->reason, sizeof(s->reason), "%sSignal:%lld", prefix,
                         (long long)value_int_or(value_get(state, "signal"), 0));
        else
                snprintf(s->reason, sizeof(s->reason), "%sExitCode:%lld", prefix,
                         (long long)value_int_or(value_get(state, "exitCode"), 0));
}

static int64_t last_end(const struct value *status, int64_t so_far) {
        const struct value *end = value_path(status, "lastState", "terminated", "finishedAt", NULL);
        int64_t ns;
        if (!value_is_string(end) || time_parse_rfc3339(end->str, &ns, NULL) < 0)
                return so_far;
        return ns > so_far ? ns : so_far;
}

static const struct value *by_name(const struct value *list, const struct value *name) {
        if (value_is_list(list) && name)
                VALUE_EACH_ITEM(item, list)
                        if (value_get(item, "name") && value_equal(value_get(item, "name"), name))
                                return item;
        return NULL;
}

static bool is_sidecar(const struct value *container) {
        return value_equals_str(value_get(container, "restartPolicy"), "Always");
}

/* Init containers: true while one of them has not finished. *ret_restarts and *ret_last: of sidecars alone. */
static bool count_init(struct summary *s, const struct value *object, int64_t *ret_restarts, int64_t *ret_last) {
        const struct value *specs = cell_at(object, ".spec.initContainers");
        const struct value *statuses = cell_at(object, ".status.initContainerStatuses");
        size_t i = 0;
        if (value_is_list(specs))
                VALUE_EACH_ITEM(spec, specs)
                        s->total += is_sidecar(spec);
        if (!value_is_list(statuses))
                return false;
        VALUE_EACH_ITEM(status, statuses) {
                const struct value *ended = value_path(status, "state", "terminated", NULL);
                const char *waiting = value_string_or(value_path(status, "state", "waiting", "reason", NULL), "");
                bool sidecar = is_sidecar(by_name(specs, value_get(status, "name")));
                int64_t count = value_int_or(value_get(status, "restartCount"), 0);
                s->restarts += count;
                s->last_restart = last_end(status, s->last_restart);
                if (sidecar) {
                        *ret_restarts += count;
                        *ret_last = last_end(status, *ret_last);
                }
                i++;
                if (ended && !value_int_or(value_get(ended, "exitCode"), 0))
                        continue;
                if (sidecar && value_bool_or(value_get(status, "started"), false)) {
                        s->ready += value_bool_or(value_get(status, "ready"), false);
                        continue;
                }
                if (ended)
                        set_reason(s, "Init:", ended, value_string_or(value_get(ended, "reason"), ""));
                else if (waiting[0] && !streq(waiting, "PodInitializing"))
                        snprintf(s->reason, sizeof(s->reason), "Init:%s", waiting);
                else
                        snprintf(s->reason, sizeof(s->reason), "Init:%zu/%u", i - 1,
                                 value_is_list(specs) ? specs->len : 0);
                return true;
        }
        return false;
}

static bool condition_true(const struct value *object, const char *type) {
        const struct value *conditions = cell_at(object, ".status.conditions");
        if (value_is_list(conditions))
                VALUE_EACH_ITEM(condition, conditions)
                        if (value_equals_str(value_get(condition, "type"), type))
                                return value_equals_str(value_get(condition, "status"), "True");
        return false;
}

static void count_containers(struct summary *s, const struct value *object) {
        const struct value *statuses = cell_at(object, ".status.containerStatuses");
        bool running = false;
        char failed[sizeof(s->reason)] = "";
        for (size_t i = value_is_list(statuses) ? statuses->len : 0; i > 0; i--) {
                const struct value *status = &statuses->items[i - 1];
                const struct value *ended = value_path(status, "state", "terminated", NULL);
                const char *waiting = value_string_or(value_path(status, "state", "waiting", "reason", NULL), "");
                s->restarts += value_int_or(value_get(status, "restartCount"), 0);
                s->last_restart = last_end(status, s->last_restart);
                if (waiting[0]) {
                        snprintf(s->reason, sizeof(s->reason), "%s", waiting);
                } else if (ended) {
                        set_reason(s, "", ended, value_string_or(value_get(ended, "reason"), ""));
                        if (value_int_or(value_get(ended, "exitCode"), 0))
                                memcpy(failed, s->reason, sizeof(failed));
                } else if (value_bool_or(value_get(status, "ready"), false) &&
                           value_path(status, "state", "running", NULL)) {
                        running = true;
                        s->ready++;
                }
        }
        if (!streq(s->reason, "Completed"))
                return;
        /* some containers are done, not all of them well */
        if (running && condition_true(object, "Ready"))
                snprintf(s->reason, sizeof(s->reason), "Running");
        else if (failed[0])
                memcpy(s->reason, failed, sizeof(failed));
        else if (running)
                snprintf(s->reason, sizeof(s->reason), "NotReady");
}

static void summarise(const struct value *object, struct summary *s) {
        const char *phase = value_string_or(cell_at(object, ".status.phase"), "");
        const char *reason = value_string_or(cell_at(object, ".status.reason"), "");
        const struct value *containers = cell_at(object, ".spec.containers");
        const struct value *conditions = cell_at(object, ".status.conditions");
        int64_t restarts = 0, last = 0;
        *s = (struct summary){.total = value_is_list(containers) ? containers->len : 0};
        snprintf(s->reason, sizeof(s->reason), "%s", reason[0] ? reason : phase);
        if (value_is_list(conditions))
                VALUE_EACH_ITEM(condition, conditions)
                        if (value_equals_str(value_get(condition, "type"), "PodScheduled") &&
                            value_equals_str(value_get(condition, "reason"), "SchedulingGated"))
                                snprintf(s->reason, sizeof(s->reason), "SchedulingGated");
        bool initializing = count_init(s, object, &restarts, &last);
        if (!initializing || condition_true(object, "Initialized")) {
                s->restarts = restarts;
                s->last_restart = last;
                count_containers(s, object);
        }
        if (value_is_null(cell_at(object, ".metadata.deletionTimestamp")))
                return;
        if (streq(reason, "NodeLost"))
                snprintf(s->reason, sizeof(s->reason), "Unknown");
        else if (!streq(phase, "Succeeded") && !streq(phase, "Failed"))
                snprintf(s->reason, sizeof(s->reason), "Terminating");
}

static void pod_ready(struct cell *c) {
        struct summary s;
        summarise(c->object, &s);
        buf_addf(&c->text, "%zu/%zu", s.ready, s.total);
}

static void pod_status(struct cell *c) {
        struct summary s;
        summarise(c->object, &s);
        buf_adds(&c->text, s.reason);
}

static void pod_restarts(struct cell *c) {
        struct summary s;
        char ago[24];
        summarise(c->object, &s);
        buf_addf(&c->text, "%lld", (long long)s.restarts);
        if (s.restarts && s.last_restart)
                buf_addf(&c->text, " (%s ago)", table_human_duration(ago, c->now_ns - s.last_restart));
}

static void pod_ip(struct cell *c) {
        const struct value *addresses = cell_at(c->object, ".status.podIPs");
        const char *first = value_is_list(addresses) && addresses->len
                                    ? value_string_or(value_get(&addresses->items[0], "ip"), "")
                                    : "";
        buf_adds(&c->text, first[0] ? first : "<none>");
}

static void pod_gates(struct cell *c) {
        const struct value *gates = cell_at(c->object, ".spec.readinessGates");
        size_t good = 0;
        if (!value_is_list(gates) || !gates->len) {
                buf_adds(&c->text, "<none>");
                return;
        }
        VALUE_EACH_ITEM(gate, gates)
                good += condition_true(c->object, value_string_or(value_get(gate, "conditionType"), ""));
        buf_addf(&c->text, "%zu/%u", good, gates->len);
}

const struct cell_name cells_pod[] = {
        {"pod_ready", pod_ready}, {"pod_status", pod_status}, {"pod_restarts", pod_restarts},
        {"pod_ip", pod_ip},       {"pod_gates", pod_gates},   {NULL, NULL},
};
