/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the protobuf bodies that typed Kubernetes clients send (k8s-api section 4): the magic "k8s\0" and a
 * runtime.Unknown whose raw bytes are the object's message. The field tables are the schemas' (kube/schema/schema.h).
 *
 * The result is what Go's JSON of the same object is: empty fields are left out or written as the JSON tags say,
 * maps are sorted by key. Hostile input: every length is checked against the bytes that are there, messages nest at
 * most LIMIT_PROTOBUF_DEPTH, and the nodes made are bounded by the arena. Unknown fields are skipped, as Go does. */
#pragma once

#include "kube/schema/schema.h"

/* A whole body. The kind is found by the envelope's apiVersion and kind; an unknown one is ERR_BAD_REQUEST. The
 * object gets apiVersion and kind of the envelope. Strings are copied into the arena. */
int protobuf_decode(struct arena *a, const char *body, size_t n, struct value *ret, struct err *err);

/* The same when the envelope may leave its kind out (bodies of DELETE) or the caller knows it: schema is used when it
 * is not NULL. ret_api_version and ret_kind (may be NULL) are what the envelope says, "" when it says nothing. */
int protobuf_decode_as(struct arena *a, const struct schema *schema, const char *body, size_t n, struct value *ret,
                       const char **ret_api_version, const char **ret_kind, struct err *err);
