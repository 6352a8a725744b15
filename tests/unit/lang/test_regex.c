/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "base/limits.h"
#include "lang/regex.h"

static void test_regex_is_linear(void **state) {
        _cleanup_regex_ struct regex *re = NULL;
        size_t n = 200000;
        char *text = malloc(n);
        assert_non_null(text);
        memset(text, 'a', n);
        assert_int_equal(regex_new("(a*)*b", 6, &re, NULL), 0);
        assert_false(regex_match(re, text, n)); /* a backtracking engine would never come back */
        free(text);
}

static void test_regex_names_and_replacement(void **state) {
        _cleanup_regex_ struct regex *re = NULL;
        const char pattern[] = "(?<key>\\w+)=(?P<value>\\w*)";
        struct buf b = BUF_INIT(1000);
        assert_int_equal(regex_new(pattern, strlen(pattern), &re, NULL), 0);
        assert_int_equal(regex_groups(re), 2);
        assert_string_equal(regex_group_name(re, 1), "key");
        regex_replace_all(re, &b, "a=1, b=", 7, "${value}<-$key", 14, false);
        assert_string_equal(buf_str(&b), "1<-a, <-b");
        buf_done(&b);
}

static void test_regex_limits(void **state) {
        struct regex *re = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        char *pattern = calloc(1, LIMIT_REGEX + 2);
        assert_non_null(pattern);
        memset(pattern, 'a', LIMIT_REGEX + 1);
        assert_int_equal(regex_new(pattern, LIMIT_REGEX + 1, &re, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        assert_int_equal(regex_new("((a{100}){100}){100}", 20, &re, &err), -1);
        assert_int_equal(err.class, ERR_SYNTAX);
        assert_null(re);
        free(pattern);
}

static void test_regex_matches_between_runes_only(void **state) {
        _cleanup_regex_ struct regex *re = NULL;
        struct regex_iterator it = {0};
        struct regex_span span;
        size_t n = 0;
        assert_int_equal(regex_new("", 0, &re, NULL), 0);
        while (regex_next(re, "é日", 5, &it, &span, 1))
                n++;
        assert_int_equal(n, 3);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                arena_test(test_regex_is_linear),
                arena_test(test_regex_names_and_replacement),
                arena_test(test_regex_limits),
                arena_test(test_regex_matches_between_runes_only),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
