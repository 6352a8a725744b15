/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "kube/schema/kind.h"
#include "kube/schema/kind_internal.h"

static void test_builtin(void **state) {
        const struct kind_set *set = kind_set_builtin();
        const struct kind *k = kind_by_resource(set, "apps", "v1", "deployments");
        assert_non_null(k);
        assert_string_equal(k->kind, "Deployment");
        assert_string_equal(k->list_kind, "DeploymentList");
        assert_string_equal(k->singular, "deployment");
        assert_string_equal(k->short_names[0], "deploy");
        assert_string_equal(k->categories[0], "all");
        assert_true(k->namespaced);
        assert_false(k->custom);
        assert_ptr_equal(k, kind_by_name(set, "apps", "v1", "Deployment"));
        assert_ptr_equal(k->schema, schema_of_kind("apps", "v1", "Deployment"));
        assert_ptr_equal(k, kind_storage(set, k));
        assert_null(kind_by_resource(set, "apps", "v1beta1", "deployments"));
        assert_null(kind_by_resource(set, "", "v1", "deployments"));
        assert_false(kind_by_resource(set, "", "v1", "namespaces")->verbs & VERB_DELETE_COLLECTION);
        assert_int_equal(kind_by_resource(set, "authorization.k8s.io", "v1", "selfsubjectaccessreviews")->verbs,
                         VERB_CREATE);
}

static void test_subresources(void **state) {
        const struct kind *k = kind_by_resource(kind_set_builtin(), "apps", "v1", "deployments");
        const struct kind_subresource *scale = kind_subresource(k, "scale");
        assert_non_null(scale);
        assert_string_equal(scale->group, "autoscaling");
        assert_string_equal(scale->kind, "Scale");
        assert_int_equal(scale->verbs, VERB_GET | VERB_UPDATE | VERB_PATCH);
        assert_string_equal(kind_subresource(k, "status")->kind, "Deployment");
        assert_null(kind_subresource(k, "eviction"));
        k = kind_by_resource(kind_set_builtin(), "", "v1", "serviceaccounts");
        assert_string_equal(kind_subresource(k, "token")->group, "authentication.k8s.io");
}

static void test_shared_storage(void **state) {
        const struct kind_set *set = kind_set_builtin();
        assert_ptr_equal(kind_storage(set, kind_by_resource(set, "events.k8s.io", "v1", "events")),
                         kind_by_resource(set, "", "v1", "events"));
        assert_ptr_equal(kind_storage(set, kind_by_resource(set, "autoscaling", "v1", "horizontalpodautoscalers")),
                         kind_by_resource(set, "autoscaling", "v2", "horizontalpodautoscalers"));
}

static void test_discovery_order(void **state) {
        const struct kind_set *set = kind_set_builtin();
        assert_string_equal(kind_at(set, 0)->group, "");
        assert_null(kind_at(set, kind_count(set)));
        for (size_t i = 0; i < kind_count(set); i++)
                assert_non_null(kind_at(set, i)->schema);
}

static void test_version_order(void **state) {
        static const char *const order[] = {"v10",       "v2",        "v1",   "v11beta2", "v10beta3", "v3beta1",
                                            "v12alpha1", "v11alpha2", "foo1", "foo10",    "v0",       "v1beta"};
        for (size_t i = 1; i < ARRAY_LEN(order); i++) {
                assert_true(kind_compare_versions(order[i - 1], order[i]) < 0);
                assert_true(kind_compare_versions(order[i], order[i - 1]) > 0);
        }
        assert_int_equal(kind_compare_versions("v1", "v1"), 0);
}

static void test_split(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *group, *version;
        assert_int_equal(kind_split_api_version(a, "apps/v1", &group, &version, NULL), 0);
        assert_string_equal(group, "apps");
        assert_string_equal(version, "v1");
        assert_int_equal(kind_split_api_version(a, "v1", &group, &version, NULL), 0);
        assert_string_equal(group, "");
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(kind_split_api_version(a, "a/b/c", &group, &version, &err), -1);
        assert_int_equal(err.class, ERR_BAD_REQUEST);
}

/* ---- custom resources ---- */

