/* SPDX-License-Identifier: Apache-2.0 */
/* The queue is fair, loses nothing and never gives one key to two workers. */
#include "unit/test.h"

#include "base/clock.h"
#include "runtime/queue.h"
#include "runtime/workers.h"

#include <pthread.h>

static void tenants_take_turns(void **state) {
        struct queue *q = queue_new(1000);
        char key[32];
        for (int i = 0; i < 100; i++) {
                snprintf(key, sizeof(key), "noisy/%d", i);
                assert_int_equal(queue_add(q, "noisy", key), 0);
        }
        assert_int_equal(queue_add(q, "quiet", "quiet/1"), 0);
        bool quiet_seen = false;
        for (int i = 0; i < 3; i++) {
                const struct queue_item *item = queue_take(q);
                quiet_seen = quiet_seen || streq(item->key, "quiet/1");
                queue_done(q, item);
        }
        assert_true(quiet_seen);
        assert_int_equal(queue_length(q), 98);
        queue_free(q);
}

static void a_key_is_queued_once_and_comes_back_when_changed_meanwhile(void **state) {
        struct queue *q = queue_new(10);
        queue_add(q, "t", "t/a");
        queue_add(q, "t", "t/a");
        assert_int_equal(queue_length(q), 1);
        const struct queue_item *item = queue_take(q);
        assert_int_equal(queue_length(q), 0);
        queue_add(q, "t", "t/a");
        assert_int_equal(queue_length(q), 0); /* not to a second worker */
        queue_done(q, item);
        assert_int_equal(queue_length(q), 1);
        item = queue_take(q);
        queue_done(q, item);
        assert_int_equal(queue_length(q), 0);
        queue_free(q);
}

static void a_full_queue_refuses_new_keys_only(void **state) {
        struct queue *q = queue_new(2);
        assert_int_equal(queue_add(q, "t", "t/a"), 0);
        assert_int_equal(queue_add(q, "t", "t/b"), 0);
        assert_int_equal(queue_add(q, "t", "t/c"), -1);
        assert_int_equal(queue_add(q, "t", "t/a"), 0);
        queue_free(q);
}

static void delays_order_keys_and_the_earlier_time_wins(void **state) {
        struct queue *q = queue_new(10);
        int64_t start = clock_monotonic_ns();
        queue_add_after(q, "t", "t/late", 60 * NSEC_PER_MSEC);
        queue_add_after(q, "t", "t/soon", 20 * NSEC_PER_MSEC);
        queue_add_after(q, "t", "t/late", 40 * NSEC_PER_MSEC);
        queue_add_after(q, "t", "t/late", 3600 * NSEC_PER_SEC);
        const struct queue_item *first = queue_take(q);
        assert_string_equal(first->key, "t/soon");
        queue_done(q, first);
        const struct queue_item *second = queue_take(q);
        assert_string_equal(second->key, "t/late");
        queue_done(q, second);
        assert_true(clock_monotonic_ns() - start >= 40 * NSEC_PER_MSEC);
        queue_free(q);
}

static void failures_are_counted_and_forgotten(void **state) {
        struct queue *q = queue_new(10);
        queue_add(q, "t", "t/a");
        for (unsigned i = 0; i < 3; i++) {
                const struct queue_item *item = queue_take(q);
                assert_int_equal(item->failures, i);
                queue_retry(q, item, 1, 1000);
        }
        const struct queue_item *item = queue_take(q);
        assert_int_equal(item->failures, 3);
        queue_done(q, item);
        queue_add(q, "t", "t/a");
        item = queue_take(q);
        assert_int_equal(item->failures, 0);
        queue_done(q, item);
        queue_free(q);
}

struct counting {
        struct queue *q;
        int busy[8];
        int done[8];
        int clashes;
};

static void count(void *context, const struct queue_item *item) {
        struct counting *c = context;
        int i = item->key[0] - '0';
        if (__atomic_add_fetch(&c->busy[i], 1, __ATOMIC_SEQ_CST) != 1)
                __atomic_add_fetch(&c->clashes, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&c->done[i], 1, __ATOMIC_SEQ_CST);
        __atomic_sub_fetch(&c->busy[i], 1, __ATOMIC_SEQ_CST);
        queue_done(c->q, item);
}

static void workers_share_without_clashing(void **state) {
        struct counting c = {.q = queue_new(100)};
        struct workers *w;
        assert_int_equal(workers_start(c.q, 4, count, &c, &w, NULL), 0);
        for (int round = 0; round < 2000; round++) {
                char key[2] = {(char)('0' + round % 8), 0};
                queue_add(c.q, round % 2 ? "odd" : "even", key);
        }
        while (queue_length(c.q))
                sched_yield();
        queue_shut_down(c.q);
        workers_join(w);
        assert_int_equal(c.clashes, 0);
        for (int i = 0; i < 8; i++)
                assert_true(c.done[i] > 0);
        queue_free(c.q);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tenants_take_turns),
                cmocka_unit_test(a_key_is_queued_once_and_comes_back_when_changed_meanwhile),
                cmocka_unit_test(a_full_queue_refuses_new_keys_only),
                cmocka_unit_test(delays_order_keys_and_the_earlier_time_wins),
                cmocka_unit_test(failures_are_counted_and_forgotten),
                cmocka_unit_test(workers_share_without_clashing),
        };
        return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
