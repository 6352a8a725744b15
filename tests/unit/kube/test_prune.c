/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "data/json/json.h"
#include "kube/schema/prune.h"

static struct arena *arena;
static const struct schema *schema;

static struct value parse(const char *json) {
        struct value v;
        assert_int_equal(json_parse(arena, json, strlen(json), 0, NULL, &v, NULL), 0);
        return v;
}

/* A small widget with everything that golden/errors/invalid_cr* uses. */
static const char widget[] =
        "{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\",\"required\":[\"size\"],\"properties\":{"
        "\"size\":{\"type\":\"integer\",\"maximum\":10,\"default\":3},"
        "\"name\":{\"type\":\"string\",\"maxLength\":5,\"pattern\":\"^[a-z]+$\"},"
        "\"color\":{\"type\":\"string\",\"enum\":[\"red\",\"green\"]},"
        "\"port\":{\"x-kubernetes-int-or-string\":true},"
        "\"count\":{\"type\":\"integer\",\"format\":\"int32\"},\"ratio\":{\"type\":\"number\",\"format\":\"float\"},"
        "\"free\":{\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true},"
        "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"x-kubernetes-list-type\":\"set\"},"
        "\"items\":{\"type\":\"array\",\"x-kubernetes-list-type\":\"map\",\"x-kubernetes-list-map-keys\":[\"key\"],"
        "\"items\":{\"type\":\"object\",\"required\":[\"key\"],\"properties\":{\"key\":{\"type\":\"string\"},\"n\":"
        "{\"type\":\"integer\",\"default\":1}}}},"
        "\"tmpl\":{\"type\":\"object\",\"x-kubernetes-embedded-resource\":true},"
        "\"either\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}},"
        "\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}"
        "},\"x-kubernetes-validations\":[{\"rule\":\"true\"}]}}}";

static int setup(void **state) {
        arena = arena_new(0);
        if (!arena)
                return -1;
        struct value *props = arena_make(arena, struct value);
        *props = parse(widget);
        return schema_from_crd(arena, props, &schema, NULL);
}

static int teardown(void **state) {
        arena = arena_free(arena);
        return 0;
}

static const char *text_of(const struct value *v) {
        struct buf b = BUF_INIT(1 << 20);
        json_write(&b, v, JSON_SORT_KEYS);
        const char *text = arena_strdup(arena, buf_str(&b));
        buf_done(&b);
        return text;
}

static void test_pruning(void **state) {
        struct value o =
                parse("{\"apiVersion\":\"x.io/v1\",\"kind\":\"W\",\"metadata\":{\"name\":\"w\",\"odd\":1},"
                      "\"spec\":{\"zzz\":1,\"size\":1,\"free\":{\"any\":{\"thing\":1}},\"items\":[{\"key\":\"a\","
                      "\"b\":1}]},\"status\":{}}");
        struct value dropped;
        assert_int_equal(prune_object(arena, schema, &o, &dropped, NULL), 0);
        assert_string_equal(text_of(&o),
                            "{\"apiVersion\":\"x.io/v1\",\"kind\":\"W\",\"metadata\":{\"name\":\"w\"},\"spec\":{"
                            "\"free\":{\"any\":{\"thing\":1}},\"items\":[{\"key\":\"a\"}],\"size\":1}}");
        assert_string_equal(text_of(&dropped),
                            "[\"unknown field \\\"metadata.odd\\\"\",\"unknown field \\\"spec.items[0].b\\\"\","
                            "\"unknown field \\\"spec.zzz\\\"\",\"unknown field \\\"status\\\"\"]");
}

static void test_defaulting(void **state) {
        struct value o = parse("{\"spec\":{\"items\":[{\"key\":\"a\"},{\"key\":\"b\",\"n\":7}],\"name\":null}}");
        assert_int_equal(prune_default(arena, schema, &o, NULL), 0);
        assert_string_equal(text_of(&o),
                            "{\"spec\":{\"items\":[{\"key\":\"a\",\"n\":1},{\"key\":\"b\",\"n\":7}],\"size\":3}}");
        /* No object is made up to put a default into. */
        o = parse("{}");
        assert_int_equal(prune_default(arena, schema, &o, NULL), 0);
        assert_string_equal(text_of(&o), "{}");
}

static const char *complaint(const char *spec) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value o = parse(arena_printf(arena, "{\"spec\":%s}", spec));
        if (prune_validate(arena, schema, &o, &err) == 0)
                return "";
        assert_int_equal(err.class, ERR_INVALID);
        assert_true(err.n_causes > 0);
        return arena_strdup(arena, err_message(&err));
}

#define UNCHECKED                                                                                                      \
        ", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "        \
        "correct "                                                                                                     \
        "the existing errors to complete validation]"

