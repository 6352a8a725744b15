/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: reads requests, one at a time. What a client sends ahead stays in the input (bounded by its
 * watermark) until the answer before it has been written. */
#include "http/internal.h"

#include "base/clock.h"
#include "base/limits.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

/* Input that is read ahead of what the state consumes. At least the largest head. */
#define READ_AHEAD (LIMIT_REQUEST_HEADERS * 2)

static const struct http_deadlines *deadlines(const struct conn *c) {
        return &c->loop->server->options.deadlines;
}

static void set_deadline(struct conn *c, int64_t after_ns) {
        c->deadline = after_ns ? clock_monotonic_ns() + after_ns : 0;
}

/* ---- the end of a connection ---- */

void conn_close(struct conn *c) {
        if (c->state == CONN_DEAD)
                return;
        struct request *r = c->request;
        if (c->state == CONN_STREAM)
                stream_done(c);
        if (c->state == CONN_WAIT && r && !r->answered) {
                r->conn = NULL; /* its handler still has it; freed with the answer */
                c->request = NULL;
        }
        SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
        if (ssl && SSL_is_init_finished(ssl)) {
                SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN); /* says goodbye, does not wait for the answer */
                SSL_shutdown(ssl);
        }
        c->state = CONN_DEAD;
        bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
        bufferevent_disable(c->bev, EV_READ | EV_WRITE);
        loop_bury(c->loop, c);
}

/* The client may still be sending what nobody wants: closing now would reset the connection and could take the answer
 * with it. So: end our side, read on for a moment. */
static void linger(struct conn *c) {
        SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
        if (ssl)
                SSL_shutdown(ssl);
        shutdown(bufferevent_getfd(c->bev), SHUT_WR);
        c->state = CONN_LINGER;
        set_deadline(c, deadlines(c)->linger);
        conn_process(c);
}

static void discard(struct conn *c) {
        struct evbuffer *in = bufferevent_get_input(c->bev);
        size_t n = evbuffer_get_length(in);
        c->lingered += n;
        evbuffer_drain(in, n);
        if (c->lingered > LIMIT_HTTP_LINGER_BYTES)
                conn_close(c);
}

/* ---- answers ---- */

