/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: answers that are pulled out of a source, as fast as the client reads and no faster. */
#include "http/internal.h"

#include "base/clock.h"
#include "base/limits.h"

void stream_done(struct conn *c) {
        struct stream *s = &c->stream;
        if (s->deadline)
                event_free(s->deadline);
        if (s->ops)
                s->ops->done(s->source);
        *s = (struct stream){0};
}

/* Ends the answer: what has been filled is still written. */
void stream_end(struct conn *c) {
        struct stream *s = &c->stream;
        bool cut = s->left > 0; /* fewer bytes than promised */
        if (s->chunked && evbuffer_add(bufferevent_get_output(c->bev), "0\r\n\r\n", 5) < 0)
                cut = true;
        stream_done(c);
        conn_answered(c);
        if (cut)
                conn_close(c);
}

/* One piece, as one chunk. */
static int write_piece(struct conn *c, const struct buf *piece) {
        struct stream *s = &c->stream;
        struct evbuffer *out = bufferevent_get_output(c->bev);
        if (s->left >= 0 && (uint64_t)s->left < piece->len)
                return -1;
        if (s->left >= 0)
                s->left -= (int64_t)piece->len;
        if (!s->chunked)
                return evbuffer_add(out, piece->data, piece->len);
        char size[24];
        int n = snprintf(size, sizeof(size), "%zx\r\n", piece->len);
        if (evbuffer_expand(out, piece->len + sizeof(size)) < 0 || evbuffer_add(out, size, (size_t)n) < 0)
                return -1;
        return evbuffer_add(out, piece->data, piece->len) < 0 || evbuffer_add(out, "\r\n", 2) < 0 ? -1 : 0;
}

void stream_fill(struct conn *c) {
        struct stream *s = &c->stream;
        _cleanup_buf_ struct buf piece = BUF_INIT(LIMIT_HTTP_STREAM_BYTES);
        int more = s->ops->fill(s->source, &piece);
        if (buf_failed(&piece) || (piece.len && write_piece(c, &piece) < 0)) {
                conn_close(c);
                return;
        }
        if (more < 0)
                stream_end(c);
        else if (more > 0 && piece.len == 0)
                bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

static void on_deadline(evutil_socket_t fd, short what, void *context) {
        struct conn *c = context;
        if (c->state == CONN_STREAM)
                stream_end(c);
}

static int set_deadline(struct conn *c, int64_t ns) {
        if (ns <= 0)
                return 0;
        struct timeval tv = {.tv_sec = ns / NSEC_PER_SEC, .tv_usec = ns % NSEC_PER_SEC / 1000};
        c->stream.deadline = event_new(c->loop->base, -1, 0, on_deadline, c);
        return c->stream.deadline && event_add(c->stream.deadline, &tv) == 0 ? 0 : -1;
}

void stream_begin(struct request *r, const struct http_response *head, const struct http_stream_ops *ops, void *source,
                  int64_t deadline_ns) {
        struct conn *c = r->conn;
        r->answered = true;
        if (!c) {
                ops->done(source);
                return;
        }
        int64_t length = !head->body && head->body_len ? (int64_t)head->body_len : -1;
        if (c->loop->draining || c->body_unread || (length < 0 && !r->head.http11))
                c->close_after = true;
        c->stream =
                (struct stream){.ops = ops, .source = source, .left = length, .chunked = length < 0 && r->head.http11};
        c->state = CONN_STREAM;
        c->deadline = 0;
        reply_head(r, head, length, bufferevent_get_output(c->bev));
        if (streq(r->public.method, "HEAD")) {
                stream_done(c);
                conn_answered(c);
        } else if (set_deadline(c, deadline_ns) < 0) {
                conn_close(c);
        } else if (c->loop->draining) {
                stream_end(c);
        } else {
                stream_fill(c);
        }
}

void http_reply_stream(struct http_request *public, const struct http_response *head, const struct http_stream_ops *ops,
                       void *source, int64_t deadline_ns) {
        struct request *r = (struct request *)public;
        if (r->answered)
                ops->done(source);
        else
                stream_begin(r, head, ops, source, deadline_ns);
}
