/* SPDX-License-Identifier: Apache-2.0 */
/* What transformers do to fields: keys, paths, numbers and texts. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"

/* kustomize puts one node in all places: see shared.h. */
static void test_labels_stay_together(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/kustomization.yaml", "resources: [s.yaml]\ncommonLabels: {app: a}\n");
        tree_add(&t, "base/s.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n");
        tree_add(&t, "label/kustomization.yaml", "resources: [../base]\nlabels:\n- pairs: {app: b}\n");
        tree_add(
                &t, "patch/kustomization.yaml",
                "resources: [../base]\npatches:\n- patch: '{apiVersion: v1, kind: Service, metadata: {name: s, labels: "
                "{app: b}}}'\n");
        tree_add(&t, "operation/kustomization.yaml",
                 "resources: [../base]\npatches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"replace\", "
                 "\"path\": \"/metadata/labels/app\", \"value\": \"b\"}]'\n");
        tree_expect_part(&t, "label", "    app: b\n  name: s\nspec:\n  selector:\n    app: b\n");
        tree_expect_part(&t, "patch", "    app: b\n  name: s\nspec:\n  selector:\n    app: b\n");
        tree_expect_part(&t, "operation", "    app: b\n  name: s\nspec:\n  selector:\n    app: a\n");
}

static void test_labels_that_are_no_map(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [cm.yaml]\nbuildMetadata: [managedByLabel]\n");
        tree_add(&t, "cm.yaml", CONFIG_MAP("a") "  labels: {a: b}\n");
        tree_expect_part(&t, ".", "    a: b\n    app.kubernetes.io/managed-by: kustomize-");
        tree_add(&t, "kustomization.yaml",
                 "resources: [cm.yaml]\nbuildMetadata: [managedByLabel]\nreplacements:\n- sourceValue: x\n  targets:\n"
                 "  - select: {name: a}\n    fieldPaths: [metadata.labels]\n");
        tree_expect_part(&t, ".",
                         "error: considering field 'metadata/labels' of object ConfigMap.v1.[noGrp]/a.[noNs]: wrong "
                         "node kind: expected MappingNode but got ScalarNode");
}

static void test_keys_that_are_no_strings(void **state) {
        static const char *const keys[] = {"1", "true", "~", "2001-01-01"};
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                char text[128];
                snprintf(text, sizeof(text), "configMapGenerator:\n- name: a\n  literals: [\"%s=x\"]\n", keys[i]);
                tree_add(&t, "kustomization.yaml", text);
                tree_expect_part(&t, ".", "]: json: unsupported type");
        }
        /* It is found in what is printed, and a JSON patch cannot be applied to it. */
        tree_add(
                &t, "kustomization.yaml",
                "configMapGenerator:\n- {name: a, literals: [1=x]}\n- {name: a, behavior: replace, literals: [b=x]}\n");
        tree_expect_part(&t, ".", "data:\n  b: x\n");
        tree_add(&t, "a.yaml", "kind: A\nmetadata: {name: a}\n");
        tree_add(&t, "b/kustomization.yaml", "resources: [a.yaml]\nlabels: [{pairs: {1: x}}]\n");
        tree_add(&t, "b/a.yaml", "kind: A\nmetadata: {name: a}\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [b]\npatches: [{patch: '{kind: A, metadata: {name: a, labels: null}}'}]\n");
        tree_expect(&t, ".", "kind: A\nmetadata:\n  name: a\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [b]\npatches: [{target: {kind: A}, patch: '[{\"op\": \"remove\", \"path\": "
                 "\"/metadata/labels\"}]'}]\n");
        tree_expect_part(&t, ".", "error: json: unsupported type");
}

