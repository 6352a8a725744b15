/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "base/limits.h"

static void expect_error(struct arena *a, const char *json, const char *message, unsigned line, unsigned column) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v = value_str("untouched");
        assert_int_equal(json_parse(a, json, strlen(json), 0, NULL, &v, &err), -1);
        assert_int_equal(err.class, ERR_SYNTAX);
        assert_string_equal(err_message(&err), message);
        assert_int_equal(err.line, line);
        assert_int_equal(err.column, column);
        assert_string_equal(v.str, "untouched");
}

static void test_errors_say_where(void **state) {
        expect_error(*state, "{\n  \"a\": tru\n}", "invalid character '\\n' in literal true (expecting 'e')", 2, 11);
        expect_error(*state, "[1,\n\n 2 3]", "invalid character '3' after array element", 3, 4);
        expect_error(*state, "", "unexpected end of JSON input", 1, 1);
        expect_error(*state, "[1]\n]", "invalid character ']' after top-level value", 2, 1);
        expect_error(*state, "[1e999]", "json: cannot unmarshal number 1e999 into Go value of type float64", 1, 2);
        expect_error(*state, "[1e999,x]", "invalid character 'x' looking for beginning of value", 1, 8);
}

/* An escaped newline in a string before the error does not count as a line, borrowed or not. */
static void test_lines_survive_escapes(void **state) {
        char json[] = "[\"a\\nb\\nc\",\n x]";
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        assert_int_equal(json_parse(*state, json, strlen(json), 0, NULL, &v, &err), -1);
        assert_int_equal(err.line, 2);
        assert_int_equal(json_parse(*state, json, strlen(json), JSON_BORROW, NULL, &v, &err), -1);
        assert_int_equal(err.line, 2);
        assert_int_equal(err.column, 2);
}

static void test_numbers_keep_their_kind(void **state) {
        struct value v = tree(*state, "[1,1.0,-0,9223372036854775807,9223372036854775808,1e2]");
        const enum value_type types[] = {VALUE_INT, VALUE_FLOAT, VALUE_INT, VALUE_INT, VALUE_FLOAT, VALUE_FLOAT};
        assert_int_equal(v.len, ARRAY_LEN(types));
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
                assert_int_equal(v.items[i].type, types[i]);
        assert_int_equal(v.items[3].i, INT64_MAX);
}

static void test_strings(void **state) {
        struct value v;
        const char json[] = "[\"\\u00e9\\ud83d\\ude00\",\"\\ud83d\",\"\xFF\",\"a\\u0000b\"]";
        assert_int_equal(json_parse(*state, json, strlen(json), 0, NULL, &v, NULL), 0);
        assert_string_equal(v.items[0].str, "é😀");
        assert_string_equal(v.items[1].str, "\xEF\xBF\xBD");
        assert_string_equal(v.items[2].str, "\xEF\xBF\xBD");
        assert_int_equal(v.items[3].len, 3);
        assert_memory_equal(v.items[3].str, "a\0b", 4);
}

static void test_last_duplicate_wins_in_first_place(void **state) {
        struct value v = tree(*state, "{'a':1,'b':2,'a':{'x':3}}");
        assert_int_equal(v.len, 2);
        assert_string_equal(v.members[0].key, "a");
        assert_int_equal(value_get(&v.members[0].value, "x")->i, 3);
}

static void test_duplicates_in_large_maps(void **state) {
        struct buf b = BUF_INIT(1 << 24);
        buf_addc(&b, '{');
        for (int i = 0; i < 20000; i++)
                buf_addf(&b, "\"k%d\":%d,", i % 15000, i);
        buf_adds(&b, "\"end\":0}");
        struct json_report report = {.arena = *state};
        struct value v;
        assert_int_equal(json_parse(*state, b.data, b.len, JSON_REPORT_DUPLICATES, &report, &v, NULL), 0);
        assert_int_equal(v.len, 15001);
        assert_int_equal(value_get(&v, "k7")->i, 15007);
        assert_int_equal(value_get(&v, "k14999")->i, 14999);
        assert_int_equal(report.duplicates.len, LIMIT_STRICT_ERRORS);
        assert_string_equal(report.duplicates.items[0].str, "k0");
        for (uint32_t i = 0; i < v.len; i++)
                assert_int_equal(v.members[i].value.flags, 0); /* the reader's marks do not leak */
        buf_done(&b);
}

/* Whatever the random keys of the index: every number of members around its sizes. */
static void test_maps_of_every_size(void **state) {
        for (unsigned n = 16; n < 300; n++) {
                struct buf b = BUF_INIT(1 << 20);
                for (unsigned i = 0; i < n; i++)
                        buf_addf(&b, "%c\"key%u\":%u", i ? ',' : '{', i * 7919 % 10007, i);
                buf_addc(&b, '}');
                struct value v;
                assert_int_equal(json_parse(*state, b.data, b.len, 0, NULL, &v, NULL), 0);
                assert_int_equal(v.len, n);
                buf_done(&b);
        }
}

