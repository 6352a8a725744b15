/* SPDX-License-Identifier: Apache-2.0 */
/* What the HTTP server refuses, and how it bears clients that do not behave. */
#include "fixture.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

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
        struct http_options o = {0};
        struct http_server *second;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(http_server_new(&o, &second, &err), 0);
        assert_int_equal(http_listen_unix(second, f->path, &err), -1);
        assert_int_equal(err.class, ERR_EXISTS);
        http_server_stop(second, 0);
        assert_int_equal(access(f->path, F_OK), 0);
}

static void slow_clients_are_cut(void **state) {
        struct fixture *f = *state;
        static const char *const halves[] = {
                "",
                "GET / HTTP/1.1\r\nHost: ",
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123",
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
                "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n",  /* and then nothing more */
                "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n", /* an answer that is not read: see client_closed */
        };
        struct client c[ARRAY_LEN(halves)];
        for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
                c[i] = client_unix(f->path);
                client_sends(&c[i], halves[i]);
        }
        for (size_t i = 0; i + 1 < ARRAY_LEN(halves); i++)
                assert_true(client_closed(&c[i]));
        for (int i = 0; i < 1000 && f->streams_done == 0; i++)
                poll(NULL, 0, 1);
        assert_int_equal(f->streams_done, 1);
        for (size_t i = 0; i < ARRAY_LEN(halves); i++)
                client_done(&c[i]);
}

static void a_watch_may_be_silent(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client c = client_unix(f->path);
        client_sends(&c, "GET /watch HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_true(client_wait_for(&c, "line 0\n"));
        for (int i = 0; i < 4; i++) { /* longer than every deadline: other clients come and go */
                _cleanup_client_ struct client other = client_unix(f->path);
                assert_true(client_closed(&other));
        }
        assert_int_equal(f->streams_done, 0);
}

/* With no descriptor left, a client learns at once that it is not served, and the server goes on. */
static void descriptors_may_run_out(void **state) {
        struct fixture *f = *state;
        _cleanup_client_ struct client before = client_unix(f->path);
        client_sends(&before, "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_answer(&before, 404, "/nope");
        struct rlimit was, low;
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
        _cleanup_client_ struct client refused = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        refused.pending = BUF_INIT(1000);
        low = was;
        low.rlim_cur = (rlim_t)refused.fd + 1;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        snprintf(at.sun_path, sizeof(at.sun_path), "%s", f->path);
        assert_int_equal(connect(refused.fd, (struct sockaddr *)&at, sizeof(at)), 0);
        bool closed = client_closed(&refused);
        client_sends(&before, "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
        struct answer a = {0};
        bool answered = client_answer(&before, &a);
        answer_done(&a);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
        assert_true(closed);
        assert_true(answered);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                test(refuses_before_the_body),
                test(refuses_chunks_past_the_limit),
                test(refuses_what_is_ambiguous),
                test(limits_headers),
                test(a_reader_that_does_not_read_is_not_buffered_for),
                test(caps_connections),
                test(the_socket_is_private_and_not_taken_twice),
                test_hasty(slow_clients_are_cut),
                test_hasty(a_watch_may_be_silent),
                test(descriptors_may_run_out),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
