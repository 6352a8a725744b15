/* SPDX-License-Identifier: Apache-2.0 */
/* vars: $(NAME) in certain fields, replaced by a field of some resource. */
#pragma once

#include "build/kustomize/target.h"

/* The vars of a layer join acc, and the resources they read are marked. */
int vars_collect(struct target *t, struct accumulator *acc, struct err *err);

/* Appends vars; ERR_CONFLICT when a name is there already. */
int vars_merge(struct arena *a, struct vars *to, const struct var *items, size_t n, struct err *err);

/* Replaces them all, at the very end. */
int vars_resolve(struct engine *e, const struct accumulator *acc, struct err *err);

/* The field a var reads, "metadata.name" when it says none; a var as Go prints it. */
const char *var_field_path(const struct value *spec);
const char *var_text(struct engine *e, const struct value *spec);
