/* SPDX-License-Identifier: Apache-2.0 */
/* Where kustomize's nodes show: scalars without a type, nulls with a text, quotes, the ways through text and JSON. */
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
                cmocka_unit_test(test_hashes_of_long_numbers),
                cmocka_unit_test(test_hashes_of_lists),
                cmocka_unit_test(test_sources_change_with_their_fields),
                cmocka_unit_test(test_sources_that_double),
                cmocka_unit_test(test_types_of_targets),
                cmocka_unit_test(test_types_of_source_values),
                cmocka_unit_test(test_texts_with_fields),
                cmocka_unit_test(test_numbers_that_json_cannot_hold),
                cmocka_unit_test(test_wrong_types_are_found_in_the_end),
                cmocka_unit_test(test_texts_of_nulls),
                cmocka_unit_test(test_a_suffix_behind_a_null),
                cmocka_unit_test(test_subjects_are_maps),
                cmocka_unit_test(test_quotes_of_patches_do_not_stay),
                cmocka_unit_test(test_quotes_of_generated_data_stay),
                cmocka_unit_test(test_items_of_lists),
                cmocka_unit_test(test_numbers_that_passed_through_json),
                cmocka_unit_test(test_selectors_that_nothing_reaches),
                cmocka_unit_test(test_merged_data_is_bytes),
                cmocka_unit_test(test_scalars_of_lists),
                cmocka_unit_test(test_folded_texts),
                cmocka_unit_test(test_folded_texts_that_move),
                cmocka_unit_test(test_absent_values_in_braces),
                cmocka_unit_test(test_kinds_that_are_numbers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
