/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "build/kustomize/field/lookup.h"

/* Replacement targets whose path goes on below a scalar: the scalar's text is read as YAML or JSON, changed inside, and
 * written back in its form. 1: done; 0: the path is not of that kind; -1: an error. */
int replace_inside(struct arena *a, struct value *object, const struct path *path, const struct value *value,
                   bool create, struct err *err);
