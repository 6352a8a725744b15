/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of requests: JSON, YAML and protobuf into trees, refused in kube-apiserver's words (golden/errors). */
#pragma once

#include "apiserver/handlers/call.h"

/* The object of a create or update. expected: the kind it must be (the resource's, or a subresource's). Complaints
 * (duplicate fields) become a list of strings. Fields are not checked yet. ERR_BAD_REQUEST, ERR_UNSUPPORTED_MEDIA. */
struct body_kind {
        const char *group, *version, *kind;
        bool custom;                 /* kind and apiVersion must be there */
        const struct schema *schema; /* for protobuf */
};
int body_read(struct call *c, const struct body_kind *expected, struct value *ret, struct value *ret_complaints,
              struct err *err);

/* A body of options or of a review, by its built-in schema ("meta.v1.DeleteOptions"); what is unknown is dropped. */
int body_read_as(struct call *c, const char *schema, struct value *ret, struct err *err);

/* The body of a PATCH: its type by Content-Type and its tree. */
int body_read_patch(struct call *c, enum registry_patch_type *ret_type, struct value *ret, struct err *err);
