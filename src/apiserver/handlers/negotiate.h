/* SPDX-License-Identifier: Apache-2.0 */
/* The Accept header: media type and form of the answer (k8s-api section 4; golden/tables/pods_accept_*). */
#pragma once

#include "apiserver/handlers/call.h"

/* Chooses the first clause (by q, then order) that the server can write. collection: a GET of a collection, which may
 * be watched; watch: it is. ERR_NOT_ACCEPTABLE in the recorded words. */
int negotiate_accept(struct arena *a, const char *header, bool collection, bool watch, struct accept *ret,
                     struct err *err);

/* What the body of a request is. */
enum body_media { BODY_JSON, BODY_YAML, BODY_PROTOBUF, BODY_OTHER };
enum body_media negotiate_content_type(const char *header);

/* True when the header's media type (without parameters) is this one. */
bool negotiate_is(const char *header, const char *media_type);
