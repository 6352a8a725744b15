/* SPDX-License-Identifier: Apache-2.0 */
/* Answers. */
#include "apiserver/handlers/call.h"

#include <zlib.h>

#include "apiserver/handlers/status.h"
#include "apiserver/table/table.h"
#include "base/clock.h"
#include "base/limits.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

#define HEADERS_MAX 64
#define GZIP_FROM (128 * 1024) /* bytes, as kube-apiserver */

struct headers {
        struct http_header items[HEADERS_MAX];
        size_t n;
};

const char *call_query(const struct call *c, const char *name) {
        return http_query_get(c->http, name);
}

static void add_header(struct headers *h, const char *name, const char *value) {
        if (h->n < HEADERS_MAX && value)
                h->items[h->n++] = (struct http_header){.name = name, .value = value};
}

/* `299 - "text"`; quotes and backslashes are escaped, control characters become spaces. */
static const char *warning_text(struct arena *a, const struct value *text) {
        char *out = arena_alloc(a, 2 * (size_t)text->len + 16);
        if (!out)
                return NULL;
        size_t n = (size_t)snprintf(out, 16, "299 - \"");
        for (size_t i = 0; i < text->len; i++) {
                char c = text->str[i];
                if (c == '"' || c == '\\')
                        out[n++] = '\\';
                out[n++] = (unsigned char)c < ' ' || c == 0x7f ? ' ' : c;
        }
        out[n++] = '"';
        out[n] = '\0';
        return out;
}

static void common_headers(struct call *c, struct headers *h) {
        add_header(h, "Audit-Id", c->audit_id);
        add_header(h, "Cache-Control", "no-cache, private");
        if (!value_is_list(&c->warnings))
                return;
        for (size_t i = 0; i < c->warnings.len; i++) {
                bool seen = false;
                for (size_t j = 0; j < i && !seen; j++) /* a header each: at most HEADERS_MAX of them count */
                        seen = j < HEADERS_MAX && value_equal(&c->warnings.items[i], &c->warnings.items[j]);
                if (!seen && value_is_string(&c->warnings.items[i]))
                        add_header(h, "Warning", warning_text(c->arena, &c->warnings.items[i]));
        }
}

/* ---- sending ---- */

static void send(struct call *c, const struct http_response *response) {
        if (c->on_worker)
                http_respond(c->server->http, c->http->id, response);
        else
                http_reply(c->http, response);
}

/* Compressing costs more than it saves when the bytes do not leave the machine. */
static bool is_near(const struct http_peer *peer) {
        return peer->unix_socket || str_has_prefix(peer->address, "127.") || str_has_prefix(peer->address, "[::1]");
}

bool call_wants_gzip(const struct call *c, size_t n) {
        const char *encodings = n >= GZIP_FROM ? http_header(c->http, "accept-encoding") : NULL;
        return encodings && strstr(encodings, "gzip") && streq(c->http->method, "GET") && !is_near(c->http->peer);
}

/* The compressed bytes, malloc'ed; NULL when that does not work out. */
static char *compress_body(const char *body, size_t n, size_t *ret_n) {
        z_stream z = {0};
        if (n > UINT32_MAX || deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
                return NULL;
        size_t cap = deflateBound(&z, n);
        char *out = malloc(cap);
        if (out) {
                z.next_in = (Bytef *)body;
                z.avail_in = (uInt)n;
                z.next_out = (Bytef *)out;
                z.avail_out = (uInt)cap;
                if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
                        free(out);
                        out = NULL;
                }
        }
        *ret_n = z.total_out;
        deflateEnd(&z);
        return out;
}

static void call_out_of_memory(struct call *c) {
        static const char text[] = "out of memory\n";
        call_body(c, 500, "text/plain", NULL, 0, text, strlen(text));
}

void call_body(struct call *c, int status, const char *content_type, const struct http_header *headers,
               size_t n_headers, const char *body, size_t n) {
        struct headers all = {0};
        common_headers(c, &all);
        for (size_t i = 0; i < n_headers; i++) {
                if (streq(headers[i].name, "Cache-Control"))
                        all.items[1] = headers[i];
                else
                        add_header(&all, headers[i].name, headers[i].value);
        }
        struct http_response response = {
                .status = status,
                .content_type = content_type,
                .headers = all.items,
                .body = body,
                .body_len = n,
        };
        size_t packed_len = 0;
        _cleanup_free_ char *packed = call_wants_gzip(c, n) ? compress_body(body, n, &packed_len) : NULL;
        if (packed) {
                add_header(&all, "Content-Encoding", "gzip");
                add_header(&all, "Vary", "Accept-Encoding");
                response.body = packed;
                response.body_len = packed_len;
        }
        response.n_headers = all.n;
        send(c, &response);
}

