/* SPDX-License-Identifier: Apache-2.0 */
/* What the files around ssa.c share. */
#pragma once

#include "kube/ssa/ssa.h"
#include "kube/ssa/ssa_managers.h"

#define SSA_BEFORE_FIRST_APPLY "before-first-apply" /* owns what was there before anyone applied */
#define SSA_ANCIENT_CHANGES "ancient-changes"       /* owns what the oldest update managers owned */
#define SSA_UPDATE_MANAGERS_MAX 10                  /* more are joined, oldest first; kube-apiserver's figure */

/* May kubectl take the conflicting fields? It may those that hold what its last-applied annotation says. When some are
 * left, err is set anew to say only those. */
int ssa_kubectl_allows(struct arena *a, const struct ssa_request *r, const struct value *live,
                       const struct ssa_conflicts *conflicts, bool *ret, struct err *err);

/* Brings the last-applied annotation of object, if it has one, up to date with the patch. */
int ssa_kubectl_annotate(struct arena *a, const struct value *patch, struct value *object, struct err *err);
