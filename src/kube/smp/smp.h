/* SPDX-License-Identifier: Apache-2.0 */
/* Strategic merge patch, as kube-apiserver 1.36 applies it and kubectl makes it (apimachinery util/strategicpatch;
 * corpus smp). Lists merge by the patch strategy and key of the schema's fields; directives are $patch,
 * $deleteFromPrimitiveList/F, $setElementOrder/F and $retainKeys.
 *
 * Pure: inputs are not changed; results live in the arena and may share subtrees with the inputs. Error texts are
 * kube-apiserver's. Its answer to a patch that breaks the rules of the language is status 500, hence ERR_INTERNAL
 * (golden/errors/patch_smp_*); a patch of the wrong JSON shape is ERR_BAD_REQUEST. */
#pragma once

#include "kube/schema/schema.h"

/* Applies patch to original (null: an empty object). schema is that of the kind; a schema without fields (SCHEMA_ANY)
 * merges like RFC 7386 with directives. */
int smp_apply(struct arena *a, const struct schema *schema, const struct value *original, const struct value *patch,
              struct value *ret, struct err *err);

/* The patch that turns original into modified. Either may be null (empty). */
int smp_create_two_way(struct arena *a, const struct schema *schema, const struct value *original,
                       const struct value *modified, struct value *ret, struct err *err);

/* The patch for current that makes what changed from original to modified; what was added to current by others stays.
 * Without overwrite a change that someone else made differently is ERR_CONFLICT. */
int smp_create_three_way(struct arena *a, const struct schema *schema, const struct value *original,
                         const struct value *modified, const struct value *current, bool overwrite, struct value *ret,
                         struct err *err);
