/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "data/json/json.h"
#include "data/yaml/yaml.h"

static const char *written(struct arena *a, const char *json, enum yaml_dialect dialect) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        struct value v;
        assert_int_equal(json_parse(a, json, strlen(json), 0, NULL, &v, NULL), 0);
        yaml_write(&b, &v, dialect);
        return arena_strdup(a, buf_str(&b));
}

#define assert_writes(json, yaml) assert_string_equal(written(a, json, YAML_SIGS), yaml)

static void test_layout(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_writes("{\"b\":[1,{\"y\":2,\"x\":[]}],\"a\":{\"c\":{}}}", "a:\n  c: {}\nb:\n- 1\n- x: []\n  \"y\": 2\n");
        assert_writes("[[1,2],[]]", "- - 1\n  - 2\n- []\n");
        assert_writes("{\"a10\":1,\"a2\":2,\"A\":3,\"1\":4}", "\"1\": 4\nA: 3\na2: 2\na10: 1\n");
        assert_writes("null", "null\n");
}

static void test_quoting(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_writes("[\"yes\",\"012\",\"1:20\",\"\",\" x\",\"a: b\",\"#c\",\"it's\",\"<<\",\"=\"]",
                      "- \"yes\"\n- \"012\"\n- \"1:20\"\n- \"\"\n- ' x'\n- 'a: b'\n- '#c'\n- it's\n- <<\n- =\n");
        assert_writes("[\"tab\\there\",\"\\u0000\",\"\\ud83d\\ude00\"]",
                      "- \"tab\\there\"\n- \"\\0\"\n- \"\\U0001F600\"\n");
        assert_string_equal(written(a, "[\"a\\tb\\nc\"]", YAML_KYAML), "- |-\n  a\tb\n  c\n");
}

static void test_blocks_and_folding(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_writes("{\"a\":\"x\\ny\\n\",\"b\":\"\\nx\",\"c\":\"x\\n\\n\"}",
                      "a: |\n  x\n  y\nb: |2-\n\n  x\nc: |+\n  x\n\n");
        _cleanup_buf_ struct buf json = BUF_INIT(4096);
        buf_adds(&json, "{\"a\":\"");
        for (int i = 0; i < 30; i++)
                buf_adds(&json, i ? " word" : "word");
        buf_adds(&json, "\"}");
        const char *folded = written(a, buf_str(&json), YAML_SIGS), *whole = written(a, buf_str(&json), YAML_KYAML);
        assert_non_null(strstr(folded, "word\n  word"));
        assert_null(strstr(whole, "\n  "));
}

static void test_numbers(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value list = value_list();
        value_append(a, &list, value_float(1000000));
        value_append(a, &list, value_float(1e21));
        value_append(a, &list, value_float(0.5));
        value_append(a, &list, value_float(5e-324));
        _cleanup_buf_ struct buf sigs = BUF_INIT(1000), kyaml = BUF_INIT(1000);
        yaml_write(&sigs, &list, YAML_SIGS);
        yaml_write(&kyaml, &list, YAML_KYAML);
        assert_string_equal(buf_str(&sigs), "- 1000000\n- 1e+21\n- 0.5\n- 5e-324\n");
        assert_string_equal(buf_str(&kyaml), "- 1e+06\n- 1e+21\n- 0.5\n- 5e-324\n");
}

static void test_refusals(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf b = BUF_INIT(1000);
        struct value v = value_str("a\x7F");
        assert_int_equal(yaml_marshal(&b, &v, YAML_SIGS, &err), -1);
        assert_string_equal(err_message(&err), "yaml: control characters are not allowed");
        assert_int_equal(b.len, 0);
        err_done(&err);
        _cleanup_buf_ struct buf small = BUF_INIT(10);
        v = value_str("longer than ten bytes");
        assert_int_equal(yaml_marshal(&small, &v, YAML_SIGS, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

/* A document that was read comes back as it was written, but for comments and the indentation of lists. */
static void test_styles_are_kept(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *text = "z: plain\na: 'single'\nb: \"double\"\nc: |\n  literal\n  text\nd: >-\n  folded text\n\n"
                           "  next\ne: [1, \"two\", {three: null}]\nf:\ng: ~\nh:\n- {x: yes, y: ''}\n- - nested\n";
        struct yaml_options options = {.dialect = YAML_KYAML, .verbatim = true};
        struct value v;
        assert_int_equal(yaml_parse(a, text, strlen(text), &options, &v, NULL), 0);
        _cleanup_buf_ struct buf b = BUF_INIT(10000);
        yaml_write_styled(&b, &v);
        assert_string_equal(buf_str(&b), text);
        /* a text that its old style cannot hold gets another */
        *value_get(&v, "a") = (struct value){.type = VALUE_STRING, .style = VALUE_STYLE_PLAIN, .len = 4, .str = "true"};
        value_get(&v, "c")->str = "ends \nwith";
        value_get(&v, "c")->len = 10;
        buf_clear(&b);
        yaml_write_styled(&b, &v);
        assert_non_null(strstr(buf_str(&b), "a: \"true\"\n"));
        assert_non_null(strstr(buf_str(&b), "c: \"ends \\nwith\"\n"));
}

/* What is written must be read as the same value. */
static void test_round_trip(void **state) {
        static const char *const texts[] = {
                "",     "a",    "a b", " a",   "a ", "\n",         "a\n", "\n\n", "a\n\nb\n", "a\n  b\n", "- a",
                "a: b", "null", "1e3", "0x1",  "~",  "'",          "\"",  "\\",   "a\tb",     "a\r\nb",   "---",
                "...",  "%a",   "@a",  "a #b", "#",  "\xC3\xA9\n", "{a}", "[a]",  "*a",       "a\n---",   "2001-1-1"};
        _cleanup_arena_ struct arena *a = arena_new(0);
        for (int dialect = YAML_SIGS; dialect <= YAML_KYAML; dialect++) {
                for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                        struct value v = value_map(), back;
                        struct yaml_options options = {.dialect = (enum yaml_dialect)dialect};
                        _cleanup_buf_ struct buf b = BUF_INIT(4096);
                        value_set(a, &v, "k", value_str(texts[i]));
                        value_set(a, &v, texts[i], value_int(1));
                        yaml_write(&b, &v, options.dialect);
                        assert_int_equal(yaml_parse(a, buf_str(&b), b.len, &options, &back, NULL), 0);
                        if (!value_equal(&v, &back))
                                fail_msg("%s", buf_str(&b));
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_layout),
                cmocka_unit_test(test_quoting),
                cmocka_unit_test(test_blocks_and_folding),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_styles_are_kept),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
