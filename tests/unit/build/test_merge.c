/* SPDX-License-Identifier: Apache-2.0 */
/* kustomize's strategic merge over single objects. */
#include "build/kustomize/merge/merge.h"
#include "data/yaml/yaml.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\n"

static struct value parse(struct arena *a, const char *text) {
        const struct yaml_options options = {.dialect = YAML_KYAML};
        struct value v;
        assert_int_equal(yaml_parse(a, text, strlen(text), &options, &v, NULL), 0);
        return v;
}

/* Merges patch into object and compares the text of the result; NULL: the object is gone. */
static void expect(const char *object, const char *patch, const char *result) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_buf_ struct buf text = BUF_INIT(65536);
        _cleanup_err_ struct err err = ERR_INIT;
        struct merge_schema schema = {0};
        struct value v = parse(a, object), p = parse(a, patch);
        assert_int_equal(merge_schema_builtin(a, &schema, &err), 0);
        if (merge_strategic(a, &schema, &v, &p, &err) < 0)
                assert_string_equal(err_message(&err), result);
        merge_schema_done(&schema);
        if (err.class)
                return;
        yaml_write(&text, &v, YAML_SIGS);
        assert_string_equal(result ? result : "null\n", buf_str(&text));
}

static void test_maps(void **state) {
        expect("a: 1\nb: {c: 2, d: 3}\n", "b: {c: 4, e: 5}\n", "a: 1\nb:\n  c: 4\n  d: 3\n  e: 5\n");
        expect("a: 1\nb: 2\n", "b: null\n", "a: 1\n");
        expect("a: 1\n", "$patch: delete\n", NULL);
        expect("a: 1\nb: {c: 2}\n", "b: {$patch: replace, x: 1}\n", "a: 1\nb:\n  x: 1\n");
        expect("a: 1\n", "a: {b: null, c: {d: null}}\n",
               "wrong node kind: expected ScalarNode but got MappingNode: node contents:\n{b: null, c: {d: null}}\n");
}

/* What stands in quotes stays a string, whatever the patch writes. */
static void test_quotes_stay(void **state) {
        expect("a: \"1\"\nb: 'x'\nc: x\n", "a: 80\nb: true\nc: 80\n", "a: \"80\"\nb: \"true\"\nc: 80\n");
        /* A float with the text of an integer has a written tag, and keeps it before the quotes. */
        expect("a: \"1\"\nb: \"1\"\nc: \"1\"\n", "a: !!float 2\nb: !!float 2.5\nc: !!int 2\n",
               "a: 2\nb: \"2.5\"\nc: \"2\"\n");
}

static void test_lists_without_a_schema_are_replaced(void **state) {
        expect("l: [{name: a, x: 1}]\n", "l: [{name: b}]\n", "l:\n- name: b\n");
}

static void test_keyed_lists(void **state) {
        expect(DEPLOYMENT "spec: {template: {spec: {containers: [{name: a, image: x}, {name: b, image: y}]}}}\n",
               DEPLOYMENT "spec: {template: {spec: {containers: [{name: c, image: z}, {name: b, image: w}]}}}\n",
               DEPLOYMENT "spec:\n  template:\n    spec:\n      containers:\n      - image: z\n        name: c\n"
                          "      - image: w\n        name: b\n      - image: x\n        name: a\n");
        expect(DEPLOYMENT "spec: {template: {spec: {containers: [{name: a}, {name: b}]}}}\n",
               DEPLOYMENT "spec: {template: {spec: {containers: [{name: a, $patch: delete}]}}}\n",
               DEPLOYMENT "spec:\n  template:\n    spec:\n      containers:\n      - name: b\n");
        expect(DEPLOYMENT "spec: {template: {spec: {containers: [{name: a}, {name: b}]}}}\n",
               DEPLOYMENT "spec: {template: {spec: {containers: [{$patch: replace}, {name: c}]}}}\n",
               DEPLOYMENT "spec:\n  template:\n    spec:\n      containers:\n      - name: c\n");
}

#define CONTAINERS(list) DEPLOYMENT "spec: {template: {spec: {containers: " list "}}}\n"
#define MERGED(list) DEPLOYMENT "spec:\n  template:\n    spec:\n      containers:" list

/* An element of a patch without the key removes the destination's elements, but for those the patch named before it. */
static void test_elements_without_the_key(void **state) {
        expect(CONTAINERS("[{name: a, image: x}, {name: b}]"), CONTAINERS("[whatever]"), MERGED(" []\n"));
        expect(CONTAINERS("[{name: a, image: x}, {name: b}]"), CONTAINERS("[{image: y}]"), MERGED(" []\n"));
        expect(CONTAINERS("[{name: a, x: 1}, {name: b}]"), CONTAINERS("[{name: a, y: 2}, null]"),
               MERGED("\n      - name: a\n        x: 1\n        \"y\": 2\n"));
        expect(CONTAINERS("[{name: a, x: 1}, {name: b}]"), CONTAINERS("[null, {name: a, y: 2}]"),
               MERGED("\n      - name: a\n        \"y\": 2\n"));
        expect(CONTAINERS("[{name: a}]"), CONTAINERS("[{name: \"\", y: 2}]"),
               MERGED("\n      - name: \"\"\n        \"y\": 2\n      - name: a\n"));
        expect(CONTAINERS("[{name: a}, {x: 1}]"), CONTAINERS("[{name: b}]"), MERGED("\n      - x: 1\n"));
}