static void test_characters_that_plugins_do_not_take(void **state) {
        static const char *const files[][2] = {
                {"namePrefix: \"\\x7f\"\n", "error: builtin PrefixTransformer marshal: yaml: control characters"},
                {"patches: [{patch: \"\\x7f\"}]\n",
                 "error: builtin PatchTransformer marshal: yaml: control characters"},
                {"secretGenerator: [{name: s, literals: [\"a=\\x7f\"]}]\n",
                 "error: builtin SecretGenerator marshal: yaml: control characters"},
                {"transformers: [t.yaml]\n",
                 "error: marshalling yaml from res PrefixTransformer.builtin.[noGrp]/t.[noNs]: "
                 "yaml: control characters"},
                {"namePrefix: \"x\\x85y\"\n", "name: x ya\n"},                 /* the end of a line */
                {"generatorOptions: {labels: {a: \"\\x7f\"}}\n", "kind: A\n"}, /* of no generator */
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a.yaml", "kind: A\nmetadata: {name: a}\n");
        tree_add(&t, "t.yaml",
                 "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: t}\nprefix: \"\\x7f\"\n");
        for (size_t i = 0; i < ARRAY_LEN(files); i++) {
                char text[256];
                snprintf(text, sizeof(text), "resources: [a.yaml]\n%s", files[i][0]);
                tree_add(&t, "kustomization.yaml", text);
                tree_expect_part(&t, ".", files[i][1]);
        }
}

static void test_paths_of_field_specs(void **state) {
        static const char *const paths[][2] = {
                {"' spec / x '", "spec:\n  l:\n  - k: m\n  x: p\n"},
                {"spec/  /x", "spec:\n  l:\n  - k: m\n  x: p\n"},
                {"'spec/l []/k'", "spec:\n  l:\n  - k: pm\n"},
                {"spec/1", "fieldName: 1: wrong node kind: expected SequenceNode but got MappingNode"},
                {"spec/l/+0", "fieldName: +0: wrong node kind: expected SequenceNode but got MappingNode"},
                {"spec/-", "fieldName: -: wrong node kind: expected SequenceNode but got MappingNode"},
                {"spec/-2", "fieldName: -2: array index -2 cannot be negative"},
                {"'spec/[k=m]'", "fieldName: [k=m]: wrong node kind: expected SequenceNode but got MappingNode"},
                {"'spec/[k]'", "fieldName: [k]: list path element must contain fieldName=fieldValue"},
                {"'spec/*'", "fieldName: *: wildcard is not supported in PathGetter"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [a.yaml]\ntransformers: [t.yaml]\n");
        tree_add(&t, "a.yaml", "kind: A\nmetadata: {name: a}\nspec: {l: [{k: m}]}\n");
        for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
                char text[256];
                snprintf(text, sizeof(text),
                         "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: t}\nprefix: p\nfieldSpecs:\n"
                         "- {path: %s, create: true}\n",
                         paths[i][0]);
                tree_add(&t, "t.yaml", text);
                tree_expect_part(&t, ".", paths[i][1]);
        }
}

/* A ValueAddTransformer's path leads through lists, and makes what is not there, but no places by number. */
static void test_paths_of_value_add(void **state) {
        static const char *const paths[][2] = {
                {"' spec / x '", "spec:\n  l:\n  - k: m\n  o: null\n  x: V\n"},
                {"spec/l/0/k", "spec:\n  l:\n  - k: V\n  o: null\n"},
                {"spec/l/-/y1", "spec:\n  l:\n  - k: m\n    y1: V\n  o: null\n"},
                {"'spec/l/[k=m]/y1'", "spec:\n  l:\n  - k: m\n    y1: V\n  o: null\n"},
                {"'spec/l/[k=z]/y1'", "spec:\n  l:\n  - k: m\n  - k: z\n    y1: V\n  o: null\n"},
                {"'spec/q/[=a]'", "spec:\n  l:\n  - k: m\n  o: null\n  q:\n  - V\n"},
                {"spec/l/1/k", "spec:\n  l:\n  - k: m\n  o: null\n"},
                {"spec/o/x", "spec:\n  l:\n  - k: m\n  o: null\n"},
                {"spec/0", "error: wrong node kind: expected SequenceNode but got MappingNode"},
                {"spec/l/-1", "error: array index -1 cannot be negative"},
                {"'spec/*'", "error: wildcard is not supported in PathGetter"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [a.yaml]\ntransformers: [t.yaml]\n");
        tree_add(&t, "a.yaml", "kind: A\nmetadata: {name: a}\nspec:\n  l: [{k: m}]\n  o:\n");
        for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
                char text[256];
                snprintf(text, sizeof(text),
                         "apiVersion: builtin\nkind: ValueAddTransformer\nmetadata: {name: t}\nvalue: V\n"
                         "targets: [{fieldPath: %s}]\n",
                         paths[i][0]);
                tree_add(&t, "t.yaml", text);
                tree_expect_part(&t, ".", paths[i][1]);
        }
}

static void test_numbers_keep_their_spelling(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [a.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: a, fieldPath: data.version}\n"
                 "  targets:\n  - select: {kind: ConfigMap, name: b}\n    fieldPaths: [data.image]\n"
                 "    options: {delimiter: ':', index: 1}\n");
        tree_add(&t, "a.yaml",
                 "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {scrape: True, none: ~, port: "
                 "0x50}\ndata: {version: 1.10}\n---\n" CONFIG_MAP("b") "data: {image: \"app:1\"}\n");
        tree_expect_part(&t, ".", "    none: \"~\"\n    port: \"0x50\"\n    scrape: \"True\"\n");
        tree_expect_part(&t, ".", "  version: 1.1\n");
        tree_expect_part(&t, ".", "  image: app:1.10\n");
}

/* kustomize reads the values of vars with Go's strconv. */
static void test_vars_have_values_of_their_own(void **state) {
        static const char *const cases[][2] = {{"~", "a~"},
                                               {"1.0", "a1"},
                                               {"True", "atrue"},
                                               {"010", "a10"},
                                               {"2001-01-01", "a2001-01-01"},
                                               {"9223372036854775807", "a9223372036854775807"},
                                               {"'9223372036854775808'", "a9223372036854775808"}};
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [a.yaml]\nvars:\n- name: V\n  objref: {apiVersion: v1, kind: ConfigMap, name: a}\n"
                 "  fieldref: {fieldPath: data.v}\n");
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                char text[256];
                snprintf(text, sizeof(text), CONFIG_MAP("a") "  labels: {l: a$(V)}\ndata: {v: %s}\n", cases[i][0]);
                tree_add(&t, "a.yaml", text);
                snprintf(text, sizeof(text), "    l: %s\n", cases[i][1]);
                tree_expect_part(&t, ".", text);
        }
        tree_add(&t, "a.yaml", CONFIG_MAP("a") "data: {v: 0x1F}\n");
        tree_expect_part(&t, ".", "error: strconv: parsing \"0x1F\"");
        tree_add(&t, "a.yaml", CONFIG_MAP("a") "data: {v: 9223372036854775808}\n");
        tree_expect_part(&t, ".", "error: strconv: parsing \"9223372036854775808\": value out of range");
}

