/* SPDX-License-Identifier: Apache-2.0 */
/* One reconcile of one Kustomization, in steps; each step is a file of this folder:
 *
 *   inputs.c   the source (access checked here, once), dependencies, substitutions
 *   build.c    the build worker
 *   plan.c     pure: labels, normal form, order, stages, what to prune
 *   apply.c    dry-run, apply, prune as the tenant's service account
 *   health.c   readiness of what was applied, by watches, without holding a thread
 *   status.c   conditions, history, events
 *
 * Conditions, reasons, messages and order are kustomize-controller 1.9's (flux-pipeline.md 5). */
#pragma once

#include "controllers/kustomize/dependents.h"
#include "controllers/kustomize/memory.h"
#include "controllers/kustomize/remote_turns.h"
#include "controllers/source/git_repository.h"
#include "kube/flux/order.h"
#include "runtime/manager.h"
#include "tenancy/lockdown.h"

#define KUSTOMIZATION_API "kustomize.toolkit.fluxcd.io/v1"
#define KUSTOMIZATION_GROUP "kustomize.toolkit.fluxcd.io"
#define KUSTOMIZE_MANAGER "kustomize-controller" /* the field manager of applied objects */

/* What all reconciles of the controller share. */
struct kustomize_context {
        struct manager *manager;
        struct lockdown lockdown;
        struct git_controller *git;
        struct informer *kustomizations;
        struct informer *grants;
        struct informer *namespaces;
        struct dependents *dependents;
        struct memories *memories;
        struct readiness *readiness;
        struct queue *queue;
        struct remote_turns *remote_turns;
};

/* What to do when the reconcile has ended. */
struct outcome {
        int64_t next_ns; /* look again after this long; 0: only when something changes */
        bool retry;      /* with backoff */
};

/* One reconcile's state. Everything lives in the arena or is borrowed from what outlives it. */
struct reconcile {
        struct kustomize_context *k;
        struct memory *memory;
        struct arena *a;
        struct value object; /* as read now */
        const struct value *spec;
        const char *namespace_;
        const char *name;
        int64_t generation;
        int64_t now; /* seconds since 1970 */

        struct value status; /* the one to write */

        struct source_access access;
        const char *source_kind;
        const char *revision; /* of the artifact */
        const char *commit;   /* the artifact's hash */
        struct value folders; /* of the tree that the build may see */
        const char *path;     /* the kustomization's folder in the tree */

        struct client_as as;                /* the tenant's service account */
        const struct client_as *as_or_self; /* NULL: act as the controller (only with an empty default account) */

        struct value objects;   /* the plan: a list, in order */
        struct value inventory; /* entries of what the plan holds */
        struct value changes;   /* lines for the event: "Deployment/ns/name created" */
        struct value unready;   /* the API server's answers for objects that were not ready when they were applied */
};

/* The whole. Never fails: what goes wrong is in the object's status and events. */
struct outcome kustomize_reconcile(struct kustomize_context *k, const char *namespace_, const char *name);

/* ---- inputs.c ---- */

/* Resolves the source through tenancy/lockdown and fills access, revision, path. The thing to wait for is registered
 * in dependents. ERR_ACCESS_DENIED, ERR_NOT_FOUND (reason ArtifactFailed). */
int inputs_resolve(struct reconcile *r, struct err *err);

/* ERR_UNAVAILABLE with reason DependencyNotReady. */
int inputs_check_dependencies(struct reconcile *r, struct err *err);

/* postBuild variables; *ret NULL without postBuild. */
int inputs_variables(struct reconcile *r, const struct value **ret, struct err *err);

/* ---- build.c ---- */

/* Runs the build worker, or takes the last build's result when nothing that it looked at has changed; r->objects
 * becomes what it made. 1: remote bases are to be fetched, and others have their turn now: come back soon. */
int build_run(struct reconcile *r, const struct value *variables, struct err *err);

/* ---- build_job.c ---- */

/* The job function of JOB_BUILD: runs in the worker. Answers {objects, reads}, reads being what it looked at
 * (build/kustomize/load/reads.h), or {wanted: [...]} for remote bases that must be fetched first
 * (build/kustomize/load/remotes.h).
 */
int build_job(const struct job *job, struct buf *out, struct err *err);

/* ---- plan.c ---- */

/* Pure: owner labels, common metadata, normal form and order of r->objects; r->inventory. */
int plan_make(struct reconcile *r, struct err *err);

/* ---- apply.c ---- */

/* Applies stage by stage. 1: a stage's objects are not there yet, come back soon. */
int apply_run(struct reconcile *r, struct err *err);

/* Deletes what the last inventory holds and the new one does not, or everything of entries. */
int apply_prune(struct reconcile *r, const struct value *stale, struct value *ret_survivors, struct err *err);

/* ---- health.c ---- */

bool health_is_wanted(const struct reconcile *r);

/* 0: healthy; 1: not yet, *ret_next_ns says when to look again if nothing wakes the Kustomization before; -1: failed or
 * timed out (reason HealthCheckFailed). */
int health_check(struct reconcile *r, int64_t *ret_next_ns, struct err *err);

/* ---- status.c ---- */

int status_begin(struct reconcile *r, struct err *err);
int status_condition(struct reconcile *r, const char *type, const char *status, const char *reason,
                     const char *message);
void status_drop(struct reconcile *r, const char *type);

/* Ready=False with the error, an event unless it is the same as last time; stalled: no retry will help. */
void status_fail(struct reconcile *r, const char *reason, const struct err *err, bool stalled, bool quiet);
void status_succeed(struct reconcile *r);

/* The apply's change log, one line an object, as one event. */
void status_changes(struct reconcile *r);
void status_progressing(struct reconcile *r, const char *message);
void status_commit(struct reconcile *r);
void status_event(struct reconcile *r, const char *type, const char *reason, const char *message);
