/* SPDX-License-Identifier: Apache-2.0 */
/* The inventory of a Kustomization: what it applied, so that what left its source can be pruned.
 * An entry is {id, v}: "<namespace>_<name>_<group>_<kind>" and the version. Source: Flux 2.9 (kustomize-controller 1.9,
 * cli-utils 1.2), recorded in corpus apply/ (fmt, parseId, diff). */
#pragma once

#include "data/value.h"

/* What an id names. All four are in the arena; "" where there is none. */
struct inventory_ref {
        const char *namespace_;
        const char *name;
        const char *group;
        const char *kind;
};

/* What an object's apiVersion, kind and metadata name; missing parts are "". Texts are the object's own or in the
 * arena. -1: memory. */
int inventory_ref_of(struct arena *a, const struct value *object, struct inventory_ref *ret, struct err *err);

/* The id of an object. A ':' in the name of an RBAC object becomes "__". -1: memory. */
int inventory_id(struct arena *a, const struct value *object, const char **ret, struct err *err);
int inventory_ref_id(struct arena *a, const struct inventory_ref *ref, const char **ret, struct err *err);

/* Takes an id apart. ERR_SYNTAX "unable to parse stored object metadata: ...". */
int inventory_parse(struct arena *a, const char *id, struct inventory_ref *ret, struct err *err);

/* The entries of a list of objects, in its order. -1: memory. */
int inventory_of(struct arena *a, const struct value *objects, struct value *ret_entries, struct err *err);

/* The old entries that the new ones do not hold (by id; versions do not matter), each id once, in the old order. Shared
 * with the old list. -1: memory. */
int inventory_stale(struct arena *a, const struct value *old_entries, const struct value *new_entries,
                    struct value *ret_entries);

/* Appends the entries whose ids are not in the inventory yet: what could not be pruned is kept for the next time.
 * -1: memory. */
int inventory_merge(struct arena *a, struct value *entries, const struct value *more);

/* Entries as objects that hold apiVersion, kind, metadata.name and metadata.namespace only, to be looked up or deleted,
 * in the order of order_sort(). ERR_SYNTAX for a bad id. */
int inventory_objects(struct arena *a, const struct value *entries, struct value *ret_objects, struct err *err);

/* "Kind/namespace/name" or "Kind/name": how logs, events and errors name an object. NULL: memory. */
const char *inventory_subject(struct arena *a, const struct value *object);
