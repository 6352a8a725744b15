/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/json_fixture.h"

#include "kube/smp/smp.h"

/* The merged object, or the error's text; neither input may change. */
static const char *apply(const char *type, const char *original, const char *patch, enum err_class *class) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value o = parse(original), p = parse(patch), out;
        const char *before = text_of(&o), *before_patch = text_of(&p);
        int r = smp_apply(arena, type ? schema_builtin(type) : NULL, &o, &p, &out, &err);
        assert_string_equal(text_of(&o), before);
        assert_string_equal(text_of(&p), before_patch);
        if (class)
                *class = err.class;
        return r < 0 ? arena_strdup(arena, err_message(&err)) : text_of(&out);
}

#define POD "core.v1.PodSpec"

static void test_lists_merge_by_key(void **state) {
        assert_string_equal(
                apply(POD, "{\"containers\":[{\"name\":\"a\",\"image\":\"1\"},{\"name\":\"b\",\"image\":\"1\"}]}",
                      "{\"containers\":[{\"name\":\"b\",\"image\":\"2\"}]}", NULL),
                "{\"containers\":[{\"image\":\"1\",\"name\":\"a\"},{\"image\":\"2\",\"name\":\"b\"}]}");
        assert_string_equal(apply(POD, "{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
                                  "{\"containers\":[{\"name\":\"a\",\"$patch\":\"delete\"},{\"name\":\"c\"}]}", NULL),
                            "{\"containers\":[{\"name\":\"c\"},{\"name\":\"b\"}]}"); /* new ones come first */
        assert_string_equal(apply(POD, "{\"containers\":[{\"name\":\"a\"}]}",
                                  "{\"containers\":[{\"$patch\":\"replace\"},{\"name\":\"z\"}]}", NULL),
                            "{\"containers\":[{\"name\":\"z\"}]}");
}

static void test_atomic_lists_are_replaced(void **state) {
        assert_string_equal(apply("core.v1.Container", "{\"args\":[\"a\",\"b\"]}", "{\"args\":[\"c\"]}", NULL),
                            "{\"args\":[\"c\"]}");
}

static void test_order(void **state) {
        assert_string_equal(apply(POD, "{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
                                  "{\"$setElementOrder/containers\":[{\"name\":\"b\"},{\"name\":\"a\"}]}", NULL),
                            "{\"containers\":[{\"name\":\"b\"},{\"name\":\"a\"}]}");
        assert_string_equal(apply("meta.v1.ObjectMeta", "{\"finalizers\":[\"a\",\"b\",\"c\"]}",
                                  "{\"$deleteFromPrimitiveList/finalizers\":[\"b\"],\"finalizers\":[\"d\"]}", NULL),
                            "{\"finalizers\":[\"d\",\"a\",\"c\"]}");
}

static void test_retain_keys(void **state) {
        assert_string_equal(apply("apps.v1.DeploymentSpec",
                                  "{\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":1}}}",
                                  "{\"strategy\":{\"$retainKeys\":[\"type\"],\"type\":\"Recreate\"}}", NULL),
                            "{\"strategy\":{\"type\":\"Recreate\"}}");
}

static void test_nulls(void **state) {
        assert_string_equal(apply("core.v1.ConfigMap", "{\"data\":{\"a\":\"1\",\"b\":\"2\"}}",
                                  "{\"data\":{\"a\":null,\"x\":null,\"c\":\"3\"}}", NULL),
                            "{\"data\":{\"b\":\"2\",\"c\":\"3\"}}");
        assert_string_equal(apply("core.v1.ConfigMap", "{}", "{\"data\":{\"a\":null}}", NULL), "{\"data\":{}}");
}

/* golden/errors/patch_smp_* and what else breaks the rules of the language */
static void test_errors(void **state) {
        enum err_class class;
        assert_string_equal(apply(POD, "{\"containers\":[{\"name\":\"c\"}]}",
                                  "{\"containers\":[{\"$patch\":\"bogus\",\"name\":\"c\"}]}", &class),
                            "unknown patch type: bogus in map: map[$patch:bogus name:c]");
        assert_int_equal(class, ERR_INTERNAL);
        assert_string_equal(
                apply(POD, "{\"containers\":[{\"name\":\"c\"}]}", "{\"containers\":[{\"image\":\"x\"}]}", &class),
                "map: map[image:x] does not contain declared merge key: name");
        assert_string_equal(apply("apps.v1.DeploymentSpec", "{\"strategy\":{}}",
                                  "{\"strategy\":{\"$retainKeys\":[],\"type\":\"Recreate\"}}", &class),
                            "invalid patch format of retainKeys");
        assert_int_equal(class, ERR_BAD_REQUEST);
        assert_string_equal(apply(POD, "{}", "[]", &class), "invalid JSON document");
        assert_int_equal(class, ERR_BAD_REQUEST);
        assert_string_equal(apply(POD, "{\"bogus\":{\"a\":{}}}", "{\"bogus\":{\"a\":{}}}", &class),
                            "unable to find api field in struct PodSpec for the json field \"bogus\"");
}

