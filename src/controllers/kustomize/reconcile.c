/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "base/log.h"
#include "kube/flux/inventory.h"
#include "runtime/status.h"

#define FIELD_MANAGER "gotk-kustomize-controller"
#define SOON (50 * NSEC_PER_MSEC)
#define NEXT_TURN (1 * NSEC_PER_SEC)     /* while others fetch their remote bases */
#define TELL_AFTER (200 * NSEC_PER_MSEC) /* a wait that is over sooner is not worth a status write */

/* ---- outcomes ---- */

static int64_t interval_of(const struct reconcile *r) {
        return manager_jitter(r->k->manager, manager_duration(value_get(r->spec, "interval"), 60 * NSEC_PER_SEC));
}

static struct outcome failed(struct reconcile *r, const struct err *err) {
        struct manager *m = r->k->manager;
        int64_t retry = manager_duration(value_get(r->spec, "retryInterval"), interval_of(r));
        const char *reason = err->reason[0] ? err->reason : "ReconciliationFailed";
        memory_end_wait(r->memory);
        log_error("reconciliation failed", "kind", "Kustomization", "namespace", r->namespace_, "name", r->name,
                  "reason", reason, "error", err_message(err));
        if (streq(reason, "AccessDenied")) {
                status_fail(r, "AccessDenied", err, true, false);
                return (struct outcome){0}; /* a grant or a change of the spec wakes it */
        }
        if (streq(reason, "ArtifactFailed")) {
                bool no_artifact = err->class == ERR_UNAVAILABLE;
                status_fail(r, reason, err, false, true);
                return (struct outcome){.next_ns = no_artifact ? m->requeue_dependency_ns : retry};
        }
        if (streq(reason, "DependencyNotReady")) {
                status_fail(r, reason, err, false, false);
                return (struct outcome){.next_ns = m->requeue_dependency_ns};
        }
        status_fail(r, reason, err, err->class == ERR_UNSUPPORTED, false);
        /* A peer that was away is asked again soon; what the tenant must mend waits for the interval or a change. */
        bool ours = err->class == ERR_UNAVAILABLE || err->class == ERR_CONFLICT || err->class == ERR_TOO_MANY;
        return ours ? (struct outcome){.retry = true} : (struct outcome){.next_ns = retry};
}

static struct outcome finish(struct reconcile *r) {
        memory_end_wait(r->memory);
        status_succeed(r);
        r->memory->changed = false;
        return (struct outcome){.next_ns = interval_of(r)};
}

/* Looks at the health of what is applied; waits without a thread. The inventory of what was applied is written when the
 * wait gets long, so that a crash while waiting forgets nothing. */
static struct outcome await(struct reconcile *r) {
        _cleanup_err_ struct err err = ERR_INIT;
        int64_t next = 0;
        int healthy = health_is_wanted(r) ? health_check(r, &next, &err) : 0;
        if (healthy < 0)
                return failed(r, &err);
        if (healthy == 0)
                return finish(r);
        int64_t untold = r->memory->wait_started + TELL_AFTER - clock_monotonic_ns();
        if (!r->memory->wait_told && untold > 0 && untold < next)
                next = untold;
        if (!r->memory->wait_told && untold <= 0) {
                r->memory->wait_told = true;
                char timeout[TIME_TEXT_MAX];
                duration_format(timeout, r->memory->wait_deadline - r->memory->wait_started);
                char *message = arena_printf(r->a, "Running health checks for revision %s with a timeout of %s",
                                             r->revision, timeout);
                status_progressing(r, message ? message : "Running health checks");
        }
        return (struct outcome){.next_ns = next};
}

/* ---- deletion ---- */

/* Whom to act as when the object goes: without its service account nothing can be pruned. */
static bool account_exists(struct reconcile *r) {
        struct value account;
        const char *name =
                value_string_or(value_get(r->spec, "serviceAccountName"), r->k->lockdown.default_service_account);
        _cleanup_err_ struct err err = ERR_INIT;
        return !r->as_or_self ||
               client_get(r->k->manager->client, r->a, NULL, "v1", "ServiceAccount", r->namespace_, name, &account,
                          &err) == 0 ||
               err.class != ERR_NOT_FOUND;
}

