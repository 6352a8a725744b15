/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP server on a Unix socket whose paths do what the tests need. */
#pragma once

#include "unit/test.h"

#include "client.h"

#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>

#define LARGE_LINES 200000 /* of the stream /large, whose length is known */

struct fixture {
        struct http_server *server;
        char path[64];
        char dir[32];
        atomic_uint handled;
        atomic_uint streams_done;
        atomic_uint news; /* lines that the streams of /news have to show */
        pthread_t thread; /* answers one request later */
        uint64_t later_id;
};

int setup(void **state);
int setup_hasty(void **state); /* a server that has no patience */
int teardown(void **state);

#define assert_answer(client, wanted_status, wanted_body)                                                              \
        do {                                                                                                           \
                _cleanup_answer_ struct answer a_ = {0};                                                               \
                assert_true(client_answer((client), &a_));                                                             \
                assert_int_equal(a_.status, (wanted_status));                                                          \
                assert_string_equal(a_.body, (wanted_body));                                                           \
        } while (0)

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define test_hasty(f) cmocka_unit_test_setup_teardown(f, setup_hasty, teardown)
