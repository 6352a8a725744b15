/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas of structured-merge-diff (its YAML, as JSON) as struct schema, for the rows of corpus ssa. */
#pragma once

#include "kube/schema/schema.h"

/* The type called name; NULL when there is none or when it cannot be said in our terms. Lives in the arena. */
const struct schema *smd_schema(struct arena *a, const struct value *types, const char *name);
