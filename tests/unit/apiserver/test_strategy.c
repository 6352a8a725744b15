/* SPDX-License-Identifier: Apache-2.0 */
/* What the server makes of an object that is written: defaults, system metadata, spec and status apart, validation. */
#include "kinds_help.h"

#define TEMPLATE                                                                                                       \
        "{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"nginx:1\"}]}}"
#define DEPLOYMENT                                                                                                     \
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\",\"namespace\":\"ns\"},"      \
        "\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":" TEMPLATE "}}"

static struct value defaulted(struct arena *a, const struct kind *k, const char *text) {
        struct strategy_context c = context_of(a, k);
        struct value v = parsed(a, text);
        assert_int_equal(strategy_default(&c, &v, NULL), 0);
        return v;
}

static void a_deployment_is_completed(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value v = defaulted(a, kind_named("apps", "v1", "deployments"), DEPLOYMENT);
        const struct value *spec = value_get(&v, "spec");
        assert_int_equal(value_int_or(value_get(spec, "replicas"), 0), 1);
        assert_json(a, value_get(spec, "strategy"),
                    "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":\"25%\",\"maxSurge\":\"25%\"}}");
        const struct value *pod = value_path(spec, "template", "spec", NULL);
        assert_string_equal(value_get_str(pod, "restartPolicy"), "Always");
        const struct value *container = &value_get(pod, "containers")->items[0];
        assert_string_equal(value_get_str(container, "imagePullPolicy"), "IfNotPresent");
        /* a pod's own defaults do not show in a template */
        assert_null(value_get(pod, "enableServiceLinks"));
}

static void defaults_are_idempotent_and_keep_what_is_there(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct kind *k = kind_named("apps", "v1", "deployments");
        struct strategy_context c = context_of(a, k);
        struct value v = defaulted(a, k, DEPLOYMENT);
        value_set(a, value_get(&v, "spec"), "replicas", value_int(0));
        const char *once = written(a, &v);
        assert_int_equal(strategy_default(&c, &v, NULL), 0);
        assert_string_equal(written(a, &v), once);
        assert_int_equal(value_int_or(value_path(&v, "spec", "replicas", NULL), 7), 0);
}

static void images_without_tag_are_pulled_always(void **state) {
        static const char *const images[][2] = {{"nginx", "Always"},
                                                {"nginx:latest", "Always"},
                                                {"nginx:1", "IfNotPresent"},
                                                {"host:5000/nginx", "Always"},
                                                {"host:5000/nginx:1", "IfNotPresent"},
                                                {"nginx@sha256:ab", "IfNotPresent"}};
        for (size_t i = 0; i < ARRAY_LEN(images); i++) {
                _cleanup_arena_ struct arena *a = arena_new(0);
                const char *text = arena_printf(a, "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"%s\"}]}}",
                                                images[i][0]);
                struct value v = defaulted(a, kind_named("", "v1", "pods"), text);
                assert_string_equal(
                        value_get_str(&value_path(&v, "spec", "containers", NULL)->items[0], "imagePullPolicy"),
                        images[i][1]);
        }
}

static void string_data_becomes_data(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value v =
                defaulted(a, kind_named("", "v1", "secrets"),
                          "{\"metadata\":{\"name\":\"s\"},\"data\":{\"a\":\"eA==\"},\"stringData\":{\"a\":\"b\"}}");
        assert_json(a, &v, "{\"metadata\":{\"name\":\"s\"},\"data\":{\"a\":\"Yg==\"},\"type\":\"Opaque\"}");
}

static void create_sets_what_only_the_server_may(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct strategy_context c = context_of(a, kind_named("apps", "v1", "deployments"));
        struct value v = parsed(a, DEPLOYMENT);
        struct value *metadata = value_get(&v, "metadata");
        value_set(a, metadata, "uid", value_str("mine"));
        value_set(a, metadata, "deletionTimestamp", value_str("2000-01-01T00:00:00Z"));
        value_set(a, &v, "status", parsed(a, "{\"replicas\":5}"));
        assert_int_equal(strategy_prepare_create(&c, &v, NULL), 0);
        metadata = value_get(&v, "metadata");
        assert_string_not_equal(value_get_str(metadata, "uid"), "mine");
        assert_string_equal(value_get_str(metadata, "creationTimestamp"), "2026-11-21T01:45:54Z");
        assert_null(value_get(metadata, "deletionTimestamp"));
        assert_int_equal(value_int_or(value_get(metadata, "generation"), 0), 1);
        assert_json(a, value_get(&v, "status"), "{}");
}

static void a_generated_name_fits_a_label(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct strategy_context c = context_of(a, kind_named("", "v1", "configmaps"));
        char prefix[81];
        memset(prefix, 'x', 80);
        prefix[80] = '\0';
        struct value v = parsed(a, arena_printf(a, "{\"metadata\":{\"generateName\":\"%s\"}}", prefix));
        assert_int_equal(strategy_prepare_create(&c, &v, NULL), 0);
        assert_int_equal(strlen(value_path_str(&v, "metadata", "name", NULL)), 63);
}

