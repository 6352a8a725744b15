/* SPDX-License-Identifier: Apache-2.0 */
/* What a replacement reads and writes: types, texts with fields in them, sources that change. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

/* The source of a replacement is the field itself, not what it held at first. */
static void test_sources_change_with_their_fields(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "  labels: {x: y}\ndata: {k: v}\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: metadata}\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.labels.x, data]}]\n");
        tree_expect(&t, ".",
                    "apiVersion: v1\ndata:\n  labels:\n    x: \"\"\n  name: a\nkind: ConfigMap\n"
                    "metadata:\n  labels:\n    x: \"\"\n  name: a\n");
        /* Also with a field that is only made for it. */
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: data}\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.x], options: {create: true}}]\n");
        tree_expect(&t, ".",
                    "apiVersion: v1\ndata:\n  k: v\n  x:\n    k: v\n    x: {}\nkind: ConfigMap\n"
                    "metadata:\n  labels:\n    x: \"y\"\n  name: a\n");
        /* What it held last counts where it is gone. */
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: data.k}\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data, metadata.labels.x]}]\n");
        tree_expect(&t, ".", "apiVersion: v1\ndata: v\nkind: ConfigMap\nmetadata:\n  labels:\n    x: v\n  name: a\n");
}

/* A source that holds its targets doubles with each: there is an end to that. */
static void test_sources_that_double(void **state) {
        _cleanup_buf_ struct buf object = BUF_INIT(4096);
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: data}\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: ['data.l.*']}]\n");
        buf_adds(&object, CONFIG_MAP "data:\n  l:\n");
        for (size_t i = 0; i < 64; i++)
                buf_adds(&object, "  - {}\n");
        tree_add(&t, "r.yaml", buf_str(&object));
        tree_expect_part(&t, ".", "error: the build takes more than 20971520 steps");
}

/* Annotations become strings whatever they are given; elsewhere a text must suit the type of the field. */
static void test_types_of_targets(void **state) {
        static const char with[] = "resources: [r.yaml]\nreplacements:\n- sourceValue: x\n"
                                   "  targets: [{select: {kind: ConfigMap}, fieldPaths: [%s]}]\n";
        static const struct {
                const char *path, *result;
        } cases[] = {
                {"metadata.annotations.b", "    b: x\n"},
                {"data.b", "error: ConfigMap.v1.[noGrp]/a.[noNs]: cannot decode !!str `x` as a !!bool"},
                {"data.t", "error: ConfigMap.v1.[noGrp]/a.[noNs]: cannot decode !!str `x` as a !!timestamp"},
                {"data.n", "error: ConfigMap.v1.[noGrp]/a.[noNs]: cannot decode !!str `x` as a !!null"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "  annotations: {b: true}\ndata: {b: true, t: 2001-01-01, n: ~}\n");
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf file = BUF_INIT(4096);
                buf_addf(&file, with, cases[i].path);
                tree_add(&t, "kustomization.yaml", buf_str(&file));
                tree_expect_part(&t, ".", cases[i].result);
        }
        _cleanup_buf_ struct buf whole = BUF_INIT(4096);
        buf_addf(&whole, with, "metadata.annotations");
        tree_add(&t, "kustomization.yaml", buf_str(&whole));
        tree_add(&t, "r.yaml", CONFIG_MAP "  annotations: null\n");
        tree_expect(&t, ".", CONFIG_MAP);
}

/* A sourceValue has no type: where it takes the place of a list or a map, or of nothing, it is what its text says. */
static void test_types_of_source_values(void **state) {
        static const struct {
                const char *text, *result;
        } cases[] = {
                {"0o17", "data:\n  j: '{\"a\":\"0o17\",\"b\":15}'\n  l: 15\n  s: \"0o17\"\nin:\n  m: 15\n"},
                {"~", "data:\n  j: '{\"a\":\"~\",\"b\":null}'\n  l: null\n  s: \"~\"\nin:\n  m: null\n"},
                {"", "data:\n  j: '{\"a\":\"\",\"b\":\"\"}'\n  l: null\n  s: \"\"\nin:\n  m: \"\"\n"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "data:\n  j: '{\"a\": \"x\"}'\n  l: [x]\n  s: x\nin: {m: {x: y}}\n");
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf file = BUF_INIT(4096);
                buf_addf(&file,
                         "resources: [r.yaml]\nreplacements:\n- sourceValue: '%s'\n  targets:\n"
                         "  - select: {kind: ConfigMap}\n    options: {create: true}\n"
                         "    fieldPaths: [data.j.a, data.j.b, data.l, data.s, in.m]\n",
                         cases[i].text);
                tree_add(&t, "kustomization.yaml", buf_str(&file));
                tree_expect_part(&t, ".", cases[i].result);
        }
}

