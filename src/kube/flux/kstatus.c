/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/kstatus.h"

#include "kube/flux/kstatus_internal.h"

const char *kstatus_name(enum kstatus status) {
        static const char *const names[] = {"InProgress", "Failed", "Current", "Terminating", "NotFound", "Unknown"};
        return names[status];
}

/* What holds for every kind. 1: ret is set; 0: nothing to say. */
static int compute_generic(struct kstatus_job *job) {
        const char *deletion = "";
        if (kstatus_strict_string(job->object, "metadata", "deletionTimestamp", &deletion, job->err) < 0)
                return -1;
        if (*deletion) {
                *job->ret = (struct kstatus_result){.status = KSTATUS_TERMINATING,
                                                    .message = "Resource scheduled for deletion"};
                return 1;
        }
        int64_t generation = 0, observed = 0;
        int found = kstatus_strict_int(job->object, "metadata", "generation", &generation, job->err);
        if (found > 0)
                found = kstatus_strict_int(job->object, "status", "observedGeneration", &observed, job->err);
        if (found < 0)
                return -1;
        if (found && observed != generation) {
                int r = kstatus_in_progress(job, "LatestGenerationNotObserved",
                                            "%s generation is %lld, but latest observed generation is %lld",
                                            value_string_or(value_get(job->object, "kind"), ""), (long long)generation,
                                            (long long)observed);
                return r < 0 ? -1 : 1;
        }
        if (kstatus_read_conditions(job->arena, job->object, &job->conditions, job->err) < 0)
                return -1;
        for (size_t i = 0; i < job->conditions.n; i++) {
                const struct kstatus_condition *c = &job->conditions.items[i];
                if (!streq(c->status, "True"))
                        continue;
                if (streq(c->type, "Reconciling"))
                        return kstatus_in_progress(job, c->reason, "%s", c->message) < 0 ? -1 : 1;
                if (streq(c->type, "Stalled"))
                        return kstatus_failed(job, c->reason, "%s", c->message) < 0 ? -1 : 1;
        }
        return 0;
}

/* Kinds without a rule of their own: the Ready condition, where there is one. */
static int compute_ready(struct kstatus_job *job) {
        for (size_t i = 0; i < job->conditions.n; i++) {
                const struct kstatus_condition *c = &job->conditions.items[i];
                if (!streq(c->type, "Ready"))
                        continue;
                if (streq(c->status, "True"))
                        return kstatus_current(job, "Resource is Ready");
                if (streq(c->status, "False") || streq(c->status, "Unknown"))
                        return kstatus_in_progress(job, c->reason, "%s", c->message);
        }
        return kstatus_current(job, "Resource is current");
}

static int compute(struct kstatus_job *job) {
        int r = compute_generic(job);
        if (r != 0)
                return r < 0 ? -1 : 0;
        kstatus_rule *rule = kstatus_rule_of(job->object);
        return rule ? rule(job) : compute_ready(job);
}

int kstatus_compute_at(struct arena *a, const struct value *object, int64_t now, struct kstatus_result *ret,
                       struct err *err) {
        struct kstatus_job job = {.arena = a, .object = object, .now = now, .ret = ret, .err = err};
        return compute(&job);
}

int kstatus_compute(struct arena *a, const struct value *object, struct kstatus_result *ret, struct err *err) {
        return kstatus_compute_at(a, object, INT64_MAX, ret, err);
}

static bool is_job(const struct value *object) {
        const char *api_version = value_get_str(object, "apiVersion");
        return api_version && str_has_prefix(api_version, "batch/") &&
               value_equals_str(value_get(object, "kind"), "Job");
}

int kstatus_compute_flux(struct arena *a, const struct value *object, int64_t now, struct kstatus_result *ret,
                         struct err *err) {
        struct kstatus_job job = {.arena = a, .object = object, .now = now, .ret = ret, .err = err};
        return is_job(object) ? kstatus_flux_job(&job) : compute(&job);
}
