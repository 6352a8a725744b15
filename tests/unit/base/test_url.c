/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "base/url.h"

static void decodes(void **state) {
        static const struct {
                const char *text, *path, *query; /* NULL: refused */
        } cases[] = {
                {"a%2Fb+c", "a/b+c", "a/b c"},
                {"%41%zz", NULL, NULL},
                {"%4", NULL, NULL},
                {"%", NULL, NULL},
                {"%e1%9b%84", "\xe1\x9b\x84", "\xe1\x9b\x84"},
                {"", "", ""},
        };
        _cleanup_arena_ struct arena *a = arena_new(0);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                for (int plus = 0; plus < 2; plus++) {
                        const char *wanted = plus ? cases[i].query : cases[i].path;
                        char *found = "";
                        size_t n = 0;
                        int r = url_decode(a, cases[i].text, strlen(cases[i].text), plus, &found, &n);
                        assert_int_equal(r, wanted ? 0 : -1);
                        assert_string_equal(found, wanted ? wanted : "");
                        assert_int_equal(n, strlen(found));
                }
        char *nul;
        size_t n;
        assert_int_equal(url_decode(a, "a%00b", 5, false, &nul, &n), 0);
        assert_int_equal(n, 3); /* the caller sees that it is no text */
}

static void reads_queries(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *query = "watch&&a=1&b;c=2&d=%zz&a=3&e=x%3Dy=z", *cursor = query, *key, *value;
        static const char *const pairs[][2] = {{"watch", ""}, {"a", "1"}, {"a", "3"}, {"e", "x=y=z"}};
        for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
                assert_true(url_query_next(a, &cursor, &key, &value));
                assert_string_equal(key, pairs[i][0]);
                assert_string_equal(value, pairs[i][1]);
        }
        assert_false(url_query_next(a, &cursor, &key, &value));
        assert_string_equal(url_query_get(a, query, "a"), "1");
        assert_null(url_query_get(a, query, "c"));
        assert_null(url_query_get(a, "", "a"));
}

int main(void) {
        const struct CMUnitTest tests[] = {cmocka_unit_test(decodes), cmocka_unit_test(reads_queries)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
