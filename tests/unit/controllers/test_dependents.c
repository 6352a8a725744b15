/* SPDX-License-Identifier: Apache-2.0 */
/* A change wakes exactly those who depend on it. */
#include "unit/test.h"

#include "controllers/kustomize/dependents.h"

static void take_all(struct queue *q, char *text, size_t size) {
        text[0] = '\0';
        while (queue_length(q)) {
                const struct queue_item *item = queue_take(q);
                snprintf(text + strlen(text), size - strlen(text), "%s ", item->key);
                queue_done(q, item);
        }
}

static void only_dependents_wake(void **state) {
        struct dependents *d = dependents_new();
        struct queue *q = queue_new(100);
        char woken[256];
        const char *const a[] = {"GitRepository/x/repo", "Kustomization/x/base"};
        const char *const b[] = {"GitRepository/x/other"};
        assert_int_equal(dependents_set(d, "t", "t/a", a, 2), 0);
        assert_int_equal(dependents_set(d, "t", "t/b", b, 1), 0);
        dependents_wake(d, "GitRepository/x/repo", q);
        take_all(q, woken, sizeof(woken));
        assert_string_equal(woken, "t/a ");
        dependents_wake(d, "GitRepository/x/nobody", q);
        take_all(q, woken, sizeof(woken));
        assert_string_equal(woken, "");
        dependents_free(d);
        queue_free(q);
}

static void replacing_and_forgetting(void **state) {
        struct dependents *d = dependents_new();
        struct queue *q = queue_new(100);
        char woken[256];
        const char *const old[] = {"one", "two"}, *const new[] = {"two", "three"};
        dependents_set(d, "t", "t/a", old, 2);
        dependents_set(d, "t", "t/a", new, 2);
        dependents_wake(d, "one", q);
        assert_int_equal(queue_length(q), 0);
        dependents_wake(d, "two", q);
        dependents_wake(d, "three", q);
        take_all(q, woken, sizeof(woken));
        assert_string_equal(woken, "t/a ");
        dependents_set(d, "t", "t/a", NULL, 0);
        dependents_wake(d, "two", q);
        assert_int_equal(queue_length(q), 0);
        dependents_free(d);
        queue_free(q);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(only_dependents_wake),
                cmocka_unit_test(replacing_and_forgetting),
        };
        return cmocka_run_group_tests_name("dependents", tests, NULL, NULL);
}
