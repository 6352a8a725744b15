/* SPDX-License-Identifier: Apache-2.0 */
/* git http-backend as a CGI program (RFC 3875): one request in, one response out. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct cgi_request {
        const char *root;   /* where NAME.git lie */
        const char *path;   /* "/NAME.git/info/refs" */
        const char *method; /* "GET" or "POST" */
        const char *query;
        const char *content_type;     /* these three may be NULL */
        const char *content_encoding; /* git gunzips by itself */
        const char *git_protocol;
        const char *body;
        size_t body_len;
        int cancel_fd; /* readable: give up */
};

struct cgi_response {
        int status;
        const char *content_type; /* in the arena; NULL: none */
        char *data;               /* the program's whole output, malloc'ed; owned by the caller */
        const char *body;         /* within data */
        size_t body_len;
};

/* Runs it to its end within LIMIT_FORGE_SECONDS. ERR_TIMEOUT, ERR_TOO_LARGE, ERR_UNAVAILABLE (canceled), ERR_IO. */
int cgi_run(struct arena *a, const struct cgi_request *request, struct cgi_response *ret, struct err *err);
