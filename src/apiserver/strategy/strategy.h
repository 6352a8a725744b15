/* SPDX-License-Identifier: Apache-2.0 */
/* Strategies: what the API server does with an object of a kind beyond storing it.
 *
 * Pure functions over values: no store, no lock, no log. What a strategy needs to know beside the object is in the
 * context, other objects through the `lookup` callback, addresses through `allocate`. The order of a write, as
 * kube-apiserver 1.36 has it:
 *
 *   create: decode ▸ strategy_default ▸ strategy_admit ▸ (field manager) ▸ strategy_prepare_create
 *           ▸ strategy_validate_create ▸ strategy_allocate ▸ store
 *   update: decode or patch ▸ strategy_default ▸ strategy_admit ▸ (field manager) ▸ strategy_prepare_update
 *           ▸ strategy_validate_update ▸ strategy_allocate ▸ store
 *   delete: strategy_admit_delete ▸ strategy_prepare_delete ▸ store
 *   read:   store ▸ strategy_from_storage (converts to the requested version; custom kinds get their defaults)
 *
 * Objects that are changed in place must be the caller's own (value_copy()). Everything new is allocated in the
 * context's arena. Built-in knowledge is data: data/kubernetes/defaults.json and friends. */
#pragma once

#include "base/err.h"
#include "data/value.h"
#include "kube/schema/kind.h"

/* What an address is wanted for. */
enum strategy_address {
        STRATEGY_CLUSTER_IP,
        STRATEGY_NODE_PORT,
};

/* What strategies ask of the server. Each may be NULL: lookups find nothing then, allocation is refused. */
struct strategy_callbacks {
        void *user;

        /* The live object, frozen and good until the request ends; NULL when there is none. namespace "" for cluster
         * scope. group "" is core. */
        const struct value *(*lookup)(void *user, const char *group, const char *resource, const char *namespace,
                                      const char *name);

        /* Every live object of a resource in a namespace ("" all), as a list value in `a`. -1 with err. */
        int (*list)(void *user, struct arena *a, const char *group, const char *resource, const char *namespace,
                    struct value *ret, struct err *err);

        /* Reserves `wanted` (an IP address, or a decimal port; NULL: any free one) and writes what was reserved into
         * text. 0; -1 with ERR_INVALID "provided IP is already allocated" or similar. The server frees addresses by
         * comparing with live objects; nothing is kept for a dry run. */
        int (*allocate)(void *user, enum strategy_address what, const char *wanted, bool dry_run, char text[64],
                        struct err *err);
};

/* One request. */
struct strategy_context {
        struct arena *arena;
        const struct kind *kind; /* as requested, not as stored */
        const struct kind_set *kinds;
        const char *subresource; /* "status", "scale", ...; NULL: the object itself */
        const char *namespace;   /* of the URL; "" for cluster scope */
        const char *name;        /* of the URL; NULL on create */
        const char *user_name;
        const char *user_uid;
        const char *const *user_groups; /* NULL-terminated; may be NULL */
        const struct value *user_extra; /* map of lists; may be NULL */
        int64_t now_ns;                 /* wall clock, nanoseconds since 1970 */
        bool dry_run;
        struct strategy_callbacks callbacks;
        struct value warnings; /* out: list of strings, one Warning header each */
};

/* ---- what is allowed ---- */

/* PUT of a missing object creates it (Lease, Service, RBAC, ...). */
bool strategy_create_on_update(const struct kind *k);

/* PUT without a resourceVersion is accepted; where not: 422 "must be specified for an update" (made by
 * strategy_validate_update, which is told the version that came in the object). */
bool strategy_unconditional_update(const struct kind *k);

/* The text of the Warning that every request for a deprecated built-in kind gets; NULL: it is not deprecated. */
const char *strategy_deprecation(const struct kind *k);

/* Paths ("status", "metadata.generation") that a write to this endpoint resets and so nobody comes to own by it;
 * NULL-terminated. subresource NULL: the main endpoint. */
const char *const *strategy_reset_fields(const struct kind *k, const char *subresource);

