/* SPDX-License-Identifier: Apache-2.0 */
/* What a CRD says about its objects beyond their schema. */
#pragma once

#include "apiserver/strategy/fields.h"
#include "kube/schema/kind.h"

/* Adds what is wrong with the fields that the scale subresource reads and writes: they are integers. */
void crd_validate_scale(struct fields *f, const struct kind *k, const struct value *object);
