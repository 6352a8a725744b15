/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of custom resources against their structural schema: pruning, defaulting, validation
 * (apiextensions-apiserver 1.36; k8s-crd.md). The schema is made by schema_from_crd(). CEL rules are elsewhere. */
#pragma once

#include "kube/schema/schema.h"

/* Drops what the schema does not name, in place (object must be the caller's own copy). The roots apiVersion, kind and
 * metadata stay; metadata and that of embedded resources is coerced to ObjectMeta's fields. dropped (may be NULL)
 * becomes a list of strings: 'unknown field "spec.bogus"', sorted by path. */
int prune_object(struct arena *a, const struct schema *schema, struct value *object, struct value *dropped,
                 struct err *err);

/* Fills in the schema's defaults where a field is absent (or null although not nullable), in place. */
int prune_default(struct arena *a, const struct schema *schema, struct value *object, struct err *err);

/* Checks types, required fields, enums, bounds, lengths, patterns, formats, list sets and maps, embedded metadata.
 * 0: valid. -1: ERR_INVALID whose causes hold every error (field, reason, message without the field) in
 * kube-apiserver's order; the message is "[field: text, field: text]", without brackets when there is one. The caller
 * makes it 'Widget.example.com "x" is invalid: ...'. At most LIMIT_INVALID_CAUSES. */
int prune_validate(struct arena *a, const struct schema *schema, const struct value *object, struct err *err);
