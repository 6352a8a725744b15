/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: answers that are pulled out of a source, as fast as the client reads and no faster. */
#include "http/internal.h"

#include "base/clock.h"
#include "base/limits.h"

/* Memory for pieces that a loop keeps between two. */
#define PIECE_KEPT ((size_t)128 << 10)

void stream_done(struct conn *c) {
        struct stream *s = &c->stream;
        if (s->deadline)
                event_free(s->deadline);
        if (s->ops)
                s->ops->done(s->source);
        *s = (struct stream){0};
}

#define LAST_CHUNK "0\r\n\r\n"

/* The answer is complete, or (fewer bytes than promised) has to be cut. */
static void finish(struct conn *c, bool whole) {
        conn_answered(c);
        if (!whole)
                conn_close(c);
}

/* Ends the answer: what has been filled is still written. */
void stream_end(struct conn *c) {
        bool whole = c->stream.left <= 0, chunked = c->stream.chunked;
        stream_done(c);
        if (chunked && conn_send(c, LAST_CHUNK, sizeof(LAST_CHUNK) - 1) < 0)
                whole = false;
        finish(c, whole);
}

/* A chunk's size is written when its content is there, into the place kept for it in front. */
#define SIZE_LINE "00000000\r\n"
#define SIZE_DIGITS 8

_Static_assert(LIMIT_HTTP_STREAM_BYTES <= UINT32_MAX, "a piece's size has its digits");

static void frame(struct buf *piece, size_t n) {
        for (unsigned i = 0; i < SIZE_DIGITS; i++)
                piece->data[i] = "0123456789abcdef"[n >> 4 * (SIZE_DIGITS - 1 - i) & 15];
        buf_adds(piece, "\r\n");
}

/* One piece, as one chunk, and the end of the stream behind its last one. Answers as fill() does. */
static int take_piece(struct stream *s, struct buf *piece) {
        size_t front = s->chunked ? sizeof(SIZE_LINE) - 1 : 0;
        if (s->chunked)
                buf_adds(piece, SIZE_LINE);
        int more = s->ops->fill(s->source, piece);
        if (buf_failed(piece))
                return more;
        if (piece->len == front)
                buf_clear(piece);
        else if (s->chunked)
                frame(piece, piece->len - front);
        if (s->chunked && more < 0)
                buf_adds(piece, LAST_CHUNK);
        return more;
}

/* False: more than was promised. */
static bool within_length(struct stream *s, size_t n) {
        if (s->left < 0)
                return true;
        if ((uint64_t)s->left < n)
                return false;
        s->left -= (int64_t)n;
        return true;
}

void stream_fill(struct conn *c) {
        struct buf *piece = &c->loop->piece;
        int more = take_piece(&c->stream, piece);
        bool failed = buf_failed(piece) || !within_length(&c->stream, piece->len), whole = c->stream.left <= 0;
        if (more < 0)
                stream_done(c); /* before the client can see its end */
        if (!failed && piece->len)
                failed = conn_send(c, piece->data, piece->len) < 0;
        buf_clear(piece);
        if (piece->cap > PIECE_KEPT)
                buf_done(piece);
        if (failed)
                conn_close(c);
        else if (more < 0)
                finish(c, whole);
        else if (more > 0 && evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
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
        reply_head(r, head, length);
        if (streq(r->public.method, "HEAD")) {
                stream_done(c);
                conn_answered(c);
        } else if (set_deadline(c, deadline_ns) < 0) {
                conn_close(c);
        } else if (c->loop->draining && length < 0) {
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
