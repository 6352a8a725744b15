/* SPDX-License-Identifier: Apache-2.0 */
/* A ready answer of the documents a server publishes about itself: discovery, version, health, OpenAPI. */
#pragma once

#include "base/err.h"
#include "data/value.h"

/* What was asked for. Strings may be NULL where the request has none. */
struct document_request {
        const char *method; /* "GET", "HEAD", "OPTIONS", "POST" */
        const char *path;
        const char *query; /* raw */
        const char *accept;
        const char *if_none_match;
};

/* The answer; everything lives in the arena, or as long as the process. */
struct document {
        int status;
        const char *content_type;  /* NULL: none */
        const char *etag;          /* with its quotes; NULL: none */
        const char *cache_control; /* NULL: the server's usual "no-cache, private" */
        const char *expires;       /* HTTP date or NULL */
        const char *vary;          /* NULL: none */
        const char *location;      /* of a 301 */
        const char *allow;         /* of a 405 */
        bool nosniff;              /* X-Content-Type-Options: nosniff */
        const char *body;
        size_t body_len;
};
