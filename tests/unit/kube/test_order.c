/* SPDX-License-Identifier: Apache-2.0 */
#include "flux_help.h"

#include "kube/flux/inventory.h"
#include "kube/flux/order.h"

static const char *subjects(struct arena *a, const struct value *objects) {
        _cleanup_buf_ struct buf b = BUF_INIT(10000);
        VALUE_EACH_ITEM(o, objects)
                buf_addf(&b, "%s ", inventory_subject(a, o));
        return arena_strdup(a, buf_str(&b));
}

static void test_order(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value objects =
                object_of(a, "- {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, "
                             "metadata: {name: w}}\n"
                             "- {apiVersion: example.com/v1, kind: Thing, metadata: {name: t, namespace: ns}}\n"
                             "- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: ns}}\n"
                             "- {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: ns}}\n"
                             "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ns}}\n"
                             "- {apiVersion: v1, kind: ConfigMap, metadata: {name: z, namespace: m}}\n"
                             "- {apiVersion: v1, kind: Namespace, metadata: {name: ns}}\n");
        assert_int_equal(order_sort(a, &objects), 0);
        assert_string_equal(subjects(a, &objects),
                            "Namespace/ns ConfigMap/m/z ConfigMap/ns/a ConfigMap/ns/b Deployment/ns/d "
                            "Thing/ns/t ValidatingWebhookConfiguration/w ");
        assert_int_equal(order_sort_backwards(a, &objects), 0);
        assert_string_equal(subjects(a, &objects), "ValidatingWebhookConfiguration/w Thing/ns/t Deployment/ns/d "
                                                   "ConfigMap/ns/b ConfigMap/ns/a ConfigMap/m/z Namespace/ns ");
        struct value empty = value_list();
        assert_int_equal(order_sort(a, &empty), 0);
}

static void test_stages(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct order_kinds custom;
        assert_int_equal(order_kinds_parse(a, "example.com/Thing, ConfigMap,example.com/Thing", &custom, NULL), 0);
        assert_int_equal(custom.n, 2);
        struct value crd = object_of(a, "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition}");
        struct value class = object_of(a, "{apiVersion: x/v1, kind: GatewayClass}");
        struct value thing = object_of(a, "{apiVersion: example.com/v2, kind: Thing}");
        struct value other = object_of(a, "{apiVersion: other.com/v2, kind: Thing}");
        struct value config = object_of(a, "{apiVersion: v1, kind: ConfigMap}");
        struct value fake = object_of(a, "{apiVersion: x/v1, kind: Namespace}");
        assert_int_equal(order_stage(&crd), ORDER_STAGE_DEFINITIONS);
        assert_int_equal(order_stage(&class), ORDER_STAGE_CLASSES);
        assert_int_equal(order_stage_of(&thing, &custom), ORDER_STAGE_CUSTOM);
        assert_int_equal(order_stage_of(&other, &custom), ORDER_STAGE_REST);
        assert_int_equal(order_stage_of(&config, &custom), ORDER_STAGE_CUSTOM);
        assert_int_equal(order_stage(&thing), ORDER_STAGE_REST);
        assert_int_equal(order_stage(&fake), ORDER_STAGE_REST);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_stages),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
