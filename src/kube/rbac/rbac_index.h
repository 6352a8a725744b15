/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions over roles and bindings.
 *
 * A rbac_world is told about every Role, ClusterRole, RoleBinding and ClusterRoleBinding as they come and go; it
 * belongs to one thread (or is locked by its owner). A rbac_index is a frozen, reference-counted snapshot of it: any
 * number of threads may ask it. Taking a snapshot costs what has changed since the last: one part for each touched
 * namespace, one for the cluster; the others are shared.
 *
 * In a part, bindings are found by subject, so that a decision looks at the caller's own bindings only. They are
 * evaluated in the order in which the world first heard of them, ClusterRoleBindings first. */
#pragma once

#include "kube/rbac/rbac.h"

struct rbac_world;
struct rbac_index;

int rbac_world_new(struct rbac_world **ret, struct err *err);
struct rbac_world *rbac_world_free(struct rbac_world *w);

/* Adds or replaces a role or binding (by its kind, namespace and name; copied). Objects of other kinds are ignored. */
int rbac_world_put(struct rbac_world *w, const struct value *object, struct err *err);

/* Forgets one; nothing happens when it is not there. kind: "Role", "ClusterRole", ... */
void rbac_world_remove(struct rbac_world *w, const char *kind, const char *namespace_, const char *name);

/* The state as it is now. One reference is the caller's. */
int rbac_world_snapshot(struct rbac_world *w, const struct rbac_index **ret, struct err *err);

const struct rbac_index *rbac_index_ref(const struct rbac_index *x);
const struct rbac_index *rbac_index_unref(const struct rbac_index *x);

/* True: allowed. *ret_reason is kube-apiserver's text: what allowed it, or "RBAC: ..." with the roles that are missing,
 * or "". It lives in the arena; a may be NULL when the reason is not wanted (ret_reason NULL then). */
bool rbac_index_allows(const struct rbac_index *x, const struct rbac_attributes *q, struct arena *a,
                       const char **ret_reason);

/* Every rule that holds for the user in a namespace ("" for the cluster only), ClusterRoleBindings first. Rules live as
 * long as the index. *ret_errors (may be NULL) lists the roles that bindings name and that are not there. */
int rbac_index_rules_for(const struct rbac_index *x, struct arena *a, const struct rbac_user *u, const char *namespace_,
                         struct rbac_rules *ret, const char *const **ret_errors, struct err *err);

/* Everybody who may do it: the subjects of each binding that allows it, in order and as often as they are named, and
 * the group system:masters first.
 * superuser: a further user who may do everything, or "". *ret_errors (may be NULL) as above. */
int rbac_index_who_can(const struct rbac_index *x, struct arena *a, const struct rbac_attributes *q,
                       const char *superuser, struct rbac_subject **ret, size_t *ret_n, const char *const **ret_errors,
                       struct err *err);

/* The rules of a role. namespace_ "" for a ClusterRole. False when there is no such role. */
bool rbac_index_role(const struct rbac_index *x, const char *namespace_, const char *name, struct rbac_rules *ret);

static inline void rbac_index_unrefp(const struct rbac_index **x) {
        *x = rbac_index_unref(*x);
}
#define _cleanup_rbac_index_ _cleanup_(rbac_index_unrefp)