/* A key that is null is none. What is new is one node on both sides in kyaml: what goes from the one is gone from the
 * other, so that an element without the key also takes those that come after it. */
static void test_null_keys(void **state) {
        expect(CONTAINERS("[{name: z}]"), CONTAINERS("[{name: null, x: 1}]"), MERGED(" []\n"));
        expect(DEPLOYMENT, CONTAINERS("[{name: null, x: 1}]"), MERGED(" []\n"));
        expect(DEPLOYMENT, CONTAINERS("[{name: b}, {name: null}]"), MERGED("\n      - name: b\n"));
        expect(DEPLOYMENT, CONTAINERS("[{name: null}, {name: b}]"), MERGED(" []\n"));
}

static void test_directives_in_new_lists(void **state) {
        expect(DEPLOYMENT, CONTAINERS("[{name: a, $patch: merge, x: 1}]"), MERGED("\n      - name: a\n        x: 1\n"));
        expect(DEPLOYMENT, CONTAINERS("[{name: a, x: 1}, {name: b, $patch: delete}]"),
               MERGED("\n      - name: a\n        x: 1\n"));
        expect(DEPLOYMENT, CONTAINERS("[{name: a, $patch: replace, x: {y1: null}}]"),
               MERGED("\n      - name: a\n        x: {}\n"));
        /* A list's own directive takes its empty elements with it, which would remove others. */
        expect(CONTAINERS("[{name: a}]"), CONTAINERS("[{}, {$patch: merge}]"), MERGED("\n      - name: a\n"));
}

static void test_ports_by_two_keys(void **state) {
        static const char service[] = "apiVersion: v1\nkind: Service\n";
        _cleanup_buf_ struct buf object = BUF_INIT(4096), patch = BUF_INIT(4096), result = BUF_INIT(4096);
        buf_addf(&object, "%sspec: {ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}\n", service);
        buf_addf(&patch, "%sspec: {ports: [{port: 53, protocol: TCP, name: dns}]}\n", service);
        buf_addf(&result,
                 "%sspec:\n  ports:\n  - port: 53\n    protocol: UDP\n  - name: dns\n    port: 53\n    protocol: TCP\n",
                 service);
        expect(buf_str(&object), buf_str(&patch), buf_str(&result));
}

#define POD(list) "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: m, ports: " list "}]}\n"
#define POD_MERGED(list) "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: m\n    ports:\n" list

/* Keys that are there only in part may find an element twice. The first time takes its directive, and it is merged as
 * any other the second time; a replaced one is still the old one then. */
static void test_elements_that_two_tuples_find(void **state) {
        expect(POD("[]"),
               POD("[{protocol: TCP, containerPort: 2, $patch: delete}, {containerPort: 2}, {containerPort: 3}]"),
               POD_MERGED("    - containerPort: 2\n      protocol: TCP\n    - containerPort: 3\n"));
        expect(POD("[{containerPort: 1, protocol: TCP, x: 1}, {containerPort: 1}]"),
               POD("[{containerPort: 1, protocol: TCP, x: {z: 1}, $patch: replace}]"),
               "wrong node kind: expected ScalarNode but got MappingNode: node contents:\n{z: 1}\n");
}

static void test_finalizers_are_a_set(void **state) {
        expect(DEPLOYMENT "metadata: {finalizers: [a, b]}\n", DEPLOYMENT "metadata: {finalizers: [c, b]}\n",
               DEPLOYMENT "metadata:\n  finalizers:\n  - c\n  - b\n  - a\n");
        /* Its scalars are made anew: quotes stay, tags do not. Nothing else can be in it. */
        expect(DEPLOYMENT "metadata: {finalizers: [!!str 5]}\n",
               DEPLOYMENT "metadata: {finalizers: [\"6\", 0x1F, null]}\n",
               DEPLOYMENT "metadata:\n  finalizers:\n  - \"6\"\n  - 31\n  - 5\n");
        expect(DEPLOYMENT "metadata: {}\n", DEPLOYMENT "metadata: {finalizers: [a, {b: c}]}\n",
               "wrong node kind: expected ScalarNode but got MappingNode: node contents:\n{b: c}\n");
}

static void test_unknown_directive(void **state) {
        expect("a: {b: 1}\n", "a: {$patch: explode}\n", "unknown patch strategy 'explode'");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_maps),
                cmocka_unit_test(test_quotes_stay),
                cmocka_unit_test(test_lists_without_a_schema_are_replaced),
                cmocka_unit_test(test_keyed_lists),
                cmocka_unit_test(test_elements_without_the_key),
                cmocka_unit_test(test_null_keys),
                cmocka_unit_test(test_directives_in_new_lists),
                cmocka_unit_test(test_ports_by_two_keys),
                cmocka_unit_test(test_elements_that_two_tuples_find),
                cmocka_unit_test(test_finalizers_are_a_set),
                cmocka_unit_test(test_unknown_directive),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
