/* SPDX-License-Identifier: Apache-2.0 */
/* Where kustomize's nodes show: scalars without a type, nulls with a text, notes among the annotations, and the one
 * schema of the whole build. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n"

static void expect(struct tree *t, const char *path, const char *text) {
        _cleanup_free_ char *out = tree_build(t, path);
        assert_string_equal(out, text);
}

static void expect_part(struct tree *t, const char *path, const char *part) {
        _cleanup_free_ char *out = tree_build(t, path);
        if (!strstr(out, part))
                assert_string_equal(out, part);
}

/* A value that a transformer puts in has no type until it is printed: vars take it for a string. */
static void test_vars_see_untyped_scalars_as_strings(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "add.yaml",
                 "apiVersion: builtin\nkind: ValueAddTransformer\nmetadata: {name: x}\nvalue: '1'\n"
                 "targets: [{fieldPath: metadata/labels/v}]\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ntransformers: [add.yaml]\n");
        expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    v: 1\n  name: a\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\ntransformers: [add.yaml]\n"
                 "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}}]\n");
        expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    v: \"1\"\n  name: a\n");
}

static void test_null_api_version(void **state) {
        static const char patch[] = "resources: [r.yaml]\npatches:\n- target: {name: a}\n"
                                    "  patch: '[{\"op\": \"add\", \"path\": \"/apiVersion\"}]'\n";
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", patch);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        expect(&t, ".", "apiVersion: null\nkind: ConfigMap\nmetadata:\n  name: a\n");
        tree_add(&t, "r.yaml", DEPLOYMENT); /* a kind that may refer to others */
        expect(&t, ".", "error: node-referrerOriginal 'APIVersion' mismatch '' != 'null'");
}

static void test_json_patches_leave_an_object(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n- target: {name: a}\n"
                 "  patch: '[{\"op\": \"replace\", \"path\": \"\", \"value\": {}}]'\n");
        expect_part(&t, ".", "error: missing kind in object: a JSON patch left an empty map");
}

/* What a resource has behind it goes with the annotations or the metadata that a JSON patch replaces. */
static void test_json_patches_take_notes_away(void **state) {
        static const char with[] = "resources: [r.yaml]\nbuildMetadata: [transformerAnnotations]\n"
                                   "patches:\n- target: {name: a}\n"
                                   "  patch: '[{\"op\": \"add\", \"path\": \"/metadata%s\"%s}]'\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf one = BUF_INIT(4096), all = BUF_INIT(4096);
        buf_addf(&one, with, "/annotations/x", ", \"value\": \"y\"");
        buf_addf(&all, with, "/annotations", ", \"value\": \"\"");
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", buf_str(&one));
        expect_part(&t, ".", "alpha.config.kubernetes.io/transformations: |");
        tree_add(&t, "kustomization.yaml", buf_str(&all));
        expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\n"
                 "patches: [{target: {name: a}, patch: '[{\"op\": \"add\", \"path\": \"/metadata\"}]'}]\n"
                 "replacements: [{source: {kind: ConfigMap, name: a}, targets: [{select: {kind: X}}]}]\n");
        expect(&t, ".", "error: nothing selected by ConfigMap.[noVer].[noGrp]/a.[noNs]");
}

/* A strategic merge that replaces the annotations takes all that kustomize notes there, ids too. */
static void test_merges_take_notes_away(void **state) {
        static const char with[] =
                "resources: [base]\npatches:\n"
                "- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: %s}}'\n"
                "  options: {allowNameChange: %s}\n"
                "replacements: [{source: {kind: ConfigMap, name: a}, targets: [{select: {kind: X}}]}]\n";
        static const char lost[] = "error: nothing selected by ConfigMap.[noVer].[noGrp]/a.[noNs]";
        static const struct {
                const char *annotations, *allow, *result;
        } cases[] = {
                {"{$patch: delete}", "false", lost},
                {"{$patch: replace, k: v}", "false", lost},
                {"null", "false", lost},
                {"{k: v}", "false", "  annotations:\n    k: v\n  name: p-a\n"},
                {"{k: null}", "true", "  annotations:\n    k: \"null\"\n  name: a\n"},
                {"null", "true", "  name: a\n"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/r.yaml", CONFIG_MAP);
        tree_add(&t, "base/kustomization.yaml", "resources: [r.yaml]\nnamePrefix: p-\n");
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf file = BUF_INIT(4096);
                buf_addf(&file, with, cases[i].annotations, cases[i].allow);
                tree_add(&t, "kustomization.yaml", buf_str(&file));
                expect_part(&t, ".", cases[i].result);
        }
}

/* Hashes are of what Go's decoder makes of a number. */
static void test_hashes_of_long_numbers(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "configMapGenerator: [{name: my.app}]\n"
                 "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: my.app},"
                 " data: {\u00e9: 1844674407370955161}}'}]\n");
        expect_part(&t, ".", "  name: my.app-dc7dd8mdgf\n");
}

