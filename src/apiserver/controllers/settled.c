/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/controllers/settled.h"

#include "base/clock.h"
#include "data/digest.h"
#include "data/json/json.h"

static void put(struct settled *s, const char *key, struct value v) {
        if (!value_set(s->arena, &s->status, key, v))
                s->oom = true;
}

/* Numbers that are zero are left out, as Go's omitempty does. */
static void put_count(struct settled *s, const char *key, int64_t n) {
        if (n)
                put(s, key, value_int(n));
        else
                value_remove(&s->status, key);
}

static struct value now_text(struct settled *s) {
        char text[TIME_TEXT_MAX];
        struct value v = value_strf(s->arena, "%s", time_format_rfc3339(text, s->now));
        s->oom = s->oom || value_is_null(&v);
        return v;
}

struct condition_text {
        const char *type, *status, *reason, *message;
};

/* Sets a condition; time_key names the field beside lastTransitionTime that this kind of object has, or NULL. */
static void condition(struct settled *s, const struct condition_text *text, const char *time_key) {
        struct value *list = value_get(&s->status, "conditions"), *found = NULL;
        if (!value_is_list(list))
                list = value_set(s->arena, &s->status, "conditions", value_list());
        if (!list) {
                s->oom = true;
                return;
        }
        VALUE_EACH_ITEM(item, list)
                if (value_equals_str(value_get(item, "type"), text->type))
                        found = item;
        if (found && value_equals_str(value_get(found, "status"), text->status) &&
            (!text->reason || value_equals_str(value_get(found, "reason"), text->reason)) &&
            (!text->message || value_equals_str(value_get(found, "message"), text->message)))
                return;
        if (!found)
                found = value_append(s->arena, list, value_map());
        struct value now = now_text(s);
        s->oom = s->oom || !found || !value_set(s->arena, found, "type", value_str(text->type)) ||
                 !value_set(s->arena, found, "status", value_str(text->status)) ||
                 (time_key && !value_set(s->arena, found, time_key, now)) ||
                 !value_set(s->arena, found, "lastTransitionTime", now) ||
                 (text->reason && !value_set(s->arena, found, "reason", value_str(text->reason))) ||
                 (text->message && !value_set(s->arena, found, "message", value_str(text->message)));
}

static int64_t spec_int(const struct settled *s, const char *key, int64_t fallback) {
        return value_int_or(value_path(s->object, "spec", key, NULL), fallback);
}

static void observe(struct settled *s) {
        int64_t generation = value_int_or(value_path(s->object, "metadata", "generation", NULL), 0);
        if (generation)
                put(s, "observedGeneration", value_int(generation));
}

/* A name for a revision: ten letters of a digest of the pod template. */
static const char *revision(struct settled *s) {
        _cleanup_buf_ struct buf b = BUF_INIT(64 << 20);
        const struct value *template = value_path(s->object, "spec", "template", NULL);
        char hex[DIGEST_HEX_MAX] = "";
        if (template)
                json_write(&b, template, JSON_SORT_KEYS);
        if (digest_hex(DIGEST_SHA256, buf_str(&b), b.len, hex, NULL) < 0 || buf_failed(&b))
                s->oom = true;
        const char *text = arena_printf(s->arena, "%s-%.10s",
                                        value_string_or(value_path(s->object, "metadata", "name", NULL), ""), hex);
        s->oom = s->oom || !text;
        return text ? text : "";
}

static void deployment(struct settled *s) {
        int64_t n = spec_int(s, "replicas", 1);
        struct value message = value_strf(s->arena, "ReplicaSet \"%s\" has successfully progressed.", revision(s));
        observe(s);
        /* a paused deployment keeps the replicas it has */
        if (value_bool_or(value_path(s->object, "spec", "paused", NULL), false))
                return;
        put_count(s, "replicas", n);
        put_count(s, "updatedReplicas", n);
        put_count(s, "readyReplicas", n);
        put_count(s, "availableReplicas", n);
        value_remove(&s->status, "unavailableReplicas");
        condition(s,
                  &(struct condition_text){"Available", "True", "MinimumReplicasAvailable",
                                           "Deployment has minimum availability."},
                  "lastUpdateTime");
        condition(s,
                  &(struct condition_text){"Progressing", "True", "NewReplicaSetAvailable",
                                           value_string_or(&message, "")},
                  "lastUpdateTime");
}

