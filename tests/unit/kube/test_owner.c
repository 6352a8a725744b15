/* SPDX-License-Identifier: Apache-2.0 */
#include "flux_help.h"

#include "kube/flux/owner.h"

#define GROUP "kustomize.toolkit.fluxcd.io"

static void test_labels(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value o = object_of(a, "{metadata: {labels: {a: b}}}"), bare = object_of(a, "{kind: X}");
        assert_false(owner_matches(&o, GROUP, "app", "team"));
        assert_int_equal(owner_set_labels(a, &o, GROUP, "app", "team"), 0);
        assert_true(owner_matches(&o, GROUP, "app", "team"));
        assert_false(owner_matches(&o, GROUP, "app", "other"));
        assert_string_equal(value_path_str(&o, "metadata", "labels", "a", NULL), "b");
        assert_int_equal(owner_set_labels(a, &bare, GROUP, "app", "team"), 0);
        assert_true(owner_matches(&bare, GROUP, "app", "team"));
        struct value common = object_of(a, "{a: new, c: d}"), empty = value_map();
        struct value plain = object_of(a, "{metadata: {labels: {a: b}}}");
        assert_int_equal(owner_set_metadata(a, &plain, &common, &empty), 0);
        assert_json(a, &plain, "{\"metadata\":{\"labels\":{\"a\":\"new\",\"c\":\"d\"}}}");
}

static void test_rules(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value plain = object_of(a, "{metadata: {name: a}}");
        struct value disabled = object_of(a, "{metadata: {annotations: {" GROUP "/reconcile: Disabled}}}");
        struct value label = object_of(a, "{metadata: {labels: {" GROUP "/ssa: ignore}}}");
        struct value once = object_of(a, "{metadata: {annotations: {" GROUP "/ssa: IfNotPresent}}}");
        struct value keep = object_of(a, "{metadata: {annotations: {" GROUP "/prune: disabled}}}");
        struct value force = object_of(a, "{metadata: {annotations: {" GROUP "/force: Enabled}}}");
        assert_int_equal(owner_apply_action(&plain, NULL), OWNER_APPLY);
        assert_int_equal(owner_apply_action(&disabled, NULL), OWNER_SKIP);
        assert_int_equal(owner_apply_action(&plain, &label), OWNER_SKIP);
        assert_int_equal(owner_apply_action(&once, NULL), OWNER_APPLY);
        assert_int_equal(owner_apply_action(&once, &plain), OWNER_SKIP);
        assert_int_equal(owner_apply_action(&plain, &once), OWNER_APPLY);
        assert_true(owner_prune_disabled(&keep));
        assert_true(owner_prune_disabled(&label));
        assert_false(owner_prune_disabled(&once));
        assert_true(owner_force(&plain, &force));
        assert_false(owner_force(&plain, NULL));
}

static void test_cleanup(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value patch, live = object_of(a, "metadata:\n"
                                                "  annotations: {kubectl.kubernetes.io/last-applied-configuration: x}\n"
                                                "  managedFields:\n"
                                                "  - {manager: kubectl-client-side-apply, operation: Update,\n"
                                                "     fieldsV1: {'f:data': {'f:a': {}}}}\n"
                                                "  - {manager: other, operation: Update, fieldsV1: {'f:x': {}}}\n"
                                                "  - {manager: kustomize-controller, operation: Apply,\n"
                                                "     fieldsV1: {'f:data': {'f:b': {}}}}\n");
        assert_int_equal(owner_cleanup_patch(a, &live, "kustomize-controller", &patch), 0);
        assert_json(a, &patch,
                    "[{\"op\":\"remove\",\"path\":\"/metadata/annotations/"
                    "kubectl.kubernetes.io~1last-applied-configuration\"},"
                    "{\"op\":\"replace\",\"path\":\"/metadata/managedFields\",\"value\":["
                    "{\"fieldsV1\":{\"f:x\":{}},\"manager\":\"other\",\"operation\":\"Update\"},"
                    "{\"fieldsV1\":{\"f:data\":{\"f:a\":{},\"f:b\":{}}},\"manager\":\"kustomize-controller\","
                    "\"operation\":\"Apply\"}]}]");
        struct value merges = object_of(a, "{metadata: {annotations: {" GROUP "/ssa: Merge}}}");
        assert_int_equal(owner_cleanup_patch_for(a, &merges, &live, "kustomize-controller", NULL, &patch, NULL), 0);
        assert_int_equal(patch.len, 0);
        struct value clean =
                object_of(a, "{metadata: {managedFields: [{manager: kustomize-controller, operation: Apply}]}}");
        assert_int_equal(owner_cleanup_patch(a, &clean, "kustomize-controller", &patch), 0);
        assert_int_equal(patch.len, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_labels),
                cmocka_unit_test(test_rules),
                cmocka_unit_test(test_cleanup),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
