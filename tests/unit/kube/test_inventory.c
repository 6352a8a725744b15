/* SPDX-License-Identifier: Apache-2.0 */
#include "flux_help.h"

#include "kube/flux/inventory.h"

static void test_ids(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *id;
        struct inventory_ref ref;
        struct value o =
                object_of(a, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: team}}");
        assert_int_equal(inventory_id(a, &o, &id, NULL), 0);
        assert_string_equal(id, "team_web_apps_Deployment");
        assert_string_equal(inventory_subject(a, &o), "Deployment/team/web");
        o = object_of(a, "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: 'a:b:c'}}");
        assert_int_equal(inventory_id(a, &o, &id, NULL), 0);
        assert_string_equal(id, "_a__b__c_rbac.authorization.k8s.io_ClusterRole");
        assert_string_equal(inventory_subject(a, &o), "ClusterRole/a:b:c");
        assert_int_equal(inventory_parse(a, id, &ref, NULL), 0);
        assert_string_equal(ref.name, "a:b:c");
        assert_string_equal(ref.namespace_, "");
        assert_string_equal(ref.kind, "ClusterRole");
}

static void test_bad_ids(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        static const char *const bad[] = {"", "a", "a_b", "a_b_c"};
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                struct inventory_ref ref;
                assert_int_equal(inventory_parse(a, bad[i], &ref, &err), -1);
                assert_int_equal(err.class, ERR_SYNTAX);
                assert_true(str_has_prefix(err_message(&err), "unable to parse stored object metadata: "));
        }
}

/* Only the id decides: an object that moved to another version is not pruned. */
static void test_stale(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value old = object_of(a, "[{id: n_a__ConfigMap, v: v1}, {id: n_b_apps_Deployment, v: v1beta1},"
                                        " {id: n_c__Secret, v: v1}, {id: n_a__ConfigMap, v: v1}]");
        struct value new = object_of(a, "[{id: n_b_apps_Deployment, v: v1}]");
        struct value stale;
        assert_int_equal(inventory_stale(a, &old, &new, &stale), 0);
        assert_json(a, &stale, "[{\"id\":\"n_a__ConfigMap\",\"v\":\"v1\"},{\"id\":\"n_c__Secret\",\"v\":\"v1\"}]");
        assert_int_equal(inventory_stale(a, &old, &old, &stale), 0);
        assert_int_equal(stale.len, 0);
        assert_int_equal(inventory_stale(a, NULL, &new, &stale), 0);
        assert_int_equal(stale.len, 0);
}

static void test_survivors_are_kept(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value entries = object_of(a, "[{id: n_a__ConfigMap, v: v1}]");
        struct value left = object_of(a, "[{id: n_a__ConfigMap, v: v1}, {id: n_b__Secret, v: v1}]");
        assert_int_equal(inventory_merge(a, &entries, &left), 0);
        assert_json(a, &entries, "[{\"id\":\"n_a__ConfigMap\",\"v\":\"v1\"},{\"id\":\"n_b__Secret\",\"v\":\"v1\"}]");
}

static void test_objects(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value entries = object_of(a, "[{id: n_x_apps_Deployment, v: v1}, {id: _n__Namespace, v: v1}]"), objects;
        assert_int_equal(inventory_objects(a, &entries, &objects, NULL), 0);
        assert_json(a, &objects,
                    "[{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"n\"}},"
                    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"x\",\"namespace\":"
                    "\"n\"}}]");
        struct value back;
        assert_int_equal(inventory_of(a, &objects, &back, NULL), 0);
        assert_json(a, &back,
                    "[{\"id\":\"_n__Namespace\",\"v\":\"v1\"},{\"id\":\"n_x_apps_Deployment\",\"v\":\"v1\"}]");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ids),     cmocka_unit_test(test_bad_ids),
                cmocka_unit_test(test_stale),   cmocka_unit_test(test_survivors_are_kept),
                cmocka_unit_test(test_objects),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