void conn_answered(struct conn *c) {
        c->state = CONN_FLUSH;
        c->deadline = 0;
        c->output_seen = 0;
        if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
                bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

/* The answer is on its way: makes ready for the next request. */
static void flushed(struct conn *c) {
        if (c->close_after || c->loop->draining) {
                if (c->body_unread)
                        linger(c);
                else
                        conn_close(c);
                return;
        }
        c->request = request_free(c->request);
        c->state = CONN_HEAD;
        c->in_head = false;
        c->searched = 0;
        set_deadline(c, deadlines(c)->idle);
        conn_process(c);
}

void conn_refuse(struct conn *c, int status, const char *problem) {
        if (!c->request && !(c->request = request_new(c))) {
                conn_close(c);
                return;
        }
        struct request *r = c->request;
        c->close_after = true;
        c->body_unread = true;
        c->state = CONN_WAIT;
        const struct http_hooks *hooks = &c->loop->server->options.hooks;
        if (hooks->refuse) {
                hooks->refuse(&r->public, status, problem, hooks->context);
        } else {
                struct http_response text = {
                        .status = status, .content_type = "text/plain", .body = problem, .body_len = strlen(problem)};
                http_reply(&r->public, &text);
        }
        if (c->state == CONN_WAIT)
                conn_close(c); /* the hook owed an answer */
}

/* ---- reading ---- */

/* The body is complete. */
static void dispatch(struct conn *c) {
        struct request *r = c->request;
        const struct http_hooks *hooks = &c->loop->server->options.hooks;
        r->public.body = buf_str(&r->body);
        r->public.body_len = r->body.len;
        c->body_unread = false;
        c->state = CONN_WAIT;
        c->deadline = 0;
        hooks->handle(&r->public, hooks->context);
}

/* The headers are there: who is it, and how much will come? */
static void begin_request(struct conn *c) {
        struct request *r = c->request;
        const struct http_options *o = &c->loop->server->options;
        const struct http_head *h = &r->head;
        c->chunks = (struct http_chunks){0};
        c->body_unread = h->chunked || h->content_length > 0;
        c->close_after = !h->keep_alive;
        c->state = CONN_BODY;
        set_deadline(c, deadlines(c)->body);
        if (o->hooks.authenticate && o->hooks.authenticate(&r->public, o->hooks.context) < 0) {
                if (!r->answered)
                        conn_close(c);
                return;
        }
        if (h->content_length > 0 && (uint64_t)h->content_length > o->max_body) {
                conn_refuse(c, 413, "request entity too large");
                return;
        }
        if (!c->body_unread)
                dispatch(c);
        else if (h->expect_continue && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
                bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* Parses the head of n bytes at the start of the input. */
static void parse_head(struct conn *c, size_t n) {
        struct evbuffer *in = bufferevent_get_input(c->bev);
        struct request *r = request_new(c);
        char *bytes = r ? arena_alloc(r->public.arena, n) : NULL;
        c->request = r;
        if (!bytes || evbuffer_remove(in, bytes, n) != (int)n) {
                conn_close(c);
                return;
        }
        const char *problem;
        int status = http_head_parse(r->public.arena, bytes, n, &r->head, &problem);
        if (status) {
                conn_refuse(c, status, problem);
                return;
        }
        struct http_request *p = &r->public;
        p->method = r->head.method;
        p->target = r->head.target;
        p->path = r->head.path;
        p->query = r->head.query;
        p->headers = r->head.headers;
        p->n_headers = r->head.n_headers;
        begin_request(c);
}

/* Looks for a whole head in the input. False: more must come. */
static bool read_head(struct conn *c) {
        struct evbuffer *in = bufferevent_get_input(c->bev);
        size_t n = evbuffer_get_length(in);
        if (n == 0)
                return false;
        if (!c->in_head) {
                c->in_head = true;
                set_deadline(c, deadlines(c)->head);
        }
        size_t window = n < LIMIT_REQUEST_HEADERS ? n : LIMIT_REQUEST_HEADERS;
        const char *data = (const char *)evbuffer_pullup(in, (ssize_t)window);
        size_t length = data ? http_head_length(data, window, c->searched) : 0;
        if (length) {
                parse_head(c, length);
                return true;
        }
        c->searched = window;
        if (window == LIMIT_REQUEST_HEADERS) {
                conn_refuse(c, 431, "request header fields too large");
                return true;
        }
        return false;
}

/* Content-Length. True: complete. */
static bool read_sized(struct conn *c, struct evbuffer *in) {
        struct request *r = c->request;
        size_t need = (size_t)r->head.content_length - r->body.len, n = evbuffer_get_length(in);
        size_t take = n < need ? n : need;
        char *to = buf_reserve(&r->body, take);
        if (!to || evbuffer_remove(in, to, take) != (int)take) {
                conn_close(c);
                return false;
        }
        r->body.len += take;
        r->body.data[r->body.len] = '\0';
        return take == need;
}

/* Chunks. True: complete. */
static bool read_chunked(struct conn *c, struct evbuffer *in) {
        struct request *r = c->request;
        while (c->chunks.state != CHUNK_DONE) {
                size_t n = evbuffer_get_contiguous_space(in);
                if (n == 0)
                        return false;
                ssize_t used = http_chunks_read(&c->chunks, (const char *)evbuffer_pullup(in, (ssize_t)n), n, &r->body);
                if (used < 0) {
                        conn_refuse(c, 400, "malformed chunked body");
                        return false;
                }
                evbuffer_drain(in, (size_t)used);
                if (buf_failed(&r->body)) {
                        conn_refuse(c, 413, "request entity too large");
                        return false;
                }
        }
        return true;
}

static bool read_body(struct conn *c) {
        struct evbuffer *in = bufferevent_get_input(c->bev);
        if (!(c->request->head.chunked ? read_chunked : read_sized)(c, in))
                return false;
        dispatch(c);
        return true;
}

void conn_process(struct conn *c) {
        for (;;) {
                switch (c->state) {
                case CONN_HEAD:
                        if (!read_head(c))
                                return;
                        break;
                case CONN_BODY:
                        if (!read_body(c))
                                return;
                        break;
                case CONN_LINGER:
                        discard(c);
                        return;
                case CONN_HANDSHAKE:
                case CONN_WAIT:
                case CONN_STREAM:
                case CONN_FLUSH:
                case CONN_DEAD:
                        return;
                }
        }
}

/* ---- events ---- */

static void on_read(struct bufferevent *bev, void *context) {
        conn_process(context);
}

static void on_written(struct bufferevent *bev, void *context) {
        struct conn *c = context;
        if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
                return;
        if (c->state == CONN_STREAM)
                stream_fill(c);
        else if (c->state == CONN_FLUSH)
                flushed(c);
}

static void on_event(struct bufferevent *bev, short what, void *context) {
        struct conn *c = context;
        if (what & BEV_EVENT_CONNECTED) {
                peer_read_certificate(c->peer, bufferevent_openssl_get_ssl(bev));
                c->state = CONN_HEAD;
                set_deadline(c, deadlines(c)->idle);
                conn_process(c);
        } else if ((what & BEV_EVENT_EOF) && (c->state == CONN_WAIT || c->state == CONN_FLUSH)) {
                c->close_after = true; /* it has ended its side, and may still read the answer */
        } else {
                conn_close(c);
        }
}

/* ---- the beginning, and time ---- */

static struct bufferevent *make_bufferevent(struct loop *l, const struct message *adopt) {
        if (!adopt->ssl_ctx)
                return bufferevent_socket_new(l->base, adopt->fd, BEV_OPT_CLOSE_ON_FREE);
        SSL *ssl = SSL_new(adopt->ssl_ctx);
        if (!ssl)
                return NULL;
        struct bufferevent *bev = bufferevent_openssl_socket_new(l->base, adopt->fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                                                 BEV_OPT_CLOSE_ON_FREE);
        if (bev)
                bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
        else
                SSL_free(ssl);
        return bev;
}

void conn_adopt(struct loop *l, const struct message *adopt) {
        struct conn *c = calloc(1, sizeof(*c));
        struct peer *peer = c ? peer_new(adopt, adopt->fd) : NULL;
        struct bufferevent *bev = peer ? make_bufferevent(l, adopt) : NULL;
        if (!bev) {
                peer_unref(peer);
                free(c);
                close(adopt->fd);
                server_release_conn(l->server, adopt->count);
                return;
        }
        peer->count = adopt->count;
        c->loop = l;
        c->bev = bev;
        c->peer = peer;
        c->state = adopt->ssl_ctx ? CONN_HANDSHAKE : CONN_HEAD;
        set_deadline(c, adopt->ssl_ctx ? deadlines(c)->handshake : deadlines(c)->idle);
        c->next = l->conns;
        if (c->next)
                c->next->prev = c;
        else
                event_add(l->sweep, &l->server->sweep);
        l->conns = c;
        bufferevent_setcb(bev, on_read, on_written, on_event, c);
        bufferevent_setwatermark(bev, EV_READ, 0, READ_AHEAD);
        if (bufferevent_enable(bev, EV_READ | EV_WRITE) < 0)
                conn_close(c);
}

void conn_drain(struct conn *c) {
        if (c->state == CONN_STREAM && c->stream.left < 0)
                stream_end(c);
        else if (c->state == CONN_HANDSHAKE || (c->state == CONN_HEAD && !c->in_head))
                conn_close(c);
        else
                c->close_after = true;
}

void conn_sweep(struct conn *c, int64_t now) {
        if (c->deadline && now >= c->deadline) {
                conn_close(c);
                return;
        }
        size_t output = evbuffer_get_length(bufferevent_get_output(c->bev));
        if (output == 0 || output != c->output_seen) {
                c->output_seen = output;
                c->output_since = now;
        } else if (now - c->output_since >= deadlines(c)->write) {
                conn_close(c);
        }
}
