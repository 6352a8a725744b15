/* SPDX-License-Identifier: Apache-2.0 */
/* Inside kstatus: fields of objects in the way of Kubernetes' unstructured helpers, conditions, and results. */
#pragma once

#include "kube/flux/kstatus.h"

struct kstatus_condition {
        const char *type, *status, *reason, *message; /* "" when absent */
};

struct kstatus_conditions {
        struct kstatus_condition *items;
        size_t n;
};

/* What a rule works with. */
struct kstatus_job {
        struct arena *arena;
        const struct value *object;
        struct kstatus_conditions conditions;
        int64_t now;
        struct kstatus_result *ret;
        struct err *err;
};

/* A rule of one kind: fills ret. */
typedef int kstatus_rule(struct kstatus_job *job);

/* The rule of a built-in kind, or NULL. The version does not matter. */
kstatus_rule *kstatus_rule_of(const struct value *object);

/* Flux's rule for batch/Job. */
kstatus_rule kstatus_flux_job;

/* The value at a path of two or more names. 1: found; 0: absent; -1: something on the way is no map (ERR_INVALID). */
int kstatus_field(const struct value *object, const char *const *path, size_t n, const struct value **ret,
                  struct err *err);

/* An integer or a string at "a.b"; absent or of another type: the fallback. */
int64_t kstatus_int(const struct value *object, const char *path, int64_t fallback);
const char *kstatus_string(const struct value *object, const char *path, const char *fallback);

/* An integer that must be one. 1: found; 0: absent; -1: ERR_INVALID. */
int kstatus_strict_int(const struct value *object, const char *a, const char *b, int64_t *ret, struct err *err);

/* A string that must be one, the same way. */
int kstatus_strict_string(const struct value *object, const char *a, const char *b, const char **ret, struct err *err);

/* ERR_INVALID: what stands at a path is of the wrong type. */
int kstatus_wrong_type(const char *const *path, size_t n, const struct value *v, const char *wanted, struct err *err);

/* Reads status.conditions. ERR_INVALID in the words of Go's converter. */
int kstatus_read_conditions(struct arena *a, const struct value *object, struct kstatus_conditions *ret,
                            struct err *err);

bool kstatus_has_condition(const struct kstatus_job *job, const char *type, const char *status);

/* Results. The message is formatted into the arena. */
int kstatus_current(struct kstatus_job *job, const char *fmt, ...) _printf_(2, 3);
int kstatus_in_progress(struct kstatus_job *job, const char *reason, const char *fmt, ...) _printf_(3, 4);
int kstatus_failed(struct kstatus_job *job, const char *reason, const char *fmt, ...) _printf_(3, 4);
