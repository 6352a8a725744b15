/* SPDX-License-Identifier: Apache-2.0 */
/* Server-side apply and the bookkeeping of metadata.managedFields, as kube-apiserver 1.36 does it
 * (k8s-api.md section 9; recorded in golden/ssa; corpus ssa). Pure: values in, values out, time as an argument. */
#pragma once

#include "kube/schema/schema.h"

/* Who writes, to what, when. Borrowed for the call. */
struct ssa_request {
        const struct schema *schema;     /* of the kind; NULL: deduced (maps granular, lists atomic) */
        const char *api_version;         /* of the request's URL, "apps/v1" */
        const char *kind;                /* "Deployment" */
        const char *manager;             /* the field manager, not empty */
        const char *subresource;         /* "status", "scale", ...; NULL or "": the object itself */
        bool force;                      /* apply: take conflicting fields over */
        int64_t now;                     /* seconds since 1970 */
        const char *const *reset_fields; /* NULL-terminated dotted paths that this endpoint ignores: "status",
                                          * "metadata.deletionTimestamp"; NULL: none */
};

/* Applies patch (the client's whole intent) onto live. live is null when the object does not exist; then the result is
 * what to create. ret is the merged object with new managedFields (in the arena, sharing subtrees with live and patch),
 * before defaulting: after the caller defaulted it he compares with ssa_is_noop() before writing.
 * Errors: ERR_CONFLICT with a cause FieldManagerConflict for each field; ERR_BAD_REQUEST for a patch of another kind or
 * with managedFields; ERR_INTERNAL (status 500) for a patch that does not fit the schema, in kube-apiserver's words. */
int ssa_apply(struct arena *a, const struct ssa_request *r, const struct value *live_or_null, const struct value *patch,
              struct value *ret, struct err *err);

/* Every other write: object is what is about to be stored (create: live is null). ret is object with its managedFields
 * brought up to date; fields that changed go to the manager. A client may edit managedFields itself: valid ones are
 * taken, invalid ones ignored, [] or [{}] resets them (not through a subresource). Never fails because of the schema:
 * what does not fit loses its managedFields, as in kube-apiserver. */
int ssa_update(struct arena *a, const struct ssa_request *r, const struct value *live_or_null,
               const struct value *object, struct value *ret, struct err *err);

/* True when two objects differ in nothing but timestamps of managedFields (then a write is skipped). */
bool ssa_is_noop(const struct value *live, const struct value *object);

/* managedFields of a Scale made from its parent's, and back (manager's path of replicas in the parent, dotted:
 * "spec.replicas"). parent_entries is the parent's list; ret is a list. */
int ssa_scale_to_subresource(struct arena *a, const char *parent_api_version, const char *replicas_path,
                             const struct value *parent_entries, struct value *ret, struct err *err);
int ssa_scale_to_parent(struct arena *a, const char *parent_api_version, const char *replicas_path,
                        const struct value *parent_entries, const struct value *scale_entries, struct value *ret,
                        struct err *err);
