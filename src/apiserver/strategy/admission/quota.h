/* SPDX-License-Identifier: Apache-2.0 */
/* ResourceQuota: what a namespace uses of each resource a quota names, and what one more object would add. Used by
 * admission and by the controller that writes the quota's status. */
#pragma once

#include "apiserver/strategy/strategy.h"

/* A resource as a quota names it ("count/deployments.apps", "pods", "requests.cpu", "requests.storage"). */
struct quota_resource {
        const char *group, *resource; /* whose objects count */
        const char *part;             /* "requests" or "limits" of the pods' containers, or of a claim; NULL: count */
        const char *name;             /* "cpu", "memory", "storage", ... */
        const char *service;          /* "nodeports" or "loadbalancers": only these of the services */
};

/* false: a name that this server does not account for. The texts live in the arena. */
bool quota_parse(struct arena *a, const char *key, struct quota_resource *ret);

/* What one object of that resource uses. */
long double quota_amount(const struct quota_resource *r, const struct value *object);

/* An amount as a quantity: "3", "1500m", "2Gi". NULL: memory. */
const char *quota_text(struct arena *a, const struct quota_resource *r, long double amount);

/* The quota limits only some pods (scopes): this is not built, such a quota is not enforced. */
bool quota_is_scoped(const struct value *quota);

/* Refuses an object that would exceed a quota of its namespace: ERR_FORBIDDEN. Two requests at the same moment may both
 * pass where only one fits: usage is counted, not reserved. */
int quota_admit(struct strategy_context *c, const struct value *object, struct err *err);
