/* SPDX-License-Identifier: Apache-2.0 */
#include "flux_help.h"

#include "kube/flux/drift.h"

static void test_drift(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value live =
                object_of(a, "{metadata: {resourceVersion: '1', labels: {}}, spec: {a: 1}, status: {x: 1}}");
        struct value same = object_of(a, "{metadata: {resourceVersion: '1', managedFields: []}, spec: {a: 1}}");
        struct value spec = object_of(a, "{metadata: {resourceVersion: '1'}, spec: {a: 2}}");
        struct value label = object_of(a, "{metadata: {resourceVersion: '1', labels: {a: b}}, spec: {a: 1}}");
        struct value more = object_of(a, "{metadata: {resourceVersion: '1'}, spec: {a: 1}, data: {}}");
        struct value created = object_of(a, "{metadata: {}, spec: {a: 1}}");
        assert_false(drift_differs(&live, &same));
        assert_true(drift_differs(&live, &spec));
        assert_true(drift_differs(&live, &label));
        assert_true(drift_differs(&live, &more));
        assert_true(drift_differs(&more, &live));
        assert_true(drift_differs(NULL, &created));
}

static bool differs_ignoring(struct arena *a, const char *rules, const struct value *live,
                             const struct value *dry_run) {
        _cleanup_drift_rules_ struct drift_rules compiled = {0};
        struct value ignore = object_of(a, rules);
        bool differs = false;
        assert_int_equal(drift_rules_compile(a, &ignore, &compiled, NULL), 0);
        assert_int_equal(drift_differs_ignoring(a, live, dry_run, &compiled, &differs, NULL), 0);
        return differs;
}

#define HEAD                                                                                                           \
        "apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: team, resourceVersion: '1', labels: " \
        "{a: b}}"

static void test_ignored_fields(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value live = object_of(a, "{" HEAD ", spec: {replicas: 5, x: [{k: 1}, {k: 2}]}}");
        struct value dry = object_of(a, "{" HEAD ", spec: {replicas: 3, x: [{k: 1}, {k: 3}]}}");
        assert_true(differs_ignoring(a, "[]", &live, &dry));
        assert_true(differs_ignoring(a, "[{paths: [/spec/replicas]}]", &live, &dry));
        assert_false(differs_ignoring(a, "[{paths: [/spec/replicas, /spec/x/1/k]}]", &live, &dry));
        assert_false(differs_ignoring(a, "[{paths: [/spec], target: {kind: 'Deploy.*', labelSelector: 'a=b'}}]", &live,
                                      &dry));
        assert_true(differs_ignoring(a, "[{paths: [/spec], target: {kind: Deploy}}]", &live, &dry));
        assert_true(differs_ignoring(a, "[{paths: [/spec], target: {namespace: other}}]", &live, &dry));
        assert_int_equal(value_int_or(value_path(&live, "spec", "replicas", NULL), 0), 5); /* not changed by looking */
}

static void test_bad_rules(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct drift_rules rules = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        struct value ignore = object_of(a, "[{paths: [/a], target: {kind: A}}, {paths: [/a], target: {name: '('}}]");
        assert_int_equal(drift_rules_compile(a, &ignore, &rules, &err), -1);
        assert_true(str_has_prefix(err_message(&err), "failed to create ignore rule selector: invalid name regex: "));
}

/* What another manager applied is left out of our payload, anything else is set to what is live. */
static void test_adoption(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_drift_rules_ struct drift_rules rules = {0};
        struct value ignore = object_of(a, "[{paths: [/spec/replicas, /spec/image, /spec/c/0/cpu]}]");
        struct value live = object_of(
                a, "kind: X\nmetadata:\n  managedFields:\n"
                   "  - manager: hpa\n    operation: Apply\n"
                   "    fieldsV1: {'f:spec': {'f:replicas': {}, 'f:c': {'k:{\"name\":\"m\"}': {'f:cpu': {}}}}}\n"
                   "spec: {replicas: 5, image: live, c: [{name: m, cpu: 2}]}\n");
        struct value dry = object_of(a, "{kind: X, spec: {replicas: 3, image: ours, c: [{name: m, cpu: 1}]}}");
        struct value payload = object_of(a, "{spec: {replicas: 3, image: ours, c: [{name: m, cpu: 1}]}}");
        assert_int_equal(drift_rules_compile(a, &ignore, &rules, NULL), 0);
        assert_int_equal(drift_adopt_ignored(a, &live, &dry, &rules, "kustomize-controller", &payload, NULL), 0);
        assert_json(a, &payload, "{\"spec\":{\"c\":[{\"name\":\"m\"}],\"image\":\"live\"}}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_drift),
                cmocka_unit_test(test_ignored_fields),
                cmocka_unit_test(test_bad_rules),
                cmocka_unit_test(test_adoption),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
