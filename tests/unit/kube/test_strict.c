/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/json_fixture.h"

#include "kube/quantity.h"
#include "kube/schema/strict.h"

/* What is stored of an object, as JSON. */
static const char *stored(const char *type, const char *json, struct value *warnings) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value object = parse(json), out;
        if (strict_decode(arena, schema_builtin(type), &object, &out, warnings, &err) < 0)
                return arena_strdup(arena, err_message(&err));
        return text_of(&out);
}

static void test_unknown_fields(void **state) {
        struct value warnings;
        const char *out = stored("apps.v1.Deployment",
                                 "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"u\","
                                 "\"nope\":1},\"spec\":{\"bogus\":1,\"selector\":{},\"template\":{\"spec\":"
                                 "{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"zzz\":{\"a\":1}}]}}}}",
                                 &warnings);
        assert_string_equal(strict_message(arena, &warnings),
                            "strict decoding error: unknown field \"metadata.nope\", unknown field \"spec.bogus\", "
                            "unknown field \"spec.template.spec.containers[0].zzz\"");
        assert_null(strstr(out, "zzz"));
        assert_null(strstr(out, "bogus"));
}

static void test_types(void **state) {
        assert_string_equal(stored("core.v1.ConfigMap", "{\"data\":{\"a\":1}}", NULL),
                            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string");
        assert_string_equal(stored("apps.v1.Deployment", "{\"spec\":{\"replicas\":\"x\"}}", NULL),
                            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type "
                            "int32");
        assert_string_equal(stored("apps.v1.Deployment", "{\"spec\":{\"replicas\":1.5}}", NULL),
                            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of "
                            "type int32");
        assert_string_equal(stored("apps.v1.Deployment", "{\"spec\":{\"replicas\":3000000000}}", NULL),
                            "json: cannot unmarshal number 3000000000 into Go struct field "
                            "DeploymentSpec.spec.replicas of type int32");
        assert_string_equal(stored("core.v1.Pod", "{\"spec\":{\"containers\":{}}}", NULL),
                            "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type "
                            "[]v1.Container");
        assert_string_equal(stored("core.v1.Pod", "{\"spec\":{\"containers\":[{\"imagePullPolicy\":1}]}}", NULL),
                            "json: cannot unmarshal number into Go struct field "
                            "Container.spec.containers.imagePullPolicy of type v1.PullPolicy");
        assert_string_equal(stored("core.v1.Service", "{\"spec\":{\"ports\":[{\"targetPort\":true}]}}", NULL),
                            "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of "
                            "type int32");
        assert_string_equal(stored("core.v1.Pod", "[]", NULL),
                            "json: cannot unmarshal array into Go value of type v1.Pod");
        assert_string_equal(stored("core.v1.Secret", "{\"data\":{\"a\":\"***\"}}", NULL),
                            "illegal base64 data at input byte 0");
}

/* Empty fields are left out or kept as Go's JSON tags say. */
static void test_empty_fields(void **state) {
        assert_string_equal(
                stored("core.v1.ConfigMap", "{\"metadata\":{\"name\":\"a\",\"labels\":{}},\"data\":null}", NULL),
                "{\"metadata\":{\"name\":\"a\"}}");
        assert_string_equal(stored("core.v1.ConfigMap", "{\"data\":{\"a\":null}}", NULL),
                            "{\"data\":{\"a\":\"\"},\"metadata\":{}}");
        assert_string_equal(stored("apps.v1.DeploymentSpec", "{\"replicas\":0,\"minReadySeconds\":0}", NULL),
                            "{\"replicas\":0,\"selector\":null,\"strategy\":{},\"template\":{\"metadata\":{},\"spec\":"
                            "{\"containers\":null}}}");
        assert_string_equal(stored("core.v1.ServicePort", "{\"port\":80}", NULL), "{\"port\":80,\"targetPort\":0}");
        assert_string_equal(stored("core.v1.Container", "{\"name\":\"c\",\"args\":[null]}", NULL),
                            "{\"args\":[\"\"],\"name\":\"c\",\"resources\":{}}");
}

static void test_canonical_forms(void **state) {
        assert_string_equal(stored("core.v1.ResourceRequirements",
                                   "{\"limits\":{\"cpu\":0.5,\"memory\":\"1024Mi\",\"x\":\"1000m\"}}", NULL),
                            "{\"limits\":{\"cpu\":\"500m\",\"memory\":\"1Gi\",\"x\":\"1\"}}");
        assert_string_equal(stored("core.v1.Event", "{\"firstTimestamp\":\"2026-01-02T04:04:05.5+01:00\"}", NULL),
                            "{\"eventTime\":null,\"firstTimestamp\":\"2026-01-02T03:04:05Z\",\"involvedObject\":{},"
                            "\"lastTimestamp\":null,\"metadata\":{},\"reportingComponent\":\"\","
                            "\"reportingInstance\":\"\",\"source\":{}}");
        assert_non_null(strstr(stored("core.v1.ResourceRequirements", "{\"limits\":{\"cpu\":\"lots\"}}", NULL),
                               "quantities must match the regular expression"));
}

/* Go decodes these unions on their own: what is unknown inside is dropped, and nobody is told. */
static void test_schema_unions(void **state) {
        struct value warnings;
        assert_string_equal(stored("apiextensions.v1.JSONSchemaProps",
                                   "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"bogus\":1},"
                                   "\"additionalProperties\":true,\"default\":{\"any\":[1]},\"nope\":1}",
                                   &warnings),
                            "{\"additionalProperties\":true,\"default\":{\"any\":[1]},\"items\":{\"type\":\"string\"},"
                            "\"type\":\"array\"}");
        assert_string_equal(strict_message(arena, &warnings), "strict decoding error: unknown field \"nope\"");
}

static void test_quantities(void **state) {
        static const char *const rows[][2] = {{"0.5", "500m"},
                                              {"1024Mi", "1Gi"},
                                              {"1.5Gi", "1536Mi"},
                                              {"0.0000000001", "1n"},
                                              {"2000", "2k"},
                                              {"1e3", "1e3"},
                                              {"0", "0"},
                                              {"-1500", "-1500"},
                                              {"0.1Ki", "102400m"},
                                              {"00", "0"},
                                              {"100Ei", "9223372036854775807"},
                                              {"1000m", "1"},
                                              {"1025", "1025"}};
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                const char *out = NULL;
                assert_int_equal(quantity_canonical(arena, rows[i][0], &out, NULL), 0);
                assert_string_equal(out, rows[i][1]);
        }
        static const char *const wrong[] = {"", "abc", "1x", "1 ", "1.2.3", ".", "1e", "1Kii"};
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                const char *out;
                assert_int_equal(quantity_canonical(arena, wrong[i], &out, &err), -1);
                assert_int_equal(err.class, ERR_SYNTAX);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_unknown_fields, setup, teardown),
                cmocka_unit_test_setup_teardown(test_types, setup, teardown),
                cmocka_unit_test_setup_teardown(test_empty_fields, setup, teardown),
                cmocka_unit_test_setup_teardown(test_canonical_forms, setup, teardown),
                cmocka_unit_test_setup_teardown(test_schema_unions, setup, teardown),
                cmocka_unit_test_setup_teardown(test_quantities, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
