/* SPDX-License-Identifier: Apache-2.0 */
/* What a build of a tree gives, and what it refuses. */
#include "tree.h"

#include "base/limits.h"
#include "build/kustomize/engine.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"

static void test_overlay(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "base/kustomization.yaml", "resources: [cm.yaml]\n");
        tree_add(&t, "base/cm.yaml", CONFIG_MAP("a") "data:\n  k: v\n");
        tree_add(&t, "prod/kustomization.yaml",
                 "resources: [../base]\nnamespace: web\nnamePrefix: p-\nlabels:\n- pairs: {app: x}\n"
                 "commonAnnotations: {by: weir}\n");
        tree_expect(
                &t, "prod",
                "apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  annotations:\n    by: weir\n  labels:\n"
                "    app: x\n  name: p-a\n  namespace: web\n");
}

static void test_references_follow_names(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [pod.yaml]\nconfigMapGenerator:\n- name: conf\n  literals: [a=b]\nnameSuffix: -x\n");
        tree_add(&t, "pod.yaml",
                 "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  volumes:\n  - name: v\n    configMap:\n"
                 "      name: conf\n  - name: other\n    configMap:\n      name: foreign\n");
        /* {a: b} has this hash in kustomize. */
        tree_expect_part(&t, ".", "name: conf-x-4h2mbtbbt6\n    name: v\n");
        tree_expect_part(&t, ".", "name: foreign\n");
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

/* An id that comes twice: in one file, or in two. */
static void test_double_ids_say_where(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "one/kustomization.yaml", "resources: [a.yaml, b.yaml]\n");
        tree_add(&t, "one/a.yaml", CONFIG_MAP("a"));
        tree_add(&t, "one/b.yaml", CONFIG_MAP("a") "---\n" CONFIG_MAP("b") "---\n" CONFIG_MAP("b"));
        tree_add(&t, "two/kustomization.yaml", "resources: [a.yaml, b.yaml]\n");
        tree_add(&t, "two/a.yaml", CONFIG_MAP("a"));
        tree_add(&t, "two/b.yaml", CONFIG_MAP("b") "---\n" CONFIG_MAP("a"));
        tree_expect_part(&t, "one",
                         "accumulating resources from 'b.yaml': may not add resource with an already registered id: "
                         "ConfigMap.v1.[noGrp]/b.[noNs]");
        tree_expect_part(&t, "two",
                         "merging resources from 'b.yaml': may not add resource with an already registered id: "
                         "ConfigMap.v1.[noGrp]/a.[noNs]");
}

