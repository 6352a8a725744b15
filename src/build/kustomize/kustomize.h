/* SPDX-License-Identifier: Apache-2.0 */
/* The kustomize engine: a source tree to objects, byte-equal to kustomize 5.8 (spec/kustomize/kustomize.md).
 * Separate steps over the one value type: load, accumulate, transform, emit. Reads beneath one directory descriptor and
 * does no other I/O; no clock, no log. Costs grow linearly with resources, not with their square. */
#pragma once

#include "base/buf.h"
#include "data/value.h"

struct kustomize_options {
        bool load_restrictions_none; /* --load-restrictor LoadRestrictionsNone: still never outside of root_fd */
        bool allow_remote;           /* remote bases; always refused here with the lockdown's message: the fetch path's job */
};

/* Builds the kustomization at path (relative, "." for the root) beneath root_fd. *ret is a list of objects in output
 * order. Errors are worded as kustomize words them, first line equal where the corpus marks it stable. */
int kustomize_build(struct arena *a, int root_fd, const char *path, const struct kustomize_options *options,
                    struct value *ret, struct err *err);

/* Writes objects as `kustomize build` prints them. */
void kustomize_emit(struct buf *b, const struct value *objects);
