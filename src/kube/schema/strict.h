/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding an object into a built-in kind, as Go's typed decoder does: what is unknown is dropped and told, what has
 * the wrong type is an error in the decoder's words, quantities and times are checked and written in canonical form,
 * and empty fields are left out or written as the JSON tags of the type say (golden/errors, golden/lifecycle). */
#pragma once

#include "kube/schema/schema.h"

/* Decodes object by a built-in schema into a tree of its own (subtrees may be shared with object).
 * Warnings (may be NULL: not wanted) becomes a list of strings in the order of kube-apiserver: unknown field "a.b";
 * at most LIMIT_STRICT_WARNINGS. A wrong type is ERR_BAD_REQUEST with the decoder's text, for instance
 * "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"; the caller puts
 * 'Deployment in version "v1" cannot be handled as a Deployment: ' before it. */
int strict_decode(struct arena *a, const struct schema *schema, const struct value *object, struct value *ret,
                  struct value *warnings, struct err *err);

/* One text of warnings for fieldValidation=Strict: 'strict decoding error: unknown field "a", duplicate field "b"'. */
const char *strict_message(struct arena *a, const struct value *warnings);
