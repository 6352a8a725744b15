/* SPDX-License-Identifier: Apache-2.0 */
/* What well-behaved clients of the HTTP server notice. */
#include "fixture.h"

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

static void news_reach_every_stream(void **state) {
        struct fixture *f = *state;
        struct client watchers[12];
        const size_t n = ARRAY_LEN(watchers);
        for (size_t i = 0; i < n; i++) {
                watchers[i] = client_unix(f->path);
                client_sends(&watchers[i], "GET /news HTTP/1.1\r\nHost: a\r\n\r\n");
                assert_true(client_wait_for(&watchers[i], "\r\n\r\n"));
        }
        for (unsigned line = 0; line < 200; line++) { /* faster than the rounds go */
                atomic_fetch_add(&f->news, 1);
                http_stream_wake(f->server);
                if (line == 100)
                        client_done(&watchers[n / 2]);
        }
        for (size_t i = 0; i < n; i++)
                if (i != n / 2)
                        assert_true(client_wait_for(&watchers[i], "line 199\n"));
        for (size_t i = 0; i < n; i++)
                client_done(&watchers[i]);
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

static void stopping_lets_an_answer_of_known_length_finish(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_true(client_wait_for(&c, "line 100000\n"));
        http_server_drain(f->server, 0);
        _cleanup_answer_ struct answer a = {0};
        assert_true(client_answer(&c, &a));
        assert_true(str_has_suffix(a.body, "line 299999\n"));
        assert_true(client_closed(&c));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                test(keeps_the_connection),
                test(answers_pipelined_requests_in_order),
                test(reads_bodies),
                test(answers_100_continue_after_authentication),
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
                test(news_reach_every_stream),
                test(stopping_ends_streams_cleanly),
                test(stopping_lets_an_answer_of_known_length_finish),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
