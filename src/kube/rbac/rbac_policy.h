/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as objects: the rules of aggregated ClusterRoles, and bringing a role or binding up to an expected state
 * (bootstrap policy at every start; `kubectl auth reconcile`). Pure functions over values. */
#pragma once

#include "data/value.h"

/* The rules that a ClusterRole with an aggregationRule has: the union of those of all ClusterRoles that one of its
 * selectors matches, ordered by name, itself left out, without doubles. cluster_roles: list of ClusterRole objects.
 * *ret_changed: the role's rules differ from *ret. Shares children with cluster_roles. */
int rbac_aggregate(struct arena *a, const struct value *cluster_roles, const struct value *role, struct value *ret,
                   bool *ret_changed, struct err *err);

/* What reconciliation may do with what it did not expect. */
enum rbac_reconcile {
        RBAC_KEEP_EXTRA,   /* add what is missing */
        RBAC_REMOVE_EXTRA, /* and remove what is not expected */
};

/* A role (Role or ClusterRole) brought up to `expected`: missing rules, labels, annotations and aggregation selectors
 * are added to a copy of actual. *ret_changed: something had to be done; *ret is then the object to write. */
int rbac_reconcile_role(struct arena *a, const struct value *actual, const struct value *expected,
                        enum rbac_reconcile how, struct value *ret, bool *ret_changed, struct err *err);

/* The same for a binding's subjects. *ret_recreate: the roleRef differs, so that the binding must be deleted and made
 * anew from *ret. */
int rbac_reconcile_binding(struct arena *a, const struct value *actual, const struct value *expected,
                           enum rbac_reconcile how, struct value *ret, bool *ret_changed, bool *ret_recreate,
                           struct err *err);

/* The subjects of `list` that `other` lacks, each once, in order. Shares children. */
int rbac_subjects_missing(struct arena *a, const struct value *list, const struct value *other, struct value *ret,
                          struct err *err);
