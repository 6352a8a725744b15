/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Merge Patch (RFC 7386). */
#pragma once

#include "data/value.h"

/* The document with the patch merged in. What the patch does not touch is shared with the document, what it brings is
 * shared with the patch; both stay as they are. -1: memory. */
int mergepatch_apply(struct arena *a, const struct value *document, const struct value *patch, struct value *ret,
                     struct err *err);

/* The patch that makes `to` out of `from`, as jsonpatch.CreateMergePatch does: members that are missing in `to` become
 * null, equal ones are left out, lists are replaced whole. An empty map when nothing changed. The result shares with
 * `to`. A null inside `to` cannot be expressed by a merge patch: it removes. -1: memory. */
int mergepatch_create(struct arena *a, const struct value *from, const struct value *to, struct value *ret,
                      struct err *err);