static struct value crd_of(struct arena *a, const char *group, const char *plural, const char *kind) {
        struct value crd = value_map(), versions = value_list(), conditions = value_list();
        struct value *spec = value_obtain_map(a, &crd, "spec");
        value_set(a, spec, "group", value_str(group));
        value_set(a, spec, "scope", value_str("Namespaced"));
        struct value *names = value_obtain_map(a, spec, "names");
        value_set(a, names, "plural", value_str(plural));
        value_set(a, names, "singular", value_str("widget"));
        value_set(a, names, "kind", value_str(kind));
        static const char *const all[] = {"v1beta1", "v1", "v1alpha1"};
        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
                struct value v = value_map();
                value_set(a, &v, "name", value_str(all[i]));
                value_set(a, &v, "served", value_bool(i < 2));
                value_set(a, &v, "storage", value_bool(i == 2));
                value_obtain_map(a, value_obtain_map(a, &v, "subresources"), "status");
                value_append(a, &versions, v);
        }
        value_set(a, spec, "versions", versions);
        struct value established = value_map();
        value_set(a, &established, "type", value_str("Established"));
        value_set(a, &established, "status", value_str("True"));
        value_append(a, &conditions, established);
        value_set(a, value_obtain_map(a, &crd, "status"), "conditions", conditions);
        return crd;
}

static void test_custom(void **state) {
        struct arena *a = arena_new(0);
        struct value crds = value_list(), pending = crd_of(a, "pending.io", "widgets", "Widget");
        value_remove(&pending, "status");
        value_append(a, &crds, crd_of(a, "z.example.com", "widgets", "Widget"));
        value_append(a, &crds, pending);
        value_append(a, &crds, crd_of(a, "a.example.com", "gadgets", "Gadget"));
        struct kind_set *made;
        assert_int_equal(kind_set_new(&crds, &made, NULL), 0);
        arena_free(a); /* the set has its own copy */
        const struct kind_set *set = kind_set_ref(made);
        kind_set_unref(made);

        const struct kind *k = kind_by_resource(set, "z.example.com", "v1", "widgets");
        assert_non_null(k);
        assert_true(k->custom);
        assert_string_equal(k->list_kind, "WidgetList");
        assert_non_null(kind_subresource(k, "status"));
        assert_null(kind_subresource(k, "scale"));
        assert_true(k->schema->preserve_unknown);
        assert_true(value_equals_str(value_path(k->crd, "spec", "group", NULL), "z.example.com"));
        assert_null(kind_by_resource(set, "z.example.com", "v1alpha1", "widgets"));
        assert_string_equal(kind_storage(set, k)->version, "v1alpha1");
        assert_null(kind_by_resource(set, "pending.io", "v1", "widgets"));
        assert_non_null(kind_by_name(set, "", "v1", "Pod"));
        assert_null(kind_by_resource(kind_set_builtin(), "z.example.com", "v1", "widgets"));

        size_t n = kind_count(kind_set_builtin());
        assert_int_equal(kind_count(set), n + 4);
        assert_string_equal(kind_at(set, n)->group, "a.example.com");
        assert_string_equal(kind_at(set, n)->version, "v1");
        assert_string_equal(kind_at(set, n + 1)->version, "v1beta1");
        assert_null(kind_set_unref(set));
}

/* A custom kind cannot take a built-in one's place. */
static void test_builtin_wins(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value crds = value_list();
        value_append(a, &crds, crd_of(a, "apps", "deployments", "Deployment"));
        struct kind_set *set;
        assert_int_equal(kind_set_new(&crds, &set, NULL), 0);
        assert_false(kind_by_resource(set, "apps", "v1", "deployments")->custom);
        kind_set_unref(set);
}

static void test_broken_crd(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value crds = value_list(), crd = crd_of(a, "x.io", "widgets", "Widget");
        value_remove(value_get(&crd, "spec"), "group");
        value_append(a, &crds, crd);
        struct kind_set *set = NULL;
        assert_int_equal(kind_set_new(&crds, &set, &err), -1);
        assert_int_equal(err.class, ERR_INVALID);
        assert_null(set);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_builtin),        cmocka_unit_test(test_subresources),
                cmocka_unit_test(test_shared_storage), cmocka_unit_test(test_discovery_order),
                cmocka_unit_test(test_version_order),  cmocka_unit_test(test_split),
                cmocka_unit_test(test_custom),         cmocka_unit_test(test_builtin_wins),
                cmocka_unit_test(test_broken_crd),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
