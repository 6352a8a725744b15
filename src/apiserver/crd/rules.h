/* SPDX-License-Identifier: Apache-2.0 */
/* What a CRD says about its objects beyond types: scale paths and x-kubernetes-validations. */
#pragma once

#include "apiserver/strategy/fields.h"
#include "kube/kind.h"

/* Adds what is wrong with object (old: NULL on create). valid: its types were right; else the CEL rules are skipped and
 * said to be. */
int crd_validate_rules(struct arena *a, const struct kind *k, const struct value *object, const struct value *old,
                       bool valid, struct fields *fields, struct err *err);