/* Annotations are never null or absent for kustomize once it has noted a resource's old name there. */
static void test_replacements_see_notes(void **state) {
        static const char with[] = "resources: [r.yaml]\n%s"
                                   "replacements:\n- source: {kind: ConfigMap, fieldPath: metadata.name}\n"
                                   "  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [metadata.annotations]\n"
                                   "    options: {delimiter: /}\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf plain = BUF_INIT(4096), named = BUF_INIT(4096);
        buf_addf(&plain, with, "");
        buf_addf(&named, with, "namePrefix: p-\n");
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", buf_str(&plain));
        expect_part(&t, ".", "error: unable to find field \"metadata.annotations\"");
        tree_add(&t, "kustomization.yaml", buf_str(&named));
        expect(&t, ".", "error: delimiter option can only be used with scalar nodes");
}

/* The source of a replacement is the field itself, not what it held at first. */
static void test_sources_change_with_their_fields(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "  labels: {x: y}\ndata: {k: v}\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: metadata}\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.labels.x, data]}]\n");
        expect(&t, ".",
               "apiVersion: v1\ndata:\n  labels:\n    x: \"\"\n  name: a\nkind: ConfigMap\n"
               "metadata:\n  labels:\n    x: \"\"\n  name: a\n");
        /* What it held last counts where it is gone. */
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: data.k}\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data, metadata.labels.x]}]\n");
        expect(&t, ".", "apiVersion: v1\ndata: v\nkind: ConfigMap\nmetadata:\n  labels:\n    x: v\n  name: a\n");
}

/* A field spec finds the annotations where there are notes; that a var looks at the resource is none. */
static void test_what_counts_as_a_note(void **state) {
        static const char transformer[] = "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: t}\n"
                                          "annotations: {note: x}\nfieldSpecs: [{path: metadata/annotations}]\n";
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "t.yaml", transformer);
        tree_add(&t, "base/r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [base]\ntransformers: [t.yaml]\n");
        tree_add(&t, "base/kustomization.yaml", "resources: [r.yaml]\nnamePrefix: p-\n");
        expect_part(&t, ".", "  annotations:\n    note: x\n  name: p-a\n");
        tree_add(&t, "base/kustomization.yaml",
                 "resources: [r.yaml]\n"
                 "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}}]\n");
        expect(&t, ".", CONFIG_MAP);
        /* That it was generated counts, also when the generator says nothing of its behavior. */
        tree_add(&t, "base/kustomization.yaml",
                 "configMapGenerator: [{name: a, options: {disableNameSuffixHash: true}}]\n");
        expect_part(&t, ".", "  annotations:\n    note: x\n  name: a\n");
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
                expect_part(&t, ".", cases[i].result);
        }
        _cleanup_buf_ struct buf whole = BUF_INIT(4096);
        buf_addf(&whole, with, "metadata.annotations");
        tree_add(&t, "kustomization.yaml", buf_str(&whole));
        tree_add(&t, "r.yaml", CONFIG_MAP "  annotations: null\n");
        expect(&t, ".", CONFIG_MAP);
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
        expect_part(&t, ".", "cannot decode !!str `x` as a !!bool");
        tree_add(&t, "kustomization.yaml", mends);
        expect_part(&t, ".", "data:\n  b: false\n");
        tree_add(&t, "kustomization.yaml", "resources: [base]\nconfigMapGenerator: [{name: a, behavior: replace}]\n");
        expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", /* it reads the object */
                 "resources: [base]\npatches:\n- target: {name: a}\n"
                 "  patch: '[{\"op\": \"remove\", \"path\": \"/data/b\"}]'\n");
        expect_part(&t, ".", "error: ");
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
        expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    k: v\n  name: a\n");
}

