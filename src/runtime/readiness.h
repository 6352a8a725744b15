/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for objects to get ready, by watches: one for each kind and namespace (and account: a watch is made with the
 * waiting tenant's own rights), on one thread for all. Who waits is woken when all that he follows is ready, or when
 * one object never will be. A watch that nobody needs is closed.
 *
 * It is help, not truth: an account that may not watch, a watch that ends, or a tenant with too many of them
 * (LIMIT_READINESS_TENANT) leaves objects unwatched, and who waits looks again by himself. Safe from any thread. */
#pragma once

#include "client/client.h"
#include "kube/flux/kstatus.h"

struct readiness;

struct readiness_options {
        struct client *client;
        /* Called on the watches' thread, with no lock held but readiness's own: it may only note the key. */
        void (*wake)(void *context, const char *tenant, const char *key);
        void *context;
};

int readiness_new(const struct readiness_options *options, struct readiness **ret, struct err *err);

/* Ends all watches. Waits must have ended, or must not be used any more. */
struct readiness *readiness_free(struct readiness *r);

/* What one key waits for: n objects, numbered from 0, none of them watched yet. NULL: memory. Used by one thread at a
 * time; end it with readiness_end(). */
struct readiness_wait;
struct readiness_wait *readiness_begin(struct readiness *r, const char *tenant, const char *key, size_t n);
struct readiness_wait *readiness_end(struct readiness_wait *w);

struct readiness_object {
        const char *api_version;
        const char *kind;
        const char *namespace_; /* NULL or "": cluster scope */
        const char *name;
        const char *version; /* resourceVersion that was seen and was not ready; NULL: none */
};

/* READINESS_FROM_VERSION: a watch begins after that version, so nothing is missed. READINESS_JOINED: it goes on
 * already, so the object has to be looked at once more from now on. READINESS_UNWATCHED: nobody watches it. */
enum readiness_follow { READINESS_FROM_VERSION, READINESS_JOINED, READINESS_UNWATCHED };

/* Watches object i, as that account. It stays watched until the watch ends. */
enum readiness_follow readiness_follow(struct readiness_wait *w, size_t i, const struct client_as *as,
                                       const struct readiness_object *o);

/* What the watch has shown of object i since it is followed; KSTATUS_IN_PROGRESS while it has shown nothing. False: it
 * is not watched (any more). */
bool readiness_status(struct readiness_wait *w, size_t i, enum kstatus *ret);

/* Object i needs no watch any more. */
void readiness_drop(struct readiness_wait *w, size_t i);
