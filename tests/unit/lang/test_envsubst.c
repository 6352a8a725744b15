/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "lang/envsubst.h"

static void expect_subst(struct arena *a, const char *text, const char *expected) {
        struct value variables = value_map();
        struct envsubst_options options = {0};
        struct buf out = BUF_INIT(1000);
        value_set(a, &variables, "name", value_str("web"));
        value_set(a, &variables, "ref", value_str("${name}"));
        assert_int_equal(envsubst_eval(text, strlen(text), &variables, &options, &out, NULL), 0);
        assert_string_equal(buf_str(&out), expected);
        buf_done(&out);
}

static void test_substitution(void **state) {
        expect_subst(*state, "a ${name}, $$ {x} $name", "a web, $ {x} $name");
        expect_subst(*state, "${ref}", "${name}"); /* values are not substituted again */
        expect_subst(*state, "${nope:=${name}-x}", "web-x");
        expect_subst(*state, "$${name}", "${name}");
}

static void test_substitution_limits(void **state) {
        struct value variables = value_map();
        struct envsubst_options options = {.max_bytes = 10000};
        _cleanup_err_ struct err err = ERR_INIT;
        struct buf out = BUF_INIT(1 << 20);
        char *big = malloc(5001);
        assert_non_null(big);
        memset(big, 'x', 5000);
        big[5000] = '\0';
        value_set(*state, &variables, "big", value_str(big));
        assert_int_equal(envsubst_eval("${big}${big}${big}", 18, &variables, &options, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        assert_int_equal(envsubst_eval("${big//x/${big}}", 16, &variables, &options, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        assert_int_equal(out.len, 0);

        struct buf deep = BUF_INIT(1 << 20);
        for (int i = 0; i < 100000; i++)
                buf_adds(&deep, "${a:-");
        assert_int_equal(envsubst_eval(deep.data, deep.len, &variables, &options, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        buf_done(&deep);
        buf_done(&out);
        free(big);
}

static void test_strict_names_the_variable(void **state) {
        struct value variables = value_map();
        struct envsubst_options options = {.strict = true};
        _cleanup_err_ struct err err = ERR_INIT;
        struct buf out = BUF_INIT(1000);
        assert_int_equal(envsubst_eval("a ${nope}", 9, &variables, &options, &out, &err), -1);
        assert_int_equal(err.class, ERR_NOT_FOUND);
        assert_string_equal(err_message(&err), "variable not set (strict mode): \"nope\"");
        assert_string_equal(buf_str(&out), "");
        assert_true(envsubst_name_ok("_a1", 3));
        assert_false(envsubst_name_ok("1a", 2));
        assert_false(envsubst_name_ok("a-b", 3));
        assert_false(envsubst_name_ok("", 0));
        buf_done(&out);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                arena_test(test_substitution),
                arena_test(test_substitution_limits),
                arena_test(test_strict_names_the_variable),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
