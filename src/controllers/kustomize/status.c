/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions, history and events of a Kustomization (flux-crds.md 1.2). */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "base/log.h"
#include "kube/flux/condition.h"
#include "runtime/status.h"

#define COMPONENT "kustomize-controller"
#define FIELD_MANAGER "gotk-kustomize-controller"

int status_begin(struct reconcile *r, struct err *err) {
        const struct value *old = value_get(&r->object, "status");
        r->status = value_map();
        if (value_is_map(old) && value_clone(r->a, old, &r->status, err) < 0)
                return -1;
        if (!value_is_list(value_get(&r->status, "conditions")) &&
            !value_set(r->a, &r->status, "conditions", value_list()))
                return err_oom(err);
        const char *requested = manager_requested_at(&r->object);
        if (requested && !value_set(r->a, &r->status, "lastHandledReconcileAt", value_str(requested)))
                return err_oom(err);
        return 0;
}

int status_condition(struct reconcile *r, const char *type, const char *status, const char *reason,
                     const char *message) {
        struct condition c = {
                .type = type, .status = status, .reason = reason, .message = message, .generation = r->generation};
        return condition_set(r->a, value_get(&r->status, "conditions"), &c, r->now, NULL);
}

void status_drop(struct reconcile *r, const char *type) {
        condition_remove(value_get(&r->status, "conditions"), type);
}

void status_commit(struct reconcile *r) {
        _cleanup_err_ struct err err = ERR_INIT;
        const char *version = NULL;
        int written = status_write(r->k->manager->client, r->a, &r->object, &r->status, FIELD_MANAGER, &version, &err);
        memory_wrote(r->memory, version);
        if (written < 0 && err.class != ERR_NOT_FOUND)
                log_error("status was not written", "kind", "Kustomization", "namespace", r->namespace_, "name",
                          r->name, "error", err_message(&err));
}

void status_event(struct reconcile *r, const char *type, const char *reason, const char *message) {
        events_emit(r->k->manager->events, &(struct event){.object = &r->object,
                                                           .type = type,
                                                           .reason = reason,
                                                           .message = message,
                                                           .component = COMPONENT,
                                                           .revision_key = KUSTOMIZATION_GROUP "/revision",
                                                           .revision = r->revision});
}

void status_progressing(struct reconcile *r, const char *message) {
        status_condition(r, "Ready", "Unknown", "Progressing", message);
        status_condition(r, "Reconciling", "True", "Progressing", message);
        status_drop(r, "Stalled");
        status_commit(r);
}

void status_fail(struct reconcile *r, const char *reason, const struct err *err, bool stalled, bool quiet) {
        const char *message = err_message(err);
        const struct value *old = condition_find(&r->object, "Ready");
        bool known = value_equals_str(value_get(old, "message"), message) &&
                     value_equals_str(value_get(old, "status"), "False");
        status_condition(r, "Ready", "False", reason, message);
        if (stalled) {
                status_condition(r, "Stalled", "True", reason, message);
                status_drop(r, "Reconciling");
                value_set(r->a, &r->status, "observedGeneration", value_int(r->generation));
        } else {
                status_condition(r, "Reconciling", "True", "ProgressingWithRetry", message);
                status_drop(r, "Stalled");
        }
        if (streq(reason, "HealthCheckFailed"))
                status_condition(r, "Healthy", "False", reason, message);
        if (!quiet && !known)
                status_event(r, streq(reason, "DependencyNotReady") ? "Normal" : "Warning", reason, message);
        status_commit(r);
}

void status_changes(struct reconcile *r) {
        _cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
        VALUE_EACH_ITEM(line, &r->changes)
                buf_addf(&b, "%s%s", b.len ? "\n" : "", line->str);
        if (b.len)
                status_event(r, "Normal", "Progressing", buf_str(&b));
}

/* ---- success ---- */

static void report_health(struct reconcile *r) {
        if (!health_is_wanted(r)) {
                status_drop(r, "Healthy");
                return;
        }
        char took[TIME_TEXT_MAX];
        bool was_healthy = condition_is(&r->object, "Healthy", "True");
        duration_format(took, clock_monotonic_ns() - r->memory->wait_started);
        char *message = arena_printf(r->a, "Health check passed in %s", took);
        if (!message || (was_healthy && !r->memory->changed))
                return; /* the condition keeps its text: nothing was news */
        status_condition(r, "Healthy", "True", "Succeeded", message);
        status_event(r, "Normal", "ReconciliationSucceeded", message);
}

void status_succeed(struct reconcile *r) {
        char *message = arena_printf(r->a, "Applied revision: %s", r->revision);
        if (!message)
                return;
        report_health(r);
        bool was_ready = condition_is(&r->object, "Ready", "True");
        bool news = !value_equals_str(value_path(&r->object, "status", "lastAppliedRevision", NULL), r->revision);
        value_set(r->a, &r->status, "lastAppliedRevision", value_str(r->revision));
        value_set(r->a, &r->status, "observedGeneration", value_int(r->generation));
        status_condition(r, "Ready", "True", "ReconciliationSucceeded", message);
        status_drop(r, "Reconciling");
        status_drop(r, "Stalled");
        if (!was_ready || news)
                status_event(r, "Normal", "ReconciliationSucceeded", message);
        status_commit(r);
}