static void drop_condition(struct settled *s, const char *type) {
        struct value *list = value_get(&s->status, "conditions");
        for (size_t i = value_is_list(list) ? list->len : 0; i-- > 0;)
                if (value_equals_str(value_get(&list->items[i], "type"), type))
                        value_remove_at(list, i);
}

/* As the Deployment controller of a cluster says it; a refused spec is to it what a pod is that nobody may create. */
void settled_by_process(struct settled *s, const struct settled_process *process) {
        bool refused = *process->refusal;
        struct value message = value_strf(s->arena, "ReplicaSet \"%s\" is progressing.", revision(s));
        if (process->ready && !refused) {
                drop_condition(s, "ReplicaFailure");
                deployment(s);
                return;
        }
        observe(s);
        put_count(s, "replicas", 1);
        put_count(s, "updatedReplicas", !refused);
        put_count(s, "readyReplicas", process->ready);
        put_count(s, "availableReplicas", process->ready);
        put_count(s, "unavailableReplicas", !process->ready);
        if (process->ready)
                condition(s,
                          &(struct condition_text){"Available", "True", "MinimumReplicasAvailable",
                                                   "Deployment has minimum availability."},
                          "lastUpdateTime");
        else
                condition(s,
                          &(struct condition_text){"Available", "False", "MinimumReplicasUnavailable",
                                                   "Deployment does not have minimum availability."},
                          "lastUpdateTime");
        if (refused)
                condition(s, &(struct condition_text){"ReplicaFailure", "True", "FailedCreate", process->refusal},
                          "lastUpdateTime");
        else
                drop_condition(s, "ReplicaFailure");
        condition(s,
                  &(struct condition_text){"Progressing", refused || process->failing ? "False" : "True",
                                           refused            ? "FailedCreate"
                                           : process->failing ? "CrashLoopBackOff"
                                                              : "ReplicaSetUpdated",
                                           refused            ? process->refusal
                                           : process->failing ? process->text
                                                              : value_string_or(&message, "")},
                  "lastUpdateTime");
}

static void stateful_set(struct settled *s) {
        int64_t n = spec_int(s, "replicas", 1);
        const char *name = revision(s);
        observe(s);
        put(s, "replicas", value_int(n));
        put_count(s, "readyReplicas", n);
        put_count(s, "currentReplicas", n);
        put_count(s, "updatedReplicas", n);
        put(s, "availableReplicas", value_int(n));
        put(s, "currentRevision", value_str(name));
        put(s, "updateRevision", value_str(name));
        put(s, "collisionCount", value_int(0));
}

/* One node that holds everything: that is what a settled cluster looks like to a DaemonSet. */
static void daemon_set(struct settled *s) {
        observe(s);
        put(s, "currentNumberScheduled", value_int(1));
        put(s, "desiredNumberScheduled", value_int(1));
        put(s, "numberMisscheduled", value_int(0));
        put(s, "numberReady", value_int(1));
        put(s, "numberAvailable", value_int(1));
        put(s, "updatedNumberScheduled", value_int(1));
}

static void replica_set(struct settled *s) {
        int64_t n = spec_int(s, "replicas", 1);
        observe(s);
        put(s, "replicas", value_int(n));
        put_count(s, "fullyLabeledReplicas", n);
        put_count(s, "readyReplicas", n);
        put_count(s, "availableReplicas", n);
}