static struct outcome finalize(struct reconcile *r) {
        _cleanup_err_ struct err err = ERR_INIT;
        const struct value *entries = value_path(&r->object, "status", "inventory", "entries", NULL);
        const char *policy = value_string_or(value_get(r->spec, "deletionPolicy"), "MirrorPrune");
        bool prune = streq(policy, "Delete") ||
                     (streq(policy, "MirrorPrune") && value_bool_or(value_get(r->spec, "prune"), false));
        struct value survivors;
        r->changes = value_list();
        if (prune && !value_bool_or(value_get(r->spec, "suspend"), false) && value_is_list(entries) && entries->len) {
                if (!account_exists(r))
                        status_event(r, "Warning", "PruneFailed",
                                     "unable to prune objects: the service account to act as is gone");
                else if (apply_prune(r, entries, &survivors, &err) < 0)
                        return failed(r, &err);
        }
        char *key = arena_printf(r->a, "%s/%s", r->namespace_, r->name);
        if (status_set_finalizer(r->k->manager->client, r->a, &r->object, false, FIELD_MANAGER, NULL, &err) < 0 &&
            err.class != ERR_NOT_FOUND)
                return (struct outcome){.retry = true};
        if (key)
                dependents_set(r->k->dependents, r->namespace_, key, NULL, 0);
        return (struct outcome){0};
}

/* ---- the way of one commit ---- */

static int write_inventory(struct reconcile *r, const struct value *survivors, struct err *err) {
        struct value inventory = value_map();
        if (inventory_merge(r->a, &r->inventory, survivors) < 0 ||
            !value_set(r->a, &inventory, "entries", r->inventory) ||
            !value_set(r->a, &r->status, "inventory", inventory))
                return err_oom(err);
        return 0;
}

static int prune_stale(struct reconcile *r, struct err *err) {
        const struct value *old = value_path(&r->object, "status", "inventory", "entries", NULL);
        struct value stale = value_list(), survivors = value_list();
        if (value_is_list(old) && inventory_stale(r->a, old, &r->inventory, &stale) < 0)
                return err_oom(err);
        int pruned = 0;
        if (stale.len && value_bool_or(value_get(r->spec, "prune"), false))
                pruned = apply_prune(r, &stale, &survivors, err);
        return write_inventory(r, &survivors, pruned < 0 ? NULL : err) < 0 || pruned < 0 ? -1 : 0;
}

/* Before an apply that may stop half-way: what will be there is in the inventory from now on, with what was there. */
static int remember_intent(struct reconcile *r, struct err *err) {
        const struct value *old = value_path(&r->object, "status", "inventory", "entries", NULL);
        struct value both;
        if (value_clone(r->a, &r->inventory, &both, err) < 0 ||
            (value_is_list(old) && inventory_merge(r->a, &both, old) < 0))
                return err_oom(err);
        struct value inventory = value_map();
        if (!value_set(r->a, &inventory, "entries", both) || !value_set(r->a, &r->status, "inventory", inventory))
                return err_oom(err);
        return 0;
}

/* Everything is applied, but the status may not say so yet. */
static struct outcome go_on_waiting(struct reconcile *r) {
        struct value inventory; /* a copy: the wait and its arena end before the status is written */
        if (!value_set(r->a, &r->status, "lastAttemptedRevision", value_str(r->revision)) ||
            value_copy(r->a, &r->memory->wait_inventory, &inventory, NULL) < 0 ||
            (value_is_map(&inventory) && !value_set(r->a, &r->status, "inventory", inventory)))
                return (struct outcome){.retry = true};
        return await(r);
}

/* Does the wait that goes on cover everything that was asked for? */
static bool is_waited_for(const struct reconcile *r) {
        const struct memory *m = r->memory;
        const char *requested = manager_requested_at(&r->object);
        return m->waiting && streq(m->revision, r->revision) && m->generation == r->generation &&
               streq(m->requested, requested ? requested : "");
}

static struct outcome run(struct reconcile *r) {
        _cleanup_err_ struct err err = ERR_INIT;
        const struct value *variables;
        if (inputs_resolve(r, &err) < 0 || inputs_check_dependencies(r, &err) < 0)
                return failed(r, &err);
        if (is_waited_for(r))
                return go_on_waiting(r);
        memory_end_wait(r->memory);
        value_set(r->a, &r->status, "lastAttemptedRevision", value_str(r->revision));
        if (inputs_variables(r, &variables, &err) < 0)
                return failed(r, &err);
        int built = build_run(r, variables, &err);
        if (built > 0)
                return (struct outcome){.next_ns = NEXT_TURN};
        if (built < 0 || plan_make(r, &err) < 0)
                return failed(r, &err);
        int applied = apply_run(r, &err);
        if (applied < 0) {
                _cleanup_err_ struct err ignored = ERR_INIT;
                if (r->changes.len)
                        remember_intent(r, &ignored);
                return failed(r, &err);
        }
        if (applied > 0)
                return (struct outcome){.next_ns = SOON};
        if (prune_stale(r, &err) < 0)
                return failed(r, &err);
        status_changes(r);
        return await(r);
}

