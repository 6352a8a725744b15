/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries that are opened when they are needed. */
#include "base/library.h"
#include "unit/test.h"

static void finds_functions(void **state) {
        double (*cosine)(double) = NULL;
        const struct library_function functions[] = {{"cos", &cosine}};
        assert_int_equal(library_open("libm.so.6", functions, 1, NULL), 0);
        assert_non_null(cosine);
        assert_true(cosine(0) == 1);
}

static void names_a_missing_library(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(library_open("libnot-there.so.7", NULL, 0, &err), -1);
        assert_int_equal(err.class, ERR_UNAVAILABLE);
        assert_non_null(strstr(err_message(&err), "libnot-there.so.7"));
}

static void names_a_missing_function(void **state) {
        double (*f)(double) = NULL;
        const struct library_function functions[] = {{"no_such_function", &f}};
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(library_open("libm.so.6", functions, 1, &err), -1);
        assert_string_equal(err_message(&err), "libm.so.6 has no function no_such_function: it is too old");
        assert_null(f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(finds_functions),
                cmocka_unit_test(names_a_missing_library),
                cmocka_unit_test(names_a_missing_function),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