static void job(struct settled *s) {
        if (value_bool_or(value_path(s->object, "spec", "suspend", NULL), false)) {
                condition(s, &(struct condition_text){"Suspended", "True", "JobSuspended", "Job suspended"},
                          "lastProbeTime");
                return;
        }
        int64_t n = spec_int(s, "completions", spec_int(s, "parallelism", 1));
        if (!value_get(&s->status, "startTime"))
                put(s, "startTime", now_text(s));
        if (!value_get(&s->status, "completionTime"))
                put(s, "completionTime", now_text(s));
        put_count(s, "succeeded", n);
        put(s, "ready", value_int(0));
        put(s, "terminating", value_int(0));
        put(s, "uncountedTerminatedPods", value_map());
        condition(s,
                  &(struct condition_text){"SuccessCriteriaMet", "True", "CompletionsReached",
                                           "Reached expected number of succeeded pods"},
                  "lastProbeTime");
        condition(s,
                  &(struct condition_text){"Complete", "True", "CompletionsReached",
                                           "Reached expected number of succeeded pods"},
                  "lastProbeTime");
}

static void claim(struct settled *s) {
        const struct value *modes = value_path(s->object, "spec", "accessModes", NULL);
        const struct value *size = value_path(s->object, "spec", "resources", "requests", NULL);
        put(s, "phase", value_str("Bound"));
        if (modes)
                put(s, "accessModes", *modes);
        if (size)
                put(s, "capacity", *size);
}

static void container_statuses(struct settled *s, bool running) {
        const struct value *containers = value_path(s->object, "spec", "containers", NULL);
        struct value list = value_list(), now = now_text(s);
        if (!value_is_list(containers))
                return;
        VALUE_EACH_ITEM(container, containers) {
                struct value status = value_map(), state = value_map(), detail = value_map();
                const struct value *name = value_get(container, "name"), *image = value_get(container, "image");
                s->oom = s->oom || !value_set(s->arena, &detail, running ? "startedAt" : "finishedAt", now) ||
                         (!running && (!value_set(s->arena, &detail, "exitCode", value_int(0)) ||
                                       !value_set(s->arena, &detail, "startedAt", now) ||
                                       !value_set(s->arena, &detail, "reason", value_str("Completed")))) ||
                         !value_set(s->arena, &state, running ? "running" : "terminated", detail) ||
                         !value_set(s->arena, &status, "name", name ? *name : value_str("")) ||
                         !value_set(s->arena, &status, "image", image ? *image : value_str("")) ||
                         !value_set(s->arena, &status, "imageID", value_str("")) ||
                         !value_set(s->arena, &status, "lastState", value_map()) ||
                         !value_set(s->arena, &status, "ready", value_bool(running)) ||
                         !value_set(s->arena, &status, "restartCount", value_int(0)) ||
                         !value_set(s->arena, &status, "started", value_bool(running)) ||
                         !value_set(s->arena, &status, "state", state) || !value_append(s->arena, &list, status);
        }
        put(s, "containerStatuses", list);
}

/* Pods that restart run for ever; the others have done their work. A pod whose status somebody else writes is left. */
static void pod(struct settled *s) {
        static const char *const types[] = {"Initialized", "Ready", "ContainersReady", "PodScheduled"};
        const struct value *policy = value_path(s->object, "spec", "restartPolicy", NULL);
        bool running = value_equals_str(policy, "Always");
        if (!value_equals_str(value_get(&s->status, "phase"), "Pending") || value_get(&s->status, "conditions"))
                return;
        put(s, "phase", value_str(running ? "Running" : "Succeeded"));
        put(s, "startTime", now_text(s));
        container_statuses(s, running);
        for (size_t i = 0; i < ARRAY_LEN(types); i++) {
                bool done = !running && (i == 1 || i == 2);
                condition(
                        s,
                        &(struct condition_text){types[i], done ? "False" : "True", done ? "PodCompleted" : NULL, NULL},
                        "lastProbeTime");
        }
}

settled_status settled_of(const char *group, const char *kind) {
        static const struct {
                const char *group, *kind;
                settled_status run;
        } kinds[] = {
                {"apps", "Deployment", deployment},         {"apps", "StatefulSet", stateful_set},
                {"apps", "DaemonSet", daemon_set},          {"apps", "ReplicaSet", replica_set},
                {"", "ReplicationController", replica_set}, {"batch", "Job", job},
                {"", "PersistentVolumeClaim", claim},       {"", "Pod", pod},
        };
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                if (streq(kinds[i].group, group) && streq(kinds[i].kind, kind))
                        return kinds[i].run;
        return NULL;
}
