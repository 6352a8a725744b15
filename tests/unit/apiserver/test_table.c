/* SPDX-License-Identifier: Apache-2.0 */
/* What kubectl get prints, and what is left of an object when only metadata is asked for. */
#include "kinds_help.h"

#include "apiserver/table/table.h"

static struct value cells_of(struct arena *a, const struct kind *k, const char *text) {
        struct value object = parsed(a, text), table;
        const struct table_options options = {.headers = true, .now_ns = NOW_NS};
        assert_int_equal(table_of(a, k, &object, &options, &table, NULL), 0);
        const struct value *rows = value_get(&table, "rows"), *heads = value_get(&table, "columnDefinitions");
        assert_int_equal(rows->len, 1);
        const struct value *cells = value_get(&rows->items[0], "cells");
        assert_int_equal(cells->len, heads->len);
        return *cells;
}

static void check_cells(const char *group, const char *version, const char *resource, const char *object,
                        const char *expected) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value cells = cells_of(a, kind_named(group, version, resource), object);
        assert_json(a, &cells, expected);
}

static void cells_are_what_kubectl_shows(void **state) {
        check_cells(
                "", "v1", "configmaps",
                "{\"metadata\":{\"name\":\"c\",\"creationTimestamp\":\"2026-11-21T01:45:50Z\"},\"data\":{\"a\":\"1\"}}",
                "[\"c\",1,\"4s\"]");
        check_cells("", "v1", "services",
                    "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"type\":\"LoadBalancer\",\"clusterIP\":\"10.0.0.9\","
                    "\"ports\":[{"
                    "\"port\":80,\"nodePort\":30000,\"protocol\":\"TCP\"}],\"selector\":{\"app\":\"x\"}}}",
                    "[\"s\",\"LoadBalancer\",\"10.0.0.9\",\"<pending>\",\"80:30000/TCP\",\"<unknown>\",\"app=x\"]");
        check_cells(
                "apps", "v1", "deployments",
                "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"replicas\":2,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},"
                "\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}},\"status\":{"
                "\"readyReplicas\":1}}",
                "[\"d\",\"1/2\",0,0,\"<unknown>\",\"c\",\"i\",\"a=b\"]");
        check_cells("autoscaling", "v1", "horizontalpodautoscalers",
                    "{\"apiVersion\":\"autoscaling/"
                    "v1\",\"metadata\":{\"name\":\"h\"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"D\","
                    "\"name\":\"x\"},\"maxReplicas\":5,\"targetCPUUtilizationPercentage\":80}}",
                    "[\"h\",\"D/x\",\"cpu: <unknown>/80%\",\"<unset>\",5,0,\"<unknown>\"]");
}

static void a_crashing_pod_says_so(void **state) {
        check_cells(
                "", "v1", "pods",
                "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\"}]},\"status\":{\"phase\":"
                "\"Running\","
                "\"containerStatuses\":[{\"name\":\"c\",\"restartCount\":5,\"state\":{\"waiting\":{\"reason\":"
                "\"CrashLoopBackOff\"}}}]}}",
                "[\"p\",\"0/1\",\"CrashLoopBackOff\",\"5\",\"<unknown>\",\"<none>\",\"<none>\",\"<none>\",\"<none>\"]");
}

static void ages_are_short(void **state) {
        static const struct {
                int64_t seconds;
                const char *text;
        } rows[] = {{5, "5s"},
                    {119, "119s"},
                    {120, "2m"},
                    {150, "2m30s"},
                    {3600, "60m"},
                    {11000, "3h3m"},
                    {90000, "25h"},
                    {200000, "2d7h"},
                    {-5, "<invalid>"},
                    {0, "0s"},
                    {86400 * 400, "400d"},
                    {86400 * 800, "2y70d"},
                    {INT64_C(86400) * 365 * 9, "9y"}};
        char text[24];
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_string_equal(table_human_duration(text, rows[i].seconds * NSEC_PER_SEC), rows[i].text);
}

static void rows_hold_as_much_of_the_object_as_was_asked_for(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct kind *k = kind_named("", "v1", "secrets");
        struct value object =
                             parsed(a, "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"},\"data\":{\"k\":\"dg==\"}}"),
                     table;
        struct table_options options = {.now_ns = NOW_NS};
        assert_int_equal(table_of(a, k, &object, &options, &table, NULL), 0);
        assert_null(strstr(written(a, &table), "dg=="));
        assert_int_equal(value_get(&table, "columnDefinitions")->type, VALUE_NULL);
        options.include = TABLE_INCLUDE_OBJECT;
        assert_int_equal(table_of(a, k, &object, &options, &table, NULL), 0);
        assert_non_null(strstr(written(a, &table), "dg=="));
}

static void unknown_includes_are_refused(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        enum table_include include;
        assert_int_equal(table_parse_include("Everything", &include, &err), -1);
        assert_int_equal(err.class, ERR_BAD_REQUEST);
        assert_int_equal(table_parse_include("", &include, NULL), 0);
        assert_int_equal(include, TABLE_INCLUDE_METADATA);
}

static void a_list_becomes_a_list_of_metadata(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value list = parsed(a, "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":["
                                      "{\"metadata\":{"
                                      "\"name\":\"c\"},\"data\":{\"a\":\"b\"}}]}"),
                     partial;
        assert_int_equal(table_partial_metadata(a, &list, NULL, &partial, NULL), 0);
        assert_json(a, &partial,
                    "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/"
                    "v1\",\"metadata\":{\"resourceVersion\":"
                    "\"7\"},\"items\":[{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/"
                    "v1\",\"metadata\":{\"name\":"
                    "\"c\"}}]}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(cells_are_what_kubectl_shows),
                cmocka_unit_test(a_crashing_pod_says_so),
                cmocka_unit_test(ages_are_short),
                cmocka_unit_test(rows_hold_as_much_of_the_object_as_was_asked_for),
                cmocka_unit_test(unknown_includes_are_refused),
                cmocka_unit_test(a_list_becomes_a_list_of_metadata),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
