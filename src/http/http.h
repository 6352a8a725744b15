/* SPDX-License-Identifier: Apache-2.0 */
/* The one HTTP server: libevent bufferevents, OpenSSL, and a strict HTTP/1.1 reader of our own
 * (design: measured-choices 1). Serves TLS ports and plain Unix sockets or loopback ports.
 *
 * Threads: one accept thread, 1 or 2 loop threads. A handler is called on the connection's loop thread and must not
 * block for long: it answers at once, or keeps the request's id and answers later from any thread through
 * http_respond() (a queue and an eventfd; a connection that has gone meanwhile makes the answer vanish, safely).
 * A request and its bytes live until it is answered; its arena with it. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct http_server;
struct http_request;

/* The client of a connection, as TLS saw it. Strings are owned by the connection and stay for its life. */
struct http_peer {
        bool tls;
        bool cert_presented;
        bool cert_verified;               /* chains to the listener's client CA */
        const char *common_name;          /* subject CN of a verified certificate, or NULL */
        const char *const *organizations; /* every O, NULL-terminated */
        const char *cert_uid;    /* of a verified certificate: OID 1.3.6.1.4.1.57683.2 of its subject, or NULL */
        const char *cert_sha256; /* of a verified certificate: its digest in hexadecimal */
        int64_t cert_not_after;  /* seconds since 1970; a connection may outlive its certificate */
        bool unix_socket;
        unsigned unix_uid;   /* SO_PEERCRED of a Unix socket */
        const char *address; /* "127.0.0.1:4711" or "unix" */
};

struct http_header {
        const char *name; /* lower case */
        const char *value;
};

struct http_request {
        uint64_t id;         /* names the request for http_respond() */
        struct arena *arena; /* freed after the answer */
        const char *method;
        const char *target; /* raw: path and query */
        const char *path;   /* percent-decoded, normalised; never holds ".." segments */
        const char *query;  /* raw, "" when none; see http_query_get() */
        const struct http_header *headers;
        size_t n_headers;
        const char *body; /* complete when the handler runs; NUL-terminated */
        size_t body_len;
        const struct http_peer *peer; /* lives at least as long as the request */
        void *user;                   /* the caller's; set by a hook, normally allocated in the arena */
};

/* What the server calls. All hooks run on loop threads. */
struct http_hooks {
        /* After the headers, before the body is read: 0 goes on (may set request->user); -1 refuses, and the hook has
         * answered with http_reply(). */
        int (*authenticate)(struct http_request *r, void *context);
        /* The whole request is there. Must lead to exactly one answer, now or later. */
        void (*handle)(struct http_request *r, void *context);
        /* The server itself refuses what it reads: malformed (400), body over max_body (413), headers over the limit
         * (431), and so on. Must answer with http_reply(). r->method and r->path may be "". NULL: a line of text. */
        void (*refuse)(struct http_request *r, int status, const char *message, void *context);
        void *context;
};

/* The value of a header (first of that name), or NULL. name in lower case. */
const char *http_header(const struct http_request *r, const char *name);

/* The percent-decoded value of a query parameter (first of that name), in the request's arena; NULL when absent. */
const char *http_query_get(const struct http_request *r, const char *name);

/* A response. Bytes are copied unless `shared` is set. */
struct http_response {
        int status;
        const char *content_type;          /* NULL: none */
        const struct http_header *headers; /* further ones, may be NULL */
        size_t n_headers;
        const char *body;
        size_t body_len;
        struct http_shared *shared; /* instead of body: reference-counted bytes written without a copy */
};

/* Answers from the loop thread, within a hook. */
void http_reply(struct http_request *r, const struct http_response *response);

/* Answers from any thread. The request named by id must not have been answered. */
void http_respond(struct http_server *s, uint64_t id, const struct http_response *response);

/* Frozen bytes with an atomic reference count. */
struct http_shared *http_shared_new(char *data, size_t len); /* takes ownership of malloc'ed data */
struct http_shared *http_shared_ref(struct http_shared *s);
struct http_shared *http_shared_unref(struct http_shared *s);

/* A stream: an open answer that is filled from a source whenever its output has drained (watches, files).
 * fill() appends what is ready (about 16 kB at most) to out and answers 1 to be called again when that is written,
 * 0 when nothing is ready now (http_stream_wake() calls it again), -1 to end the stream cleanly. What it appended
 * before answering 0 or -1 is sent. done() is called once, when the stream has ended for any reason. Both run on the
 * connection's loop thread. fill() may read the request until done() was called. */
struct http_stream_ops {
        int (*fill)(void *source, struct buf *out);
        void (*done)(void *source);
};

/* Begins a stream, within a hook. head: status, content type and headers; with body NULL and body_len above 0 the
 * stream has exactly that length (Content-Length), else it is chunked. deadline_ns: how long it may last from now
 * (0: for ever); it then ends cleanly. */
void http_reply_stream(struct http_request *r, const struct http_response *head, const struct http_stream_ops *ops,
                       void *source, int64_t deadline_ns);

/* The same from any thread. ops->done() is called as well when the connection has gone, and on the calling thread when
 * memory is out. */
void http_respond_stream(struct http_server *s, uint64_t id, const struct http_response *head,
                         const struct http_stream_ops *ops, void *source, int64_t deadline_ns);

/* Something new is ready for all streams: wakes every loop once. From any thread, cheap when repeated. */
void http_stream_wake(struct http_server *s);

/* How long a client may take, in nanoseconds. 0: the figure of base/limits.h. */
struct http_deadlines {
        int64_t handshake; /* of TLS */
        int64_t head;      /* from a request's first byte to the end of its headers */
        int64_t body;      /* from there to the end of the body */
        int64_t idle;      /* between two requests */
        int64_t write;     /* without reading anything of an answer */
        int64_t linger;    /* reading on after a refusal */
};

struct http_options {
        size_t max_body;        /* bytes; 413 before reading more */
        size_t max_connections; /* in total; 0: LIMIT_HTTP_CONNECTIONS. More are closed at once */
        size_t max_per_peer;    /* from one IP address; 0: max_connections */
        unsigned loops;         /* threads, 1 or 2 */
        struct http_deadlines deadlines;
        struct http_hooks hooks;
};

int http_server_new(const struct http_options *options, struct http_server **ret, struct err *err);

/* Listens with TLS (ctx: SSL_CTX made by tls_server_context()) or in the clear (ctx NULL). *port 0 takes a free one
 * and says which. address: "127.0.0.1". */
int http_listen_tcp(struct http_server *s, const char *address, uint16_t *port, void *ssl_ctx, struct err *err);
int http_listen_unix(struct http_server *s, const char *path, struct err *err);

/* Starts the threads. */
int http_server_start(struct http_server *s, struct err *err);

/* Stops accepting, ends streams of no known length and idle connections, and waits up to grace_ns until all open
 * answers were given and written. Optional, before http_server_stop(). */
void http_server_drain(struct http_server *s, int64_t grace_ns);

/* Drains, joins the threads, frees. Threads that still owe an answer must have finished: http_respond() must not be
 * called any more. */
struct http_server *http_server_stop(struct http_server *s, int64_t grace_ns);
