/* SPDX-License-Identifier: Apache-2.0 */
/* What kustomize's ways through text and JSON make of scalars: folded texts, numbers, values that are absent. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

/* The items of a kind that ends in List pass through JSON, with all digits of their numbers. */
static void test_items_of_lists(void **state) {
        static const char item[] = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: Null},"
                                   " n: 9007199254740993, x: $(V)}\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf list = BUF_INIT(4096);
        buf_addf(&list, "kind: ConfigMapList\nitems:\n- %s", item);
        tree_init(&t);
        tree_add(&t, "r.yaml", item);
        tree_add(&t, "config.yaml", "varReference: [{kind: ConfigMap, path: x}]\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nconfigurations: [config.yaml]\nvars:\n- name: V\n"
                 "  objref: {apiVersion: v1, kind: ConfigMap, name: a}\n  fieldref: {fieldPath: "
                 "metadata.annotations}\n");
        tree_expect_part(&t, ".", "\"n\": 9007199254740993\nx: \"Null\"\n");
        tree_add(&t, "r.yaml", buf_str(&list));
        tree_expect_part(&t, ".", "\"n\": 9007199254740993\nx: \"null\"\n");
        /* Their strings have quotes, which stay. */
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n"
                 "- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, x: false}'\n");
        tree_expect_part(&t, ".", "x: \"false\"\n");
        tree_add(&t, "r.yaml", item);
        tree_expect_part(&t, ".", "x: false\n");
}

/* The text of a number, which an annotation shows, is JSON's in the items of a list and a double's behind a JSON patch.
 */
static void test_numbers_that_passed_through_json(void **state) {
        static const char annotations[] = "annotations: {a: 1e-7, b: 1e6, c: 1000000, d: -999999}";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf list = BUF_INIT(4096), object = BUF_INIT(4096);
        buf_addf(&list, "kind: ThingList\nitems:\n- {kind: Thing, metadata: {name: a, %s}}\n", annotations);
        buf_addf(&object, "kind: Thing\nmetadata:\n  name: a\n  %s\n", annotations);
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\n");
        tree_add(&t, "r.yaml", buf_str(&list));
        tree_expect_part(&t, ".", "    a: \"1e-7\"\n    b: \"1000000\"\n    c: \"1000000\"\n    d: \"-999999\"\n");
        tree_add(&t, "r.yaml", buf_str(&object));
        tree_expect_part(&t, ".", "    a: \"1e-7\"\n    b: \"1e6\"\n    c: \"1000000\"\n    d: \"-999999\"\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n- target: {name: a}\n"
                 "  patch: '[{\"op\": \"add\", \"path\": \"/x\", \"value\": 1}]'\n");
        tree_expect_part(&t, ".", "    a: \"1e-07\"\n    b: \"1e+06\"\n    c: \"1e+06\"\n    d: \"-999999\"\n");
        /* And so is their type. */
        tree_add(&t, "r.yaml", CONFIG_MAP "data: {n: 1.0}\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n- target: {name: a}\n"
                 "  patch: '[{\"op\": \"add\", \"path\": \"/x\", \"value\": 1}]'\n"
                 "replacements:\n- sourceValue: '0.5'\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.n]}]\n");
        tree_expect_part(&t, ".", "cannot decode !!float `0.5` as a !!int");
}

/* What a way through text changes (nothing behind a key in braces is "") stays in the items of a list: they take none.
 */
static void test_scalars_of_lists(void **state) {
        static const char object[] = "{kind: Thing, metadata: {name: a}, t: 2001-12-14t21:59:43.10Z, x: [{y, z: }]}";
        _cleanup_buf_ struct buf list = BUF_INIT(4096);
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\n");
        tree_add(&t, "r.yaml", object);
        tree_expect(
                &t, ".",
                "kind: Thing\nmetadata:\n  name: a\nt: \"2001-12-14t21:59:43.10Z\"\nx:\n- \"y\": \"\"\n  z: \"\"\n");
        buf_addf(&list, "kind: ThingList\nitems:\n- %s\n- kind: Thing\n  metadata: {name: b}\n  f: >\n    a\n     b\n",
                 object);
        tree_add(&t, "r.yaml", buf_str(&list));
        tree_expect(
                &t, ".",
                "kind: Thing\nmetadata:\n  name: a\nt: \"2001-12-14T21:59:43.1Z\"\nx:\n- \"y\": null\n  z: null\n---\n"
                "f: |\n  a\n   b\nkind: Thing\nmetadata:\n  name: b\n");
}

#define FOLDED "x: >\n    a\n     b\n    c\n"
#define LITERAL "x: |\n    a\n     b\n    c\n"
#define REFOLDED "x: |\n    a\n\n     b\n    c\n"

/* A folded text gains a line feed before a line that is indented, if it is folded when it is printed: the object's own,
 * or one that took the place of a folded text. */
