/* SPDX-License-Identifier: Apache-2.0 */
/* What kustomize notes about a resource among its annotations, and who sees it, writes it or takes it away. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n"

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
        tree_expect_part(&t, ".", "alpha.config.kubernetes.io/transformations: |");
        tree_add(&t, "kustomization.yaml", buf_str(&all));
        tree_expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\n"
                 "patches: [{target: {name: a}, patch: '[{\"op\": \"add\", \"path\": \"/metadata\"}]'}]\n"
                 "replacements: [{source: {kind: ConfigMap, name: a}, targets: [{select: {kind: X}}]}]\n");
        tree_expect(&t, ".", "error: nothing selected by ConfigMap.[noVer].[noGrp]/a.[noNs]");
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
                tree_expect_part(&t, ".", cases[i].result);
        }
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
        tree_expect_part(&t, ".", "error: unable to find field \"metadata.annotations\"");
        tree_add(&t, "kustomization.yaml", buf_str(&named));
        tree_expect(&t, ".", "error: delimiter option can only be used with scalar nodes");
}

/* They are something to copy where there are no other annotations, and go when another value takes their place. */
static void test_replacements_of_all_annotations(void **state) {
        static const char with[] = "resources: [r.yaml]\n%s"
                                   "replacements: [{source: {kind: ConfigMap, fieldPath: metadata.annotations}, "
                                   "targets: [{select: {kind: X}}]}]\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf plain = BUF_INIT(4096), named = BUF_INIT(4096);
        buf_addf(&plain, with, "");
        buf_addf(&named, with, "namePrefix: p-\n");
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", buf_str(&plain));
        tree_expect_part(&t, ".",
                         "error: fieldPath `metadata.annotations` is missing for replacement source ConfigMap");
        tree_add(&t, "kustomization.yaml", buf_str(&named));
        tree_expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: p-a\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nbuildMetadata: [originAnnotations]\nreplacements:\n"
                 "- sourceValue: x\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.annotations]}]\n");
        tree_expect(&t, ".",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n"
                    "      configuredIn: kustomization.yaml\n      configuredBy:\n        apiVersion: builtin\n"
                    "        kind: ReplacementTransformer\n  name: a\n");
}

/* A note makes a map again of annotations that something made a text of. */
static void test_notes_behind_a_text(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/r.yaml", CONFIG_MAP);
        tree_add(&t, "base/kustomization.yaml",
                 "resources: [r.yaml]\nreplacements:\n- sourceValue: x\n"
                 "  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.annotations], options: {create: "
                 "true}}]\n");
        tree_add(&t, "kustomization.yaml", "resources: [base]\nnamePrefix: p-\ncommonAnnotations: {k: v}\n");
        tree_expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    k: v\n  name: p-a\n");
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
        tree_expect_part(&t, ".", "  annotations:\n    note: x\n  name: p-a\n");
        tree_add(&t, "base/kustomization.yaml",
                 "resources: [r.yaml]\n"
                 "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}}]\n");
        tree_expect(&t, ".", CONFIG_MAP);
        /* That it was generated counts, also when the generator says nothing of its behavior. */
        tree_add(&t, "base/kustomization.yaml",
                 "configMapGenerator: [{name: a, options: {disableNameSuffixHash: true}}]\n");
        tree_expect_part(&t, ".", "  annotations:\n    note: x\n  name: a\n");
}

/* kustomize notes no empty names, and panics where it has noted others before (see test_kustomize.c). */
static void test_names_that_are_empty(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", "kind: List\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nnameSuffix: x\n");
        tree_expect(&t, ".", "kind: List\nmetadata: {}\n");
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
        tree_expect(&t, ".",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n"
                    "    alpha.config.kubernetes.io/transformations: |\n      - configuredIn: t.yaml\n"
                    "        configuredBy:\n          apiVersion: builtin\n"
                    "          kind: PrefixSuffixTransformer\n          name: t\n  name: p-a\n");
}

