/* SPDX-License-Identifier: Apache-2.0 */
/* Label and field selectors: what they match and what kube-apiserver 1.36 says about bad ones. */
#include "unit/test.h"

#include "data/json/json.h"
#include "kube/select/selector.h"

static struct arena *a;

static int setup(void **state) {
        a = arena_new(0);
        return 0;
}

static int teardown(void **state) {
        a = arena_free(a);
        return 0;
}

static struct value json(const char *text) {
        struct value v;
        assert_int_equal(json_parse(a, text, strlen(text), 0, NULL, &v, NULL), 0);
        return v;
}

static void matches(void **state) {
        static const struct {
                const char *selector, *labels;
                bool matches;
        } cases[] = {
                {"", "{}", true},
                {"a=b", "{\"a\":\"b\"}", true},
                {"a==b", "{\"a\":\"c\"}", false},
                {"a=b", "{}", false},
                {"a!=b", "{}", true},
                {"a!=b", "{\"a\":\"b\"}", false},
                {"a in (b,c)", "{\"a\":\"c\"}", true},
                {"a notin (b,c)", "{\"a\":\"c\"}", false},
                {"a notin (b,c)", "{}", true},
                {"a", "{\"a\":\"\"}", true},
                {"!a", "{\"a\":\"\"}", false},
                {"!a", "{}", true},
                {"a=", "{\"a\":\"\"}", true},
                {"a in ()", "{\"a\":\"\"}", true},
                {"a>5", "{\"a\":\"6\"}", true},
                {"a>5", "{\"a\":\"5\"}", false},
                {"a<5", "{\"a\":\"x\"}", false},
                {"in in (in)", "{\"in\":\"in\"}", true},
                {"a=b,c=d", "{\"a\":\"b\"}", false},
                {" a = b , c ", "{\"a\":\"b\",\"c\":\"\"}", true},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct label_selector s;
                struct value labels = json(cases[i].labels);
                assert_int_equal(label_selector_parse(a, cases[i].selector, &s, NULL), 0);
                if (label_selector_matches_map(&s, &labels) != cases[i].matches)
                        fail_msg("%s and %s", cases[i].selector, cases[i].labels);
        }
}

static void refuses(void **state) {
        static const char *const cases[][2] = {
                {"=x", "found '=', expected: !, identifier, or 'end of string'"},
                {"a=b=c", "found '=', expected: ',' or 'end of string'"},
                {"a==,=", "found '=', expected: identifier after ','"},
                {"a=(b)", "unable to parse requirement: found '(', expected: identifier"},
                {"a in b", "unable to parse requirement: found 'b' expected: '('"},
                {"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
                {"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
                {"a,", "found '', expected: identifier after ','"},
                {"!=b", "found '!=', expected: !, identifier, or 'end of string'"},
                {"a>x",
                 "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value "
                 "must be an integer"},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct label_selector s;
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(label_selector_parse(a, cases[i][0], &s, &err), -1);
                assert_int_equal(err.class, ERR_BAD_REQUEST);
                assert_string_equal(err_message(&err), cases[i][1]);
        }
}

static void names_bad_keys_and_values(void **state) {
        struct label_selector s;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(label_selector_parse(a, "a/b/c=x", &s, &err), -1);
        assert_true(str_has_prefix(err_message(&err), "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a "
                                                      "valid label key must consist of alphanumeric characters"));
        assert_int_equal(label_selector_parse(a, "a=-b", &s, &err), -1);
        assert_true(str_has_prefix(err_message(&err),
                                   "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a "
                                   "valid label must be an empty string"));
        assert_int_equal(label_selector_parse(a, "Example.com/a", &s, &err), -1);
        assert_non_null(strstr(err_message(&err), "prefix part a lowercase RFC 1123 subdomain"));
        assert_int_equal(label_selector_parse(a, "example.com/A_b.c", &s, &err), 0);
}

static void reads_objects(void **state) {
        struct label_selector s;
        struct value labels = json("{\"app\":\"web\",\"tier\":\"front\"}"), none = json("{}");
        struct value o = json("{\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":["
                              "{\"key\":\"tier\",\"operator\":\"In\",\"values\":[\"front\",\"back\"]},"
                              "{\"key\":\"old\",\"operator\":\"DoesNotExist\"}]}");
        assert_int_equal(label_selector_from_object(a, &o, &s, NULL), 0);
        assert_true(label_selector_matches_map(&s, &labels));
        assert_false(label_selector_matches_map(&s, &none));
        assert_int_equal(label_selector_from_object(a, &none, &s, NULL), 0);
        assert_true(label_selector_matches_map(&s, &labels)); /* {} is everything */
        assert_int_equal(label_selector_from_object(a, NULL, &s, NULL), 0);
        assert_false(label_selector_matches_map(&s, &labels)); /* nothing given is nothing */
        _cleanup_err_ struct err err = ERR_INIT;
        o = json("{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Like\"}]}");
        assert_int_equal(label_selector_from_object(a, &o, &s, &err), -1);
        assert_string_equal(err_message(&err), "\"Like\" is not a valid label selector operator");
        o = json("{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}");
        assert_int_equal(label_selector_from_object(a, &o, &s, &err), -1);
        assert_string_equal(err_message(&err),
                            "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
}

static void writes_back(void **state) {
        static const char *const cases[][2] = {
                {"b=1, a==2 ,!c,d", "a=2,b=1,!c,d"}, {"x in (z,y)", "x in (y,z)"}, {"x in (y)", "x in (y)"},
                {"x notin (y,y,)", "x notin (,y)"},  {"x!=y,z>1", "x!=y,z>1"},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct label_selector s;
                assert_int_equal(label_selector_parse(a, cases[i][0], &s, NULL), 0);
                assert_string_equal(label_selector_text(a, &s), cases[i][1]);
        }
}

static const char *field(const void *context, const char *key) {
        return value_string_or(value_get(context, key), NULL);
}

static void field_selectors(void **state) {
        struct field_selector s;
        struct value object = json("{\"metadata.name\":\"x\",\"spec.a\":\"p,q=r\"}");
        assert_int_equal(field_selector_parse(a, "metadata.name=x,spec.b!=1", &s, NULL), 0);
        assert_true(field_selector_matches(&s, field, &object));
        assert_string_equal(field_selector_exact(&s, "metadata.name"), "x");
        assert_null(field_selector_exact(&s, "spec.b"));
        assert_int_equal(field_selector_parse(a, "metadata.name==y", &s, NULL), 0);
        assert_false(field_selector_matches(&s, field, &object));
        assert_int_equal(field_selector_parse(a, "spec.a=p\\,q\\=r", &s, NULL), 0);
        assert_true(field_selector_matches(&s, field, &object));
        assert_string_equal(field_selector_text(a, &s), "spec.a=p\\,q\\=r");
        assert_int_equal(field_selector_parse(a, "missing=", &s, NULL), 0);
        assert_true(field_selector_matches(&s, field, &object));
}

static void refuses_bad_field_selectors(void **state) {
        static const char *const cases[][2] = {
                {"metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"},
                {"a=b=c", "invalid field selector: unescaped character in value: 61"},
                {"a=b\\x", "invalid field selector: invalid escape sequence: \\x"},
                {"a=b\\", "invalid field selector: invalid escape sequence: \\"},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct field_selector s;
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(field_selector_parse(a, cases[i][0], &s, &err), -1);
                assert_string_equal(err_message(&err), cases[i][1]);
        }
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(matches),     test(refuses),         test(names_bad_keys_and_values),   test(reads_objects),
                test(writes_back), test(field_selectors), test(refuses_bad_field_selectors),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
