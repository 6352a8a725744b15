/* SPDX-License-Identifier: Apache-2.0 */
/* What clients of the HTTP server notice, over a Unix socket. */
#include "test.h"

#include "client.h"

#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

struct fixture {
        struct http_server *server;
        char path[64];
        char dir[32];
        atomic_uint handled;
        atomic_uint streams_done;
        pthread_t thread; /* answers one request later */
        uint64_t later_id;
};

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
        } else if (streq(r->path, "/short-watch")) {
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 1, true), 30 * INT64_C(1000000));
        } else if (streq(r->path, "/flood")) {
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 100000000, false), 0);
        } else if (streq(r->path, "/sized")) {
                head.body_len = strlen("line 0\nline 1\n");
                http_reply_stream(r, &head, &counter_ops, counter_new(f, 2, false), 0);
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

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        snprintf(f->dir, sizeof(f->dir), "/tmp/weir-http-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
        struct http_options o = {
                .max_body = 100000,
                .max_connections = 16,
                .loops = 2,
                .hooks = {.authenticate = authenticate, .handle = handle, .refuse = refuse, .context = f},
        };
        _cleanup_err_ struct err err = ERR_INIT;
        if (http_server_new(&o, &f->server, &err) < 0 || http_listen_unix(f->server, f->path, &err) < 0 ||
            http_server_start(f->server, &err) < 0)
                fail_msg("%s", err_message(&err));
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        if (f->thread)
                pthread_join(f->thread, NULL);
        f->server = http_server_stop(f->server, INT64_C(1000000000));
        assert_int_not_equal(access(f->path, F_OK), 0); /* the socket has gone */
        rmdir(f->dir);
        free(f);
        return 0;
}

#define assert_answer(client, wanted_status, wanted_body)                                                              \
        do {                                                                                                           \
                _cleanup_answer_ struct answer a_ = {0};                                                               \
                assert_true(client_answer((client), &a_));                                                             \
                assert_int_equal(a_.status, (wanted_status));                                                          \
                assert_string_equal(a_.body, (wanted_body));                                                           \
        } while (0)

static void keeps_the_connection(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        for (int i = 0; i < 3; i++) {
                client_sends(&c, "GET /nope HTTP/1.1\r\nHost: x\r\n\r\n");
                assert_answer(&c, 404, "/nope");
        }
        assert_int_equal(f->handled, 3);
}

static void answers_pipelined_requests_in_order(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"
                         "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
                         "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n3");
        assert_answer(&c, 200, "1");
        assert_answer(&c, 201, "later");
        assert_answer(&c, 200, "3");
}

