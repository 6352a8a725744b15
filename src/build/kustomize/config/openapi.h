/* SPDX-License-Identifier: Apache-2.0 */
/* The `openapi` field: a schema of the user's in place of the built-in one. */
#pragma once

#include "build/kustomize/load/loader.h"

/* Honours openapi.path or openapi.version of a kustomization. Only the first one of a build counts; top: this is the
 * outermost kustomization. */
int openapi_set(struct engine *e, const struct loader *l, const struct value *spec, bool top, struct err *err);
