/* SPDX-License-Identifier: Apache-2.0 */
/* What Flux adds: generated kustomizations, overlays of spec, substitution. */
#include "tree.h"

#include "build/flux/flux_build.h"
#include "build/kustomize/kustomize.h"
#include "data/yaml/yaml.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"

struct result {
        char *text;
        struct err err;
};

static void result_done(struct result *r) {
        free(r->text);
        err_done(&r->err);
}

#define _cleanup_result_ _cleanup_(result_done)

/* Builds with the spec and the variables (YAML); the text is what would be applied. */
static struct result build(struct tree *t, const char *path, const char *spec, const char *vars) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct result r = {.err = ERR_INIT};
        struct value object = value_map(), v, m, objects;
        struct buf out = BUF_INIT((size_t)1 << 20);
        assert_int_equal(yaml_parse(a, spec, strlen(spec), NULL, &v, NULL), 0);
        assert_int_equal(yaml_parse(a, vars, strlen(vars), NULL, &m, NULL), 0);
        assert_non_null(value_set(a, &object, "spec", v));
        if (flux_build(a, t->fd, path, &object, &m, &objects, &r.err) == 0)
                kustomize_emit(&out, &objects);
        r.text = out.data ? buf_take(&out) : strdup("");
        return r;
}

static void test_directory_without_a_kustomization(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "app/b.yaml", CONFIG_MAP("b"));
        tree_add(&t, "app/a/z.yml", CONFIG_MAP("a"));
        tree_add(&t, "app/base/kustomization.yaml", "resources: [x.yaml]\nnamePrefix: base-\n");
        tree_add(&t, "app/base/x.yaml", CONFIG_MAP("x"));
        tree_add(&t, "app/readme.txt", "no manifest");
        _cleanup_result_ struct result r = build(&t, "./app", "{targetNamespace: web}", "{}");
        assert_string_equal(err_message(&r.err), err_message(&(struct err){0}));
        assert_string_equal(r.text, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: web\n---\n"
                                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  namespace: web\n---\n"
                                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: base-x\n  namespace: web\n");
}

static void test_tree_is_left_as_it_is(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a.yaml", CONFIG_MAP("a"));
        _cleanup_result_ struct result r = build(&t, "", "{namePrefix: x-}", "{}");
        assert_non_null(strstr(r.text, "name: x-a"));
        assert_int_equal(faccessat(t.fd, "kustomization.yaml", F_OK, 0), -1);
}

static void test_images_are_merged_by_field(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [p.yaml]\nimages: [{name: nginx, newTag: \"1\"}]\n");
        tree_add(&t, "p.yaml",
                 "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: "
                 "nginx\n");
        _cleanup_result_ struct result r = build(&t, ".", "images: [{name: nginx, newName: mirror/nginx}]", "{}");
        assert_non_null(strstr(r.text, "image: mirror/nginx:1\n"));
}

static void test_substitution(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a.yaml", CONFIG_MAP("a") "data:\n  v: ${x} ${y:=default} $${x}\n");
        tree_add(&t, "b.yaml",
                 CONFIG_MAP("b") "  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\ndata:\n  v: "
                                 "${x}\n");
        _cleanup_result_ struct result r = build(&t, ".", "postBuild: {substitute: {x: ex}}", "{x: ex}");
        assert_non_null(strstr(r.text, "  v: ex default ${x}\n"));
        assert_non_null(strstr(r.text, "  v: ${x}\n"));
}

static void test_bad_variable_name(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a.yaml", CONFIG_MAP("a") "data: {v: '${x}'}\n");
        _cleanup_result_ struct result r = build(&t, ".", "{}", "{a-b: x}");
        assert_string_equal(
                err_message(&r.err),
                "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: 'a-b' var name is invalid, "
                "must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'");
        assert_string_equal(r.err.reason, "BuildFailed");
}

static void test_missing_path(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        _cleanup_result_ struct result r = build(&t, "./nope", "{}", "{}");
        assert_int_equal(r.err.class, ERR_NOT_FOUND);
        assert_string_equal(r.err.reason, "ArtifactFailed");
        assert_string_equal(err_message(&r.err), "kustomization path not found: stat /nope: no such file or directory");
}

static void test_path_stays_in_the_tree(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "etc/a.yaml", CONFIG_MAP("mine"));
        _cleanup_result_ struct result r = build(&t, "../../etc", "{}", "{}");
        assert_non_null(strstr(r.text, "name: mine"));
}

static void test_remote_components_are_refused(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a.yaml", CONFIG_MAP("a"));
        _cleanup_result_ struct result r = build(&t, ".", "components: ['https://example.com/c']", "{}");
        assert_string_equal(err_message(&r.err), "component path 'https://example.com/c' must be local and relative");
}

static void test_symlink_out_of_the_tree(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a.yaml", CONFIG_MAP("a"));
        tree_link(&t, "l.yaml", "/etc/passwd");
        _cleanup_result_ struct result r = build(&t, ".", "{}", "{}");
        assert_string_equal(r.text, "");
        assert_non_null(strstr(err_message(&r.err), "/l.yaml"));
}

static void test_lists_are_taken_apart(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "a.yaml",
                 "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n");
        _cleanup_result_ struct result r = build(&t, ".", "{}", "{}");
        assert_string_equal(r.text, CONFIG_MAP("a"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_directory_without_a_kustomization),
                cmocka_unit_test(test_tree_is_left_as_it_is),
                cmocka_unit_test(test_images_are_merged_by_field),
                cmocka_unit_test(test_substitution),
                cmocka_unit_test(test_bad_variable_name),
                cmocka_unit_test(test_missing_path),
                cmocka_unit_test(test_path_stays_in_the_tree),
                cmocka_unit_test(test_remote_components_are_refused),
                cmocka_unit_test(test_symlink_out_of_the_tree),
                cmocka_unit_test(test_lists_are_taken_apart),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
