/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "data/jsonpath/jsonpath.h"

static const char document[] = "{'items':[{'name':'a','n':1,'tags':['x','y']},{'name':'b','n':2}],"
                               "'labels':{'app.example.com/name':'web'}}";

static void expect(struct arena *a, const char *template, unsigned flags, const char *expected) {
        struct value doc = tree(a, document);
        struct jsonpath *path;
        struct buf out = BUF_INIT(10000);
        assert_int_equal(jsonpath_parse(a, template, strlen(template), &path, NULL), 0);
        assert_int_equal(jsonpath_execute(a, path, &doc, flags, &out, NULL), 0);
        assert_string_equal(buf_str(&out), expected);
        buf_done(&out);
}

static void expect_error(struct arena *a, const char *template, const char *message) {
        struct value doc = tree(a, document);
        _cleanup_err_ struct err err = ERR_INIT;
        struct jsonpath *path;
        struct buf out = BUF_INIT(10000);
        if (jsonpath_parse(a, template, strlen(template), &path, &err) == 0)
                assert_int_equal(jsonpath_execute(a, path, &doc, 0, &out, &err), -1);
        assert_string_equal(err_message(&err), message);
        assert_string_equal(buf_str(&out), ""); /* nothing of a failed template is printed */
        buf_done(&out);
}

static void test_templates(void **state) {
        expect(*state, "{.items[*].name}", 0, "a b");
        expect(*state, "{range .items[*]}{.name}={.n}{\"\\n\"}{end}", 0, "a=1\nb=2\n");
        expect(*state, "{.items[?(@.name==\"b\")].n}", 0, "2");
        expect(*state, "{.labels.app\\.example\\.com/name}", 0, "web");
        expect(*state, "{.items[0].tags}", 0, "[\"x\",\"y\"]");
        expect(*state, "{.items[*].tags[0]}", JSONPATH_ALLOW_MISSING, "x");
        expect(*state, "{.nothing}", JSONPATH_ALLOW_MISSING, "");
}

static void test_errors(void **state) {
        expect_error(*state, "{.items[*].name}{.nothing}", "nothing is not found");
        expect_error(*state, "{.items[5]}", "array index out of bounds: index 5, length 2");
        expect_error(*state, "{.items", "unclosed action");
        expect_error(*state, "{end}", "not in range, nothing to end");
}

/* Recursive descent on top of itself multiplies: the engine gives up instead of eating the machine. */
static void test_explosion_is_refused(void **state) {
        struct value doc = value_int(1);
        for (int i = 0; i < 200; i++) {
                struct value list = value_list();
                value_append(*state, &list, doc);
                value_append(*state, &list, doc);
                doc = list;
        }
        const char template[] = "{..}";
        _cleanup_arena_ struct arena *scratch = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct jsonpath *path;
        struct buf out = BUF_INIT(1 << 20);
        assert_int_equal(jsonpath_parse(*state, template, strlen(template), &path, NULL), 0);
        assert_int_equal(jsonpath_execute(scratch, path, &doc, 0, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        buf_done(&out);
}

static void test_find_shares_values(void **state) {
        struct value doc = tree(*state, document);
        struct jsonpath *path;
        struct jsonpath_results found;
        const char *relaxed;
        assert_int_equal(jsonpath_relaxed(*state, "items[1].name", &relaxed, NULL), 0);
        assert_string_equal(relaxed, "{.items[1].name}");
        assert_int_equal(jsonpath_parse(*state, relaxed, strlen(relaxed), &path, NULL), 0);
        assert_int_equal(jsonpath_find(*state, path, &doc, 0, &found, NULL), 0);
        assert_int_equal(found.n, 1);
        assert_ptr_equal(found.values[0], value_get(&value_get(&doc, "items")->items[1], "name"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                arena_test(test_templates),
                arena_test(test_errors),
                arena_test(test_explosion_is_refused),
                arena_test(test_find_shares_values),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