static void test_cluster_scoped_kinds_get_no_namespace(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nnamespace: web\n");
        tree_add(&t, "r.yaml", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: r\n");
        tree_expect(&t, ".", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: r\n");
}

static void test_components_see_what_came_before(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [cm.yaml]\ncomponents: [c]\n");
        tree_add(&t, "cm.yaml", CONFIG_MAP("a"));
        tree_add(&t, "c/kustomization.yaml",
                 "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches:\n"
                 "- patch: '[{\"op\": \"add\", \"path\": \"/data\", \"value\": {\"x\": \"y\"}}]'\n"
                 "  target: {kind: Config.*}\n");
        tree_expect(&t, ".", "apiVersion: v1\ndata:\n  x: \"y\"\nkind: ConfigMap\nmetadata:\n  name: a\n");
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

/* What kustomize writes down for itself counts when a file brings it along, and is not printed. */
static void test_history_in_a_file(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [a.yaml]\nreplacements:\n- sourceValue: x\n  targets:\n"
                 "  - select: {kind: Old, name: before}\n    fieldPaths: [data.a]\n    options: {create: true}\n");
        tree_add(&t, "a.yaml",
                 CONFIG_MAP("a") "  annotations:\n    internal.config.kubernetes.io/previousNames: before\n"
                                 "    internal.config.kubernetes.io/previousNamespaces: default\n"
                                 "    internal.config.kubernetes.io/previousKinds: Old\n");
        tree_expect(&t, ".", "apiVersion: v1\ndata:\n  a: x\nkind: ConfigMap\nmetadata:\n  name: a\n");
        tree_add(&t, "a.yaml",
                 CONFIG_MAP("a") "  annotations:\n    internal.config.kubernetes.io/previousNames: before,other\n"
                                 "    internal.config.kubernetes.io/previousNamespaces: default\n"
                                 "    internal.config.kubernetes.io/previousKinds: Old\n");
        tree_expect(&t, ".", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n");
}

/* ---- refusals ---- */

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
        static const char *const cases[][2] = {
                {"~", "a~"}, {"1.0", "a1"}, {"True", "atrue"}, {"010", "a10"}, {"2001-01-01", "a2001-01-01"}};
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

static void test_keys_that_are_no_strings(void **state) {
        static const char *const keys[] = {"1", "true", "~", "2001-01-01"};
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                char text[128];
                snprintf(text, sizeof(text), "configMapGenerator:\n- name: a\n  literals: [\"%s=x\"]\n", keys[i]);
                tree_add(&t, "kustomization.yaml", text);
                tree_expect_part(&t, ".", "error: json: unsupported type");
        }
}

static void test_unknown_field(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resource: [a.yaml]\n");
        tree_expect(&t, ".", "error: invalid Kustomization: json: unknown field \"resource\"");
}

static void test_objects_that_json_cannot_hold(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [a.yaml]\n");
        tree_add(&t, "a.yaml", "kind: A\nmetadata: {name: a}\nspec: {1: x}\n");
        tree_expect(
                &t, ".",
                "error: map[string]interface {}{\"kind\":\"A\", \"metadata\":map[string]interface {}{\"name\":\"a\"}, "
                "\"spec\":map[interface {}]interface {}{1:\"x\"}}: json: unsupported type: map[interface {}]interface "
                "{}");
        tree_add(&t, "a.yaml", "kind: A\nmetadata: {name: \"\\x7f\"}\n");
        tree_expect(&t, ".",
                    "error: map[string]interface {}{\"kind\":\"A\", \"metadata\":map[string]interface "
                    "{}{\"name\":\"\\x7f\"}}: "
                    "yaml: control characters are not allowed");
}

static void test_same_resource_twice(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [a.yaml, b.yaml]\n");
        tree_add(&t, "a.yaml", CONFIG_MAP("a"));
        tree_add(&t, "b.yaml", CONFIG_MAP("a"));
        tree_expect_part(&t, ".", "may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]");
}

static void test_two_resources_that_become_one(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml",
                 "resources: [a.yaml]\nreplacements:\n- sourceValue: same\n  targets:\n"
                 "  - select: {kind: ConfigMap}\n    fieldPaths: [metadata.name]\n");
        tree_add(&t, "a.yaml", CONFIG_MAP("a") "---\n" CONFIG_MAP("b"));
        tree_expect(&t, ".",
                    "error: may not add resource with an already registered id: ConfigMap.v1.[noGrp]/same.[noNs]");
}

static void test_work_is_bounded(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_engine_ struct engine e;
        assert_int_equal(engine_init(&e, a, -1, NULL, &err), 0);
        assert_int_equal(engine_charge(&e, LIMIT_KUSTOMIZE_WORK, &err), 0);
        assert_int_equal(engine_charge(&e, 1, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

static void test_cycles(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a/kustomization.yaml", "resources: [../b]\n");
        tree_add(&t, "b/kustomization.yaml", "resources: [../a]\n");
        tree_add(&t, "self/kustomization.yaml", "resources: [.]\n");
        tree_expect_part(&t, "a", "cycle detected: candidate root '/src/a' contains visited root '/src/a'");
        tree_expect_part(&t, "self", "cycle detected: candidate root '/src/self' contains visited root '/src/self'");
}

static void test_cycle_through_a_symlink(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a/kustomization.yaml", "resources: [../l]\n");
        tree_link(&t, "l", "a");
        tree_expect_part(&t, "a", "cycle detected");
}

static void test_files_outside_of_the_directory(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a/kustomization.yaml", "resources: [../cm.yaml]\n");
        tree_add(&t, "cm.yaml", CONFIG_MAP("a"));
        tree_expect_part(&t, "a", "security; file '/src/cm.yaml' is not in or below '/src/a'");
}

static void test_nothing_leaves_the_tree(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "configMapGenerator:\n- name: a\n  files: [link, deep/passwd]\n");
        tree_link(&t, "link", "/etc/passwd");
        tree_link(&t, "deep", "../../etc");
        tree_expect_part(&t, ".", "error: ");
        tree_add(&t, "kustomization.yaml", "resources: [/etc/passwd]\n");
        tree_expect_part(&t, ".", "security; file '/etc/passwd' is not in or below '/src'");
        tree_add(&t, "kustomization.yaml", "resources: [../../etc]\n");
        tree_expect_part(&t, ".", "is not in or below '/src'");
}

static void test_remote_bases_are_refused(void **state) {
        static const char *const urls[] = {"https://example.com/org/repo", "git@example.com:org/repo",
                                           "github.com/org/repo?ref=v1", "http://169.254.169.254/latest"};
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
                char text[256];
                snprintf(text, sizeof(text), "resources: ['%s']\n", urls[i]);
                tree_add(&t, "kustomization.yaml", text);
                snprintf(text, sizeof(text), "remote build '%s' is not allowed: lockdown refuses remote bases",
                         urls[i]);
                tree_expect_part(&t, ".", text);
        }
}

static void test_programs_are_refused(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "generators: [g.yaml]\n");
        tree_add(&t, "g.yaml", "apiVersion: evil.io/v1\nkind: Run\nmetadata:\n  name: x\n");
        tree_expect_part(&t, ".", "external plugins disabled; unable to load external plugin 'Run'");
}

static void test_charts_are_refused(void **state) {
        static const struct {
                const char *file, *message;
        } rows[] = {
                {"helmCharts: [{name: x, debug: false, skipHooks: true, valuesInline: {}}]\nnamespace: web\n",
                 "config: `\nname: x\nnamespace: web\nskipHooks: true\n`: must specify --enable-helm"},
                {"helmCharts: [null]\n", "config: `\n{}\n`: must specify --enable-helm"},
                {"helmCharts: [{name: x}]\nhelmGlobals: {chartHome: c}\n", "config: `\nchartHome: c\nname: x\n`:"},
                {"helmChartInflationGenerator: [{chartName: x, values: v.yaml, helmHome: h}]\n",
                 "config: `\nconfigHome: h\nname: x\nvaluesFile: v.yaml\n`: must specify --enable-helm"},
                {"helmChartInflationGenerator: []\n", "kustomization.yaml is empty"},
                {"helmCharts: [x]\n", "cannot unmarshal string into Go struct field Kustomization.helmCharts of type "
                                      "types.HelmChart"},
                {"helmCharts: [{valuesInline: x}]\n", "field HelmChart.helmCharts.valuesInline of type "
                                                      "map[string]interface {}"},
                {"helmGlobals: x\n", "field Kustomization.helmGlobals of type types.HelmGlobals"},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                _cleanup_tree_ struct tree t;
                tree_init(&t);
                tree_add(&t, "kustomization.yaml", rows[i].file);
                tree_expect_part(&t, ".", rows[i].message);
        }
}

/* ---- limits ---- */

static void test_too_many_documents(void **state) {
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf text = BUF_INIT((size_t)16 << 20);
        tree_init(&t);
        for (int i = 0; i < LIMIT_KUSTOMIZE_RESOURCES + 10; i++)
                buf_adds(&text, "\n---\n");
        tree_add(&t, "kustomization.yaml", "resources: [a.yaml]\n");
        tree_add(&t, "a.yaml", buf_str(&text));
        tree_expect_part(&t, ".", "more than 200000 documents");
}

static void test_deep_nesting_of_bases(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        for (int i = 0; i < LIMIT_KUSTOMIZE_DEPTH + 5; i++) {
                char path[64], text[64];
                snprintf(path, sizeof(path), "d%d/kustomization.yaml", i);
                snprintf(text, sizeof(text), "resources: [../d%d]\n", i + 1);
                tree_add(&t, path, text);
        }
        tree_expect_part(&t, "d0", "bases are nested more than 64 deep");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_overlay),
                cmocka_unit_test(test_references_follow_names),
                cmocka_unit_test(test_images_see_what_images_before_them_wrote),
                cmocka_unit_test(test_double_ids_say_where),
                cmocka_unit_test(test_cluster_scoped_kinds_get_no_namespace),
                cmocka_unit_test(test_components_see_what_came_before),
                cmocka_unit_test(test_replacement_reads_and_writes),
                cmocka_unit_test(test_numbers_keep_their_spelling),
                cmocka_unit_test(test_vars_have_values_of_their_own),
                cmocka_unit_test(test_json_patches_see_the_notes_of_kustomize),
                cmocka_unit_test(test_what_begins_as_json_is_json),
                cmocka_unit_test(test_a_name_cannot_be_taken_away),
                cmocka_unit_test(test_replacing_a_whole_object_changes_nothing),
                cmocka_unit_test(test_labels_stay_together),
                cmocka_unit_test(test_keys_that_are_no_strings),
                cmocka_unit_test(test_labels_that_are_no_map),
                cmocka_unit_test(test_unknown_field),
                cmocka_unit_test(test_history_in_a_file),
                cmocka_unit_test(test_objects_that_json_cannot_hold),
                cmocka_unit_test(test_same_resource_twice),
                cmocka_unit_test(test_two_resources_that_become_one),
                cmocka_unit_test(test_work_is_bounded),
                cmocka_unit_test(test_cycles),
                cmocka_unit_test(test_cycle_through_a_symlink),
                cmocka_unit_test(test_files_outside_of_the_directory),
                cmocka_unit_test(test_nothing_leaves_the_tree),
                cmocka_unit_test(test_remote_bases_are_refused),
                cmocka_unit_test(test_programs_are_refused),
                cmocka_unit_test(test_charts_are_refused),
                cmocka_unit_test(test_too_many_documents),
                cmocka_unit_test(test_deep_nesting_of_bases),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
