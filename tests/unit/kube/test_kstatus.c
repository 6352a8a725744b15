/* SPDX-License-Identifier: Apache-2.0 */
#include "flux_help.h"

#include "kube/flux/kstatus.h"

static void assert_status(const char *yaml, const char *status, const char *message) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value o = object_of(a, yaml);
        struct kstatus_result r;
        if (kstatus_compute(a, &o, &r, &err) < 0) {
                assert_string_equal("error", status);
                assert_string_equal(err_message(&err), message);
                return;
        }
        assert_string_equal(kstatus_name(r.status), status);
        assert_string_equal(r.message, message);
}

static void test_generic(void **state) {
        assert_status("{apiVersion: v1, kind: Namespace, metadata: {name: a}}", "Current", "Resource is current");
        assert_status("{kind: X, metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}}", "Terminating",
                      "Resource scheduled for deletion");
        assert_status("{kind: X, metadata: {generation: 2}, status: {observedGeneration: 1}}", "InProgress",
                      "X generation is 2, but latest observed generation is 1");
        assert_status("{kind: X, status: {conditions: [{type: Stalled, status: 'True', message: stuck}]}}", "Failed",
                      "stuck");
        assert_status("{kind: X, status: {conditions: [{type: Ready, status: 'False', message: wait}]}}", "InProgress",
                      "wait");
        assert_status("{kind: X, status: {conditions: [{type: Ready, status: 'True'}]}}", "Current",
                      "Resource is Ready");
        assert_status("{kind: X, status: {conditions: none}}", "error", "cannot restore slice from string");
        assert_status(
                "{kind: X, metadata: []}", "error",
                "looking up metadata.deletionTimestamp from resource: .metadata.deletionTimestamp accessor error: "
                "[] is of the type []interface {}, expected map[string]interface{}");
}

static void test_deployment(void **state) {
        const char *head = "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 2}, status: {";
        static const struct {
                const char *rest, *status, *message;
        } cases[] = {
                {"}}", "InProgress", "Replicas: 0/2"},
                {"replicas: 2, updatedReplicas: 1}}", "InProgress", "Updated: 1/2"},
                {"replicas: 3, updatedReplicas: 2}}", "InProgress", "Pending termination: 1"},
                {"replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2}}", "InProgress",
                 "Deployment not Available"},
                {"replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2,"
                 " conditions: [{type: Available, status: 'True'}]}}",
                 "Current", "Deployment is available. Replicas: 2"},
                {"conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]}}", "Failed",
                 "Progress deadline exceeded"},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf b = BUF_INIT(1000);
                buf_addf(&b, "%s%s", head, cases[i].rest);
                assert_status(buf_str(&b), cases[i].status, cases[i].message);
        }
}

/* A started Job is Current for kstatus, but Flux waits for its end. */
static void test_jobs_are_awaited(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct kstatus_result r;
        struct value o = object_of(a, "{apiVersion: batch/v1, kind: Job, status: {startTime: '2026-01-01T00:00:00Z'}}");
        assert_int_equal(kstatus_compute(a, &o, &r, NULL), 0);
        assert_int_equal(r.status, KSTATUS_CURRENT);
        assert_int_equal(kstatus_compute_flux(a, &o, 0, &r, NULL), 0);
        assert_int_equal(r.status, KSTATUS_IN_PROGRESS);
        o = object_of(a, "{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Failed, status: 'True'}]}}");
        assert_int_equal(kstatus_compute_flux(a, &o, 0, &r, NULL), 0);
        assert_int_equal(r.status, KSTATUS_FAILED);
        assert_string_equal(r.condition, "Stalled");
}

static void test_pods_get_time_to_be_scheduled(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct kstatus_result r;
        struct value o =
                object_of(a, "{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: '1970-01-01T00:01:40Z'},"
                             " status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False',"
                             " reason: Unschedulable}]}}");
        assert_int_equal(kstatus_compute_at(a, &o, 110, &r, NULL), 0);
        assert_int_equal(r.status, KSTATUS_IN_PROGRESS);
        assert_int_equal(kstatus_compute_at(a, &o, 120, &r, NULL), 0);
        assert_int_equal(r.status, KSTATUS_FAILED);
        assert_status(
                "{apiVersion: v1, kind: Pod, status: {phase: Running, containerStatuses: [7, {name: a, state: {waiting:"
                " {reason: CrashLoopBackOff}}}]}}",
                "Failed", "Containers in CrashLoop state: a");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_generic),
                cmocka_unit_test(test_deployment),
                cmocka_unit_test(test_jobs_are_awaited),
                cmocka_unit_test(test_pods_get_time_to_be_scheduled),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
