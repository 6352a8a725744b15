/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of workers: all work is done, and nobody waits behind another's crowd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "apiserver/handlers/workers.h"
#include "base/limits.h"

#define CROWD 900
#define OTHERS 4

/* Several, because any one of them may fall into the crowd's own queue. */
static const char *const other_users[OTHERS] = {"ann", "ben", "cid", "dot"};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint done;

struct job {
        struct work work;
        unsigned place; /* how many had finished before */
};

static void wait_at_gate(struct work *work) {
        (void)work;
        pthread_mutex_lock(&gate);
        pthread_mutex_unlock(&gate);
}

static void count(struct work *work) {
        ((struct job *)work)->place = atomic_fetch_add(&done, 1);
}

static void a_crowd_waits_behind_itself(void **state) {
        (void)state;
        static struct work blocking[LIMIT_API_WORKERS];
        static struct job crowd[CROWD], others[OTHERS];
        struct workers *w = NULL;
        assert_int_equal(workers_new(&w, NULL), 0);
        pthread_mutex_lock(&gate); /* every thread is busy until it opens */
        for (size_t i = 0; i < LIMIT_API_WORKERS; i++) {
                blocking[i].run = wait_at_gate;
                assert_int_equal(workers_submit(w, "crowd", &blocking[i], NULL), 0);
        }
        for (size_t i = 0; i < CROWD; i++) {
                crowd[i].work.run = count;
                assert_int_equal(workers_submit(w, "crowd", &crowd[i].work, NULL), 0);
        }
        for (size_t i = 0; i < OTHERS; i++) {
                others[i].work.run = count;
                assert_int_equal(workers_submit(w, other_users[i], &others[i].work, NULL), 0);
        }
        pthread_mutex_unlock(&gate);
        workers_free(w); /* runs everything */
        assert_int_equal(atomic_load(&done), CROWD + OTHERS);
        unsigned first = CROWD;
        for (size_t i = 0; i < OTHERS; i++)
                first = others[i].place < first ? others[i].place : first;
        assert_true(first < CROWD / 2);
}

static void a_full_queue_refuses_only_its_user(void **state) {
        (void)state;
        static struct work crowd[LIMIT_API_FLOW_QUEUE + LIMIT_API_WORKERS + 1], others[OTHERS];
        _cleanup_err_ struct err err = ERR_INIT;
        struct workers *w = NULL;
        size_t refused = 0, welcome = 0;
        assert_int_equal(workers_new(&w, NULL), 0);
        pthread_mutex_lock(&gate);
        for (size_t i = 0; i < ARRAY_LEN(crowd); i++) { /* one more than the threads and the queue can hold */
                crowd[i].run = wait_at_gate;
                refused += workers_submit(w, "crowd", &crowd[i], &err) < 0;
        }
        for (size_t i = 0; i < OTHERS; i++) {
                others[i].run = wait_at_gate;
                welcome += workers_submit(w, other_users[i], &others[i], NULL) == 0;
        }
        pthread_mutex_unlock(&gate);
        workers_free(w);
        assert_true(refused > 0);
        assert_int_equal(err.class, ERR_TOO_MANY);
        assert_true(welcome > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_crowd_waits_behind_itself),
                cmocka_unit_test(a_full_queue_refuses_only_its_user),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
