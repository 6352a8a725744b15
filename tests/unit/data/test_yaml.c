/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/limits.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

static const struct yaml_options kyaml = {.dialect = YAML_KYAML};

/* What a document is as JSON, or its error behind a "!". */
static const char *read_as(struct arena *a, const char *text, const struct yaml_options *options) {
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        struct value v;
        if (yaml_parse(a, text, strlen(text), options, &v, &err) < 0) {
                buf_addf(&b, "!%s", err_message(&err));
                assert_true(err.class == ERR_SYNTAX || err.class == ERR_TOO_LARGE);
        } else
                json_write(&b, &v, 0);
        return arena_strdup(a, buf_str(&b));
}

#define assert_reads(text, json) assert_string_equal(read_as(a, text, NULL), json)
#define assert_kyaml(text, json) assert_string_equal(read_as(a, text, &kyaml), json)

static void test_dialects(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_reads("", "null");
        assert_reads("# only a comment\n", "null");
        assert_reads("a: yes\nb: 'yes'\nc: 010\nd: 1e3\n", "{\"a\":true,\"b\":\"yes\",\"c\":8,\"d\":1000}");
        assert_kyaml("a: yes\nb: 0o10\nc: ~\n", "{\"a\":\"yes\",\"b\":8,\"c\":null}");
        assert_reads("d: 2001-12-14\n", "{\"d\":\"2001-12-14\"}");
        assert_kyaml("d: 2001-12-14\n", "{\"d\":\"2001-12-14T00:00:00Z\"}");
        assert_reads("- 1_000\n- 0x1F\n- 1e400\n- .5\n- 18446744073709551615\n",
                     "[1000,31,\"1e400\",0.5,18446744073709551615]");
        assert_reads("b: !!binary aGk=\n", "{\"b\":\"hi\"}");
}

static void test_keys(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_reads("1: a\ntrue: b\n1.5: c\n", "{\"1\":\"a\",\"true\":\"b\",\"1.5\":\"c\"}");
        assert_reads("a: 1\na: 2\n", "{\"a\":2}");
        struct yaml_options strict = {.strict = true};
        assert_string_equal(read_as(a, "a: 1\na: 2\n", &strict),
                            "!yaml: unmarshal errors:\n  line 2: key \"a\" already set in map");
        assert_kyaml("a: 1\na: 2\n", "!yaml: unmarshal errors:\n  line 2: mapping key \"a\" already defined at line 1");
        assert_reads("x: {{ .Values.x }}\n",
                     "!yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}");
        assert_reads("~: a\n", "!unsupported map key of type: %!s(<nil>), key: <nil>, value: \"a\"");
}

static void test_aliases_and_merges(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_reads("a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\n", "{\"a\":{\"b\":1,\"c\":2},\"d\":{\"b\":3,\"c\":2}}");
        /* in v2 a merge behind a key replaces it, in v3 it never does */
        assert_reads("d: {b: 3, <<: {b: 1}}\n", "{\"d\":{\"b\":1}}");
        assert_kyaml("d: {b: 3, <<: {b: 1}}\n", "{\"d\":{\"b\":3}}");
        assert_reads("<<: [{a: 1}, {a: 2, b: 2}]\n", "{\"a\":1,\"b\":2}");
        assert_reads("<<: 1\n", "!yaml: map merge requires map or sequence of maps as the value");
        assert_reads("a: &a [*a]\n", "!yaml: anchor 'a' value contains itself");
        assert_reads("a: *b\n", "!yaml: unknown anchor 'b' referenced");
}

static void test_errors_name_the_place(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        const char *text = "a: 1\nb: [1,\nc: 2\n";
        assert_int_equal(yaml_parse(a, text, strlen(text), NULL, &v, &err), -1);
        assert_int_equal(err.class, ERR_SYNTAX);
        assert_string_equal(err_message(&err), "yaml: line 3: did not find expected ',' or ']'");
        assert_int_equal(err.line, 4); /* where the reader stands; go-yaml's text counts from 0 here */
        assert_reads("a: .inf\n", "!json: unsupported value: +Inf");
        assert_reads("%YAML 1.2\n---\na: 1\n", "!yaml: found incompatible YAML document");
}

/* Where libyaml's syntax differs, go-yaml's counts. */
static void test_go_syntax(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_reads("{a:, b: [c:, \"it\\'s\"]}", "{\"a:\":null,\"b\":[\"c:\",\"it's\"]}");
        assert_reads("[\xC3\xA9\xC3\xA9: 1, it's:]", "[{\"\xC3\xA9\xC3\xA9\":1},\"it's:\"]");
        assert_reads("a: 1\nb: \"x\\/y\"\n", "!yaml: line 2: found unknown escape character");
        assert_reads("a: 'x\\/y'\n", "{\"a\":\"x\\\\/y\"}");
        assert_reads("a: [b?c]\n", "!yaml: did not find expected ',' or ']'");
        assert_reads("a: b?c\n", "{\"a\":\"b?c\"}");
        _cleanup_buf_ struct buf b = BUF_INIT(10000);
        buf_adds(&b, "[");
        for (int i = 0; i <= LIMIT_YAML_MENDS; i++)
                buf_adds(&b, "a:,");
        buf_adds(&b, "]");
        assert_reads(buf_str(&b), "!yaml: found unexpected ':'");
}

