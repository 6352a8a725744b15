/* SPDX-License-Identifier: Apache-2.0 */
/* An API server on a Unix socket that knows Deployments only. It lists none, and its watches say what a test tells them
 * to. */
#pragma once

#include "unit/test.h"

#include "client/client.h"
#include "http/http.h"

#include <pthread.h>

struct api_stub {
        char dir[32];
        char socket[64];
        struct http_server *server;
        struct client *client;
        pthread_mutex_t lock; /* guards the rest */
        pthread_cond_t change;
        struct buf lines;    /* what all watches say, from their start on */
        size_t opened, open; /* watches so far, and now */
        bool hang_up;        /* watches end once they have said everything */
        bool refuse;         /* watches are forbidden */
        char user[128];      /* as whom the last watch was asked for */
        char version[32];    /* from which resourceVersion */
};

void api_stub_start(struct api_stub *s);
void api_stub_stop(struct api_stub *s);

/* All watches say {"type": type, "object": object}. */
void api_stub_say(struct api_stub *s, const char *type, const char *object);
void api_stub_hang_up(struct api_stub *s);
void api_stub_refuse(struct api_stub *s);

/* Wait, at most 20 seconds, until so many watches have been opened, or are open. */
void api_stub_await_opened(struct api_stub *s, size_t n);
void api_stub_await_open(struct api_stub *s, size_t n);