static void test_a_suffix_behind_a_null(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP "data: {n: ~}\n");
        tree_add(&t, "t.yaml",
                 "apiVersion: builtin\nkind: SuffixTransformer\nmetadata: {name: t}\nsuffix: -x\n"
                 "fieldSpecs: [{path: data/n}]\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ntransformers: [t.yaml]\n");
        expect_part(&t, ".", "data:\n  \"n\": ~-x\n");
}

static void test_subjects_are_maps(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nnamespace: apps\n");
        tree_add(&t, "r.yaml",
                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\n"
                 "subjects: [null, {name: default}, x]\n");
        expect_part(&t, ".",
                    "error: setting namespace on (cluster)role binding subjects: looking up name on "
                    "(cluster)role binding subject: wrong node kind: expected MappingNode but got ScalarNode");
        /* kustomize panics at a kind that is no text, where there is a namespace. */
        tree_add(&t, "r.yaml",
                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\n"
                 "subjects: [{kind: ~, name: b}]\n");
        expect_part(&t, ".", "subjects:\n- kind: null\n  name: b\n");
        tree_add(&t, "r.yaml",
                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\n"
                 "subjects: [{kind: ~, name: default}]\n");
        expect_part(&t, ".", "error: expected strings as kinds in the subjects of \"RoleBinding.v1.rbac");
}

/* A patch's quotes go: the field keeps the style that it had. */
static void test_quotes_of_patches_do_not_stay(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", DEPLOYMENT "spec: {replicas: 2}\n");
        tree_add(&t, "p.yaml",
                 "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: \"3\"}}\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\npatches: [{path: p.yaml}]\n");
        expect(&t, ".", DEPLOYMENT "spec:\n  replicas: \"3\"\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches: [{path: p.yaml}]\nreplicas: [{name: a, count: 0}]\n");
        expect(&t, ".", DEPLOYMENT "spec:\n  replicas: 0\n");
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
        expect_part(&t, ".", "\"n\": 9007199254740993\nx: \"Null\"\n");
        tree_add(&t, "r.yaml", buf_str(&list));
        expect_part(&t, ".", "\"n\": 9007199254740993\nx: \"null\"\n");
        /* Their strings have quotes, which stay. */
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n"
                 "- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, x: false}'\n");
        expect_part(&t, ".", "x: \"false\"\n");
        tree_add(&t, "r.yaml", item);
        expect_part(&t, ".", "x: false\n");
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
        expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", buf_str(&reached));
        expect_part(&t, ".", "error: unable to parse requirement: found 'b'");
}

/* A component's configuration is merged into an empty one once more, and contradicts itself there. */
static void test_configurations_of_components(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "c/k.yaml", "varReference: [{kind: D, path: metadata/labels, create: true}]\n");
        tree_add(&t, "c/kustomization.yaml", "kind: Component\nconfigurations: [k.yaml]\n");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncomponents: [c]\n");
        expect_part(&t, ".", "failed to merge varReference fieldSpec: conflicting fieldspecs");
}

/* kustomize notes no empty names, and panics where it has noted others before (see test_kustomize.c). */
static void test_names_that_are_empty(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", "kind: List\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nnameSuffix: x\n");
        expect(&t, ".", "kind: List\nmetadata: {}\n");
}

static void test_transformers_are_noted_once(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "t.yaml",
                 "apiVersion: builtin\nkind: PrefixSuffixTransformer\nmetadata: {name: t}\nprefix: p-\n"
                 "fieldSpecs: [{path: metadata/name}]\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nbuildMetadata: [transformerAnnotations]\ntransformers: [t.yaml]\n");
        expect(&t, ".",
               "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n"
               "    alpha.config.kubernetes.io/transformations: |\n      - configuredIn: t.yaml\n"
               "        configuredBy:\n          apiVersion: builtin\n"
               "          kind: PrefixSuffixTransformer\n          name: t\n  name: p-a\n");
}

/* Looking at a resource's notes is no change. */
static void test_validators_see_notes(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "v.yaml", "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: v}\n");
        tree_add(&t, "kustomization.yaml", "configMapGenerator: [{name: b}]\nvalidators: [v.yaml]\n");
        expect_part(&t, ".", "name: b-");
        tree_add(&t, "v.yaml",
                 "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: v}\n"
                 "annotations: {x: y}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n");
        expect_part(&t, ".", "error: validator shouldn't modify the resource map");
}

