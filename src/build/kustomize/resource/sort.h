/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the output. */
#pragma once

#include "build/kustomize/engine.h"

/* options: {order, legacySortOptions}, or NULL for legacy order. ERR_INVALID in kustomize's words. */
int sort_resources(struct engine *e, struct resmap *m, const struct value *options, struct err *err);
