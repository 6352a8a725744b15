/* SPDX-License-Identifier: Apache-2.0 */
/* What the client's files share. */
#pragma once

#include "client/client.h"

#include "base/buf.h"
#include "base/strmap.h"

#include <curl/curl.h>
#include <pthread.h>

#define CLIENT_POOL_MAX 64 /* idle connections kept */

struct client {
        struct arena *arena; /* the configuration's strings */
        struct client_config config;
        pthread_mutex_t lock; /* guards idle, n_idle and the token cache */
        CURL *idle[CLIENT_POOL_MAX];
        size_t n_idle;
        char *token; /* of token_file, as last read */
        int64_t token_read_at;

        pthread_mutex_t discovery_lock; /* guards the three below */
        struct arena *discovery_arena;
        struct strmap discovery; /* "group/version/kind" to struct client_resource */
        int64_t discovery_at;    /* monotonic ns of the last full reading; 0: never */
};

/* An easy handle with everything set that all requests share; NULL when memory is out. */
CURL *client_handle_take(struct client *c);

/* Gives it back to the pool (or closes it when the pool is full). */
void client_handle_give(struct client *c, CURL *handle);

/* The header list of a request: authorisation, impersonation, Accept, Content-Type. NULL when memory is out. */
struct curl_slist *client_headers(struct client *c, const struct client_request *r);

/* The whole URL of a request, in the arena. */
char *client_url(struct client *c, struct arena *a, const char *path, const char *query);

/* A watch on its way: an easy handle that calls w->event for each line that it receives. */
struct watch_stream {
        const struct client_watch *w; /* borrowed until it is closed */
        struct buf line;
        struct arena *arena; /* reset after each event */
        struct err err;      /* of an event, when failed */
        bool ended;          /* the callback ended it */
        bool failed;
        CURL *handle;
        struct curl_slist *headers;
};

/* Makes the handle; the caller performs it. s must stay where it is. */
int watch_stream_open(struct client *c, const struct client_watch *w, struct watch_stream *s, struct err *err);

/* What the end of the transfer means: 0, or -1 as client_watch(). */
int watch_stream_conclude(struct client *c, struct watch_stream *s, CURLcode code, struct err *err);

/* A watch that was cut leaves a connection in the middle of an answer: it is closed, never given back. */
void watch_stream_close(struct watch_stream *s);

/* A Status object (or any failed answer's body) to err. Answers -1. */
int client_status_to_err(int http_status, const char *body, size_t n, struct err *err);

/* A curl failure to err: ERR_TIMEOUT or ERR_UNAVAILABLE. Answers -1. */
int client_curl_err(const struct client *c, CURLcode code, const char *what, struct err *err);
