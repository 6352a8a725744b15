/* SPDX-License-Identifier: Apache-2.0 */
/* kustomize puts a label into the several places of an object as one and the same node, so that whoever writes to one
 * of them later (another label, a strategic merge, a replacement) writes to all: a patch of metadata.labels changes
 * selectors. Such scalars bear SCALAR_SHARED in value.flags and point at the same bytes. */
#pragma once

#include "data/value.h"

#define SCALAR_SHARED 2 /* beside SCALAR_UNTYPED */

static inline bool scalar_is_shared(const struct value *v) {
        return v && v->type == VALUE_STRING && (v->flags & SCALAR_SHARED);
}

/* A string with bytes of its own, to be put into several places. Null when memory is out. */
struct value shared_new(struct arena *a, const struct value *text);

/* `was`, a shared scalar of the tree, is now `now`: all that were shared with it follow, and stay shared. */
int shared_spread(struct arena *a, struct value *tree, const struct value *was, const struct value *now,
                  struct err *err);
