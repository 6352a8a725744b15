/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the registry share. */
#pragma once

#include "apiserver/registry/addresses.h"
#include "apiserver/registry/setup.h"
#include "apiserver/strategy/strategy.h"
#include "base/limits.h"
#include "kube/ssa/ssa.h"

#include <pthread.h>

struct registry {
        struct store *store;
        struct registry_hooks hooks;
        struct addresses *addresses;
        pthread_mutex_t kinds_lock; /* kinds */
        const struct kind_set *kinds;
        pthread_mutex_t crd_lock; /* one settling of CRDs at a time; taken before kinds_lock */
        /* Writers of one object take turns instead of overtaking each other and starting again: the lock of its key's
         * hash, taken before every other lock. What does not go through it is still caught by the version. */
        pthread_mutex_t turns[LIMIT_WRITE_TURNS];
};

/* Marks of a write's outcome that the caller loops on. */
enum { WRITE_DONE = 0, WRITE_AGAIN = 1 };

/* One write while it is prepared: everything borrowed, everything made in the arena. */
struct write {
        struct registry *registry;
        struct arena *arena;
        const struct kind_set *kinds; /* held for the write */
        const struct kind *kind;
        const struct kind *storage;
        struct store_resource *resource;
        const char *namespace_;  /* "" for cluster scope */
        const char *name;        /* NULL on create */
        const char *subresource; /* NULL: the object itself */
        const struct registry_options *options;
        struct strategy_context strategy;
        pthread_mutex_t *turn; /* held; NULL on create */
        bool patch;            /* what is decoded is the result of a patch */
        bool apply;            /* managed fields are done already */
        bool conditional;      /* the client named the version that it wants to change */
};

int write_init(struct write *w, struct registry *r, struct arena *a, const struct kind *k, const char *namespace_,
               const char *name, const struct registry_options *options, struct err *err);
void write_done(struct write *w);

#define _cleanup_write_ _cleanup_(write_done)

/* The live object and its tree in the request's version. 1: found, 0: there is none. */
int write_load(struct write *w, struct object **ret, struct value *ret_tree, struct err *err);

/* 404 as kube-apiserver says it: `deployments.apps "x" not found`. */
int write_not_found(const struct write *w, const char *name, struct err *err);

/* Client's or patched tree → own, canonical tree: kind and version checked, unknown fields dropped and told. The text
 * of a failed strict decoding is ERR_BAD_REQUEST. */
int write_decode(struct write *w, const struct value *in, struct value *ret, struct err *err);

/* From a decoded tree to the stored object. */
int write_create(struct write *w, struct value *object, struct value *ret, struct err *err);

/* Replaces current (tree old) by object. WRITE_AGAIN: somebody was faster. */
int write_update(struct write *w, struct object *current, const struct value *old, struct value *object,
                 struct value *ret, struct err *err);

/* The request for kube/ssa/ssa.h. */
struct ssa_request write_ssa(const struct write *w);

/* Sets metadata.resourceVersion of a tree. */
int write_set_version(struct arena *a, struct value *object, uint64_t rv, struct err *err);

/* Writes through the scale subresource. */
int scale_update(struct write *w, const struct value *scale, struct value *ret, struct err *err);
int scale_patch(struct write *w, enum registry_patch_type type, const struct value *patch, struct value *ret,
                struct err *err);

/* The tree after a patch of any type but apply. schema: of the patched kind, NULL when unknown. */
int patch_apply(struct arena *a, enum registry_patch_type type, const struct schema *schema, const struct value *tree,
                const struct value *patch, struct value *ret, struct err *err);

/* After a CRD was written or removed: settles names, publishes kinds. */
int crds_settle(struct registry *r, struct err *err);
bool kind_is_crd(const struct kind *k);

/* "deployments.apps" or "pods". */
const char *kind_qualified(struct arena *a, const struct kind *k);
