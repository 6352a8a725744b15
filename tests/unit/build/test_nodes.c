/* SPDX-License-Identifier: Apache-2.0 */
/* Where kustomize's nodes show: scalars without a type, nulls with a text, quotes. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n"

/* A value that a transformer puts in has no type until it is printed: vars take it for a string. */
static void test_vars_see_untyped_scalars_as_strings(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "add.yaml",
                 "apiVersion: builtin\nkind: ValueAddTransformer\nmetadata: {name: x}\nvalue: '1'\n"
                 "targets: [{fieldPath: metadata/labels/v}]\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ntransformers: [add.yaml]\n");
        tree_expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    v: 1\n  name: a\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\ntransformers: [add.yaml]\n"
                 "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}}]\n");
        tree_expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    v: \"1\"\n  name: a\n");
        /* And so they do where it is their value. */
        tree_add(&t, "r.yaml", CONFIG_MAP "x: $(V)\n");
        tree_add(&t, "config.yaml", "varReference: [{kind: ConfigMap, path: x}]\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\ntransformers: [add.yaml]\nconfigurations: [config.yaml]\nvars:\n- name: V\n"
                 "  objref: {apiVersion: v1, kind: ConfigMap, name: a}\n  fieldref: {fieldPath: metadata.labels.v}\n");
        tree_expect_part(&t, ".", "x: \"1\"\n");
}

static void test_null_api_version(void **state) {
        static const char patch[] = "resources: [r.yaml]\npatches:\n- target: {name: a}\n"
                                    "  patch: '[{\"op\": \"add\", \"path\": \"/apiVersion\"}]'\n";
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", patch);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_expect(&t, ".", "apiVersion: null\nkind: ConfigMap\nmetadata:\n  name: a\n");
        tree_add(&t, "r.yaml", DEPLOYMENT); /* a kind that may refer to others */
        tree_expect(&t, ".", "error: node-referrerOriginal 'APIVersion' mismatch '' != 'null'");
}

static void test_json_patches_leave_an_object(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n- target: {name: a}\n"
                 "  patch: '[{\"op\": \"replace\", \"path\": \"\", \"value\": {}}]'\n");
        tree_expect_part(&t, ".", "error: missing kind in object: a JSON patch left an empty map");
}

/* A null with the text of something else is a null until it is printed. */
static void test_texts_of_nulls(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/r.yaml", CONFIG_MAP "  labels: ~\n");
        tree_add(&t, "base/kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- sourceValue: x\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.labels]}]\n");
        tree_add(&t, "kustomization.yaml", "resources: [base]\nlabels: [{pairs: {k: v}}]\n");
        tree_expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    k: v\n  name: a\n");
}

static void test_a_suffix_behind_a_null(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "data: {n: ~}\n");
        tree_add(&t, "t.yaml",
                 "apiVersion: builtin\nkind: SuffixTransformer\nmetadata: {name: t}\nsuffix: -x\n"
                 "fieldSpecs: [{path: data/n}]\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ntransformers: [t.yaml]\n");
        tree_expect_part(&t, ".", "data:\n  \"n\": ~-x\n");
}

static void test_subjects_are_maps(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nnamespace: apps\n");
        tree_add(&t, "r.yaml",
                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\n"
                 "subjects: [null, {name: default}, x]\n");
        tree_expect_part(&t, ".",
                         "error: setting namespace on (cluster)role binding subjects: looking up name on "
                         "(cluster)role binding subject: wrong node kind: expected MappingNode but got ScalarNode");
        /* kustomize panics at a kind that is no text, where there is a namespace. */
        tree_add(&t, "r.yaml",
                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\n"
                 "subjects: [{kind: ~, name: b}]\n");
        tree_expect_part(&t, ".", "subjects:\n- kind: null\n  name: b\n");
        tree_add(&t, "r.yaml",
                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\n"
                 "subjects: [{kind: ~, name: default}]\n");
        tree_expect_part(&t, ".", "error: expected strings as kinds in the subjects of \"RoleBinding.v1.rbac");
}

/* A patch's quotes go: the field keeps the style that it had. */
static void test_quotes_of_patches_do_not_stay(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", DEPLOYMENT "spec: {replicas: 2}\n");
        tree_add(&t, "p.yaml",
                 "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: \"3\"}}\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\npatches: [{path: p.yaml}]\n");
        tree_expect(&t, ".", DEPLOYMENT "spec:\n  replicas: \"3\"\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches: [{path: p.yaml}]\nreplicas: [{name: a, count: 0}]\n");
        tree_expect(&t, ".", DEPLOYMENT "spec:\n  replicas: 0\n");
}

