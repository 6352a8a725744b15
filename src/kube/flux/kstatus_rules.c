/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of built-in kinds. Each compares in the order in which its messages are to be seen. */
#include "kube/flux/kstatus_internal.h"

#include "base/buf.h"
#include "base/clock.h"

/* So long an unschedulable Pod is in progress before it counts as failed. */
#define SCHEDULE_WINDOW_S 15

static int always_ready(struct kstatus_job *job) {
        return kstatus_current(job, "Resource is always ready");
}

static int64_t status_int(const struct kstatus_job *job, const char *field, int64_t fallback) {
        return value_int_or(value_path(job->object, "status", field, NULL), fallback);
}

/* "Label: have/want", in progress. */
static int fewer(struct kstatus_job *job, const char *reason, const char *label, int64_t have, int64_t want) {
        return kstatus_in_progress(job, reason, "%s: %lld/%lld", label, (long long)have, (long long)want);
}

static int extra_pods(struct kstatus_job *job, int64_t extra) {
        return kstatus_in_progress(job, "ExtraPods", "Pending termination: %lld", (long long)extra);
}

static int stateful_set_partition(struct kstatus_job *job, int64_t updated, int64_t wanted) {
        if (updated < wanted)
                return fewer(job, "PartitionRollout", "updated", updated, wanted);
        return kstatus_current(job, "Partition rollout complete. updated: %lld", (long long)updated);
}

static int stateful_set(struct kstatus_job *job) {
        const struct value *o = job->object;
        if (streq(kstatus_string(o, "spec.updateStrategy.type", ""), "OnDelete"))
                return kstatus_current(job, "StatefulSet is using the ondelete update strategy");
        int64_t spec = kstatus_int(o, "spec.replicas", 1), replicas = status_int(job, "replicas", 0);
        int64_t ready = status_int(job, "readyReplicas", 0), current = status_int(job, "currentReplicas", 0);
        int64_t partition = kstatus_int(o, "spec.updateStrategy.rollingUpdate.partition", -1);
        if (spec > replicas)
                return fewer(job, "LessReplicas", "Replicas", replicas, spec);
        if (spec > ready)
                return fewer(job, "LessReady", "Ready", ready, spec);
        if (replicas > spec)
                return extra_pods(job, replicas - spec);
        if (partition != -1)
                return stateful_set_partition(job, status_int(job, "updatedReplicas", 0), spec - partition);
        if (spec > current)
                return fewer(job, "LessCurrent", "current", current, spec);
        if (!streq(kstatus_string(o, "status.currentRevision", ""), kstatus_string(o, "status.updateRevision", "")))
                return kstatus_in_progress(job, "RevisionMismatch", "Waiting for updated revision to match current");
        return kstatus_current(job, "All replicas scheduled as expected. Replicas: %lld", (long long)replicas);
}

static int deployment(struct kstatus_job *job) {
        /* Without a deadline the controller never says whether it progresses. */
        bool progressing = kstatus_int(job->object, "spec.progressDeadlineSeconds", INT32_MAX) == INT32_MAX;
        for (size_t i = 0; i < job->conditions.n; i++) {
                const struct kstatus_condition *c = &job->conditions.items[i];
                if (!streq(c->type, "Progressing"))
                        continue;
                if (streq(c->reason, "ProgressDeadlineExceeded")) {
                        int r = kstatus_failed(job, c->reason, "Progress deadline exceeded");
                        job->ret->condition_message = c->message;
                        return r;
                }
                if (streq(c->status, "True") && streq(c->reason, "NewReplicaSetAvailable"))
                        progressing = true;
        }
        int64_t spec = kstatus_int(job->object, "spec.replicas", 1), replicas = status_int(job, "replicas", 0);
        int64_t updated = status_int(job, "updatedReplicas", 0), ready = status_int(job, "readyReplicas", 0);
        int64_t available = status_int(job, "availableReplicas", 0);
        if (spec > replicas)
                return fewer(job, "LessReplicas", "Replicas", replicas, spec);
        if (spec > updated)
                return fewer(job, "LessUpdated", "Updated", updated, spec);
        if (replicas > spec)
                return extra_pods(job, replicas - spec);
        if (updated > available)
                return fewer(job, "LessAvailable", "Available", available, updated);
        if (spec > ready)
                return fewer(job, "LessReady", "Ready", ready, spec);
        if (!progressing)
                return kstatus_in_progress(job, "ReplicaSetNotAvailable", "ReplicaSet not Available");
        if (!kstatus_has_condition(job, "Available", "True"))
                return kstatus_in_progress(job, "DeploymentNotAvailable", "Deployment not Available");
        return kstatus_current(job, "Deployment is available. Replicas: %lld", (long long)replicas);
}

