/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "base/limits.h"
#include "lang/semver.h"

static bool within(struct arena *a, const char *constraint, const char *version) {
        struct semver_range *r;
        struct semver v;
        assert_int_equal(semver_range_parse(a, constraint, &r, NULL), 0);
        assert_int_equal(semver_parse(a, version, &v, NULL), 0);
        return semver_range_contains(r, &v, false);
}

static void test_versions(void **state) {
        assert_true(within(*state, ">=1.2 <2", "1.9.9"));
        assert_false(within(*state, ">=1.2 <2", "2.0.0"));
        assert_true(within(*state, "1.x || 3.x", "3.1.0"));
        assert_false(within(*state, "*", "1.0.0-rc.1"));
        assert_true(within(*state, ">=1.0.0-0", "1.0.0-rc.1"));
}

static void test_hostile_constraints(void **state) {
        struct semver_range *r;
        _cleanup_err_ struct err err = ERR_INIT;
        char *text = malloc(LIMIT_SEMVER_RANGE + 2);
        assert_non_null(text);
        memset(text, '1', LIMIT_SEMVER_RANGE + 1);
        text[LIMIT_SEMVER_RANGE + 1] = '\0';
        assert_int_equal(semver_range_parse(*state, text, &r, &err), -1);
        memset(text, ' ', LIMIT_SEMVER_RANGE);
        text[LIMIT_SEMVER_RANGE] = '\0';
        assert_int_equal(semver_range_parse(*state, text, &r, &err), -1);
        free(text);
}

static void test_flux_sorts_highest_first(void **state) {
        static const char *const tags[] = {"v1.0.0", "latest", "1.10.0", "1.2", "1.9.0", "1.10.0-rc.1", "01.10.0"};
        struct semver_range *r;
        size_t order[ARRAY_LEN(tags)];
        assert_int_equal(semver_range_parse(*state, ">=1", &r, NULL), 0);
        assert_int_equal(semver_sort_flux(r, tags, ARRAY_LEN(tags), order, NULL), 4);
        assert_int_equal(order[0], 2);
        assert_int_equal(order[1], 6); /* a tie keeps the order of the input */
        assert_int_equal(order[2], 4);
        assert_int_equal(order[3], 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                arena_test(test_versions),
                arena_test(test_hostile_constraints),
                arena_test(test_flux_sorts_highest_first),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