/* Generated data has quotes where YAML 1.1 would read another type, and then they stay, as the lines of a block do. */
static void test_quotes_of_generated_data_stay(void **state) {
        static const struct {
                const char *literal, *result;
        } cases[] = {
                {"\"k=1\"", "\"08\""}, {"\"k=yes\"", "\"08\""},   {"\"k=a: b\"", "\"08\""}, {"\"k=a\\nb\"", "\"08\""},
                {"\"k=x\"", "8"},      {"\"k=2001-12-14\"", "8"}, {"\"k=\"", "8"},          {"\"k={{.x}}\"", "8"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf file = BUF_INIT(4096), result = BUF_INIT(4096);
                buf_addf(
                        &file,
                        "generatorOptions: {disableNameSuffixHash: true}\n"
                        "configMapGenerator: [{name: a, literals: [%s]}]\n"
                        "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: 08}}'}]\n",
                        cases[i].literal);
                buf_addf(&result, "apiVersion: v1\ndata:\n  k: %s\nkind: ConfigMap\nmetadata:\n  name: a\n",
                         cases[i].result);
                tree_add(&t, "kustomization.yaml", buf_str(&file));
                tree_expect(&t, ".", buf_str(&result));
        }
}

/* A selector of labels is read when a resource gets as far as that. */
static void test_selectors_that_nothing_reaches(void **state) {
        static const char with[] = "resources: [r.yaml]\npatches:\n- target: {name: %s, labelSelector: a b}\n"
                                   "  patch: '{kind: x, metadata: {name: x}}'\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf reached = BUF_INIT(4096), missed = BUF_INIT(4096);
        buf_addf(&reached, with, "a");
        buf_addf(&missed, with, "b");
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", buf_str(&missed));
        tree_expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", buf_str(&reached));
        tree_expect_part(&t, ".", "error: unable to parse requirement: found 'b'");
}

/* A new Secret has data, also where it is empty; one that merges into another has not. */
static void test_empty_data(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "secretGenerator: [{name: a, options: {disableNameSuffixHash: true}}]\n");
        tree_expect(&t, ".", "apiVersion: v1\ndata: {}\nkind: Secret\nmetadata:\n  name: a\ntype: Opaque\n");
        tree_add(&t, "r.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nsecretGenerator: [{name: a, behavior: merge}]\n");
        tree_expect(&t, ".", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ntype: Opaque\n");
}

/* A file of a generator that is merged into keeps its NUL bytes. */
static void test_merged_data_is_bytes(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\ngeneratorOptions: {disableNameSuffixHash: true}\n"
                 "configMapGenerator: [{name: a, behavior: merge}]\n");
        tree_add(&t, "r.yaml", CONFIG_MAP "data: {k: \"a\\0b\"}\n");
        tree_expect_part(&t, ".", "data:\n  k: \"a\\0b\"\n");
}

/* A strategic merge leaves the kind as it was: also the number that a JSON patch made of it. */
static void test_kinds_that_are_numbers(void **state) {
        static const char kustomization[] = "resources: [r.yaml]\npatches:\n- target: {name: a}\n"
                                            "  patch: '[{\"op\": \"add\", \"path\": \"/kind\", \"value\": %s}]'\n"
                                            "- target: {name: a}\n  patch: '{apiVersion: v1, kind: ConfigMap, "
                                            "metadata: {name: a}, data: {k: v}}'\n";
        _cleanup_buf_ struct buf number = BUF_INIT(4096), text = BUF_INIT(4096);
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        buf_addf(&number, kustomization, "7");
        tree_add(&t, "kustomization.yaml", buf_str(&number));
        tree_expect(&t, ".", "apiVersion: v1\ndata:\n  k: v\nkind: 7\nmetadata:\n  name: a\n");
        buf_addf(&text, kustomization, "\"7\"");
        tree_add(&t, "kustomization.yaml", buf_str(&text));
        tree_expect(&t, ".", "apiVersion: v1\ndata:\n  k: v\nkind: \"7\"\nmetadata:\n  name: a\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vars_see_untyped_scalars_as_strings),
                cmocka_unit_test(test_null_api_version),
                cmocka_unit_test(test_json_patches_leave_an_object),
                cmocka_unit_test(test_texts_of_nulls),
                cmocka_unit_test(test_a_suffix_behind_a_null),
                cmocka_unit_test(test_subjects_are_maps),
                cmocka_unit_test(test_quotes_of_patches_do_not_stay),
                cmocka_unit_test(test_quotes_of_generated_data_stay),
                cmocka_unit_test(test_selectors_that_nothing_reaches),
                cmocka_unit_test(test_empty_data),
                cmocka_unit_test(test_merged_data_is_bytes),
                cmocka_unit_test(test_kinds_that_are_numbers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