/* ---- steps of a write ---- */

/* Fills in the defaults of the version (recorded in golden/lifecycle/defaults_*), normalises what the server
 * normalises (stringData, quantities of resources). Idempotent. For custom kinds: structural defaults. */
int strategy_default(struct strategy_context *c, struct value *object, struct err *err);

/* The built-in admission plugins: NamespaceLifecycle, ServiceAccount, Priority, DefaultTolerationSeconds, LimitRanger,
 * DefaultStorageClass, ... old: NULL on create. ERR_FORBIDDEN, ERR_NOT_FOUND (namespace). */
int strategy_admit(struct strategy_context *c, struct value *object, const struct value *old, struct err *err);

/* System metadata (name from generateName, uid, creationTimestamp, generation) and what the kind resets on create. */
int strategy_prepare_create(struct strategy_context *c, struct value *object, struct err *err);

/* Keeps what this endpoint may not change as in old (status, or all but status; uid, creationTimestamp,
 * deletionTimestamp), and raises the generation by the kind's rule. ERR_CONFLICT when a uid in object is not old's. */
int strategy_prepare_update(struct strategy_context *c, struct value *object, const struct value *old, struct err *err);

/* ERR_INVALID with every cause, message "Deployment.apps \"x\" is invalid: ...". */
int strategy_validate_create(struct strategy_context *c, const struct value *object, struct err *err);

/* The same; had_version: the object as it came carried a resourceVersion. */
int strategy_validate_update(struct strategy_context *c, const struct value *object, const struct value *old,
                             bool had_version, struct err *err);

/* After validation: cluster IPs and node ports. old: NULL on create. */
int strategy_allocate(struct strategy_context *c, struct value *object, const struct value *old, struct err *err);

/* ---- deletion ---- */

/* ERR_FORBIDDEN for immortal namespaces. */
int strategy_admit_delete(struct strategy_context *c, const struct value *object, struct err *err);

/* Called once, on the caller's copy, when deletion begins. Sets what the kind shows while it goes (Namespace: phase
 * Terminating; CRD: its cleanup finalizer). *ret_keep: the object stays although metadata.finalizers is empty. */
int strategy_prepare_delete(struct strategy_context *c, struct value *object, bool *ret_keep, struct err *err);

/* True when the object that is being deleted has nothing left to wait for (metadata.finalizers empty; Namespace:
 * spec.finalizers too). */
bool strategy_deletable(const struct kind *k, const struct value *object);

/* ---- versions, fields, scale ---- */

/* Brings an object of `from` into the form of `to` (same resource): rewrites apiVersion, HPA v1/v2, Event. */
int strategy_convert(struct arena *a, const struct kind *from, const struct kind *to, struct value *object,
                     struct err *err);

/* An object read from the store in its stored version, as `to` shows it. object: the caller's own copy. */
int strategy_from_storage(struct arena *a, const struct kind_set *kinds, const struct kind *to, struct value *object,
                          struct err *err);

/* Checks and canonicalises a field selector's label ("spec.host" → "spec.nodeName"). ERR_BAD_REQUEST with the recorded
 * text. The result lives in the arena or forever. */
int strategy_field_label(struct arena *a, const struct kind *k, const char *label, const char **ret, struct err *err);

/* The text of a field of an object that strategy_field_label() accepted; "" when absent. NULL: memory. */
const char *strategy_field_text(struct arena *a, const struct kind *k, const struct value *object, const char *label);

/* The autoscaling/v1 Scale of an object. ERR_NOT_FOUND when a custom object lacks its replicas. */
int strategy_scale_get(struct strategy_context *c, const struct value *object, struct value *ret, struct err *err);

/* Sets the replicas of object from a Scale (validated: ERR_INVALID when negative). */
int strategy_scale_set(struct strategy_context *c, const struct value *scale, struct value *object, struct err *err);

/* The path of the replicas a scale write owns: ".spec.replicas" (custom: its specReplicasPath). */
const char *strategy_scale_path(const struct kind *k);
