/* SPDX-License-Identifier: Apache-2.0 */
#include "flux_help.h"

#include "kube/flux/manifest.h"
#include "kube/flux/normalize.h"

static const char *normalized(struct arena *a, const char *yaml) {
        struct value o = object_of(a, yaml);
        assert_int_equal(normalize_object(a, &o, NULL), 0);
        return json_of(a, &o);
}

static void test_secret(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_string_equal(normalized(a,
                                       "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: eA==, c: eQ==},"
                                       " stringData: {a: new}}"),
                            "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"bmV3\",\"c\":\"eQ==\"},\"kind\":\"Secret\","
                            "\"metadata\":{\"creationTimestamp\":null,\"name\":\"a\"}}");
}

static void test_ports(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *json = normalized(a, "{apiVersion: v1, kind: Service, metadata: {name: a},"
                                         " spec: {ports: [{port: 80}, {port: 53, protocol: UDP}]}}");
        assert_non_null(strstr(json, "{\"port\":80,\"protocol\":\"TCP\",\"targetPort\":0}"));
        assert_non_null(strstr(json, "\"protocol\":\"UDP\""));
        json = normalized(a,
                          "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {}, template:"
                          " {spec: {containers: [{name: c, ports: [{containerPort: 1}]}]}}}}");
        assert_non_null(strstr(json, "\"protocol\":\"TCP\""));
}

/* A field of the wrong type keeps the object as it is; what no type knows is the server's to judge. */
static void test_what_stays(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_string_equal(normalized(a, "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: 1}}"),
                            "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"creationTimestamp\":null,"
                            "\"name\":\"a\"},\"stringData\":{\"a\":1}}");
        assert_string_equal(
                normalized(a, "{apiVersion: x/v1, kind: T, metadata: {name: a}, foo: {}, status: {a: b}}"),
                "{\"apiVersion\":\"x/v1\",\"foo\":{},\"kind\":\"T\",\"metadata\":{\"creationTimestamp\":null,"
                "\"name\":\"a\"}}");
        assert_string_equal(
                normalized(a, "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, rules: null}"),
                "{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRole\",\"rules\":null}");
        const char *crd = normalized(a, "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition,"
                                        " metadata: {name: a}, status: {conditions: []}}");
        assert_non_null(strstr(crd, "\"status\"")); /* readiness of a CRD is read from it */
}

static void test_masks(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value before = object_of(a, "{data: {same: eA==, changed: eA==, gone: eA==}}");
        struct value after = object_of(a, "{data: {same: eA==, changed: eQ==, added: eA==}}");
        assert_int_equal(normalize_mask_secret(a, &before, &after, NULL), 0);
        assert_json(a, &before, "{\"data\":{\"changed\":\"*** (before)\",\"gone\":\"***\",\"same\":\"***\"}}");
        assert_json(a, &after, "{\"data\":{\"added\":\"***\",\"changed\":\"*** (after)\",\"same\":\"***\"}}");
        struct value alone = object_of(a, "{data: {x: eA==}}"), bad = object_of(a, "{data: [1]}");
        assert_int_equal(normalize_mask_secret(a, NULL, &alone, NULL), 0);
        assert_json(a, &alone, "{\"data\":{\"x\":\"***\"}}");
        assert_int_equal(normalize_mask_secret(a, NULL, &bad, NULL), -1);
}

static void test_manifests(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value objects;
        const char *text =
                "# nothing\n---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: "
                "s}}]\n"
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\nkind: NoName\napiVersion: v1\n"
                "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: k}\n";
        assert_int_equal(manifest_read(a, text, strlen(text), &objects, &err), 0);
        assert_int_equal(objects.len, 2);
        assert_string_equal(value_get_str(&objects.items[0], "kind"), "Secret");
        assert_string_equal(value_get_str(&objects.items[1], "kind"), "ConfigMap");
        text = "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"a}\"}} "
               "{\"apiVersion\":\"v1\",\"kind\":\"B\","
               "\"metadata\":{\"name\":\"b\"}}";
        assert_int_equal(manifest_read(a, text, strlen(text), &objects, &err), 0);
        assert_int_equal(objects.len, 2);
        text = "a: b\n";
        assert_int_equal(manifest_read(a, text, strlen(text), &objects, &err), -1);
        assert_string_equal(err_message(&err),
                            "error unmarshaling JSON: while decoding JSON: Object 'Kind' is missing in "
                            "'{\"a\":\"b\"}'");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_secret), cmocka_unit_test(test_ports),     cmocka_unit_test(test_what_stays),
                cmocka_unit_test(test_masks),  cmocka_unit_test(test_manifests),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