static void test_without_schema(void **state) {
        assert_string_equal(
                apply(NULL, "{\"a\":{\"b\":1,\"c\":[1]},\"d\":1}", "{\"a\":{\"b\":2,\"c\":[2]},\"d\":null}", NULL),
                "{\"a\":{\"b\":2,\"c\":[2]}}");
}

static void test_two_way(void **state) {
        struct value original = parse("{\"containers\":[{\"name\":\"a\",\"image\":\"1\"},{\"name\":\"b\"}]}");
        struct value modified = parse("{\"containers\":[{\"name\":\"a\",\"image\":\"2\"}]}"), patch, again;
        const struct schema *schema = schema_builtin(POD);
        assert_int_equal(smp_create_two_way(arena, schema, &original, &modified, &patch, NULL), 0);
        assert_string_equal(text_of(&patch),
                            "{\"$setElementOrder/containers\":[{\"name\":\"a\"}],\"containers\":[{\"image\":\"2\","
                            "\"name\":\"a\"},{\"$patch\":\"delete\",\"name\":\"b\"}]}");
        assert_int_equal(smp_apply(arena, schema, &original, &patch, &again, NULL), 0);
        assert_string_equal(text_of(&again), text_of(&modified));
        assert_int_equal(smp_create_two_way(arena, schema, &modified, &modified, &patch, NULL), 0);
        assert_int_equal(patch.len, 0);
}

static void test_three_way(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value original = parse("{\"data\":{\"a\":\"1\",\"gone\":\"1\"}}");
        struct value modified = parse("{\"data\":{\"a\":\"2\"}}");
        struct value current = parse("{\"data\":{\"a\":\"9\",\"gone\":\"1\",\"others\":\"1\"}}"), patch;
        const struct schema *schema = schema_builtin("core.v1.ConfigMap");
        assert_int_equal(smp_create_three_way(arena, schema, &original, &modified, &current, true, &patch, &err), 0);
        assert_string_equal(text_of(&patch), "{\"data\":{\"a\":\"2\",\"gone\":null}}");
        assert_int_equal(smp_create_three_way(arena, schema, &original, &modified, &current, false, &patch, &err), -1);
        assert_int_equal(err.class, ERR_CONFLICT);
}

static void test_conflict_shows_sorted_sets(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        const struct schema *schema = schema_builtin("core.v1.ConfigMap");
        struct value original = parse("{}"), patch;
        struct value modified = parse("{\"metadata\":{\"finalizers\":[\"c\"],\"name\":\"x\"}}");
        struct value current = parse("{\"metadata\":{\"finalizers\":[\"b\",\"a\"],\"name\":\"y\"}}");
        assert_int_equal(smp_create_three_way(arena, schema, &original, &modified, &current, false, &patch, &err), -1);
        assert_non_null(strstr(err_message(&err), "current:\nmetadata:\n  finalizers:\n  - a\n  - b\n"));
        assert_string_equal(text_of(&current), "{\"metadata\":{\"finalizers\":[\"b\",\"a\"],\"name\":\"y\"}}");
}

static void test_limits(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value deep = value_map(), out, list = value_list(), patch = value_map();
        for (int i = 0; i < 5000; i++) {
                struct value outer = value_map();
                value_set(arena, &outer, "d", deep);
                deep = outer;
        }
        assert_int_equal(smp_apply(arena, NULL, &deep, &deep, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        err_done(&err);
        for (int i = 0; i < 20000; i++)
                value_append(arena, &list, value_int(i));
        value_set(arena, &patch, "finalizers", list);
        assert_int_equal(smp_apply(arena, schema_builtin("meta.v1.ObjectMeta"), &patch, &patch, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_lists_merge_by_key),
                TEST(test_atomic_lists_are_replaced),
                TEST(test_order),
                TEST(test_retain_keys),
                TEST(test_nulls),
                TEST(test_errors),
                TEST(test_without_schema),
                TEST(test_two_way),
                TEST(test_three_way),
                TEST(test_conflict_shows_sorted_sets),
                TEST(test_limits),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
