/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns which fields of one object, and how writes change that (structured-merge-diff v6, merge; corpus ssa).
 * All versions of a kind are compared in the version of the request: only the apiVersion of custom resources differs
 * between versions, and weir stores built-in kinds in one. */
#pragma once

#include "kube/ssa/fieldset.h"
#include "kube/schema/schema.h"

struct ssa_manager {
        const char *name;        /* field manager */
        const char *subresource; /* "": the object itself */
        const char *api_version; /* part of the identity of updates, not of applies */
        bool applied;            /* operation Apply, else Update */
        bool timed;
        int64_t time; /* seconds since 1970 */
        struct fieldset set;
};

/* A growing array in the arena. */
struct ssa_managers {
        struct ssa_manager *items;
        size_t n, cap;
};

/* One field that two managers want to hold different values. */
struct ssa_conflict {
        const struct ssa_manager *manager;
        const char *path;
};

struct ssa_conflicts {
        struct ssa_conflict *items; /* by manager, then in the order of the set */
        size_t n, cap;
        struct fieldset *sets; /* by manager position: its conflicting fields */
};

/* The manager of the same identity, or NULL. */
struct ssa_manager *ssa_managers_find(struct ssa_managers *m, const struct ssa_manager *id);

/* Adds, or replaces the one of the same identity. Answers it, or NULL without memory. */
struct ssa_manager *ssa_managers_put(struct arena *a, struct ssa_managers *m, const struct ssa_manager *one);

void ssa_managers_remove(struct ssa_managers *m, const struct ssa_manager *id);

/* A copy whose entries may be changed without changing the original's. */
int ssa_managers_copy(struct arena *a, const struct ssa_managers *m, struct ssa_managers *ret, struct err *err);

/* What changed from old to new goes to the manager id; the others lose it. ignored: fields that nobody takes. */
int ssa_managers_update(struct arena *a, const struct schema *schema, const struct value *old, const struct value *new,
                        const struct fieldset *ignored, const struct ssa_manager *id, struct ssa_managers *m,
                        struct err *err);

/* Applies config onto live. Answers 1 with the new object, 0 when it equals live, -1 on failure; with conflicts and
 * without force -1, an error of ERR_CONFLICT and *ret_conflicts. m changes even when the object does not. */
int ssa_managers_apply(struct arena *a, const struct schema *schema, const struct value *live,
                       const struct value *config, const struct fieldset *ignored, const struct ssa_manager *id,
                       bool force, struct ssa_managers *m, struct value *ret, struct ssa_conflicts *ret_conflicts,
                       struct err *err);

/* "conflict with ..." and its like: sets ERR_CONFLICT with a cause for each conflict. Answers -1. */
int ssa_conflicts_error(struct arena *a, const struct ssa_conflicts *c, struct err *err);

/* metadata.managedFields and back. Decoding fails (ERR_SYNTAX) for entries that kube-apiserver refuses. */
int ssa_managers_decode(struct arena *a, const struct value *entries, struct ssa_managers *ret, struct err *err);
int ssa_managers_encode(struct arena *a, struct ssa_managers *m, struct value *ret, struct err *err);
