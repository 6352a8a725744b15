/* SPDX-License-Identifier: Apache-2.0 */
/* Whose an object is, and what its labels and annotations say about applying and pruning it.
 * group: of the controller, "kustomize.toolkit.fluxcd.io", the prefix of all these keys.
 * Source: Flux 2.9 (fluxcd/pkg/ssa 0.76, kustomize-controller 1.9), recorded in corpus apply/ (applyOne, deleteOne,
 * metadata). Values are compared without regard to case; a label counts as much as an annotation. Objects that are
 * changed must be the caller's own trees. */
#pragma once

#include "data/value.h"

/* Sets the labels <group>/name and <group>/namespace, which say who applied the object. -1: memory. */
int owner_set_labels(struct arena *a, struct value *object, const char *group, const char *name,
                     const char *namespace_);

/* True when the object bears those labels with those values. */
bool owner_matches(const struct value *object, const char *group, const char *name, const char *namespace_);

/* Sets common labels and annotations (maps of strings, NULL: none) over the object's own. -1: memory. */
int owner_set_metadata(struct arena *a, struct value *object, const struct value *common_labels,
                       const struct value *common_annotations);

enum owner_action {
        OWNER_APPLY,
        OWNER_SKIP, /* <group>/reconcile: disabled or <group>/ssa: Ignore on either; or ssa: IfNotPresent on the desired
                     * object when it exists already */
};

/* live: NULL when there is no such object yet. The group is kustomize.toolkit.fluxcd.io from here on. */
enum owner_action owner_apply_action(const struct value *desired, const struct value *live);

/* True when <group>/force: enabled stands on either: an immutable change may delete and create the object anew. */
bool owner_force(const struct value *desired, const struct value *live);

/* True when the object must not be pruned: <group>/prune: disabled, <group>/reconcile: disabled or <group>/ssa: Ignore.
 */
bool owner_prune_disabled(const struct value *live);

/* True when <group>/ssa: Merge stands on either: fields of other managers stay, owner_cleanup_patch() is not for it. */
bool owner_merges(const struct value *desired, const struct value *live);

/* The JSON patch that makes us heirs of what kubectl and our own past left behind: their managedFields entries are
 * united with our Apply entry (manager), and their bookkeeping annotations and labels go. An empty list: nothing to do.
 * desired may be NULL. disallowed: a list of further managers (strings) to inherit from, or NULL. ERR_INVALID for
 * fields that do not parse; -1 with ERR_MEMORY. */
int owner_cleanup_patch_for(struct arena *a, const struct value *desired, const struct value *live, const char *manager,
                            const struct value *disallowed, struct value *ret_json_patch, struct err *err);

/* The same for a live object alone. -1: memory or fields that do not parse. */
int owner_cleanup_patch(struct arena *a, const struct value *live, const char *manager, struct value *ret_json_patch);

/* The JSON patch that makes every managedFields entry speak of api_version: after a CRD gained a version with new
 * defaults, an apply would fail otherwise. An empty list: nothing to do. -1: memory. */
int owner_migrate_patch(struct arena *a, const struct value *live, const char *api_version,
                        struct value *ret_json_patch);