/* A byte order mark is a letter for go-yaml anywhere but at the start, also where a line begins. */
static void test_byte_order_marks(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_reads("\xEF\xBB\xBF"
                     "a: 1\n",
                     "{\"a\":1}");
        assert_reads("a: 1\n\xEF\xBB\xBF"
                     "b: 2\n",
                     "{\"a\":1,\"\xEF\xBB\xBF"
                     "b\":2}");
        assert_reads("a: [\n\xEF\xBB\xBF"
                     "x, \xEE\x80\x80]\n",
                     "{\"a\":[\"\xEF\xBB\xBF"
                     "x\",\"\xEE\x80\x80\"]}");
        assert_reads("a: 1\n\xEF\xBB\xBF\n", "!yaml: line 3: could not find expected ':'");
        assert_kyaml("a: 1\n\xEF\xBB\xBF# no comment\n", "!yaml: line 2: could not find expected ':'");
}

/* v3 has scanned three tokens behind a document that it was only asked for the first of. */
static void test_what_follows_the_first_document(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_reads("{a: 1}\n x:\n y", "{\"a\":1}");
        assert_kyaml("{a: 1}\n  x: 1\n@\n", "{\"a\":1}");
        assert_kyaml("{a: 1}\n \"x\" \"unfinished\n", "!yaml: line 2: found unexpected end of stream");
        assert_kyaml("{a: 1}\n  ---\n  b: c\n", "!yaml: line 3: mapping values are not allowed in this context");
}

static void test_tags_take_flow_indicators(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_reads("[!!str, a]", "[\"a\"]");
        assert_reads("- !!str, a\n- [b, c]\n", "[\"a\",[\"b\",\"c\"]]");
        assert_reads("[!!str , a]", "[\"\",\"a\"]");
        assert_reads("[!!str]", "!yaml: line 1: did not find expected ',' or ']'");
        assert_kyaml("a:\n  {b: !!str,\n  c: d}\n", "!yaml: line 1: did not find expected ',' or '}'");
}

static void describes(const char *text, const char *expected) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(yaml_describe(&b, text, strlen(text), YAML_KYAML, &err), 0);
        assert_string_equal(buf_str(&b), expected);
}

static void test_describes_as_go(void **state) {
        describes("", "");
        describes("{b: [1, ~, .inf], a: x}",
                  "map[string]interface {}{\"a\":\"x\", \"b\":[]interface {}{1, interface {}(nil), +Inf}}");
        describes("{1: a, z: b, ~: c}", "map[interface {}]interface {}{interface {}(nil):\"c\", \"z\":\"b\", 1:\"a\"}");
        describes("[2001-12-14, 2001-12-14t21:59:43.10-05:00]",
                  "[]interface {}{time.Date(2001, time.December, 14, 0, 0, 0, 0, time.UTC), "
                  "time.Date(2001, time.December, 14, 21, 59, 43, 100000000, time.Location(\"\"))}");
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(yaml_describe(&b, "a: [", 4, YAML_KYAML, &err), -1);
        assert_int_equal(err.class, ERR_SYNTAX);
}

