/* SPDX-License-Identifier: Apache-2.0 */
/* OpenAPI: /openapi/v3 (index), /openapi/v3/apis/G/V, /openapi/v2 as JSON and as protobuf (gnostic's openapi.v2, which
 * kubectl 1.20 reads). Generated from the schemas and kinds of a kind_set when first asked for, then kept. */
#pragma once

#include "apiserver/discovery/document.h"
#include "kube/schema/kind.h"

struct openapi;

/* A cache of documents; thread-safe. NULL: memory. */
struct openapi *openapi_new(void);
struct openapi *openapi_free(struct openapi *o);

/* Forget what depends on custom kinds: call when a new kind_set is published. */
void openapi_invalidate(struct openapi *o);

/* Answers /openapi/...: 1 and *ret; 0 when the path is no OpenAPI path or an unknown document; -1: ERR_NOT_ACCEPTABLE
 * and the like. The body lives in the arena. */
int openapi_respond(struct openapi *o, struct arena *a, const struct kind_set *kinds,
                    const struct document_request *request, struct document *ret, struct err *err);