static struct value updated(struct arena *a, const struct kind *k, const char *subresource, const char *old,
                            const char *now) {
        struct strategy_context c = context_of(a, k);
        c.subresource = subresource;
        struct value before = parsed(a, old), v = parsed(a, now);
        assert_int_equal(strategy_prepare_update(&c, &v, &before, NULL), 0);
        return v;
}

static void spec_and_status_are_written_apart(void **state) {
        static const char old[] =
                "{\"metadata\":{\"name\":\"d\",\"uid\":\"u\",\"generation\":3,\"labels\":{\"l\":\"1\"}},"
                "\"spec\":{\"replicas\":1},\"status\":{\"replicas\":1}}";
        static const char now[] = "{\"metadata\":{\"name\":\"d\",\"generation\":99,\"labels\":{\"l\":\"2\"}},"
                                  "\"spec\":{\"replicas\":2},\"status\":{\"replicas\":2}}";
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct kind *k = kind_named("apps", "v1", "deployments");
        struct value v = updated(a, k, NULL, old, now);
        assert_json(a, &v,
                    "{\"metadata\":{\"name\":\"d\",\"uid\":\"u\",\"generation\":4,\"labels\":{\"l\":\"2\"}},"
                    "\"spec\":{\"replicas\":2},\"status\":{\"replicas\":1}}");
        v = updated(a, k, "status", old, now);
        assert_json(a, &v,
                    "{\"metadata\":{\"name\":\"d\",\"uid\":\"u\",\"generation\":3,\"labels\":{\"l\":\"1\"}},"
                    "\"spec\":{\"replicas\":1},\"status\":{\"replicas\":2}}");
}

static void another_uid_is_another_object(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c = context_of(a, kind_named("", "v1", "configmaps"));
        struct value old = parsed(a, "{\"metadata\":{\"name\":\"e\",\"uid\":\"u\"}}");
        struct value v = parsed(a, "{\"metadata\":{\"name\":\"e\",\"uid\":\"w\"}}");
        assert_int_equal(strategy_prepare_update(&c, &v, &old, &err), -1);
        assert_int_equal(err.class, ERR_CONFLICT);
}

static void check_create(const char *group, const char *version, const char *resource, const char *text,
                         const char *message) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c = context_of(a, kind_named(group, version, resource));
        struct value v = parsed(a, text);
        int status = strategy_validate_create(&c, &v, &err);
        if (!message) {
                if (status < 0)
                        fail_msg("%s", err_message(&err));
                return;
        }
        assert_int_equal(status, -1);
        assert_int_equal(err.class, ERR_INVALID);
        assert_string_equal(err_message(&err), message);
}

static void what_is_wrong_is_told_in_kubernetes_words(void **state) {
        check_create("", "v1", "configmaps", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\"}}", NULL);
        check_create("", "v1", "configmaps", "{\"metadata\":{\"namespace\":\"ns\"}}",
                     "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required");
        check_create("", "v1", "namespaces", "{\"metadata\":{\"name\":\"a.b\"}}",
                     "Namespace \"a.b\" is invalid: metadata.name: Invalid value: \"a.b\": must not contain dots");
        check_create(
                "rbac.authorization.k8s.io", "v1", "clusterroles", "{\"metadata\":{\"name\":\"a/b%\"}}",
                "ClusterRole.rbac.authorization.k8s.io \"a/b%\" is invalid: [metadata.name: Invalid value: \"a/b%\": "
                "may not contain '/', metadata.name: Invalid value: \"a/b%\": may not contain '%']");
        check_create("", "v1", "services",
                     "{\"metadata\":{\"name\":\"s\",\"namespace\":\"ns\"},\"spec\":{\"type\":\"ClusterIP\","
                     "\"sessionAffinity\":\"None\"}}",
                     "Service \"s\" is invalid: spec.ports: Required value");
        check_create("apps", "v1", "deployments", DEPLOYMENT, NULL);
}

static void names_of_roles_may_hold_colons(void **state) {
        check_create("rbac.authorization.k8s.io", "v1", "clusterroles", "{\"metadata\":{\"name\":\"system:x\"}}", NULL);
}

static void what_must_not_change_is_kept(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c = context_of(a, kind_named("", "v1", "secrets"));
        struct value old = parsed(a, "{\"metadata\":{\"name\":\"s\",\"namespace\":\"ns\"},\"type\":\"Opaque\"}");
        struct value v = parsed(a, "{\"metadata\":{\"name\":\"s\",\"namespace\":\"ns\"},\"type\":\"x\"}");
        assert_int_equal(strategy_validate_update(&c, &v, &old, true, &err), -1);
        assert_string_equal(err_message(&err),
                            "Secret \"s\" is invalid: type: Invalid value: \"x\": field is immutable");
}

