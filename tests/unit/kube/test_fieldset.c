/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/json_fixture.h"

#include "kube/ssa/fieldset.h"

static struct fieldset set_of(const char *json) {
        struct value v = parse(json);
        struct fieldset set;
        assert_int_equal(fieldset_parse(arena, &v, &set, NULL), 0);
        return set;
}

static const char *set_text(const struct fieldset *set) {
        struct value v;
        assert_int_equal(fieldset_format(arena, set, &v, NULL), 0);
        return text_as_is(&v);
}

static void test_canonical_order(void **state) {
        struct fieldset set =
                set_of("{\"i:1\":{},\"v:\\\"x\\\"\":{},\"v:3\":{},\"k:{\\\"b\\\":1,\\\"a\\\":2}\":{\"f:q\":"
                       "{},\".\":{}},\"f:b\":{},\"f:a\":{},\"z:new\":{\"f:x\":{}}}");
        assert_string_equal(set_text(&set),
                            "{\"f:a\":{},\"f:b\":{},\"k:{\\\"a\\\":2,\\\"b\\\":1}\":{\".\":{},\"f:q\":{}},"
                            "\"v:3\":{},\"v:\\\"x\\\"\":{},\"i:1\":{}}");
        assert_int_equal(fieldset_count(&set), 7);
}

static void test_operations(void **state) {
        struct fieldset x = set_of("{\"f:a\":{\".\":{},\"f:b\":{}},\"f:c\":{}}"), y = set_of("{\"f:a\":{},\"f:d\":{}}"),
                        z;
        fieldset_union(arena, &x, &y, &z, NULL);
        assert_string_equal(set_text(&z), "{\"f:a\":{\".\":{},\"f:b\":{}},\"f:c\":{},\"f:d\":{}}");
        fieldset_intersection(arena, &x, &y, &z, NULL);
        assert_string_equal(set_text(&z), "{\"f:a\":{}}");
        fieldset_difference(arena, &x, &y, &z, NULL);
        assert_string_equal(set_text(&z), "{\"f:a\":{\"f:b\":{}},\"f:c\":{}}");
        fieldset_recursive_difference(arena, &x, &y, &z, NULL);
        assert_string_equal(set_text(&z), "{\"f:c\":{}}");
        fieldset_leaves(arena, &x, &z, NULL);
        assert_string_equal(set_text(&z), "{\"f:a\":{\"f:b\":{}},\"f:c\":{}}");
        fieldset_difference(arena, &x, &x, &z, NULL);
        assert_true(fieldset_is_empty(&z));
        assert_true(fieldset_equal(&x, &x));
        assert_false(fieldset_equal(&x, &y));
}

static void test_insert_and_has(void **state) {
        struct fieldset set = FIELDSET_EMPTY;
        struct fieldset_element path[] = {fieldset_field("spec", 4), fieldset_field("replicas", 8)};
        assert_int_equal(fieldset_insert(arena, &set, path, 2, NULL), 0);
        assert_true(fieldset_has(&set, path, 2));
        assert_false(fieldset_has(&set, path, 1));
        assert_false(fieldset_has(&set, path, 0));
        assert_string_equal(set_text(&set), "{\"f:spec\":{\"f:replicas\":{}}}");
}

/* 1 and 1.0 are the same number to Kubernetes. */
static void test_numbers(void **state) {
        struct fieldset x = set_of("{\"v:1\":{}}"), y = set_of("{\"v:1.0\":{}}");
        assert_true(fieldset_equal(&x, &y));
}

static int collect(void *userdata, const struct fieldset_element *path, size_t n) {
        for (size_t i = 0; i < n; i++)
                fieldset_print_element(userdata, &path[i]);
        buf_addc(userdata, ' ');
        return 0;
}

static void test_paths(void **state) {
        struct fieldset set =
                set_of("{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"c\\\"}\":{\".\":{},\"f:image\":"
                       "{}}},\"f:x\":{\"v:\\\"y\\\"\":{},\"i:2\":{}}}}");
        struct buf b = BUF_INIT(4096);
        assert_int_equal(fieldset_walk(&set, collect, &b), 0);
        assert_string_equal(buf_str(&b), ".spec.containers[name=\"c\"] .spec.containers[name=\"c\"].image "
                                         ".spec.x[=\"y\"] .spec.x[2] ");
        buf_clear(&b);
        set = set_of("{\"k:{\\\"a\\\":{},\\\"b\\\":[1,true]}\":{},\"v:{\\\"c\\\":null}\":{}}");
        assert_int_equal(fieldset_walk(&set, collect, &b), 0);
        assert_string_equal(buf_str(&b), "[a=,b=[1,true]] [=c=null] ");
        buf_done(&b);
}

static void test_refused(void **state) {
        static const char *const wrong[] = {
                "[]",           "1",           "{\"f\":{}}", "{\"f:a\":1}", "{\"i:x\":{}}", "{\"k:[]\":{}}",
                "{\"v:{\":{}}", "{\"k:1\":{}}"};
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
                struct value v;
                struct fieldset set;
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(json_parse(arena, wrong[i], strlen(wrong[i]), 0, NULL, &v, NULL), 0);
                assert_int_equal(fieldset_parse(arena, &v, &set, &err), -1);
                assert_int_equal(err.class, ERR_SYNTAX);
        }
        struct value deep = value_map();
        for (int i = 0; i < 5000; i++) {
                struct value outer = value_map();
                value_set(arena, &outer, "f:a", deep);
                deep = outer;
        }
        struct fieldset set;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(fieldset_parse(arena, &deep, &set, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_canonical_order), TEST(test_operations), TEST(test_insert_and_has),
                TEST(test_numbers),         TEST(test_paths),      TEST(test_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
