/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/kustomize/kustomize_controller.h"

#include "base/clock.h"
#include "controllers/kustomize/reconcile.h"
#include "kube/flux/condition.h"
#include "runtime/workers.h"

#define QUEUE_MAX 100000
#define SYNC_TIMEOUT (30 * NSEC_PER_SEC)

struct kustomize_controller {
        struct kustomize_context context;
        struct workers *workers;
};

static const char *namespace_of(const struct cached_object *o) {
        return value_string_or(value_path(&o->value, "metadata", "namespace", NULL), "");
}

static bool became_ready(const struct cached_object *before, const struct cached_object *after) {
        return condition_is(&after->value, "Ready", "True") &&
               (!before || !condition_is(&before->value, "Ready", "True") ||
                !value_equal(value_path(&before->value, "status", "lastAppliedRevision", NULL),
                             value_path(&after->value, "status", "lastAppliedRevision", NULL)));
}

static void kustomization_changed(void *context, const struct cached_object *before,
                                  const struct cached_object *after) {
        struct kustomize_controller *c = context;
        const struct cached_object *o = after ? after : before;
        if (!after || manager_should_reconcile(before ? &before->value : NULL, &after->value))
                queue_add(c->context.queue, namespace_of(o), o->key);
        if (after && became_ready(before, after)) {
                _cleanup_free_ char *thing = NULL;
                if (asprintf(&thing, "Kustomization/%s", o->key) >= 0)
                        dependents_wake(c->context.dependents, thing, c->context.queue);
        }
}

static void grant_changed(void *context, const struct cached_object *before, const struct cached_object *after) {
        struct kustomize_controller *c = context;
        if (before && after && value_equal(value_get(&before->value, "spec"), value_get(&after->value, "spec")))
                return;
        dependents_wake(c->context.dependents, "SourceGrant//", c->context.queue);
}

void kustomize_controller_artifact_changed(void *context, const char *namespace_, const char *name) {
        struct kustomize_controller *c = context;
        _cleanup_free_ char *thing = NULL;
        if (asprintf(&thing, "GitRepository/%s/%s", namespace_, name) >= 0)
                dependents_wake(c->context.dependents, thing, c->context.queue);
}

static void work(void *context, const struct queue_item *item) {
        struct kustomize_controller *c = context;
        struct manager *m = c->context.manager;
        const char *slash = strchr(item->key, '/');
        struct outcome outcome = {0};
        if (slash) {
                char namespace_[256];
                snprintf(namespace_, sizeof(namespace_), "%.*s", (int)(slash - item->key), item->key);
                outcome = kustomize_reconcile(&c->context, namespace_, slash + 1);
        }
        if (outcome.retry) {
                queue_retry(c->context.queue, item, m->min_retry_ns, m->max_retry_ns);
                return;
        }
        if (outcome.next_ns > 0)
                queue_add_after(c->context.queue, item->tenant, item->key, outcome.next_ns);
        queue_done(c->context.queue, item);
}

int kustomize_controller_new(struct manager *m, const struct lockdown *lockdown, struct kustomize_controller **ret,
                             struct err *err) {
        struct kustomize_controller *c = calloc(1, sizeof(*c));
        if (!c)
                return err_oom(err);
        c->context = (struct kustomize_context){
                .manager = m,
                .lockdown = *lockdown,
                .queue = queue_new(QUEUE_MAX),
                .dependents = dependents_new(),
                .memories = memories_new(),
        };
        if (remote_turns_new(m->concurrent, &c->context.remote_turns, NULL) < 0 || !c->context.queue ||
            !c->context.dependents || !c->context.memories) {
                kustomize_controller_stop(c);
                return err_oom(err);
        }
        *ret = c;
        return 0;
}

static int start_informer(struct kustomize_controller *c, const char *api_version, const char *kind,
                          void (*changed)(void *, const struct cached_object *, const struct cached_object *),
                          struct informer **ret, struct err *err) {
        struct informer_options options = {.client = c->context.manager->client,
                                           .api_version = api_version,
                                           .kind = kind,
                                           .changed = changed,
                                           .context = c};
        return informer_start(&options, ret, err);
}

/* What a Kustomization waits for is ready, or never will be. */
static void wake_waiting(void *context, const char *tenant, const char *key) {
        struct kustomize_controller *c = context;
        queue_add(c->context.queue, tenant, key);
}

int kustomize_controller_start(struct kustomize_controller *c, struct git_controller *git, struct err *err) {
        struct kustomize_context *k = &c->context;
        struct readiness_options readiness = {.client = k->manager->client, .wake = wake_waiting, .context = c};
        k->git = git;
        if (readiness_new(&readiness, &k->readiness, err) < 0)
                return -1;
        if (start_informer(c, "v1", "Namespace", NULL, &k->namespaces, err) < 0 ||
            start_informer(c, "tenancy.weir.dev/v1alpha1", "SourceGrant", grant_changed, &k->grants, err) < 0 ||
            start_informer(c, KUSTOMIZATION_API, "Kustomization", kustomization_changed, &k->kustomizations, err) < 0)
                return -1;
        /* Access is decided from these: no reconcile before they are whole. */
        if (!informer_wait_synced(k->namespaces, SYNC_TIMEOUT) || !informer_wait_synced(k->grants, SYNC_TIMEOUT) ||
            !informer_wait_synced(k->kustomizations, SYNC_TIMEOUT))
                return err_set(
                        err, ERR_TIMEOUT,
                        "cannot list Namespaces, SourceGrants or Kustomizations: is weir installed on this cluster "
                        "(`weir install`) and may this account read them?");
        return workers_start(k->queue, k->manager->concurrent, work, c, &c->workers, err);
}

void kustomize_controller_stop_work(struct kustomize_controller *c) {
        if (!c)
                return;
        if (c->context.queue)
                queue_shut_down(c->context.queue);
        c->workers = workers_join(c->workers);
}

struct kustomize_controller *kustomize_controller_stop(struct kustomize_controller *c) {
        if (!c)
                return NULL;
        kustomize_controller_stop_work(c);
        informer_stop(c->context.kustomizations);
        informer_stop(c->context.grants);
        informer_stop(c->context.namespaces);
        memories_free(c->context.memories);
        readiness_free(c->context.readiness);
        dependents_free(c->context.dependents);
        queue_free(c->context.queue);
        remote_turns_free(c->context.remote_turns);
        free(c);
        return NULL;
}
