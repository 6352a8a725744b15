/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static void reply_text(struct http_request *r, int status, const char *text) {
        struct http_response response = {
                .status = status, .content_type = "text/plain", .body = text, .body_len = strlen(text)};
        http_reply(r, &response);
}

static int authenticate(struct http_request *r, void *context) {
        const char *who = http_header(r, "authorization");
        if (who && streq(who, "Bearer wrong")) {
                reply_text(r, 401, "who are you");
                return -1;
        }
        r->user = (void *)who;
        return 0;
}

/* A stream of 2,000 numbered lines. */
struct counter {
        struct fixture *f;
        unsigned next, last;
        bool waits; /* ends never, answers "nothing now" after the last */
};

static int counter_fill(void *source, struct buf *out) {
        struct counter *c = source;
        while (c->next < c->last && out->len < 16384)
                buf_addf(out, "line %u\n", c->next++);
        return c->next < c->last ? 1 : c->waits ? 0 : -1;
}

static void counter_done(void *source) {
        struct counter *c = source;
        atomic_fetch_add(&c->f->streams_done, 1);
        free(c);
}

static const struct http_stream_ops counter_ops = {counter_fill, counter_done};

static struct counter *counter_new(struct fixture *f, unsigned last, bool waits) {
        struct counter *c = calloc(1, sizeof(*c));
        *c = (struct counter){.f = f, .last = last, .waits = waits};
        return c;
}

/* A stream of what is new; `next` is the first line it has not shown. */
static int news_fill(void *source, struct buf *out) {
        struct counter *c = source;
        while (c->next < atomic_load(&c->f->news))
                buf_addf(out, "line %u\n", c->next++);
        return 0;
}

static const struct http_stream_ops news_ops = {news_fill, counter_done};

static void *answer_later(void *context) {
        struct fixture *f = context;
        const struct http_header headers[] = {{"X-Thread", "other"}};
        struct http_response response = {.status = 201,
                                         .content_type = "text/plain",
                                         .headers = headers,
                                         .n_headers = 1,
                                         .body = "later",
                                         .body_len = 5};
        http_respond(f->server, f->later_id, &response);
        return NULL;
}

static void *stream_later(void *context) {
        struct fixture *f = context;
        struct http_response head = {.status = 200, .content_type = "text/plain"};
        http_respond_stream(f->server, f->later_id, &head, &counter_ops, counter_new(f, 3, false), 0);
        return NULL;
}

static void handle_shared(struct http_request *r) {
        char *bytes = malloc(100000);
        memset(bytes, 'x', 100000);
        struct http_shared *shared = http_shared_new(bytes, 100000);
        struct http_response response = {.status = 200, .content_type = "text/plain", .shared = shared};
        http_reply(r, &response);
        http_shared_unref(shared);
}

static void handle(struct http_request *r, void *context) {
        struct fixture *f = context;
        atomic_fetch_add(&f->handled, 1);
        struct http_response head = {.status = 200, .content_type = "text/plain"};
        if (streq(r->path, "/echo")) {
                struct http_response response = {.status = 200, .body = r->body, .body_len = r->body_len};
                http_reply(r, &response);
        } else if (streq(r->path, "/later") || streq(r->path, "/later-stream")) {
                f->later_id = r->id;
                pthread_create(&f->thread, NULL, streq(r->path, "/later") ? answer_later : stream_later, f);
        } else if (streq(r->path, "/shared")) {
                handle_shared(r);
        } else if (streq(r->path, "/count")) {
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 2000, false), 0);
        } else if (streq(r->path, "/watch")) {
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 1, true), 0);
        } else if (streq(r->path, "/news")) {
                http_reply_stream(r, &head, &news_ops, counter_new(f, 0, true), 0);
        } else if (streq(r->path, "/short-watch")) {
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 1, true), 30 * INT64_C(1000000));
        } else if (streq(r->path, "/flood")) {
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 100000000, false), 0);
        } else if (streq(r->path, "/sized")) {
                head.body_len = strlen("line 0\nline 1\n");
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 2, false), 0);
        } else if (streq(r->path, "/large")) {
                head.body_len = LARGE_LINES * strlen("line 100000\n");
                struct counter *c = counter_new(f, 100000 + LARGE_LINES, false);
                c->next = 100000;
                http_reply_stream(r, &head, &counter_ops, c, 0);
        } else if (streq(r->path, "/query")) {
                const char *v = http_query_get(r, "a b");
                reply_text(r, 200, v ? v : "none");
        } else if (streq(r->path, "/user")) {
                reply_text(r, 200, r->user ? r->user : "nobody");
        } else {
                reply_text(r, 404, r->path);
        }
}

static void refuse(struct http_request *r, int status, const char *message, void *context) {
        char text[200];
        snprintf(text, sizeof(text), "refused: %s", message);
        reply_text(r, status, text);
}

static int setup_with(void **state, const struct http_deadlines *deadlines) {
        struct fixture *f = calloc(1, sizeof(*f));
        snprintf(f->dir, sizeof(f->dir), "/tmp/weir-http-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
        struct http_options o = {
                .max_body = 100000,
                .max_connections = 16,
                .loops = 2,
                .deadlines = *deadlines,
                .hooks = {.authenticate = authenticate, .handle = handle, .refuse = refuse, .context = f},
        };
        _cleanup_err_ struct err err = ERR_INIT;
        if (http_server_new(&o, &f->server, &err) < 0 || http_listen_unix(f->server, f->path, &err) < 0 ||
            http_server_start(f->server, &err) < 0)
                fail_msg("%s", err_message(&err));
        *state = f;
        return 0;
}

int setup(void **state) {
        return setup_with(state, &(struct http_deadlines){0});
}

/* A server that has no patience. */
int setup_hasty(void **state) {
        const int64_t ms = 1000000;
        return setup_with(
                state, &(struct http_deadlines){.head = 40 * ms, .body = 60 * ms, .idle = 80 * ms, .write = 50 * ms});
}

int teardown(void **state) {
        struct fixture *f = *state;
        if (f->thread)
                pthread_join(f->thread, NULL);
        f->server = http_server_stop(f->server, INT64_C(1000000000));
        assert_int_not_equal(access(f->path, F_OK), 0); /* the socket has gone */
        rmdir(f->dir);
        free(f);
        return 0;
}