/* A note of previous names is believed as soon as there is one, also with the kinds missing: what was no Deployment
 * once is not looked at for a Deployment's references. */
static void test_notes_in_the_input(void **state) {
        static const char app[] =
                DEPLOYMENT "%sspec: {template: {spec: {volumes: [{name: v, secret: {secretName: s}}]}}}\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf plain = BUF_INIT(4096), noted = BUF_INIT(4096);
        buf_addf(&plain, app, "");
        buf_addf(&noted, app, "  annotations: {internal.config.kubernetes.io/previousNames: old}\n");
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nsecretGenerator: [{name: s}]\n");
        tree_add(&t, "r.yaml", buf_str(&plain));
        expect_part(&t, ".", "secretName: s-46f8b28mk5");
        tree_add(&t, "r.yaml", buf_str(&noted));
        expect_part(&t, ".", "secretName: s\n");
}

/* A file of a generator that is merged into keeps its NUL bytes. */
static void test_merged_data_is_bytes(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\ngeneratorOptions: {disableNameSuffixHash: true}\n"
                 "configMapGenerator: [{name: a, behavior: merge}]\n");
        tree_add(&t, "r.yaml", CONFIG_MAP "data: {k: \"a\\0b\"}\n");
        expect_part(&t, ".", "data:\n  k: \"a\\0b\"\n");
}

static void test_replaced_resources_keep_their_transformations(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/kustomization.yaml", "configMapGenerator: [{name: a}]\nnamePrefix: p-\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [base]\nbuildMetadata: [transformerAnnotations]\n"
                 "configMapGenerator: [{name: a, behavior: replace}]\n");
        expect_part(&t, ".",
                    "- configuredIn: base/kustomization.yaml\n        configuredBy:\n"
                    "          apiVersion: builtin\n          kind: PrefixTransformer\n");
}

/* A generated resource merges into one of its kind, and not into what a patch has made of it. */
static void test_generators_and_changed_kinds(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/r.yaml", CONFIG_MAP);
        tree_add(&t, "base/kustomization.yaml",
                 "resources: [r.yaml]\npatches:\n- target: {name: a}\n  options: {allowKindChange: true}\n"
                 "  patch: '{kind: X, metadata: {name: a}}'\n");
        tree_add(&t, "kustomization.yaml", "resources: [base]\nconfigMapGenerator: [{name: a, behavior: merge}]\n");
        expect_part(&t, ".", "cannot find resource with id ConfigMap.v1.[noGrp]/a.[noNs] to replace");
}

#define CONTAINER(line) "spec:\n  template:\n    spec:\n      containers:\n      - " line "\n        name: c\n"

/* A schema file takes the built-in schema's place unless that was needed before: for the scope of a kind that stands
 * in no table, or for a merge. */
static void test_schema_files(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "schema.json", "{}");
        tree_add(&t, "app.yaml", DEPLOYMENT CONTAINER("image: i"));
        tree_add(&t, "known.yaml", CONFIG_MAP);
        tree_add(&t, "thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: a\n");
        tree_add(&t, "sub/kustomization.yaml", "openapi: {path: s.json}\nresources: [../base]\n");
        tree_add(&t, "sub/s.json", "{}");
        tree_add(&t, "base/kustomization.yaml", "resources: [r.yaml]\n");
        tree_add(&t, "base/r.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n");
        static const char patch[] =
                "patches:\n- patch: |\n    {apiVersion: apps/v1, kind: Deployment, metadata: {name: a},"
                " spec: {template: {spec: {containers: [{name: c, x: 1}]}}}}\n";
        _cleanup_buf_ struct buf known = BUF_INIT(4096), unknown = BUF_INIT(4096);
        buf_addf(&known, "resources: [app.yaml, known.yaml, sub]\n%s", patch);
        buf_addf(&unknown, "resources: [app.yaml, thing.yaml, sub]\n%s", patch);
        tree_add(&t, "kustomization.yaml", buf_str(&known));
        expect_part(&t, ".", "containers:\n      - name: c\n        x: 1\n");
        tree_add(&t, "kustomization.yaml", buf_str(&unknown));
        expect_part(&t, ".", "containers:\n      - image: i\n        name: c\n        x: 1\n");
}