static int replica_set(struct kstatus_job *job) {
        if (kstatus_has_condition(job, "ReplicaFailure", "True"))
                return kstatus_in_progress(job, "ReplicaFailure", "Replica Failure condition. Check Pods");
        int64_t spec = kstatus_int(job->object, "spec.replicas", 1), replicas = status_int(job, "replicas", 0);
        int64_t labelled = status_int(job, "fullyLabeledReplicas", 0);
        int64_t available = status_int(job, "availableReplicas", 0), ready = status_int(job, "readyReplicas", 0);
        if (spec > labelled)
                return fewer(job, "LessLabelled", "Labelled", labelled, spec);
        if (spec > available)
                return fewer(job, "LessAvailable", "Available", available, spec);
        if (spec > ready)
                return fewer(job, "LessReady", "Ready", ready, spec);
        if (replicas > spec)
                return extra_pods(job, replicas - spec);
        return kstatus_current(job, "ReplicaSet is available. Replicas: %lld", (long long)replicas);
}

static int daemon_set(struct kstatus_job *job) {
        int64_t ignored;
        const char *kind = kstatus_string(job->object, "kind", "");
        int found = kstatus_strict_int(job->object, "metadata", "generation", &ignored, job->err);
        if (found < 0)
                return -1;
        if (!found)
                return kstatus_in_progress(job, "NoGeneration", "%s metadata.generation not found", kind);
        found = kstatus_strict_int(job->object, "status", "observedGeneration", &ignored, job->err);
        if (found < 0)
                return -1;
        if (!found)
                return kstatus_in_progress(job, "NoObservedGeneration", "%s status.observedGeneration not found", kind);
        int64_t desired = status_int(job, "desiredNumberScheduled", -1);
        int64_t current = status_int(job, "currentNumberScheduled", 0);
        int64_t updated = status_int(job, "updatedNumberScheduled", 0);
        int64_t available = status_int(job, "numberAvailable", 0), ready = status_int(job, "numberReady", 0);
        if (desired == -1)
                return kstatus_in_progress(job, "NoDesiredNumber", "Missing .status.desiredNumberScheduled");
        if (desired > current)
                return fewer(job, "LessCurrent", "Current", current, desired);
        if (desired > updated)
                return fewer(job, "LessUpdated", "Updated", updated, desired);
        if (desired > available)
                return fewer(job, "LessAvailable", "Available", available, desired);
        if (desired > ready)
                return fewer(job, "LessReady", "Ready", ready, desired);
        return kstatus_current(job, "All replicas scheduled as expected. Replicas: %lld", (long long)desired);
}

static int volume_claim(struct kstatus_job *job) {
        const char *phase = kstatus_string(job->object, "status.phase", "unknown");
        if (!streq(phase, "Bound"))
                return kstatus_in_progress(job, "NotBound", "PVC is not Bound. phase: %s", phase);
        return kstatus_current(job, "PVC is Bound");
}

/* The names of containers that crash again and again, joined by commas. Go's code panics at entries of a wrong type;
 * here they are passed over. */
