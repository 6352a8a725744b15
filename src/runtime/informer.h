/* SPDX-License-Identifier: Apache-2.0 */
/* An informer: a local, always current copy of one kind's objects, by list and watch on a thread of its own.
 *
 * Objects are frozen and reference-counted: readers on any thread take a reference and may keep it. A broken watch is
 * resumed; a version the server forgot (410) leads to a new list, from which deletions are derived. */
#pragma once

#include "client/client.h"

struct cached_object {
        struct arena *arena; /* owns value */
        struct value value;
        char *key; /* "namespace/name", or "name" when cluster-scoped */
        unsigned refs;
};

/* A frozen copy of v with one reference. NULL: memory. */
struct cached_object *cached_object_new(const struct value *v);
struct cached_object *cached_object_ref(struct cached_object *o);
struct cached_object *cached_object_unref(struct cached_object *o);

static inline void cached_object_unrefp(struct cached_object **o) {
        *o = cached_object_unref(*o);
}
#define _cleanup_cached_ _cleanup_(cached_object_unrefp)

struct informer;

struct informer_options {
        struct client *client;
        const char *api_version; /* borrowed for the informer's life */
        const char *kind;
        const char *namespace_; /* NULL: all */
        const struct client_as *as;
        /* Called on the informer's thread for each change: before is NULL for a new object, after for a removed one. */
        void (*changed)(void *context, const struct cached_object *before, const struct cached_object *after);
        void *context;
};

int informer_start(const struct informer_options *options, struct informer **ret, struct err *err);

/* Waits until the first list is in, at most timeout_ns. False: not yet. */
bool informer_wait_synced(struct informer *i, int64_t timeout_ns);

/* A reference to the object, or NULL. namespace_ "" or NULL for cluster-scoped kinds. */
struct cached_object *informer_get(struct informer *i, const char *namespace_, const char *name);

/* Calls each with every object, in no order, while holding the informer's lock: keep it short. */
void informer_each(struct informer *i, void (*each)(void *context, const struct cached_object *o), void *context);

/* Stops the thread and frees. */
struct informer *informer_stop(struct informer *i);
