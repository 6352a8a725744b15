/* SPDX-License-Identifier: Apache-2.0 */
/* Name references: where one resource names another that was renamed, the new name is put in. */
#pragma once

#include "build/kustomize/engine.h"

int nameref_fix(struct engine *e, struct resmap *m, const struct backrefs *references, struct err *err);