/* Keys longer than what is hashed of them: alike at both ends and in length, they are two keys all the same. */
static void test_long_keys_that_look_alike(void **state) {
        struct arena *a = *state;
        struct value map = value_map();
        assert_int_equal(value_reserve(a, &map, 2), 0);
        const struct member *room = map.members;
        assert_non_null(value_set(a, &map, "example.com/one-of-them", value_int(1)));
        assert_non_null(value_set(a, &map, "example.com/two-of-them", value_int(2)));
        assert_ptr_equal(map.members, room);
        assert_non_null(value_set(a, &map, "three", value_int(3))); /* more than there is room for */
        assert_int_equal(map.len, 3);
        const char *key = arena_strdup(a, "example.com/two-of-them"); /* its hash is no constant */
        assert_int_equal(value_get(&map, key)->i, 2);
        assert_int_equal(value_get(&map, "example.com/one-of-them")->i, 1);
        assert_int_equal(value_get(&map, "three")->i, 3);
        assert_null(value_get(&map, "example.com/six-of-them"));
}

static void test_depth_is_limited(void **state) {
        struct value v;
        _cleanup_err_ struct err err = ERR_INIT;
        size_t n = 2 * LIMIT_DEPTH;
        char *json = malloc(n + 2);
        assert_non_null(json);
        memset(json, '[', LIMIT_DEPTH);
        memset(json + LIMIT_DEPTH, ']', LIMIT_DEPTH);
        assert_int_equal(json_parse(*state, json, n, 0, NULL, &v, NULL), 0);
        memset(json, '[', n);
        assert_int_equal(json_parse(*state, json, n, 0, NULL, &v, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        free(json);
}

static void test_memory_is_limited(void **state) {
        _cleanup_arena_ struct arena *small = arena_new(4096);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        char json[6000];
        memset(json, '1', sizeof(json));
        for (size_t i = 1; i < sizeof(json); i += 2)
                json[i] = ',';
        json[0] = '[';
        json[sizeof(json) - 1] = ']';
        json[1] = '1';
        assert_int_equal(json_parse(small, json, sizeof(json), 0, NULL, &v, &err), -1);
        assert_int_equal(err.class, ERR_MEMORY);
}

static void test_borrowed_strings_point_into_the_text(void **state) {
        char json[] = "{\"key\":\"value\"}";
        struct value v;
        assert_int_equal(json_parse(*state, json, strlen(json), JSON_BORROW, NULL, &v, NULL), 0);
        assert_ptr_equal(v.members[0].key, json + 2);
        assert_ptr_equal(v.members[0].value.str, json + 8);
        assert_string_equal(v.members[0].value.str, "value");
}

static void test_writing_forms(void **state) {
        struct value v = tree(*state, "{'b':[1,{}],'a':'<'}");
        struct buf b = BUF_INIT(1000);
        json_write(&b, &v, 0);
        assert_string_equal(buf_str(&b), "{\"b\":[1,{}],\"a\":\"<\"}");
        buf_clear(&b);
        json_write(&b, &v, JSON_SORT_KEYS | JSON_HTML_ESCAPE | JSON_INDENT);
        assert_string_equal(buf_str(&b), "{\n    \"a\": \"\\u003c\",\n    \"b\": [\n        1,\n        {}\n    ]\n}");
        assert_string_equal(v.members[0].key, "b"); /* sorting did not touch the tree */
        buf_done(&b);
}

/* Exactly the maximum fits, one byte less does not, and nothing is written past it. */
static void test_writer_respects_the_maximum(void **state) {
        struct value v = tree(*state, "{'key':'a longer value','n':[1,2,3]}");
        struct buf b = BUF_INIT(1000);
        json_write(&b, &v, 0);
        size_t n = b.len;
        buf_done(&b);
        for (size_t max = 0; max < n; max++) {
                b = BUF_INIT(max);
                json_write(&b, &v, 0);
                assert_true(buf_failed(&b));
                assert_true(b.len <= max);
                buf_done(&b);
        }
        b = BUF_INIT(n);
        json_write(&b, &v, 0);
        assert_false(buf_failed(&b));
        buf_done(&b);
}

static void test_no_json_for_infinity(void **state) {
        struct value v = value_float(__builtin_inf());
        struct buf b = BUF_INIT(100);
        json_write(&b, &v, 0);
        assert_true(buf_failed(&b));
        buf_done(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                arena_test(test_errors_say_where),
                arena_test(test_lines_survive_escapes),
                arena_test(test_numbers_keep_their_kind),
                arena_test(test_strings),
                arena_test(test_last_duplicate_wins_in_first_place),
                arena_test(test_duplicates_in_large_maps),
                arena_test(test_maps_of_every_size),
                arena_test(test_long_keys_that_look_alike),
                arena_test(test_depth_is_limited),
                arena_test(test_memory_is_limited),
                arena_test(test_borrowed_strings_point_into_the_text),
                arena_test(test_writing_forms),
                arena_test(test_writer_respects_the_maximum),
                arena_test(test_no_json_for_infinity),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
