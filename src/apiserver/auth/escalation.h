/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody grants what they do not hold: the check that a write of a role or binding must pass (bind, escalate). */
#pragma once

#include "apiserver/auth/auth.h"

/* To be called on create (old NULL) and update of Role, ClusterRole, RoleBinding and ClusterRoleBinding; other kinds
 * pass. kind: "Role", ... object: as it would be stored. ERR_FORBIDDEN with the text behind "... is forbidden: "
 * already in front, ERR_NOT_FOUND when a bound role is missing (details of the Status: name of the role, kind of the
 * binding's resource, as recorded in golden/errors/esc_rolebinding_missing_role). */
int escalation_check(struct auth *x, struct arena *a, const struct rbac_user *user, const char *kind,
                     const char *namespace_, const struct value *old, const struct value *object, struct err *err);
