/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes quantities: "500m", "1Gi", "1e3" (apimachinery pkg/api/resource 1.36; corpus quantity). */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* The canonical text of a quantity: "0.5" is "500m", "1024Mi" is "1Gi", "1000m" is "1". Precision ends at nano, and
 * what is finer is rounded away from zero. ERR_SYNTAX with kube-apiserver's text. */
int quantity_canonical(struct arena *a, const char *text, const char **ret, struct err *err);