static void test_limits(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct yaml_options small = {.max_bytes = 100, .max_nodes = 20, .max_depth = 3, .max_documents = 2};
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        assert_string_equal(read_as(a, "[[[1]]]", &small), "[[[1]]]");
        assert_string_equal(read_as(a, "[[[[1]]]]", &small), "!yaml: exceeded max depth of 3");
        assert_string_equal(read_as(a, "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]", &small),
                            "!yaml: more than 20 nodes; split it into several files");
        assert_string_equal(read_as(a, "a: &a [1,2,3]\nb: [*a,*a,*a,*a]\n", &small),
                            "!yaml: more than 20 nodes, counting what aliases stand for; split it into several files");
        const char *three = "a\n---\nb\n---\nc\n";
        assert_int_equal(yaml_parse_all(a, three, strlen(three), &small, &v, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        err_done(&err);
        char *long_text = arena_zalloc(a, 102, 1);
        memset(long_text, 'x', 101);
        assert_int_equal(yaml_parse(a, long_text, 101, &small, &v, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

/* Nested aliases must not multiply, deep nesting must not cost stack or time. */
static void test_bombs(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        buf_adds(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 10; i++)
                buf_addf(&b, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1,
                         i - 1);
        assert_string_equal(read_as(a, buf_str(&b), NULL), "!yaml: document contains excessive aliasing");
        buf_clear(&b);
        for (int i = 0; i < 80000; i++)
                buf_addc(&b, '[');
        assert_string_equal(read_as(a, buf_str(&b), NULL), "!yaml: exceeded max depth of 1000");
}

/* Whatever the arena can still give, the answer is a tree or the error that memory is out. */
static void test_memory_runs_out(void **state) {
        const char *text = "a: &x [1, two, {three: 3}]\n1: *x\n<<: {b: !!binary aGk=}\nc: >\n  d\n    e\n";
        bool failed = false, succeeded = false;
        for (size_t max = 16; max < 4096; max += 16) {
                for (int dialect = YAML_SIGS; dialect <= YAML_KYAML; dialect++) {
                        struct yaml_options options = {.dialect = (enum yaml_dialect)dialect};
                        _cleanup_err_ struct err err = ERR_INIT;
                        _cleanup_arena_ struct arena *a = arena_new(max);
                        struct value v = value_bool(true);
                        if (yaml_parse(a, text, strlen(text), &options, &v, &err) == 0) {
                                succeeded = true;
                                continue;
                        }
                        failed = true;
                        assert_int_equal(err.class, ERR_MEMORY);
                        assert_int_equal(v.type, VALUE_BOOL); /* untouched */
                }
        }
        assert_true(failed && succeeded);
}

static void test_documents(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        const char *text = "---\na: 1\n--- # two\n---\nb: |\n  ---\n  x\n";
        assert_int_equal(yaml_parse_all(a, text, strlen(text), NULL, &v, &err), 0);
        assert_int_equal(v.len, 2);
        assert_int_equal(value_int_or(value_get(&v.items[0], "a"), 0), 1);
        assert_string_equal(value_get_str(&v.items[1], "b"), "---\nx\n");
        text = "a: 1\n---\nb: [\n";
        assert_int_equal(yaml_parse_all(a, text, strlen(text), NULL, &v, &err), -1);
        assert_string_equal(err_message(&err), "yaml: line 1: did not find expected node content");
        assert_int_equal(err.line, 4); /* of the stream, where the text counts from its piece as Kubernetes does */
        err_done(&err);
        text = "a: 1\n--- b\n";
        assert_int_equal(yaml_parse_all(a, text, strlen(text), NULL, &v, &err), -1);
        assert_string_equal(err_message(&err), "invalid Yaml document separator: b");
}

static void test_stream(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value v;
        const char *text = "a: 1\n...\n# next\n---\nb: 2\n---\n[\n";
        _cleanup_yaml_stream_ struct yaml_stream *s = yaml_stream_new(text, strlen(text), NULL, &err);
        assert_int_equal(yaml_stream_next(s, a, &v, &err), 1);
        assert_int_equal(yaml_stream_line(s), 1);
        assert_int_equal(yaml_stream_next(s, a, &v, &err), 1);
        assert_int_equal(yaml_stream_line(s), 4);
        assert_int_equal(value_int_or(value_get(&v, "b"), 0), 2);
        assert_int_equal(yaml_stream_next(s, a, &v, &err), -1);
        assert_int_equal(yaml_stream_next(s, a, &v, &err), 0); /* an error ends the stream */
}

static void test_kustomize_marks(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value v;
        const char *text = "a:\nb: null\nc: ~\nd: 'x'\ne: {f: 1}\n";
        assert_int_equal(yaml_parse(a, text, strlen(text), &kyaml, &v, NULL), 0);
        assert_int_equal(value_get(&v, "a")->len, 0);
        assert_int_equal(value_get(&v, "b")->len, 4);
        assert_int_equal(value_get(&v, "c")->len, 1);
        assert_int_equal(value_get(&v, "d")->style, VALUE_STYLE_SINGLE);
        assert_int_equal(value_get(&v, "e")->style, VALUE_STYLE_FLOW);
        /* what kustomize's way through text does to a value */
        assert_kyaml("a: {b}\n", "{\"a\":{\"b\":\"\"}}");
        assert_kyaml("a: >\n  x\n    y\n  z\n", "{\"a\":\"x\\n\\n  y\\nz\\n\"}");
}

static void test_lines(void **state) {
        static const char text[] = "a: &a\n  b:\n  - c\n  - {d: e}\nf: [*a]\n---\ng: h\n";
        static const struct {
                const char *path;
                unsigned line;
        } cases[] = {{"a", 1}, {"a.b", 2}, {"a.b[0]", 3}, {"a.b[1].d", 4}, {"f[0].b[1]", 4}, {"f", 5},
                     {"g", 0}, {"a.c", 0}, {"a[0]", 0},   {"f[1]", 0},     {"a[", 0},        {"", 1}};
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                assert_int_equal(yaml_line_of(text, strlen(text), cases[i].path), cases[i].line);
        assert_int_equal(yaml_line_of("a: [", 4, "a"), 0);
        assert_int_equal(yaml_line_of("", 0, "a"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_dialects),
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_aliases_and_merges),
                cmocka_unit_test(test_errors_name_the_place),
                cmocka_unit_test(test_go_syntax),
                cmocka_unit_test(test_byte_order_marks),
                cmocka_unit_test(test_what_follows_the_first_document),
                cmocka_unit_test(test_tags_take_flow_indicators),
                cmocka_unit_test(test_describes_as_go),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_bombs),
                cmocka_unit_test(test_memory_runs_out),
                cmocka_unit_test(test_documents),
                cmocka_unit_test(test_stream),
                cmocka_unit_test(test_lines),
                cmocka_unit_test(test_kustomize_marks),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
