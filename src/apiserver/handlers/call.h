/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through the API server. Made in the request's arena on the loop thread, handed to a worker
 * when it may block, answered exactly once. */
#pragma once

#include "apiserver/auth/auth.h"
#include "apiserver/handlers/server.h"
#include "http/http.h"
#include "kube/schema/kind.h"
#include "kube/rbac/requestinfo.h"

enum call_media { MEDIA_JSON, MEDIA_YAML };
enum call_transform { TRANSFORM_NONE, TRANSFORM_TABLE, TRANSFORM_PARTIAL };

/* What the client wants to read (handlers/negotiate.h). */
struct accept {
        enum call_media media;
        enum call_transform transform;
        const char *version; /* of the Table or PartialObjectMetadata: "v1" or "v1beta1" */
};

struct call {
        struct server *server;
        struct http_request *http;
        struct arena *arena;
        struct request_info info;
        struct rbac_user user;        /* who acts, after impersonation */
        const struct kind_set *kinds; /* a reference, dropped by the dispatch after the handler has returned */
        const struct kind *kind;      /* NULL for paths that are no resource */
        struct accept accept;
        struct value warnings; /* list of strings */
        char audit_id[64];
        bool refused;   /* by the guard: its answers go with X-Content-Type-Options */
        bool on_worker; /* answers go through http_respond() */
};

/* A parameter of the query, or NULL. */
const char *call_query(const struct call *c, const char *name);

/* ---- answers: each ends the call, which may not be touched afterwards ---- */

/* The request is answered from an error: a Status in JSON. */
void call_fail(struct call *c, const struct err *err);

/* A Status that is ready; its code is the HTTP status. */
void call_status(struct call *c, const struct value *status);

/* An object or list as the client wants it (Table, PartialObjectMetadata, YAML). */
void call_object(struct call *c, int status, const struct value *object);

/* Ready JSON bytes; takes the malloc'ed text over. */
void call_json(struct call *c, int status, char *text, size_t n);

/* Any body. */
void call_body(struct call *c, int status, const char *content_type, const struct http_header *headers,
               size_t n_headers, const char *body, size_t n);

/* True when a body of n bytes goes compressed. */
bool call_wants_gzip(const struct call *c, size_t n);

/* A stream of JSON; source is given to ops->done() in any case. length: its bytes, 0 when nobody knows. deadline_ns:
 * from now, 0 for none. */
void call_stream(struct call *c, const struct http_stream_ops *ops, void *source, size_t length, int64_t deadline_ns);