static int set_identity(struct reconcile *r, struct err *err) {
        const char *user;
        if (lockdown_impersonate(r->a, &r->k->lockdown, r->namespace_, value_get_str(r->spec, "serviceAccountName"),
                                 &user, err) < 0)
                return -1;
        r->as.user = user;
        r->as_or_self = user ? &r->as : NULL;
        return 0;
}

/* Fields that are not built are refused, never ignored. */
static int refuse_unbuilt(struct reconcile *r, struct err *err) {
        static const char *const fields[] = {"kubeConfig", "decryption", "healthCheckExprs", "ignore"};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
                if (value_get(r->spec, fields[i]))
                        return err_set_reason(err, ERR_UNSUPPORTED, "UnsupportedField",
                                              "spec.%s is not supported by this version of weir: remove it to go on",
                                              fields[i]);
        if (value_equals_str(value_get(r->spec, "deletionPolicy"), "WaitForTermination"))
                return err_set_reason(err, ERR_UNSUPPORTED, "UnsupportedField",
                                      "spec.deletionPolicy 'WaitForTermination' is not supported by this version of "
                                      "weir: expected MirrorPrune, Delete or Orphan");
        return 0;
}

/* The object as the informer has it; asked for when the informer does not know our own last write yet. */
static int read_object(struct reconcile *r, const struct cached_object *cached, struct err *err) {
        r->object = cached->value;
        if (memory_is_seen(r->memory, value_path_str(&cached->value, "metadata", "resourceVersion", NULL)))
                return 0;
        return client_get(r->k->manager->client, r->a, NULL, KUSTOMIZATION_API, "Kustomization", r->namespace_, r->name,
                          &r->object, err);
}

/* It is gone, and its finalizer was not ours or did its work. */
static struct outcome forget(struct kustomize_context *k, const char *namespace_, const char *key) {
        dependents_set(k->dependents, namespace_, key, NULL, 0);
        memories_forget(k->memories, key);
        return (struct outcome){0};
}

struct outcome kustomize_reconcile(struct kustomize_context *k, const char *namespace_, const char *name) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_free_ char *key = NULL;
        _cleanup_cached_ struct cached_object *cached = informer_get(k->kustomizations, namespace_, name);
        struct reconcile r = {
                .k = k, .a = a, .namespace_ = namespace_, .name = name, .now = clock_realtime_ns() / NSEC_PER_SEC};
        if (!a || asprintf(&key, "%s/%s", namespace_, name) < 0)
                return (struct outcome){.retry = true};
        if (!cached)
                return forget(k, namespace_, key);
        r.memory = memories_obtain(k->memories, key);
        if (!r.memory)
                return (struct outcome){.retry = true};
        if (read_object(&r, cached, &err) < 0) {
                if (err.class == ERR_NOT_FOUND)
                        return forget(k, namespace_, key);
                log_error("cannot read a Kustomization", "object", key, "error", err_message(&err));
                return (struct outcome){.retry = true};
        }
        r.spec = value_get(&r.object, "spec");
        r.generation = value_int_or(value_path(&r.object, "metadata", "generation", NULL), 0);
        if (status_begin(&r, &err) < 0 || set_identity(&r, &err) < 0)
                return (struct outcome){.retry = true};
        if (value_path(&r.object, "metadata", "deletionTimestamp", NULL))
                return status_has_finalizer(&r.object) ? finalize(&r) : (struct outcome){0};
        if (value_bool_or(value_get(r.spec, "suspend"), false))
                return (struct outcome){0};
        const char *version = NULL;
        if (status_set_finalizer(k->manager->client, a, &r.object, true, FIELD_MANAGER, &version, &err) < 0)
                return (struct outcome){.retry = err.class != ERR_NOT_FOUND};
        memory_wrote(r.memory, version);
        if (refuse_unbuilt(&r, &err) < 0)
                return failed(&r, &err);
        return run(&r);
}
