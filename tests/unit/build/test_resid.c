/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, paths and field paths. */
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/field/quote.h"
#include "build/kustomize/resource/resid.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_strings(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct resid id = {.gvk = {"apps", "v1", "Deployment"}, .name = "web", .ns = ""};
        const struct resid none = {.gvk = {"", "", ""}, .name = "", .ns = ""};
        assert_string_equal(resid_string(a, &id), "Deployment.v1.apps/web.[noNs]");
        assert_string_equal(resid_string(a, &none), "[noKind].[noVer].[noGrp]/[noName].[noNs]");
        assert_string_equal(resid_effective_ns(&id), "default");
}

static void test_no_namespace_is_default(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct resid x = {.gvk = {"", "v1", "ConfigMap"}, .name = "a", .ns = ""};
        const struct resid y = {.gvk = {"", "v1", "ConfigMap"}, .name = "a", .ns = "default"};
        const struct resid z = {.gvk = {"", "v1", "ConfigMap"}, .name = "a", .ns = "other"};
        size_t n;
        const char *key = resid_key(a, &x, &n);
        assert_string_equal(key, resid_key(a, &y, &n));
        assert_string_not_equal(key, resid_key(a, &z, &n));
}

static void test_order_of_kinds(void **state) {
        const struct gvk ns = {"", "v1", "Namespace"}, cm = {"", "v1", "ConfigMap"}, other = {"x.io", "v1", "Thing"},
                         hook = {"admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration"};
        assert_true(gvk_compare(&ns, &cm) < 0);
        assert_true(gvk_compare(&cm, &other) < 0);
        assert_true(gvk_compare(&other, &hook) < 0);
        assert_int_equal(gvk_compare(&other, &other), 0);
}

static void test_scopes(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct scopes s = {0};
        assert_int_equal(scopes_init(a, &s, NULL), 0);
        assert_true(scopes_is_cluster(&s, "v1", "Namespace"));
        assert_false(scopes_is_cluster(&s, "v1", "ConfigMap"));
        assert_false(scopes_is_cluster(&s, "example.com/v1", "Namespace"));
        scopes_done(&s);
}

static void test_join(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_string_equal(loader_join(a, ".", "a/b"), "a/b");
        assert_string_equal(loader_join(a, "a/b", "../c"), "a/c");
        assert_string_equal(loader_join(a, "a", ".."), ".");
        assert_string_equal(loader_join(a, "a", "../../b"), "../b");
        assert_string_equal(loader_join(a, "a", "./b//c/"), "a/b/c");
}

static void test_field_paths(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *const *parts;
        size_t n;
        assert_int_equal(fieldpath_split(a, "metadata/annotations/a.b\\/c", '/', &parts, &n, NULL), 0);
        assert_int_equal(n, 3);
        assert_string_equal(parts[2], "a.b/c");
        assert_int_equal(fieldpath_split(a, "/spec", '/', &parts, &n, NULL), 0);
        assert_int_equal(n, 1);
        assert_string_equal(parts[0], "spec");
}

static void test_quote(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_string_equal(quote_text(a, "a\"b\\\n\x01\xff\xc3\xa4"), "\"a\\\"b\\\\\\n\\x01\\xff\xc3\xa4\"");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_strings),        cmocka_unit_test(test_no_namespace_is_default),
                cmocka_unit_test(test_order_of_kinds), cmocka_unit_test(test_scopes),
                cmocka_unit_test(test_join),           cmocka_unit_test(test_field_paths),
                cmocka_unit_test(test_quote),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
