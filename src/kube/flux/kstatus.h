/* SPDX-License-Identifier: Apache-2.0 */
/* Is an object ready? kstatus's answer from the object alone: the rules of each built-in kind, observedGeneration and
 * conditions for all others. Source: cli-utils 1.2 (pkg/kstatus/status) and fluxcd/pkg/runtime's Job reader, recorded
 * in corpus kstatus/. */
#pragma once

#include "data/value.h"

enum kstatus {
        KSTATUS_IN_PROGRESS,
        KSTATUS_FAILED,
        KSTATUS_CURRENT,
        KSTATUS_TERMINATING,
        KSTATUS_NOT_FOUND,
        KSTATUS_UNKNOWN,
};

struct kstatus_result {
        enum kstatus status;
        const char *message; /* in the arena, or the object's own */
        const char *reason;  /* of the condition below; NULL when there is none */
        /* What kstatus would add to the object: "Reconciling" when in progress, "Stalled" when failed, else NULL. */
        const char *condition;
        const char *condition_message; /* of that condition; mostly the message above */
};

/* "InProgress", "Failed", "Current", "Terminating", "NotFound", "Unknown". */
const char *kstatus_name(enum kstatus status);

/* now: seconds since 1970; a Pod that cannot be scheduled is given 15 seconds before it counts as failed. ERR_INVALID
 * for a field of a wrong type. */
int kstatus_compute_at(struct arena *a, const struct value *object, int64_t now, struct kstatus_result *ret,
                       struct err *err);

/* The same without the 15 seconds. */
int kstatus_compute(struct arena *a, const struct value *object, struct kstatus_result *ret, struct err *err);

/* kstatus_compute() as Flux's controllers ask: a Job is Current only when it is complete (or suspended), not as soon as
 * it has started. */
int kstatus_compute_flux(struct arena *a, const struct value *object, int64_t now, struct kstatus_result *ret,
                         struct err *err);