/* A schema file is read when something needs it. */
static void test_bad_schema_files(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "s.json", "{x");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nopenapi: {path: s.json}\n");
        expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        expect_part(&t, ".", "invalid schema file: ");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nopenapi: {path: s.json}\n"
                 "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}'}]\n");
        expect_part(&t, ".", "invalid schema file: ");
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
        expect(&t, ".",
               "kind: Thing\nmetadata:\n  name: a\nt: \"2001-12-14t21:59:43.10Z\"\nx:\n- \"y\": \"\"\n  z: \"\"\n");
        buf_addf(&list, "kind: ThingList\nitems:\n- %s\n- kind: Thing\n  metadata: {name: b}\n  f: >\n    a\n     b\n",
                 object);
        tree_add(&t, "r.yaml", buf_str(&list));
        expect(&t, ".",
               "kind: Thing\nmetadata:\n  name: a\nt: \"2001-12-14T21:59:43.1Z\"\nx:\n- \"y\": null\n  z: null\n---\n"
               "f: |\n  a\n   b\nkind: Thing\nmetadata:\n  name: b\n");
}

/* kustomize panics. A schema file is still read only when something needs it. */
static void test_empty_definitions(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "d.json", "");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncrds: [d.json]\n");
        expect(&t, ".",
               "error: loading CRDs [d.json]: unable to parse open API definition from 'd.json': the file is empty, "
               "expected a map of definitions");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nopenapi: {path: d.json}\n");
        expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        expect_part(&t, ".", "invalid schema file: 'd.json' is empty, expected an OpenAPI document");
}

/* What begins as a JSON object is read as JSON, to its end. */
static void test_definitions_in_json(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncrds: [d.json]\n");
        tree_add(&t, "d.json", " {}}}");
        expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "d.json", "{}}}");
        expect_part(&t, ".", "error: loading CRDs [d.json]: unable to parse open API definition from 'd.json'");
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
        expect(&t, ".", "apiVersion: v1\ndata:\n  k: v\nkind: 7\nmetadata:\n  name: a\n");
        buf_addf(&text, kustomization, "\"7\"");
        tree_add(&t, "kustomization.yaml", buf_str(&text));
        expect(&t, ".", "apiVersion: v1\ndata:\n  k: v\nkind: \"7\"\nmetadata:\n  name: a\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vars_see_untyped_scalars_as_strings),
                cmocka_unit_test(test_null_api_version),
                cmocka_unit_test(test_json_patches_leave_an_object),
                cmocka_unit_test(test_json_patches_take_notes_away),
                cmocka_unit_test(test_merges_take_notes_away),
                cmocka_unit_test(test_hashes_of_long_numbers),
                cmocka_unit_test(test_replacements_see_notes),
                cmocka_unit_test(test_sources_change_with_their_fields),
                cmocka_unit_test(test_what_counts_as_a_note),
                cmocka_unit_test(test_types_of_targets),
                cmocka_unit_test(test_wrong_types_are_found_in_the_end),
                cmocka_unit_test(test_texts_of_nulls),
                cmocka_unit_test(test_a_suffix_behind_a_null),
                cmocka_unit_test(test_subjects_are_maps),
                cmocka_unit_test(test_quotes_of_patches_do_not_stay),
                cmocka_unit_test(test_items_of_lists),
                cmocka_unit_test(test_selectors_that_nothing_reaches),
                cmocka_unit_test(test_configurations_of_components),
                cmocka_unit_test(test_names_that_are_empty),
                cmocka_unit_test(test_transformers_are_noted_once),
                cmocka_unit_test(test_validators_see_notes),
                cmocka_unit_test(test_merged_data_is_bytes),
                cmocka_unit_test(test_notes_in_the_input),
                cmocka_unit_test(test_replaced_resources_keep_their_transformations),
                cmocka_unit_test(test_generators_and_changed_kinds),
                cmocka_unit_test(test_schema_files),
                cmocka_unit_test(test_bad_schema_files),
                cmocka_unit_test(test_scalars_of_lists),
                cmocka_unit_test(test_empty_definitions),
                cmocka_unit_test(test_definitions_in_json),
                cmocka_unit_test(test_kinds_that_are_numbers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