void call_json(struct call *c, int status, char *text, size_t n) {
        if (call_wants_gzip(c, n)) {
                call_body(c, status, "application/json", NULL, 0, text, n);
                free(text);
                return;
        }
        struct headers all = {0};
        common_headers(c, &all);
        struct http_response response = {
                .status = status,
                .content_type = "application/json",
                .headers = all.items,
                .n_headers = all.n,
                .shared = http_shared_new(text, n), /* large answers are lent to the connection, not copied */
        };
        if (!response.shared) {
                call_out_of_memory(c);
                return;
        }
        struct http_shared *mine = response.shared;
        send(c, &response);
        http_shared_unref(mine);
}

void call_stream(struct call *c, const struct http_stream_ops *ops, void *source, size_t length, int64_t deadline_ns) {
        struct headers all = {0};
        common_headers(c, &all);
        struct http_response head = {
                .status = 200,
                .content_type = "application/json",
                .headers = all.items,
                .n_headers = all.n,
                .body_len = length,
        };
        if (c->on_worker)
                http_respond_stream(c->server->http, c->http->id, &head, ops, source, deadline_ns);
        else
                http_reply_stream(c->http, &head, ops, source, deadline_ns);
}

/* ---- objects ---- */

static void send_value(struct call *c, int status, const struct value *v, enum call_media media,
                       const struct http_header *headers, size_t n_headers) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_LIST_BYTES);
        const char *pretty = call_query(c, "pretty");
        bool indent = pretty && (streq(pretty, "1") || streq(pretty, "true"));
        if (media == MEDIA_YAML) {
                yaml_write(&b, v, YAML_SIGS);
        } else {
                json_write(&b, v, JSON_HTML_ESCAPE | (indent ? JSON_INDENT : 0));
                buf_addc(&b, '\n');
        }
        if (buf_failed(&b)) {
                call_out_of_memory(c);
                return;
        }
        call_body(c, status, media == MEDIA_YAML ? "application/yaml" : "application/json", headers, n_headers,
                  buf_str(&b), b.len);
}

void call_status(struct call *c, const struct value *status) {
        struct http_header headers[2];
        size_t n = 0;
        int64_t code = value_int_or(value_get(status, "code"), 200);
        const struct value *after = value_path(status, "details", "retryAfterSeconds", NULL);
        if (code == 403 || c->refused)
                headers[n++] = (struct http_header){"X-Content-Type-Options", "nosniff"};
        if (after)
                headers[n++] = (struct http_header){"Retry-After", "1"};
        send_value(c, (int)code, status, c->accept.media, headers, n);
}

void call_fail(struct call *c, const struct err *err) {
        struct value status;
        if (status_from_err(c->arena, err, &status) < 0) {
                call_out_of_memory(c);
                return;
        }
        struct http_header retry = {"Retry-After", "1"};
        bool later = value_path(&status, "details", "retryAfterSeconds", NULL) != NULL;
        send_value(c, (int)value_int_or(value_get(&status, "code"), 500), &status, c->accept.media, &retry, later);
}

static int transform(struct call *c, const struct value *object, struct value *ret, struct err *err) {
        struct table_options options = {.headers = true, .now_ns = clock_realtime_ns(), .version = c->accept.version};
        if (value_equals_str(value_get(object, "kind"), "Status") || c->accept.transform == TRANSFORM_NONE) {
                *ret = *object;
                return 0;
        }
        if (c->accept.transform == TRANSFORM_PARTIAL)
                return table_partial_metadata(c->arena, object, c->accept.version, ret, err);
        if (table_parse_include(call_query(c, "includeObject"), &options.include, err) < 0)
                return -1;
        return table_of(c->arena, c->kind, object, &options, ret, err);
}

void call_object(struct call *c, int status, const struct value *object) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value shown;
        if (transform(c, object, &shown, &err) < 0) {
                call_fail(c, &err);
                return;
        }
        send_value(c, status, &shown, c->accept.media, NULL, 0);
}
