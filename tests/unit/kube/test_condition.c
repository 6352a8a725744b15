/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions keep the time of their last transition. */
#include "unit/test.h"

#include "kube/flux/condition.h"

static void set(struct arena *a, struct value *list, const char *status, const char *message, int64_t now) {
        struct condition c = {
                .type = "Ready", .status = status, .reason = "Reason", .message = message, .generation = 2};
        assert_int_equal(condition_set(a, list, &c, now, NULL), 0);
}

static void the_transition_time_changes_with_the_status_only(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value list = value_list();
        set(a, &list, "False", "one", 100);
        set(a, &list, "False", "two", 200);
        assert_int_equal(list.len, 1);
        assert_string_equal(value_get_str(&list.items[0], "lastTransitionTime"), "1970-01-01T00:01:40Z");
        assert_string_equal(value_get_str(&list.items[0], "message"), "two");
        set(a, &list, "True", "three", 300);
        assert_string_equal(value_get_str(&list.items[0], "lastTransitionTime"), "1970-01-01T00:05:00Z");
        condition_remove(&list, "Ready");
        assert_int_equal(list.len, 0);
        condition_remove(&list, "Ready");
}

static void a_long_message_is_cut_between_characters(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value list = value_list();
        char *message = malloc(40001);
        for (size_t i = 0; i < 40000; i += 2)
                memcpy(message + i, "\xc3\xa9", 2);
        memmove(message + 1, message, 39999);
        message[0] = 'x';
        message[40000] = '\0';
        set(a, &list, "False", message, 1);
        const struct value *got = value_get(&list.items[0], "message");
        assert_int_equal(got->len, 32767); /* 32,768 would end inside a character */
        free(message);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_transition_time_changes_with_the_status_only),
                cmocka_unit_test(a_long_message_is_cut_between_characters),
        };
        return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