/* A name that a patch left empty is something to copy. */
static void test_sources_without_a_text(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/r.yaml", CONFIG_MAP);
        tree_add(&t, "base/kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n- target: {kind: ConfigMap}\n"
                 "  patch: '[{\"op\": \"remove\", \"path\": \"/metadata\"}]'\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [base]\npatches: [{target: {kind: ConfigMap}, patch: '{kind: X, metadata: {name: x}}'}]\n"
                 "replacements: [{source: {kind: ConfigMap}, targets: [{select: {kind: ConfigMap}, "
                 "options: {delimiter: /, index: 1}}]}]\n");
        tree_expect_part(&t, ".", "metadata:\n  name: /\n");
        /* And a null that gets none stays null. */
        tree_add(&t, "r.yaml", CONFIG_MAP "  annotations: ~\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: metadata}\n  targets:\n"
                 "  - {select: {kind: ConfigMap}, fieldPaths: [metadata.annotations, x], options: {create: true}}\n");
        tree_expect(&t, ".",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\nx:\n  annotations: null\n  name: a\n");
}

/* A replacement within a text leaves what stands around its field as it is written there; JSON has its own words. */
static void test_texts_with_fields(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml",
                 CONFIG_MAP "data:\n  j: '{\"a\": x, \"e\": , \"v\": 1.10}'\n"
                            "  k: |\n    a: x\n    e: [~, 0x1F, True, 2001-01-01]\n    v: 1.10\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- sourceValue: z\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.j.a, data.k.a]}]\n");
        tree_expect_part(&t, ".",
                         "data:\n  j: '{\"a\":\"z\",\"e\":\"\",\"v\":1.1}'\n"
                         "  k: |-\n    a: z\n    e: [~, 0x1F, True, 2001-01-01]\n    v: 1.10\n");
        /* What does not suit the type of its field changes nothing in JSON. */
        tree_add(&t, "r.yaml", CONFIG_MAP "data:\n  j: '{\"a\": 1}'\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- sourceValue: '0.1'\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.j.a]}]\n");
        tree_expect_part(&t, ".", "data:\n  j: '{\"a\": 1}'\n");
}

/* What no document may say, nothing that is put into one may say either; as an annotation it is a text. */
static void test_numbers_that_json_cannot_hold(void **state) {
        static const struct {
                const char *text, *path, *result;
        } cases[] = {
                {".NaN", "m", "json: unsupported value: NaN"},
                {".nan", "f", "json: unsupported value: NaN"},
                {"-.inf", "m", "json: unsupported value: -Inf"},
                {".nan", "metadata.annotations.f", "    f: \".nan\"\n"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "  annotations: {f: 1.5}\nm: {x: y}\nf: 1.5\n");
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf file = BUF_INIT(4096);
                buf_addf(&file,
                         "resources: [r.yaml]\nreplacements:\n- sourceValue: '%s'\n"
                         "  targets: [{select: {kind: ConfigMap}, fieldPaths: [%s]}]\n",
                         cases[i].text, cases[i].path);
                tree_add(&t, "kustomization.yaml", buf_str(&file));
                tree_expect_part(&t, ".", cases[i].result);
        }
        tree_add(&t, "add.yaml",
                 "apiVersion: builtin\nkind: ValueAddTransformer\nmetadata: {name: x}\nvalue: '.inf'\n"
                 "targets: [{fieldPath: f}]\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ntransformers: [add.yaml]\n");
        tree_expect_part(&t, ".", "json: unsupported value: +Inf");
}

/* What does not suit its type is an error when it is printed, not when it is gone by then, or right again. */
static void test_wrong_types_are_found_in_the_end(void **state) {
        static const char suits_not[] = "resources: [r.yaml]\nreplacements:\n- sourceValue: x\n"
                                        "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.b]}]\n";
        static const char mends[] = "resources: [base]\nreplacements:\n- sourceValue: 'false'\n"
                                    "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.b]}]\n";
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/r.yaml", CONFIG_MAP "data: {b: true}\n");
        tree_add(&t, "base/kustomization.yaml", suits_not);
        tree_add(&t, "kustomization.yaml", "resources: [base]\n");
        tree_expect_part(&t, ".", "cannot decode !!str `x` as a !!bool");
        tree_add(&t, "kustomization.yaml", mends);
        tree_expect_part(&t, ".", "data:\n  b: false\n");
        tree_add(&t, "kustomization.yaml", "resources: [base]\nconfigMapGenerator: [{name: a, behavior: replace}]\n");
        tree_expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", /* it reads the object */
                 "resources: [base]\npatches:\n- target: {name: a}\n"
                 "  patch: '[{\"op\": \"remove\", \"path\": \"/data/b\"}]'\n");
        tree_expect_part(&t, ".", "error: ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sources_without_a_text),
                cmocka_unit_test(test_sources_change_with_their_fields),
                cmocka_unit_test(test_sources_that_double),
                cmocka_unit_test(test_types_of_targets),
                cmocka_unit_test(test_types_of_source_values),
                cmocka_unit_test(test_texts_with_fields),
                cmocka_unit_test(test_numbers_that_json_cannot_hold),
                cmocka_unit_test(test_wrong_types_are_found_in_the_end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
