/* SPDX-License-Identifier: Apache-2.0 */
/* What the controller remembers of applied objects and of health checks. */
#include "unit/test.h"

#include "base/limits.h"
#include "controllers/kustomize/memory.h"

static void knows_form_and_version_together(void **state) {
        struct memories *all = memories_new();
        struct memory *m = memories_obtain(all, "ns/name");
        assert_ptr_equal(memories_obtain(all, "ns/name"), m);
        assert_false(memory_knows(m, "id", "form", "1"));
        memory_remember(m, "id", "form", "1");
        assert_true(memory_knows(m, "id", "form", "1"));
        assert_false(memory_knows(m, "id", "form", "2"));  /* somebody else wrote it */
        assert_false(memory_knows(m, "id", "other", "1")); /* the desired form changed */
        memory_remember(m, "id", "other", "2");
        assert_true(memory_knows(m, "id", "other", "2"));
        memory_drop(m, "id");
        assert_false(memory_knows(m, "id", "other", "2"));
        memories_forget(all, "ns/name");
        memories_free(all);
}

static void a_wait_begins_anew_and_ends(void **state) {
        struct memories *all = memories_new();
        struct memory *m = memories_obtain(all, "ns/name");
        assert_int_equal(memory_begin_wait(m, "main@sha1:1", "", 3, 1000, 500), 0);
        assert_true(m->waiting);
        assert_true(m->wait_deadline == 1500);
        assert_int_equal(memory_begin_wait(m, "main@sha1:2", "then", 3, 2000, 500), 0);
        assert_string_equal(m->revision, "main@sha1:2");
        memory_end_wait(m);
        assert_false(m->waiting);
        memory_end_wait(m);
        memories_free(all);
}

static void an_older_object_does_not_hold_our_write(void **state) {
        struct memories *all = memories_new();
        struct memory *m = memories_obtain(all, "ns/name");
        assert_true(memory_is_seen(m, "7")); /* nothing was written */
        memory_wrote(m, NULL);
        assert_true(memory_is_seen(m, NULL));
        memory_wrote(m, "99");
        assert_false(memory_is_seen(m, "98"));
        assert_false(memory_is_seen(m, "9"));
        assert_false(memory_is_seen(m, NULL));
        assert_true(memory_is_seen(m, "99"));
        assert_true(memory_is_seen(m, "100"));
        assert_false(memory_is_seen(m, "100a")); /* versions that are no numbers say nothing about their order */
        memory_wrote(m, "x9");
        assert_false(memory_is_seen(m, "200"));
        assert_true(memory_is_seen(m, "x9"));
        memories_free(all);
}

static void a_build_is_kept_for_its_request_and_nobody_else(void **state) {
        struct memories *all = memories_new();
        struct memory *a = memories_obtain(all, "tenant-a/app"), *b = memories_obtain(all, "tenant-b/app");
        size_t n;
        memory_keep_build(a, "request", "answer", 6);
        assert_string_equal(memory_build(a, "request", &n), "answer");
        assert_true(n == 6);
        assert_null(memory_build(a, "other request", &n));
        assert_null(memory_build(b, "request", &n)); /* the same request of another tenant */
        memory_keep_build(a, "other request", "other", 5);
        assert_null(memory_build(a, "request", &n));
        memories_forget(all, "tenant-a/app");
        assert_null(memory_build(memories_obtain(all, "tenant-a/app"), "other request", &n));
        memories_free(all);
}

static void builds_are_kept_up_to_a_limit(void **state) {
        struct memories *all = memories_new();
        char *large = calloc(1, LIMIT_BUILD_KEPT + 1);
        char key[32];
        size_t n, kept = 0, most = LIMIT_BUILDS_KEPT / LIMIT_BUILD_KEPT;
        memory_keep_build(memories_obtain(all, "a/large"), "r", large, LIMIT_BUILD_KEPT + 1);
        assert_null(memory_build(memories_obtain(all, "a/large"), "r", &n));
        for (size_t i = 0; i < most + 3; i++) {
                snprintf(key, sizeof(key), "a/%zu", i);
                struct memory *m = memories_obtain(all, key);
                memory_keep_build(m, "r", large, LIMIT_BUILD_KEPT);
                kept += memory_build(m, "r", &n) != NULL;
        }
        assert_true(kept == most);
        memories_forget(all, "a/0"); /* makes room for one */
        memory_keep_build(memories_obtain(all, "a/late"), "r", large, LIMIT_BUILD_KEPT);
        assert_non_null(memory_build(memories_obtain(all, "a/late"), "r", &n));
        free(large);
        memories_free(all);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(knows_form_and_version_together),
                cmocka_unit_test(an_older_object_does_not_hold_our_write),
                cmocka_unit_test(a_build_is_kept_for_its_request_and_nobody_else),
                cmocka_unit_test(builds_are_kept_up_to_a_limit),
                cmocka_unit_test(a_wait_begins_anew_and_ends),
        };
        return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
