/* SPDX-License-Identifier: Apache-2.0 */
/* What a build of a tree gives. */
#include "tree.h"

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

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_overlay),
                cmocka_unit_test(test_references_follow_names),
                cmocka_unit_test(test_double_ids_say_where),
                cmocka_unit_test(test_cluster_scoped_kinds_get_no_namespace),
                cmocka_unit_test(test_components_see_what_came_before),
                cmocka_unit_test(test_history_in_a_file),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
