/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: the one door to the objects of the embedded control plane, for the HTTP handlers and for the built-in
 * controllers alike. Every write goes through the same pipeline: decode, defaults, admission, validation, managed
 * fields, optimistic concurrency, store.
 *
 * Calls are synchronous: a write returns after it is durable and visible. Safe from any thread. Never call with a lock
 * held that another caller of the registry may want.
 *
 * Kinds: a `const struct kind *` names resource and version; trees go in and come out in that version. A caller gets
 * kinds from a snapshot (registry_kinds()) and keeps the snapshot while it uses them. */
#pragma once

#include "apiserver/object.h"
#include "kube/schema/kind.h"

struct registry;
struct rbac_user; /* kube/rbac/rbac.h */

enum registry_validation {
        REGISTRY_WARN = 0, /* fieldValidation: the server's default */
        REGISTRY_IGNORE,
        REGISTRY_STRICT,
};

/* Who writes and how. Zeroed: weir itself, manager "weir-apiserver", no dry run. Strings are borrowed. */
struct registry_options {
        const struct rbac_user *user; /* for admission (escalation checks); NULL: weir itself, unchecked */
        const char *manager;          /* field manager; NULL: "weir-apiserver" */
        const char *subresource;      /* "status", "finalize", "scale", "approval"; NULL: the main resource */
        bool dry_run;
        bool force; /* apply: take conflicting fields */
        enum registry_validation validation;
        const struct value *complaints; /* of the reader of the body: duplicate fields; list of strings or NULL */
        struct value *warnings;         /* list of strings, appended in the call's arena; NULL: not wanted */
        struct object **ret_object;     /* what was stored (a reference), untouched on a dry run; NULL: not wanted */
        bool *ret_created;              /* patch, apply and update: whether the object was new; NULL: not wanted */
};

/* The current snapshot of kinds (one reference is the caller's: kind_set_unref). */
const struct kind_set *registry_kinds(struct registry *r);

/* Publishes a new snapshot (takes the caller's reference): CRDs were established or went. */
void registry_set_kinds(struct registry *r, const struct kind_set *set);

/* ---- reading ---- */

/* ERR_NOT_FOUND with kube-apiserver's text. *ret holds one reference. namespace_ "" (or NULL) for cluster scope. */
int registry_get(struct registry *r, const struct kind *k, const char *namespace_, const char *name,
                 struct object **ret, struct err *err);

/* Objects of one moment, ordered by namespace and name. */
struct registry_list {
        struct object **items; /* each holds a reference */
        size_t n;
        uint64_t rv; /* the moment */
};

/* All objects of the kind's resource; namespace_ NULL or "": of every namespace. */
int registry_list(struct registry *r, const struct kind *k, const char *namespace_, struct registry_list *ret,
                  struct err *err);
void registry_list_done(struct registry_list *l);
#define _cleanup_registry_list_ _cleanup_(registry_list_done)

/* True when at least one object is there, in the namespace (NULL: anywhere). */
bool registry_any(struct registry *r, const struct kind *k, const char *namespace_);

/* Parses an object into a tree in version k. */
int registry_tree(struct registry *r, const struct kind *k, const struct object *o, struct arena *a, struct value *ret,
                  struct err *err);

/* ---- writing; *ret (may be NULL) is the stored object in version k, in the arena ---- */

/* namespace_ "" for cluster scope. metadata.name or generateName must be set. ERR_EXISTS, ERR_INVALID, ERR_FORBIDDEN.
 */
int registry_create(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_,
                    const struct value *object, const struct registry_options *options, struct value *ret,
                    struct err *err);

/* Replaces; with metadata.resourceVersion only that one (ERR_CONFLICT). */
int registry_update(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                    const struct value *object, const struct registry_options *options, struct value *ret,
                    struct err *err);

enum registry_patch_type { REGISTRY_PATCH_JSON, REGISTRY_PATCH_MERGE, REGISTRY_PATCH_STRATEGIC, REGISTRY_PATCH_APPLY };

/* Applies a patch to the newest state and tries again when somebody was faster. */
int registry_patch(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                   enum registry_patch_type type, const struct value *patch, const struct registry_options *options,
                   struct value *ret, struct err *err);

/* Read, change, write, with retries on conflict: change() edits the tree in the arena and answers 0 to write it, 1 to
 * leave the object as it is (a success), -1 with err to give up. It may run several times and may not write
 * through the registry itself. */
int registry_modify(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                    const struct registry_options *options,
                    int (*change)(void *context, struct arena *a, struct value *object, struct err *err), void *context,
                    struct value *ret, struct err *err);

enum registry_propagation {
        REGISTRY_PROPAGATION_DEFAULT = 0, /* the kind's: background for nearly all */
        REGISTRY_ORPHAN,
        REGISTRY_BACKGROUND,
        REGISTRY_FOREGROUND,
};

struct registry_delete {
        enum registry_propagation propagation;
        const char *uid;              /* precondition, or NULL */
        const char *resource_version; /* precondition, or NULL */
        int64_t grace_seconds;        /* pods; negative: the default */
        bool *ret_gone;               /* true: removed; false: waits for finalizers; NULL: not wanted */
};

/* Deletes, or marks as deleting when finalizers are left. how may be NULL. ERR_NOT_FOUND, ERR_CONFLICT. */
int registry_delete(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                    const struct registry_delete *how, const struct registry_options *options, struct value *ret,
                    struct err *err);

/* ---- watching ----
 * A watch is a cursor into the shared ring of committed events. It is owned by one thread. When the reader falls so far
 * behind that events are gone, registry_watch_next() answers ERR_GONE: list again, open a new watch. */

enum registry_event_type { REGISTRY_ADDED, REGISTRY_MODIFIED, REGISTRY_DELETED };

struct registry_event {
        enum registry_event_type type;
        uint64_t rv;
        const char *group; /* of the resource, in its storage group */
        const char *resource;
        struct object *object;   /* the new state; the last one of a deleted object. Holds a reference */
        struct object *previous; /* NULL for added ones. Holds a reference */
};

struct registry_watch;

/* k NULL: every resource. Events after rv (registry_list.rv). */
int registry_watch_new(struct registry *r, const struct kind *k, uint64_t rv, struct registry_watch **ret,
                       struct err *err);
struct registry_watch *registry_watch_free(struct registry_watch *w);

/* 1: *ret_event is the next one (release with registry_event_done()); 0: nothing within timeout_ns (negative: waits
 * until there is one or the registry stops); -1: ERR_GONE, or ERR_UNAVAILABLE when the registry stops. */
int registry_watch_next(struct registry_watch *w, int64_t timeout_ns, struct registry_event *ret_event,
                        struct err *err);
void registry_event_done(struct registry_event *e);
#define _cleanup_registry_event_ _cleanup_(registry_event_done)

/* Resource version of the newest committed write. */
uint64_t registry_current_rv(struct registry *r);

/* The Scale (autoscaling/v1) of an object, with the part of its managedFields that the subresource owns. */
int registry_scale(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                   struct value *ret, struct err *err);
