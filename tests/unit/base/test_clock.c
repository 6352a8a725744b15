/* SPDX-License-Identifier: Apache-2.0 */
/* Times and durations read and written as Go does. */
#include "unit/test.h"

#include "base/clock.h"

static void rfc3339_round_trip(void **state) {
        char text[TIME_TEXT_MAX];
        int64_t ns;
        assert_string_equal(time_format_rfc3339(text, 0), "1970-01-01T00:00:00Z");
        assert_string_equal(time_format_rfc3339(text, 1795254930), "2026-11-21T09:55:30Z");
        assert_string_equal(time_format_rfc3339_micro(text, INT64_C(1795254930123456789)),
                            "2026-11-21T09:55:30.123456Z");
        assert_int_equal(time_parse_rfc3339("2026-11-21T09:55:30Z", &ns, NULL), 0);
        assert_true(ns == INT64_C(1795254930) * NSEC_PER_SEC);
        assert_int_equal(time_parse_rfc3339("2026-11-21T10:55:30.5+01:00", &ns, NULL), 0);
        assert_true(ns == INT64_C(1795254930) * NSEC_PER_SEC + NSEC_PER_SEC / 2);
}

static void rfc3339_refuses_what_is_no_time(void **state) {
        static const char *const bad[] = {"",
                                          "2026",
                                          "2026-13-01T00:00:00Z",
                                          "2026-02-29T00:00:00Z",
                                          "2026-11-21 09:55:30Z",
                                          "2026-11-21T09:55:30",
                                          "2026-11-21T24:00:00Z",
                                          "2026-11-21T09:55:30.Z",
                                          "2026-11-21T09:55:30+1:00",
                                          "2026-11-21T09:55:30Zx"};
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                int64_t ns = 42;
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(time_parse_rfc3339(bad[i], &ns, &err), -1);
                assert_int_equal(err.class, ERR_SYNTAX);
                assert_int_equal(ns, 42);
        }
        int64_t leap;
        assert_int_equal(time_parse_rfc3339("2024-02-29T00:00:00Z", &leap, NULL), 0);
}

static void durations_as_go_writes_them(void **state) {
        static const struct {
                const char *in, *out;
        } rows[] = {
                {"0", "0s"},           {"1h30m", "1h30m0s"},
                {"90s", "1m30s"},      {"1.5h", "1h30m0s"},
                {"500ms", "500ms"},    {"-2m", "-2m0s"},
                {"1us", "1\xc2\xb5s"}, {"1500ns", "1.5\xc2\xb5s"},
                {"2.5s", "2.5s"},      {"1h0m0.001s", "1h0m0.001s"},
                {"24h", "24h0m0s"},    {".5s", "500ms"},
        };
        char text[TIME_TEXT_MAX];
        int64_t ns;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                assert_int_equal(duration_parse(rows[i].in, &ns, NULL), 0);
                assert_string_equal(duration_format(text, ns), rows[i].out);
        }
}

static void durations_refused(void **state) {
        static const char *const bad[] = {"", "5", "m", "5x", "1h-5m", "99999999999h", "5 m", "+", "."};
        int64_t ns = 42;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_int_equal(duration_parse(bad[i], &ns, NULL), -1);
        assert_int_equal(ns, 42);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rfc3339_round_trip),
                cmocka_unit_test(rfc3339_refuses_what_is_no_time),
                cmocka_unit_test(durations_as_go_writes_them),
                cmocka_unit_test(durations_refused),
        };
        return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
