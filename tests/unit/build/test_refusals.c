/* SPDX-License-Identifier: Apache-2.0 */
/* What a build refuses, and with what words. */
#include "tree.h"

#include "base/limits.h"
#include "build/kustomize/engine.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"

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

/* Beside kustomize's words: the file, the line, the field, what was found and expected, and what to do. */
static void test_hints(void **state) {
        static const char *const files[][2] = {
                {"namePrefix: a\nimages:\n- name: a\n- name: b\n  newTag: 1.27\n",
                 "5: images[1].newTag: found number, expected string: put it in quotes"},
                {"patches:\n- patch: |-\n    x\n  target:\n    kind: [a]\n",
                 "5: patches[0].target.kind: found list, expected string"},
                {"x: &x {a: 1}\ncommonLabels: *x\n",
                 "1: commonLabels.a: found integer, expected string: put it in quotes"},
                {"resources:\n- a\n- 1\n", "3: resources[1]: found integer, expected string: put it in quotes"},
                {"replicas: [{name: a, count: '1'}]\n", "1: replicas[0].count: found string, expected integer"},
                {"resources: a\n", "1: resources: found string, expected list"},
                {"images: [a]\n", "1: images[0]: found string, expected map"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [b]\n");
        for (size_t i = 0; i < ARRAY_LEN(files); i++) {
                char hint[256];
                tree_add(&t, "b/kustomization.yaml", files[i][0]);
                snprintf(hint, sizeof(hint), "/src/b/kustomization.yaml:%s", files[i][1]);
                tree_expect_hint(&t, ".", hint);
                tree_expect_part(&t, ".", "invalid Kustomization: json: ");
        }
        tree_add(&t, "kustomization.yaml", "helmCharts: [{name: a}]\n");
        tree_expect_hint(&t, ".",
                         "weir does not render charts in builds yet; write what `helm template` prints into a file and "
                         "list that file under resources");
        tree_add(&t, "kustomization.yaml", "resources: [c.yaml]\n");
        tree_expect_hint(&t, ".", "no hint");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hints),
                cmocka_unit_test(test_unknown_field),
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
