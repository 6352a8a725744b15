/* SPDX-License-Identifier: Apache-2.0 */
/* kustomize's strategic merge (kyaml merge2 with its lists grown at the front), which differs from the apiserver's:
 * new list elements come first, a merge key's list is known only from kustomize's own schema, $retainKeys and
 * $setElementOrder are ordinary fields. */
#pragma once

#include "build/kustomize/config/schema.h"

/* Merges patch into *object. Parts of the patch are shared with the result; the patch itself stays as it is.
 * *object becomes null when the patch deletes it. ERR_INVALID in kustomize's words. */
int merge_strategic(struct arena *a, struct merge_schema *schema, struct value *object, const struct value *patch,
                    struct err *err);
