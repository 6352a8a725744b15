/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP side of the API server: what every request needs, and its dispatch. */
#pragma once

#include "apiserver/auth/auth.h"
#include "apiserver/handlers/workers.h"
#include "apiserver/openapi/openapi.h"
#include "apiserver/registry/setup.h"
#include "http/http.h"

struct server {
        struct registry *registry;
        struct auth *auth;
        struct openapi *openapi;
        struct http_server *http;
        struct workers *workers;
        atomic_uint version_waiters; /* requests that wait for a version that is not there yet */
        atomic_uint watches;         /* open ones: without any, nobody needs to be woken */
        char address[128];           /* "127.0.0.1:6443" */
};

/* The hooks for http_server_new(); context is the struct server. */
struct http_hooks server_hooks(struct server *s);

/* What clients are told: the release whose API this is. */
#define SERVER_VERSION "v1.36.2"
