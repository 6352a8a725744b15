/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

#include "base/limits.h"

const char *reply_reason(int status) {
        static const struct {
                int status;
                const char *text;
        } reasons[] = {
                {200, "OK"},
                {201, "Created"},
                {202, "Accepted"},
                {204, "No Content"},
                {206, "Partial Content"},
                {301, "Moved Permanently"},
                {302, "Found"},
                {304, "Not Modified"},
                {307, "Temporary Redirect"},
                {400, "Bad Request"},
                {401, "Unauthorized"},
                {403, "Forbidden"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {406, "Not Acceptable"},
                {408, "Request Timeout"},
                {409, "Conflict"},
                {410, "Gone"},
                {413, "Request Entity Too Large"},
                {415, "Unsupported Media Type"},
                {417, "Expectation Failed"},
                {422, "Unprocessable Entity"},
                {429, "Too Many Requests"},
                {431, "Request Header Fields Too Large"},
                {500, "Internal Server Error"},
                {501, "Not Implemented"},
                {503, "Service Unavailable"},
                {504, "Gateway Timeout"},
                {505, "HTTP Version Not Supported"},
        };
        for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
                if (reasons[i].status == status)
                        return reasons[i].text;
        return "Status";
}

/* Header values come from handlers that may have copied a client's bytes: a line break must not end the header. */
static void add_value(struct buf *b, const char *value) {
        for (; *value; value++)
                buf_addc(b, (unsigned char)*value < ' ' && *value != '\t' ? ' ' : *value);
}

static bool has_body(int status) {
        return status >= 200 && status != 204 && status != 304;
}

/* The status line and headers. length -1: chunked, or until the connection ends for an old client. */
static void render_head(struct request *r, const struct http_response *response, int64_t length, struct buf *b) {
        struct conn *c = r->conn;
        buf_addf(b, "HTTP/1.1 %d %s\r\nDate: %s\r\n", response->status, reply_reason(response->status),
                 loop_date(c->loop));
        if (response->content_type) {
                buf_adds(b, "Content-Type: ");
                add_value(b, response->content_type);
                buf_adds(b, "\r\n");
        }
        for (size_t i = 0; i < response->n_headers; i++) {
                buf_adds(b, response->headers[i].name);
                buf_adds(b, ": ");
                add_value(b, response->headers[i].value);
                buf_adds(b, "\r\n");
        }
        if (length >= 0 && has_body(response->status))
                buf_addf(b, "Content-Length: %lld\r\n", (long long)length);
        else if (length < 0 && r->head.http11)
                buf_adds(b, "Transfer-Encoding: chunked\r\n");
        buf_adds(b, c->close_after ? "Connection: close\r\n\r\n" : "\r\n");
}

/* Body bytes behind the head: in the same piece when small, lent when large and shared. */
static int send_answer(struct conn *c, struct buf *head, const struct http_response *response) {
        struct http_shared *s = response->shared;
        const char *body = s ? s->data : response->body;
        size_t n = s ? s->len : response->body_len;
        if (n <= HTTP_CONTIGUOUS)
                buf_add(head, body, n);
        if (buf_failed(head) || conn_send(c, head->data, head->len) < 0)
                return -1;
        if (n <= HTTP_CONTIGUOUS)
                return 0;
        return s ? conn_lend(c, s) : conn_send(c, body, n);
}

void reply_head(struct request *r, const struct http_response *response, int64_t length) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_HEADERS * 4);
        render_head(r, response, length, &b);
        if (buf_failed(&b) || conn_send(r->conn, b.data, b.len) < 0)
                r->conn->close_after = true;
}

void reply_write(struct request *r, const struct http_response *response) {
        struct conn *c = r->conn;
        size_t len = response->shared ? response->shared->len : response->body_len;
        bool body = len > 0 && !streq(r->public.method, "HEAD") && has_body(response->status);
        if (c->loop->draining || c->body_unread)
                c->close_after = true;
        static const struct http_response nothing = {0};
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_HEADERS * 4 + HTTP_CONTIGUOUS);
        render_head(r, response, (int64_t)len, &b);
        if (send_answer(c, &b, body ? response : &nothing) < 0)
                conn_close(c); /* half an answer must not look like a whole one */
        else
                conn_answered(c);
}

void http_reply(struct http_request *public, const struct http_response *response) {
        struct request *r = (struct request *)public;
        if (r->answered)
                return;
        r->answered = true;
        if (r->conn)
                reply_write(r, response);
}

/* Copies what a response points at, except shared bytes, of which it takes a reference. */
static int copy_response(struct message *m, const struct http_response *from) {
        struct arena *a = m->arena = arena_new(0);
        struct http_response *to = &m->response;
        *to = *from;
        to->shared = from->shared ? http_shared_ref(from->shared) : NULL;
        struct http_header *headers = a ? arena_alloc(a, from->n_headers * sizeof(*headers)) : NULL;
        if (!headers)
                return -1;
        to->headers = headers;
        for (size_t i = 0; i < from->n_headers; i++) {
                headers[i].name = arena_strdup(a, from->headers[i].name);
                headers[i].value = arena_strdup(a, from->headers[i].value);
                if (!headers[i].name || !headers[i].value)
                        return -1;
        }
        if (from->content_type && !(to->content_type = arena_strdup(a, from->content_type)))
                return -1;
        return from->body && !(to->body = arena_memdup(a, from->body, from->body_len)) ? -1 : 0;
}

static const struct http_response out_of_memory = {.status = 500};

/* The message that carries an answer to the request's loop. Without memory for a copy the client gets a bare 500; when
 * there is none even for that, the request stays open until the server stops. */
static struct message *answer_message(enum message_type type, uint64_t id, const struct http_response *response) {
        struct message *m = message_new(type);
        if (!m)
                return NULL;
        m->id = id;
        if (copy_response(m, response) < 0) {
                http_shared_unref(m->response.shared);
                m->response = out_of_memory;
                m->type = MESSAGE_RESPOND;
        }
        return m;
}

void http_respond(struct http_server *s, uint64_t id, const struct http_response *response) {
        struct message *m = answer_message(MESSAGE_RESPOND, id, response);
        if (m)
                loop_post(&s->loops[id % HTTP_LOOPS_MAX], m);
}

void http_respond_stream(struct http_server *s, uint64_t id, const struct http_response *head,
                         const struct http_stream_ops *ops, void *source, int64_t deadline_ns) {
        struct message *m = answer_message(MESSAGE_STREAM, id, head);
        if (m && m->type == MESSAGE_STREAM) {
                m->ops = ops;
                m->source = source;
                m->deadline_ns = deadline_ns;
        } else {
                ops->done(source);
        }
        if (!m)
                return;
        loop_post(&s->loops[id % HTTP_LOOPS_MAX], m);
}