/* Annotations are strings as soon as a transformer is noted among them. */
static void test_notes_of_transformers_write_annotations(void **state) {
        static const char with[] =
                "resources: [base]\n%s"
                "replacements: [{source: {kind: ConfigMap, fieldPath: metadata.annotations.k}, targets: "
                "[{select: {kind: ConfigMap}, fieldPaths: [data.k], options: {create: true}}]}]\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf plain = BUF_INIT(4096), noted = BUF_INIT(4096);
        buf_addf(&plain, with, "");
        buf_addf(&noted, with, "buildMetadata: [transformerAnnotations]\n");
        tree_init(&t);
        tree_add(&t, "base/r.yaml", CONFIG_MAP "  annotations: {k: [a]}\n");
        tree_add(&t, "base/kustomization.yaml", "resources: [r.yaml]\nnamePrefix: p-\n");
        tree_add(&t, "kustomization.yaml", buf_str(&plain));
        tree_expect_part(&t, ".", "data:\n  k:\n  - a\n");
        tree_add(&t, "kustomization.yaml", buf_str(&noted));
        tree_expect_part(&t, ".", "data:\n  k: null\n");
        tree_add(&t, "base/r.yaml", CONFIG_MAP "  annotations: {k: v, k: w}\n");
        tree_expect_part(&t, ".", "data:\n  k: w\n");
}

/* One value in two places is one node, which a note of an old name leaves alone; that of a transformer parts them. */
static void test_notes_and_shared_annotations(void **state) {
        static const char with[] = "resources: [base]\nnamePrefix: p-\n%s"
                                   "replacements: [{sourceValue: z, targets: [{select: {kind: Deployment}, "
                                   "fieldPaths: [metadata.annotations.k]}]}]\n";
        static const char result[] = "  template:\n    metadata:\n      annotations:\n        k: %s\n";
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf plain = BUF_INIT(4096), noted = BUF_INIT(4096), one = BUF_INIT(256),
                                 two = BUF_INIT(256);
        buf_addf(&plain, with, "");
        buf_addf(&noted, with, "buildMetadata: [transformerAnnotations]\n");
        buf_addf(&one, result, "z");
        buf_addf(&two, result, "v");
        tree_init(&t);
        tree_add(&t, "base/r.yaml", DEPLOYMENT);
        tree_add(&t, "base/kustomization.yaml", "resources: [r.yaml]\ncommonAnnotations: {k: v}\n");
        tree_add(&t, "kustomization.yaml", buf_str(&plain));
        tree_expect_part(&t, ".", buf_str(&one));
        tree_add(&t, "kustomization.yaml", buf_str(&noted));
        tree_expect_part(&t, ".", buf_str(&two));
}

/* Looking at a resource's notes is no change. */
static void test_validators_see_notes(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "v.yaml", "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: v}\n");
        tree_add(&t, "kustomization.yaml", "configMapGenerator: [{name: b}]\nvalidators: [v.yaml]\n");
        tree_expect_part(&t, ".", "name: b-");
        tree_add(&t, "kustomization.yaml",
                 "configMapGenerator: [{name: b}]\nvalidators: [v.yaml]\nbuildMetadata: [transformerAnnotations]\n");
        tree_expect_part(&t, ".", "name: b-");
        tree_add(&t, "v.yaml",
                 "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: v}\n"
                 "annotations: {x: y}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n");
        tree_expect_part(&t, ".", "error: validator shouldn't modify the resource map");
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
        tree_expect_part(&t, ".", "secretName: s-46f8b28mk5");
        tree_add(&t, "r.yaml", buf_str(&noted));
        tree_expect_part(&t, ".", "secretName: s\n");
}

static void test_replaced_resources_keep_their_transformations(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/kustomization.yaml", "configMapGenerator: [{name: a}]\nnamePrefix: p-\n");
        tree_add(&t, "kustomization.yaml",
                 "resources: [base]\nbuildMetadata: [transformerAnnotations]\n"
                 "configMapGenerator: [{name: a, behavior: replace}]\n");
        tree_expect_part(&t, ".",
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
        tree_expect_part(&t, ".", "cannot find resource with id ConfigMap.v1.[noGrp]/a.[noNs] to replace");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_notes_behind_a_text),
                cmocka_unit_test(test_json_patches_take_notes_away),
                cmocka_unit_test(test_merges_take_notes_away),
                cmocka_unit_test(test_replacements_see_notes),
                cmocka_unit_test(test_replacements_of_all_annotations),
                cmocka_unit_test(test_what_counts_as_a_note),
                cmocka_unit_test(test_names_that_are_empty),
                cmocka_unit_test(test_transformers_are_noted_once),
                cmocka_unit_test(test_notes_of_transformers_write_annotations),
                cmocka_unit_test(test_notes_and_shared_annotations),
                cmocka_unit_test(test_validators_see_notes),
                cmocka_unit_test(test_notes_in_the_input),
                cmocka_unit_test(test_replaced_resources_keep_their_transformations),
                cmocka_unit_test(test_generators_and_changed_kinds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