static void some_kinds_need_a_version_to_be_replaced(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c = context_of(a, kind_named("coordination.k8s.io", "v1", "leases"));
        struct value v = parsed(a, "{\"metadata\":{\"name\":\"l\",\"namespace\":\"ns\"}}");
        assert_int_equal(strategy_validate_update(&c, &v, &v, false, &err), -1);
        assert_string_equal(err_message(&err), "leases.coordination.k8s.io \"l\" is invalid: metadata.resourceVersion: "
                                               "Invalid value: 0: must be specified for an update");
        assert_true(strategy_create_on_update(c.kind));
        assert_false(strategy_create_on_update(kind_named("", "v1", "configmaps")));
}

static void webhooks_are_said_to_have_no_effect(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct strategy_context c =
                context_of(a, kind_named("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"));
        struct value v = parsed(a, "{\"metadata\":{\"name\":\"w\"}}");
        assert_int_equal(strategy_validate_create(&c, &v, NULL), 0);
        assert_int_equal(c.warnings.len, 1);
}

static const struct value *no_object(void *user, const char *group, const char *resource, const char *namespace,
                                     const char *name) {
        return NULL;
}

static void nothing_is_created_in_a_missing_namespace(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c = context_of(a, kind_named("", "v1", "configmaps"));
        struct value v = parsed(a, "{\"metadata\":{\"name\":\"a\"}}");
        c.callbacks.lookup = no_object;
        assert_int_equal(strategy_admit(&c, &v, NULL, &err), -1);
        assert_int_equal(err.class, ERR_NOT_FOUND);
        assert_string_equal(err_message(&err), "namespaces \"ns\" not found");
}

static void default_namespaces_stay(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c = context_of(a, kind_named("", "v1", "namespaces"));
        struct value v = parsed(a, "{\"metadata\":{\"name\":\"kube-system\"}}");
        assert_int_equal(strategy_admit_delete(&c, &v, &err), -1);
        assert_int_equal(err.class, ERR_FORBIDDEN);
}

static void both_forms_of_an_autoscaler_say_the_same(void **state) {
        static const char v1[] = "{\"apiVersion\":\"autoscaling/"
                                 "v1\",\"spec\":{\"maxReplicas\":5,\"targetCPUUtilizationPercentage\":80}}";
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct kind *one = kind_named("autoscaling", "v1", "horizontalpodautoscalers");
        const struct kind *two = kind_named("autoscaling", "v2", "horizontalpodautoscalers");
        struct value v = parsed(a, v1);
        assert_int_equal(strategy_convert(a, one, two, &v, NULL), 0);
        assert_json(
                a, &v,
                "{\"apiVersion\":\"autoscaling/v2\",\"spec\":{\"maxReplicas\":5,\"metrics\":[{\"type\":\"Resource\","
                "\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\",\"averageUtilization\":80}}}]}}");
        assert_int_equal(strategy_convert(a, two, one, &v, NULL), 0);
        assert_json(a, &v, v1);
}

static void field_selectors_know_their_kind(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        const struct kind *pods = kind_named("", "v1", "pods");
        const char *label = NULL;
        assert_int_equal(strategy_field_label(a, pods, "spec.host", &label, NULL), 0);
        assert_string_equal(label, "spec.nodeName");
        assert_int_equal(strategy_field_label(a, pods, "spec.nope", &label, &err), -1);
        assert_string_equal(err_message(&err), "field label not supported: spec.nope");
        struct value pod = parsed(a, "{\"spec\":{\"nodeName\":\"n\"}}");
        assert_string_equal(strategy_field_text(a, pods, &pod, "spec.nodeName"), "n");
        assert_string_equal(strategy_field_text(a, pods, &pod, "status.phase"), "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_deployment_is_completed),
                cmocka_unit_test(defaults_are_idempotent_and_keep_what_is_there),
                cmocka_unit_test(images_without_tag_are_pulled_always),
                cmocka_unit_test(string_data_becomes_data),
                cmocka_unit_test(create_sets_what_only_the_server_may),
                cmocka_unit_test(a_generated_name_fits_a_label),
                cmocka_unit_test(spec_and_status_are_written_apart),
                cmocka_unit_test(another_uid_is_another_object),
                cmocka_unit_test(what_is_wrong_is_told_in_kubernetes_words),
                cmocka_unit_test(names_of_roles_may_hold_colons),
                cmocka_unit_test(what_must_not_change_is_kept),
                cmocka_unit_test(some_kinds_need_a_version_to_be_replaced),
                cmocka_unit_test(webhooks_are_said_to_have_no_effect),
                cmocka_unit_test(nothing_is_created_in_a_missing_namespace),
                cmocka_unit_test(default_namespaces_stay),
                cmocka_unit_test(both_forms_of_an_autoscaler_say_the_same),
                cmocka_unit_test(field_selectors_know_their_kind),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