static void test_validation(void **state) {
        static const char *const rows[][2] = {
                {"{\"size\":3,\"name\":\"abc\",\"color\":\"red\",\"port\":\"http\",\"tags\":[\"a\"]}", ""},
                {"{\"size\":99}", "spec.size: Invalid value: 99: spec.size in body should be less than or equal to 10"},
                {"{\"size\":1,\"name\":\"A1\"}",
                 "spec.name: Invalid value: \"A1\": spec.name in body should match '^[a-z]+$'"},
                {"{}", "[spec.size: Required value" UNCHECKED},
                {"{\"size\":\"x\"}", "[spec.size: Invalid value: \"string\": spec.size in body must be of type "
                                     "integer: \"string\"" UNCHECKED},
                {"{\"size\":1,\"port\":true}",
                 "[spec.port: Invalid value: \"boolean\": spec.port in body must be of type "
                 "integer,string: \"boolean\"" UNCHECKED},
                {"{\"size\":1,\"count\":1.5}",
                 "[spec.count: Invalid value: \"float64\": spec.count in body must be of type int32: \"float64\", "
                 "<nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in "
                 "spec.count" UNCHECKED},
                {"{\"size\":1,\"count\":true}",
                 "[spec.count: Invalid value: \"\": spec.count in body must be of type int32: \"\"" UNCHECKED},
                {"{\"size\":1,\"count\":\"1\"}",
                 "[spec.count: Invalid value: \"string\": spec.count in body must be of "
                 "type integer: \"string\"" UNCHECKED},
                {"{\"size\":1,\"ratio\":1e39}",
                 "<nil>: Invalid value: \"\": Checked value must be of type number with format float in spec.ratio"},
                {"{\"size\":1,\"name\":\"ABCDEFG\"}", "[spec.name: Too long: may not be more than 5 bytes" UNCHECKED},
                {"{\"size\":1,\"color\":\"pink\"}",
                 "[spec.color: Unsupported value: \"pink\": supported values: \"red\", \"green\"" UNCHECKED},
                {"{\"size\":1,\"tags\":[\"x\",\"x\",\"x\"]}", "spec.tags[1]: Duplicate value: \"x\""},
                {"{\"size\":1,\"items\":[{\"key\":\"a\"},{\"key\":\"a\",\"n\":2}]}",
                 "spec.items[1]: Duplicate value: {\"key\":\"a\"}"},
                {"{\"size\":1,\"items\":[{\"n\":1}]}", "[spec.items[0].key: Required value" UNCHECKED},
                {"{\"size\":1,\"tmpl\":{}}",
                 "[spec.tmpl.apiVersion: Required value, spec.tmpl.kind: Required value" UNCHECKED},
                {"{\"size\":1,\"either\":{\"a\":\"1\",\"b\":\"1\"}}",
                 "<nil>: Invalid value: \"\": \"spec.either\" must validate one and only one schema (oneOf). Found 2 "
                 "valid "
                 "alternatives"},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_string_equal(complaint(rows[i][0]), rows[i][1]);
}

/* anyOf in anyOf: the time may not double with each level. */
static void test_nested_logic(void **state) {
        struct value props = parse("{\"type\":\"string\",\"maxLength\":1}"), root = value_map(), list, outer;
        for (int i = 0; i < 60; i++) {
                list = value_list();
                outer = value_map();
                value_append(arena, &list, props);
                value_set(arena, &outer, "anyOf", list);
                props = outer;
        }
        value_set(arena, &root, "type", value_str("object"));
        value_set(arena, value_obtain_map(arena, &root, "properties"), "x", props);
        const struct schema *s;
        _cleanup_err_ struct err err = ERR_INIT;
        struct value o = parse("{\"x\":\"long\"}");
        assert_int_equal(schema_from_crd(arena, &root, &s, NULL), 0);
        assert_int_equal(prune_validate(arena, s, &o, &err), -1);
        assert_int_equal(err.class, ERR_INVALID);
}

static void test_many_errors(void **state) {
        struct value list = value_list(), o = value_map();
        _cleanup_err_ struct err err = ERR_INIT;
        for (int i = 0; i < 5000; i++)
                value_append(arena, &list, value_int(i));
        struct value *spec = value_obtain_map(arena, &o, "spec");
        value_set(arena, spec, "size", value_int(1));
        value_set(arena, spec, "tags", list);
        assert_int_equal(prune_validate(arena, schema, &o, &err), -1);
        assert_in_range(err.n_causes, 1, 101);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_pruning),      TEST(test_defaulting),  TEST(test_validation),
                TEST(test_nested_logic), TEST(test_many_errors),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
