/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the HTTP server share. Ownership: a loop thread owns its connections, requests and streams; other
 * threads reach them only through the loop's queue (loop_post) and name requests by id. */
#pragma once

#include "http/http.h"
#include "http/parse.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>

#define HTTP_LOOPS_MAX 2
#define HTTP_CONTIGUOUS 16384 /* up to here a body is copied behind its head: TLS writes once per piece */

struct http_shared {
        atomic_uint refs;
        char *data;
        size_t len;
};

/* Connections from one address. */
struct peer_count {
        unsigned n;
        char address[64];
};

/* What struct http_peer points at. Held by its connection and by each request of it. */
struct peer {
        struct http_peer public;
        unsigned refs; /* loop thread only */
        struct arena *arena;
        struct peer_count *count; /* NULL: not counted (Unix sockets) */
};

struct conn;

struct request {
        struct http_request public; /* first: hooks get this */
        struct loop *loop;
        struct conn *conn; /* NULL: the connection has gone */
        struct peer *peer;
        struct buf body;
        struct http_head head;
        bool answered;
};

enum conn_state {
        CONN_HANDSHAKE, /* TLS */
        CONN_HEAD,      /* waits for a request, or reads its headers */
        CONN_BODY,
        CONN_WAIT,   /* the request is with its handler */
        CONN_STREAM, /* a stream is open */
        CONN_FLUSH,  /* the answer is being written */
        CONN_LINGER, /* reads and forgets, so that a refusal is not lost with the connection's reset */
        CONN_DEAD,
};

struct stream {
        const struct http_stream_ops *ops;
        void *source;
        struct event *deadline; /* NULL: none */
        int64_t left;           /* bytes of a stream of known length; -1: chunked or until the end */
        bool chunked;
};

struct conn {
        struct loop *loop;
        struct conn *next, *prev; /* loop->conns */
        struct bufferevent *bev;
        struct peer *peer;
        enum conn_state state;
        struct request *request; /* in CONN_BODY, CONN_WAIT, CONN_STREAM */
        struct http_chunks chunks;
        struct stream stream;
        size_t searched; /* bytes of the input that hold no end of headers */
        size_t lingered;
        int64_t deadline;   /* monotonic; 0: none */
        size_t output_seen; /* the stalled output of the last sweep */
        int64_t output_since;
        bool in_head;     /* the first bytes of a request have come */
        bool close_after; /* the answer is the last one */
        bool body_unread; /* the client may still be sending */
};

enum message_type { MESSAGE_ADOPT, MESSAGE_RESPOND, MESSAGE_STREAM, MESSAGE_DRAIN, MESSAGE_STOP };

/* One thing that another thread wants from a loop. */
struct message {
        struct message *next;
        enum message_type type;
        uint64_t id;
        struct http_response response; /* its strings are in arena */
        struct arena *arena;
        const struct http_stream_ops *ops;
        void *source;
        int64_t deadline_ns;
        int fd;
        void *ssl_ctx;
        bool unix_socket;
        struct peer_count *count;
        char address[64];
};

/* The bringing of news to a loop's streams (round.c). */
struct round {
        enum { ROUND_NONE, ROUND_RUNS, ROUND_RESTS } state;
        bool wanted; /* there are news that the running round may have passed by */
        int64_t began;
        struct conn *next; /* the connection it comes to next */
        struct event *turn;
};

struct slot {
        struct request *request; /* NULL: free */
        uint64_t generation;
};

struct loop {
        struct http_server *server;
        unsigned index;
        struct event_base *base;
        pthread_t thread;
        bool started;
        int wake_fd;
        struct event *wake_event, *sweep, *reap;
        struct conn *conns, *dead;
        struct round round;
        struct buf piece;   /* what is being sent; empty between two uses */
        struct slot *slots; /* requests that have not been answered */
        size_t n_slots, free_hint;
        bool draining;
        time_t date_at;
        char date[40];
        pthread_mutex_t lock; /* guards first, last; a leaf: nothing is locked under it */
        struct message *first, *last;
        atomic_bool wake_streams;
};

struct listener {
        int fd;
        void *ssl_ctx;
        char *unix_path; /* removed at the end; NULL: TCP */
        struct listener *next;
};

struct http_server {
        struct http_options options;
        struct loop loops[HTTP_LOOPS_MAX];
        struct listener *listeners;
        pthread_t acceptor;
        bool acceptor_started;
        int stop_fd;  /* eventfd: ends the acceptor */
        int spare_fd; /* given up to be able to accept and refuse when descriptors are out */
        unsigned next_loop;
        struct timeval sweep; /* how often deadlines are looked at */
        pthread_mutex_t lock; /* guards peers, n_conns; a leaf */
        pthread_cond_t idle;  /* n_conns became 0 */
        struct strmap *peers; /* address to struct peer_count */
        size_t n_conns;
};

/* peer.c */
struct peer *peer_new(const struct message *adopt, int fd);
void peer_read_certificate(struct peer *p, void *ssl);
struct peer *peer_unref(struct peer *p);

/* request.c */
struct request *request_new(struct conn *c);
struct request *request_free(struct request *r);
struct request *request_find(struct loop *l, uint64_t id);

/* conn.c */
void conn_adopt(struct loop *l, const struct message *adopt);
void conn_close(struct conn *c);
void conn_process(struct conn *c);
void conn_refuse(struct conn *c, int status, const char *problem);
void conn_answered(struct conn *c);
void conn_drain(struct conn *c);
void conn_sweep(struct conn *c, int64_t now);

/* reply.c */
void reply_write(struct request *r, const struct http_response *response);
void reply_head(struct request *r, const struct http_response *response, int64_t length);
const char *reply_reason(int status);

/* send.c: both write behind what is waiting to be written; -1: memory is out */
int conn_send(struct conn *c, const char *bytes, size_t n);
int conn_lend(struct conn *c, struct http_shared *s);

/* round.c */
int round_init(struct loop *l);
void round_done(struct loop *l);
void round_want(struct loop *l);                        /* there may be news for streams */
void round_leave(struct loop *l, const struct conn *c); /* c goes */

/* stream.c */
void stream_begin(struct request *r, const struct http_response *head, const struct http_stream_ops *ops, void *source,
                  int64_t deadline_ns);
void stream_fill(struct conn *c);
void stream_end(struct conn *c);
void stream_done(struct conn *c);

/* loop.c */
int loop_init(struct loop *l, struct http_server *s, unsigned index, struct err *err);
int loop_start(struct loop *l, struct err *err);
void loop_done(struct loop *l);
void loop_post(struct loop *l, struct message *m);
struct message *message_new(enum message_type type);
struct message *message_free(struct message *m);
void loop_bury(struct loop *l, struct conn *c);
const char *loop_date(struct loop *l);

/* accept.c */
int acceptor_start(struct http_server *s, struct err *err);
void acceptor_stop(struct http_server *s);
void server_release_conn(struct http_server *s, struct peer_count *count);