static void test_replacement_reads_and_writes(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [a.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: from, fieldPath: data.port}\n"
                 "  targets:\n  - select: {kind: ConfigMap, name: to}\n    fieldPaths: [data.url]\n"
                 "    options: {delimiter: ':', index: 1}\n");
        tree_add(&t, "a.yaml",
                 CONFIG_MAP("from") "data: {port: \"81\"}\n---\n" CONFIG_MAP("to") "data: {url: 'h:80'}\n");
        tree_expect_part(&t, ".", "url: h:81\n");
}

static void test_json_patches_see_the_notes_of_kustomize(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "configMapGenerator:\n- name: a\npatches:\n- target: {kind: ConfigMap}\n  patch: '[{\"op\": \"add\", "
                 "\"path\": \"/metadata/annotations/x\", \"value\": \"y\"}]'\n");
        tree_expect(&t, ".",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    x: \"y\"\n  name: a-6ct58987ht\n");
}

static void test_what_begins_as_json_is_json(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "patches:\n- target: {kind: ConfigMap}\n  patch: '[{op: remove, path: /x}]'\n");
        tree_expect_part(&t, ".", "error: trouble configuring builtin PatchTransformer");
}

static void test_a_name_cannot_be_taken_away(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/kustomization.yaml",
                 "resources: [cm.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: '[{\"op\": \"remove\", "
                 "\"path\": \"/metadata/name\"}]'\n");
        tree_add(&t, "base/cm.yaml", CONFIG_MAP("a"));
        tree_expect_part(&t, "base", "error: missing metadata.name in object");
        tree_add(&t, "suffix/kustomization.yaml", "resources: [../base]\nnameSuffix: -x\n");
        tree_expect_part(&t, "suffix", "error: a resource of kind ConfigMap has lost its name");
}

static void test_replacing_a_whole_object_changes_nothing(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [cm.yaml]\npatches:\n- path: p.yaml\n");
        tree_add(&t, "cm.yaml", CONFIG_MAP("a") "data:\n  k: v\n");
        tree_add(&t, "p.yaml", CONFIG_MAP("a") "data: {x: z}\n$patch: replace\n");
        tree_expect(&t, ".", "apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  name: a\n");
}

#define POD(spec) "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" spec

/* One entry after the other: the second sees what the first wrote, in whatever list is named containers. */
static void test_images_see_what_images_before_them_wrote(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [p.yaml]\nimages:\n- {name: a, newName: b}\n- {name: b, newName: r.io/c, newTag: \"2\"}\n"
                 "- {name: d, digest: 'sha256:11'}\n");
        tree_add(&t, "p.yaml",
                 POD("  containers: [{name: x, image: 'a:1'}, {name: z, image: d}]\n  initContainers: [{image: "
                     "e}]\n") "deep: {er: {containers: [{image: b}]}}\n---\napiVersion: v1\n"
                              "kind: CustomResourceDefinition\nmetadata: {name: crd}\nspec: {containers: [{image: "
                              "a}]}\n");
        tree_expect(&t, ".",
                    "apiVersion: v1\ndeep:\n  er:\n    containers:\n    - image: r.io/c:2\nkind: Pod\nmetadata:\n  "
                    "name: p\n"
                    "spec:\n  containers:\n  - image: r.io/c:2\n    name: x\n  - image: d@sha256:11\n    name: z\n"
                    "  initContainers:\n  - image: e\n---\napiVersion: v1\nkind: CustomResourceDefinition\nmetadata:\n"
                    "  name: crd\nspec:\n  containers:\n  - image: a\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_labels_stay_together),
                cmocka_unit_test(test_labels_that_are_no_map),
                cmocka_unit_test(test_keys_that_are_no_strings),
                cmocka_unit_test(test_characters_that_plugins_do_not_take),
                cmocka_unit_test(test_paths_of_field_specs),
                cmocka_unit_test(test_paths_of_value_add),
                cmocka_unit_test(test_numbers_keep_their_spelling),
                cmocka_unit_test(test_vars_have_values_of_their_own),
                cmocka_unit_test(test_replacement_reads_and_writes),
                cmocka_unit_test(test_json_patches_see_the_notes_of_kustomize),
                cmocka_unit_test(test_what_begins_as_json_is_json),
                cmocka_unit_test(test_a_name_cannot_be_taken_away),
                cmocka_unit_test(test_replacing_a_whole_object_changes_nothing),
                cmocka_unit_test(test_images_see_what_images_before_them_wrote),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
