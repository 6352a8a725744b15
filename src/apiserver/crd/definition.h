/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a CustomResourceDefinition is right (apiextensions validation, 1.36; golden/crd). */
#pragma once

#include "apiserver/strategy/fields.h"

/* Adds what is wrong with a CRD that has its defaults. old: NULL on create. */
void crd_validate_definition(struct fields *f, const struct value *crd, const struct value *old);

/* Whether the schema of one version is structural; path of its root: "spec.validation.openAPIV3Schema". */
void crd_validate_schema(struct fields *f, const char *path, const struct value *schema);