static int crash_looping(struct kstatus_job *job, struct buf *names) {
        const char *const path[] = {"status", "containerStatuses"};
        const struct value *list;
        int r = kstatus_field(job->object, path, 2, &list, job->err);
        if (r <= 0)
                return r;
        if (!value_is_list(list))
                return kstatus_wrong_type(path, 2, list, "[]interface{}", job->err);
        VALUE_EACH_ITEM(container, list) {
                const char *name = value_get_str(container, "name");
                if (name && streq(kstatus_string(container, "state.waiting.reason", ""), "CrashLoopBackOff"))
                        buf_addf(names, "%s%s", names->len ? "," : "", name);
        }
        return buf_failed(names) ? err_oom(job->err) : 0;
}

static int running_pod(struct kstatus_job *job) {
        if (kstatus_has_condition(job, "Ready", "True"))
                return kstatus_current(job, "Pod is Ready");
        _cleanup_buf_ struct buf names = BUF_INIT((size_t)1 << 20);
        if (crash_looping(job, &names) < 0)
                return -1;
        if (names.len)
                return kstatus_failed(job, "ContainerCrashLooping", "Containers in CrashLoop state: %s",
                                      buf_str(&names));
        return kstatus_in_progress(job, "PodRunningNotReady", "Pod is running but is not Ready");
}

static int pending_pod(struct kstatus_job *job) {
        const struct kstatus_condition *scheduled = NULL;
        for (size_t i = 0; i < job->conditions.n && !scheduled; i++)
                if (streq(job->conditions.items[i].type, "PodScheduled") &&
                    streq(job->conditions.items[i].status, "False"))
                        scheduled = &job->conditions.items[i];
        if (!scheduled || !streq(scheduled->reason, "Unschedulable"))
                return kstatus_in_progress(job, "PodPending", "Pod is in the Pending phase");
        int64_t created = 0;
        const char *text = kstatus_string(job->object, "metadata.creationTimestamp", "");
        if (time_parse_rfc3339(text, &created, NULL) == 0 && job->now - SCHEDULE_WINDOW_S < created / NSEC_PER_SEC)
                return kstatus_in_progress(job, "PodNotScheduled", "Pod has not been scheduled");
        return kstatus_failed(job, "PodUnschedulable", "Pod could not be scheduled");
}

static int pod(struct kstatus_job *job) {
        const char *phase = kstatus_string(job->object, "status.phase", "");
        if (streq(phase, "Succeeded"))
                return kstatus_current(job, "Pod has completed successfully");
        if (streq(phase, "Failed"))
                return kstatus_current(job, "Pod has completed, but not successfully");
        if (streq(phase, "Running"))
                return running_pod(job);
        if (streq(phase, "Pending"))
                return pending_pod(job);
        if (!*phase)
                return kstatus_in_progress(job, "PodNotObserved", "Pod phase not available");
        return err_set(job->err, ERR_INVALID, "unknown phase %s", phase);
}

static int disruption_budget(struct kstatus_job *job) {
        return kstatus_current(job, "AllowedDisruptions has been computed.");
}

/* A finished Job. 1: ret is set; 0: it has not finished. */
static int finished_job(struct kstatus_job *job) {
        int64_t completions =
                kstatus_int(job->object, "spec.completions", kstatus_int(job->object, "spec.parallelism", 1));
        for (size_t i = 0; i < job->conditions.n; i++) {
                const struct kstatus_condition *c = &job->conditions.items[i];
                int r = 0;
                if (!streq(c->status, "True"))
                        continue;
                if (streq(c->type, "Complete"))
                        r = kstatus_current(job, "Job Completed. succeeded: %lld/%lld",
                                            (long long)status_int(job, "succeeded", 0), (long long)completions);
                else if (streq(c->type, "Failed"))
                        r = kstatus_failed(job, "JobFailed", "Job Failed. failed: %lld/%lld",
                                           (long long)status_int(job, "failed", 0), (long long)completions);
                else
                        continue;
                return r < 0 ? -1 : 1;
        }
        return 0;
}

