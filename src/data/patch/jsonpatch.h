/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Patch (RFC 6902) as kube-apiserver and kustomize apply it, that is, as github.com/evanphx/json-patch v4 does:
 * "replace" of a missing map member adds it, a missing "value" is null, negative list indexes count from the end,
 * what stands before a path's first slash is ignored. */
#pragma once

#include "data/value.h"

/* Checks that the document is a list of operations: ERR_BAD_REQUEST in the words of Go's decoder, ERR_TOO_LARGE past
 * LIMIT_PATCH_OPERATIONS in kube-apiserver's. */
int jsonpatch_check(const struct value *patch, struct err *err);

/* Applies a patch to a copy of the document. Nodes of the result are new, strings are shared with both inputs, which
 * stay as they are. ERR_INVALID in the words of the library: "testing value /a failed: test failed"; ERR_TOO_LARGE for
 * results deeper than LIMIT_DEPTH or copies of more than LIMIT_PATCH_COPIES bytes in all; errors of jsonpatch_check().
 */
int jsonpatch_apply(struct arena *a, const struct value *document, const struct value *patch, struct value *ret,
                    struct err *err);