static void test_folded_texts(void **state) {
        static const char merged[] = "resources: [r.yaml]\npatches: [{path: p.yaml}]\n";
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\n");
        tree_add(&t, "r.yaml", CONFIG_MAP "data:\n  " FOLDED);
        tree_expect_part(&t, ".", "data:\n  " REFOLDED);
        tree_add(&t, "kustomization.yaml", merged);
        tree_add(&t, "p.yaml", CONFIG_MAP "data:\n  " LITERAL);
        tree_expect_part(&t, ".", "data:\n  " REFOLDED);
        /* Not where it is in quotes, in braces, or only copied from. */
        tree_add(&t, "p.yaml", CONFIG_MAP "data:\n  " FOLDED);
        tree_add(&t, "r.yaml", CONFIG_MAP "data:\n  x: \"\"\n");
        tree_expect_part(&t, ".", "data:\n  " LITERAL);
        tree_add(&t, "r.yaml", CONFIG_MAP "data: {y1: \"\"}\n");
        tree_expect_part(&t, ".", "data:\n  " LITERAL);
        tree_add(&t, "r.yaml", CONFIG_MAP "data: {}\n");
        tree_expect_part(&t, ".", "data:\n  " REFOLDED);
        tree_add(&t, "r.yaml", CONFIG_MAP "data:\n  w: >-\n    a\n  " FOLDED "  y1: \"\"\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: data.x}\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.w, data.y1]}]\n");
        tree_expect_part(&t, ".",
                         "data:\n  w: |\n    a\n\n     b\n    c\n  " REFOLDED "  y1: |\n    a\n     b\n    c\n");
        /* And where the first line is indented others lose theirs. */
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- sourceValue: \" a\\nb\\nc\"\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.w]}]\n");
        tree_expect_part(&t, ".", "data:\n  w: |2-\n     a\n    b c\n");
}

/* What is put into a new map or a new node of kustomize is folded no more. */
static void test_folded_texts_that_move(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "data:\n  " FOLDED);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\ngeneratorOptions: {disableNameSuffixHash: true}\n"
                 "configMapGenerator: [{name: a, behavior: merge}]\n");
        tree_expect_part(&t, ".", "data:\n  " LITERAL);
        tree_add(&t, "config.yaml", "varReference: [{kind: ConfigMap, path: data}]\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nconfigurations: [config.yaml]\n"
                 "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}}]\n");
        tree_expect_part(&t, ".", "data:\n  " LITERAL);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\n");
        tree_add(&t, "r.yaml", CONFIG_MAP "  annotations:\n    x: >\n      a\n       b\n");
        tree_expect_part(&t, ".", "    x: |\n      a\n       b\n");
}

/* A time of day gets quotes between braces, where it is printed between braces. */
static void test_moments_in_braces(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\npatches: [{path: p.yaml}]\n");
        tree_add(&t, "p.yaml", "kind: Thing\nmetadata: {name: a}\ns: {t: 2001-12-14t21:59:43.10-05:00}\n");
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        tree_expect_part(&t, ".", "s:\n  t: \"2001-12-14t21:59:43.10-05:00\"\n");
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\ns:\n");
        tree_expect_part(&t, ".", "s:\n  t: \"2001-12-14T21:59:43.1-05:00\"\n");
        tree_add(&t, "r.yaml", "{kind: Thing, metadata: {name: a}, s: {u: 2001-12-14t21:59:43.10-05:00}}\n");
        tree_expect_part(&t, ".", "  u: \"2001-12-14t21:59:43.10-05:00\"\n");
}

/* A value that is not there is null in a block, and an empty text once a patch has put it between braces. */
static void test_absent_values_in_braces(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\npatches: [{path: p.yaml}]\n");
        tree_add(&t, "p.yaml", "kind: Thing\nmetadata: {name: a}\nl:\n- k:\n");
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        tree_expect(&t, ".", "kind: Thing\nl:\n- k: null\nmetadata:\n  name: a\n");
        tree_add(&t, "r.yaml", "{kind: Thing, metadata: {name: a}}\n");
        tree_expect(&t, ".", "kind: Thing\nl:\n- k: \"\"\nmetadata:\n  name: a\n");
}

/* Hashes are of what Go's decoder makes of a number. */
static void test_hashes_of_long_numbers(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "configMapGenerator: [{name: my.app}]\n"
                 "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: my.app},"
                 " data: {\u00e9: 1844674407370955161}}'}]\n");
        tree_expect_part(&t, ".", "  name: my.app-dc7dd8mdgf\n");
}

/* kustomize expects maps there, and takes lists for none. */
static void test_hashes_of_lists(void **state) {
        static const char with[] = "%s: [{name: a}]\npatches:\n- target: {name: a}\n"
                                   "  patch: '[{\"op\": \"add\", \"path\": \"/%s\", \"value\": [\"a\"]}]'\n";
        static const char *const cases[][3] = {
                {"secretGenerator", "stringData", "  name: a-56g2m2hgtt\n"},
                {"configMapGenerator", "binaryData", "  name: a-mfcg99g7t5\n"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf file = BUF_INIT(4096);
                buf_addf(&file, with, cases[i][0], cases[i][1]);
                tree_add(&t, "kustomization.yaml", buf_str(&file));
                tree_expect_part(&t, ".", cases[i][2]);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_moments_in_braces),
                cmocka_unit_test(test_items_of_lists),
                cmocka_unit_test(test_numbers_that_passed_through_json),
                cmocka_unit_test(test_scalars_of_lists),
                cmocka_unit_test(test_folded_texts),
                cmocka_unit_test(test_folded_texts_that_move),
                cmocka_unit_test(test_absent_values_in_braces),
                cmocka_unit_test(test_hashes_of_long_numbers),
                cmocka_unit_test(test_hashes_of_lists),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