#define JOB_PROGRESS "Job in progress. success:%lld, active: %lld, failed: %lld"

static int plain_job(struct kstatus_job *job) {
        int r = finished_job(job);
        if (r != 0)
                return r < 0 ? -1 : 0;
        if (!*kstatus_string(job->object, "status.startTime", ""))
                return kstatus_in_progress(job, "JobNotStarted", "Job not started");
        return kstatus_current(job, JOB_PROGRESS, (long long)status_int(job, "succeeded", 0),
                               (long long)status_int(job, "active", 0), (long long)status_int(job, "failed", 0));
}

int kstatus_flux_job(struct kstatus_job *job) {
        if (value_bool_or(value_path(job->object, "spec", "suspend", NULL), false))
                return kstatus_current(job, "Job is suspended");
        if (kstatus_read_conditions(job->arena, job->object, &job->conditions, job->err) < 0)
                return -1;
        int r = finished_job(job);
        if (r != 0)
                return r < 0 ? -1 : 0;
        if (!*kstatus_string(job->object, "status.startTime", ""))
                return kstatus_in_progress(job, "JobNotStarted", "Job not started. active: 0/%lld",
                                           (long long)kstatus_int(job->object, "spec.parallelism", 1));
        return kstatus_in_progress(job, "JobInProgress", JOB_PROGRESS, (long long)status_int(job, "succeeded", 0),
                                   (long long)status_int(job, "active", 0), (long long)status_int(job, "failed", 0));
}

static int service(struct kstatus_job *job) {
        if (streq(kstatus_string(job->object, "spec.type", "ClusterIP"), "LoadBalancer") &&
            !*kstatus_string(job->object, "spec.clusterIP", ""))
                return kstatus_in_progress(job, "NoIPAssigned", "ClusterIP not set. Service type: LoadBalancer");
        return kstatus_current(job, "Service is ready");
}

static int definition(struct kstatus_job *job) {
        for (size_t i = 0; i < job->conditions.n; i++) {
                const struct kstatus_condition *c = &job->conditions.items[i];
                bool no = streq(c->status, "False"), established = streq(c->type, "Established");
                if (no && (streq(c->type, "NamesAccepted") || (established && !streq(c->reason, "Installing"))))
                        return kstatus_failed(job, c->reason, "%s", c->message);
                if (established && streq(c->status, "True"))
                        return kstatus_current(job, "CRD is established");
        }
        return kstatus_in_progress(job, "Installing", "Install in progress");
}

kstatus_rule *kstatus_rule_of(const struct value *object) {
        static const struct {
                const char *group, *kind;
                kstatus_rule *rule;
        } rules[] = {
                {"", "Service", service},
                {"", "Pod", pod},
                {"", "Secret", always_ready},
                {"", "PersistentVolumeClaim", volume_claim},
                {"", "ConfigMap", always_ready},
                {"apps", "StatefulSet", stateful_set},
                {"apps", "DaemonSet", daemon_set},
                {"extensions", "DaemonSet", daemon_set},
                {"apps", "Deployment", deployment},
                {"extensions", "Deployment", deployment},
                {"apps", "ReplicaSet", replica_set},
                {"extensions", "ReplicaSet", replica_set},
                {"policy", "PodDisruptionBudget", disruption_budget},
                {"batch", "CronJob", always_ready},
                {"batch", "Job", plain_job},
                {"apiextensions.k8s.io", "CustomResourceDefinition", definition},
        };
        const char *api_version = kstatus_string(object, "apiVersion", ""), *kind = kstatus_string(object, "kind", "");
        const char *slash = strchr(api_version, '/');
        size_t n = slash ? (size_t)(slash - api_version) : 0;
        for (size_t i = 0; i < ARRAY_LEN(rules); i++)
                if (streq(kind, rules[i].kind) && strlen(rules[i].group) == n &&
                    memcmp(rules[i].group, api_version, n) == 0)
                        return rules[i].rule;
        return NULL;
}