static void reads_bodies(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
        assert_answer(&c, 200, "abc0123456789");
        /* byte by byte */
        const char *slow = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
        for (const char *p = slow; *p; p++)
                client_send(&c, p, 1);
        assert_answer(&c, 200, "hi");
        client_sends(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        assert_answer(&c, 200, "");
}

static void answers_100_continue_after_authentication(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        assert_answer(&c, 100, "");
        client_sends(&c, "ok");
        assert_answer(&c, 200, "ok");
        client_sends(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
                         "Authorization: Bearer wrong\r\n\r\n");
        assert_answer(&c, 401, "who are you");
}

static void refuses_before_the_body(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c,
                     "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\nAuthorization: Bearer wrong\r\n\r\n");
        assert_answer(&c, 401, "who are you");
        assert_true(client_closed(&c));
        assert_int_equal(f->handled, 0);

        _cleanup_client_ struct client large = client_unix(f->path);
        client_sends(&large, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n");
        char body[1000];
        memset(body, 'x', sizeof(body));
        for (int i = 0; i < 101; i++)
                client_send(&large, body, sizeof(body)); /* goes on sending: the answer must still arrive */
        assert_answer(&large, 413, "refused: request entity too large");
        assert_int_equal(f->handled, 0);
}

static void refuses_chunks_past_the_limit(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        char piece[10007];
        memset(piece, 'y', sizeof(piece));
        memcpy(piece, "2710\r\n", 6);
        memcpy(piece + 10005, "\r\n", 2);
        char whole[10008];
        snprintf(whole, 7, "2710\r\n");
        memset(whole + 6, 'y', 10000);
        memcpy(whole + 10006, "\r\n", 2);
        for (int i = 0; i < 11; i++)
                client_send(&c, whole, sizeof(whole));
        assert_answer(&c, 413, "refused: request entity too large");
}

static void refuses_what_is_ambiguous(void **state) {
        struct fixture *f = *state;
        static const struct {
                int status;
                const char *request;
        } cases[] = {
                {400, "GET / HTTP/1.1\r\n\r\n"},
                {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
                {400, "GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n"},
                {400, "GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n"},
                {400, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
                {400, "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
                {400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
                {400, "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"},
                {400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
                {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1"},
                {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1"},
                {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n1"},
                {400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
                {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\n\r\n"},
                {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
                {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
                {417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\n1"},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_client_ struct client c = client_unix(f->path);
                client_sends(&c, cases[i].request);
                _cleanup_answer_ struct answer a = {0};
                if (!client_answer(&c, &a) || a.status != cases[i].status)
                        fail_msg("case %zu: wanted %d, got %d", i, cases[i].status, a.status);
                assert_true(str_has_prefix(a.body, "refused: "));
        }
        assert_int_equal(f->handled, 0);
}

static void limits_headers(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
        char fill[1024];
        memset(fill, 'h', sizeof(fill));
        for (int i = 0; i < 16; i++)
                client_send(&c, fill, sizeof(fill));
        assert_answer(&c, 431, "refused: request header fields too large");
}

static void answers_head_without_body(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "HEAD /nope HTTP/1.1\r\nHost: a\r\n\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
        _cleanup_answer_ struct answer a = {0};
        assert_true(client_answer_head(&c, &a));
        assert_int_equal(a.status, 404);
        assert_non_null(strstr(a.head, "Content-Length: 5\r\n"));
        assert_answer(&c, 404, "/nope");
}

static void decodes_queries(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /query?x=%zz&a+b=1%2f2&a+b=3 HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_answer(&c, 200, "1/2");
}

static void hands_the_user_on(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /user HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer bob\r\n\r\n");
        assert_answer(&c, 200, "Bearer bob");
}

static void answers_from_another_thread(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
        _cleanup_answer_ struct answer a = {0};
        assert_true(client_answer(&c, &a));
        assert_int_equal(a.status, 201);
        assert_non_null(strstr(a.head, "X-Thread: other\r\n"));
        assert_string_equal(a.body, "later");
}

static void streams_from_another_thread(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /later-stream HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_answer(&c, 200, "line 0\nline 1\nline 2\n");
        assert_int_equal(f->streams_done, 1);
}

static void an_answer_to_nobody_vanishes(void **state) {
        struct fixture *f = *state;
        struct client c = client_unix(f->path);
        client_sends(&c, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
        client_done(&c);
        _cleanup_client_ struct client d = client_unix(f->path);
        client_sends(&d, "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_answer(&d, 404, "/nope");
}

static void writes_shared_bytes(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /shared HTTP/1.1\r\nHost: a\r\n\r\n");
        _cleanup_answer_ struct answer a = {0};
        assert_true(client_answer(&c, &a));
        assert_int_equal(a.body_len, 100000);
}

static void streams_to_the_end(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /count HTTP/1.1\r\nHost: a\r\n\r\nGET /sized HTTP/1.1\r\nHost: a\r\n\r\n");
        _cleanup_answer_ struct answer a = {0};
        assert_true(client_answer(&c, &a));
        assert_true(a.chunked);
        assert_true(str_has_suffix(a.body, "line 1999\n"));
        _cleanup_answer_ struct answer sized = {0};
        assert_true(client_answer(&c, &sized));
        assert_false(sized.chunked);
        assert_string_equal(sized.body, "line 0\nline 1\n");
        assert_int_equal(f->streams_done, 2);
}

static void an_old_client_gets_streams_until_the_end(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /count HTTP/1.0\r\nHost: a\r\n\r\n");
        _cleanup_answer_ struct answer a = {0};
        assert_true(client_answer(&c, &a));
        assert_false(a.chunked);
        assert_true(str_has_suffix(a.body, "line 1999\n"));
}

static void a_stream_ends_at_its_deadline(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /short-watch HTTP/1.1\r\nHost: a\r\n\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_answer(&c, 200, "line 0\n");
        assert_answer(&c, 404, "/nope"); /* a clean end: the connection goes on */
}

static void a_reader_that_does_not_read_is_not_buffered_for(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_true(client_wait_for(&c, "line 0\n"));
        client_done(&c); /* gone in the middle */
        _cleanup_client_ struct client d = client_unix(f->path);
        for (int i = 0; i < 1000 && f->streams_done == 0; i++) {
                client_sends(&d, "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
                assert_answer(&d, 404, "/nope");
        }
        assert_int_equal(f->streams_done, 1);
}

static void stopping_ends_streams_cleanly(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /watch HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_true(client_wait_for(&c, "line 0\n"));
        http_server_drain(f->server, INT64_C(2000000000));
        assert_answer(&c, 200, "line 0\n");
        assert_true(client_closed(&c));
        assert_int_equal(f->streams_done, 1);
}

static void caps_connections(void **state) {
        struct fixture *f = *state;
        struct client all[16];
        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
                all[i] = client_unix(f->path);
                client_sends(&all[i], "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
                assert_answer(&all[i], 404, "/nope");
        }
        _cleanup_client_ struct client extra = client_unix(f->path);
        assert_true(client_closed(&extra));
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
                client_done(&all[i]);
}

static void the_socket_is_private_and_not_taken_twice(void **state) {
        struct fixture *f = *state;
        struct stat st;
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        struct http_options o = {.hooks = {.handle = handle}};
        struct http_server *second;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(http_server_new(&o, &second, &err), 0);
        assert_int_equal(http_listen_unix(second, f->path, &err), -1);
        assert_int_equal(err.class, ERR_EXISTS);
        http_server_stop(second, 0);
        assert_int_equal(access(f->path, F_OK), 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(keeps_the_connection),
                test(answers_pipelined_requests_in_order),
                test(reads_bodies),
                test(answers_100_continue_after_authentication),
                test(refuses_before_the_body),
                test(refuses_chunks_past_the_limit),
                test(refuses_what_is_ambiguous),
                test(limits_headers),
                test(answers_head_without_body),
                test(decodes_queries),
                test(hands_the_user_on),
                test(answers_from_another_thread),
                test(streams_from_another_thread),
                test(an_answer_to_nobody_vanishes),
                test(writes_shared_bytes),
                test(streams_to_the_end),
                test(an_old_client_gets_streams_until_the_end),
                test(a_stream_ends_at_its_deadline),
                test(a_reader_that_does_not_read_is_not_buffered_for),
                test(stopping_ends_streams_cleanly),
                test(caps_connections),
                test(the_socket_is_private_and_not_taken_twice),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
