/* SPDX-License-Identifier: Apache-2.0 */
/* A small blocking client for the tests of the HTTP server: raw bytes over a Unix socket, TCP or TLS. */
#pragma once

#include "base/buf.h"

struct client {
        int fd;
        void *ssl;          /* NULL: in the clear */
        struct buf pending; /* bytes read behind the last answer */
};

struct answer {
        int status;
        char *head; /* owned: status line and headers */
        char *body; /* owned: without its framing */
        size_t body_len;
        bool chunked;
};

struct client client_unix(const char *path);
struct client client_tcp(uint16_t port);
/* ssl_ctx: an SSL_CTX of TLS_client_method() */
struct client client_tls(uint16_t port, void *ssl_ctx);

void client_send(struct client *c, const char *bytes, size_t n);
void client_sends(struct client *c, const char *text);

/* Reads one answer. False: the connection ended before a whole one. head_only: the answer to a HEAD request. */
bool client_answer(struct client *c, struct answer *ret);
bool client_answer_head(struct client *c, struct answer *ret);

/* Reads until n bytes of an answer's raw bytes contain text. False: the connection ended, or a second passed. */
bool client_wait_for(struct client *c, const char *text);

/* True when the server closes the connection within two seconds. */
bool client_closed(struct client *c);

void answer_done(struct answer *a);
void client_done(struct client *c);
#define _cleanup_client_ _cleanup_(client_done)
#define _cleanup_answer_ _cleanup_(answer_done)
