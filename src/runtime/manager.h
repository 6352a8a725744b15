/* SPDX-License-Identifier: Apache-2.0 */
/* What all controllers share. Made once by the controllers role, before any controller starts; frozen after that. */
#pragma once

#include "client/client.h"
#include "runtime/artifact_store.h"
#include "runtime/events.h"
#include "runtime/informer.h"
#include "runtime/queue.h"
#include "sandbox/sandbox.h"

struct manager {
        struct client *client;
        struct broker *broker;
        struct artifact_store *store;
        struct events *events;
        unsigned concurrent;           /* --concurrent: workers of each controller */
        int64_t min_retry_ns;          /* --min-retry-delay */
        int64_t max_retry_ns;          /* --max-retry-delay */
        int64_t requeue_dependency_ns; /* --requeue-dependency */
        unsigned jitter_percent;       /* --interval-jitter-percentage */
        const char *artifact_digest;   /* --artifact-digest-algo: a name that artifact_digest_kind() knows */
};

/* interval with the manager's jitter (plus or minus), so that objects made together do not stay together. */
int64_t manager_jitter(const struct manager *m, int64_t interval_ns);

/* A Go duration at object.path..., or fallback_ns when it is absent or malformed (the CRD's pattern refuses those). */
int64_t manager_duration(const struct value *v, int64_t fallback_ns);

/* Does the object ask for work: a new generation, a new requestedAt, a deletion, or no status yet? The predicate of all
 * Flux controllers (GenerationChanged or ReconcileRequested). before: NULL for a new object. */
bool manager_should_reconcile(const struct value *before, const struct value *after);

/* The annotation reconcile.fluxcd.io/requestedAt, or NULL. */
const char *manager_requested_at(const struct value *object);
