/* SPDX-License-Identifier: Apache-2.0 */
/* Escalation: are requested rules covered by rules that somebody holds? (kube-apiserver 1.36; corpus extracted/rbac
 * tables covers, compact_rules, generated.) */
#pragma once

#include "kube/rbac/rbac_index.h"

/* True when every atom (group, resource, verb, name; or URL and verb) of servant is covered by one owner rule. The
 * atoms that are not come in *ret_uncovered (may be NULL). ERR_TOO_LARGE past LIMIT_RBAC_ATOMS. */
int rbac_covers(struct arena *a, const struct rbac_rules *owner, const struct rbac_rules *servant, bool *ret_covered,
                struct rbac_rules *ret_uncovered, struct err *err);

/* True when the rule names exactly one group, one resource, at most one name, and no URL. */
bool rbac_rule_is_simple(const struct rbac_rule *rule);

/* Joins the verbs of simple rules that are about the same group, resource and name. */
int rbac_compact(struct arena *a, const struct rbac_rules *rules, struct rbac_rules *ret, struct err *err);

/* One line per rule as messages show it: {APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}. NULL: memory. */
const char *rbac_rule_text(struct arena *a, const struct rbac_rule *rule);

/* ERR_FORBIDDEN with kube-apiserver's text ("user "bob" (groups=[...]) is attempting to grant RBAC permissions not
 * currently held:...") unless the user holds all of rules in namespace_ ("" for the whole cluster). */
int rbac_confirm_no_escalation(const struct rbac_index *x, struct arena *a, const struct rbac_user *u,
                               const char *namespace_, const struct rbac_rules *rules, struct err *err);
