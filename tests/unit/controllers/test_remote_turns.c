/* SPDX-License-Identifier: Apache-2.0 */
/* Who may fetch remote bases: no tenant twice at a time, never all threads. */
#include "unit/test.h"

#include "controllers/kustomize/remote_turns.h"

static void a_tenant_has_one_turn(void **state) {
        struct remote_turns *t = NULL;
        assert_int_equal(remote_turns_new(4, &t, NULL), 0);
        assert_true(remote_turns_take(t, "a"));
        assert_false(remote_turns_take(t, "a"));
        remote_turns_give(t, "a");
        assert_true(remote_turns_take(t, "a"));
        remote_turns_free(t);
}

static void half_of_the_threads_stay_free(void **state) {
        struct remote_turns *t = NULL;
        assert_int_equal(remote_turns_new(4, &t, NULL), 0);
        assert_true(remote_turns_take(t, "a"));
        assert_true(remote_turns_take(t, "b"));
        assert_false(remote_turns_take(t, "c"));
        remote_turns_give(t, "a");
        assert_true(remote_turns_take(t, "c"));
        assert_false(remote_turns_take(t, "b"));
        remote_turns_free(t);
}

static void one_thread_still_fetches(void **state) {
        struct remote_turns *t = NULL;
        assert_int_equal(remote_turns_new(1, &t, NULL), 0);
        assert_true(remote_turns_take(t, "a"));
        assert_false(remote_turns_take(t, "b"));
        remote_turns_free(t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_tenant_has_one_turn),
                cmocka_unit_test(half_of_the_threads_stay_free),
                cmocka_unit_test(one_thread_still_fetches),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
