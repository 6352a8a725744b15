/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "kube/schema/schema.h"
#include "kube/schema/schema_table.h"

static const struct schema_field *field_of(const char *type, const char *name) {
        const struct schema *s = schema_builtin(type);
        assert_non_null(s);
        const struct schema_field *f = schema_field(s, name, strlen(name));
        assert_non_null(f);
        return f;
}

static void test_names(void **state) {
        const struct schema *pod = schema_builtin("core.v1.Pod");
        assert_non_null(pod);
        assert_ptr_equal(pod, schema_builtin("io.k8s.api.core.v1.Pod"));
        assert_ptr_equal(pod, schema_of_kind("", "v1", "Pod"));
        assert_string_equal(pod->name, "io.k8s.api.core.v1.Pod");
        assert_string_equal(pod->go_type, "v1.Pod");
        assert_ptr_equal(schema_builtin("meta.v1.ObjectMeta"),
                         schema_builtin("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
        assert_ptr_equal(schema_of_kind("apps", "v1", "DeleteOptions"), schema_builtin("meta.v1.DeleteOptions"));
        assert_non_null(schema_of_kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"));
        assert_int_equal(schema_builtin("io.k8s.apimachinery.pkg.api.resource.Quantity")->type, SCHEMA_QUANTITY);
        assert_null(schema_builtin("core.v1.Nope"));
        assert_null(schema_builtin("io.k8s.nowhere.v1.Pod"));
        assert_null(schema_of_kind("apps", "v1beta1", "Deployment"));
}

static void test_lists_and_keys(void **state) {
        const struct schema_field *ports = field_of("core.v1.Container", "ports");
        assert_int_equal(ports->schema->type, SCHEMA_LIST);
        assert_int_equal(ports->schema->topology, SCHEMA_KEYED);
        assert_string_equal(ports->schema->keys[0], "containerPort");
        assert_string_equal(ports->schema->keys[1], "protocol");
        assert_null(ports->schema->keys[2]);
        assert_string_equal(ports->patch_key, "containerPort");
        assert_int_equal(ports->patch, SCHEMA_PATCH_MERGE);
        assert_ptr_equal(ports->schema->element, schema_builtin("core.v1.ContainerPort"));

        const struct schema_field *volumes = field_of("core.v1.PodSpec", "volumes");
        assert_int_equal(volumes->patch, SCHEMA_PATCH_MERGE | SCHEMA_PATCH_RETAIN_KEYS);
        assert_int_equal(field_of("apps.v1.DeploymentSpec", "strategy")->patch, SCHEMA_PATCH_RETAIN_KEYS);
        assert_int_equal(field_of("core.v1.Container", "args")->schema->topology, SCHEMA_ATOMIC);
        assert_int_equal(field_of("meta.v1.ObjectMeta", "finalizers")->schema->topology, SCHEMA_SET);
        assert_int_equal(field_of("core.v1.PodSpec", "nodeSelector")->schema->topology, SCHEMA_ATOMIC);
}

static void test_topology_of_references(void **state) {
        const struct schema *reference = schema_builtin("core.v1.ObjectReference");
        const struct schema *claim = field_of("core.v1.PersistentVolumeSpec", "claimRef")->schema;
        assert_int_equal(reference->topology, SCHEMA_ATOMIC);
        assert_int_equal(claim->topology, SCHEMA_GRANULAR);
        assert_string_equal(claim->name, reference->name);
        assert_int_equal(claim->n_fields, reference->n_fields);
        assert_null(claim->element);
}

static void test_marks(void **state) {
        const struct schema_field *protocol = field_of("core.v1.ServicePort", "protocol");
        assert_true(value_equals_str(protocol->fallback, "TCP"));
        assert_string_equal(protocol->schema->go_type, "v1.Protocol");
        assert_int_equal(protocol->number, 2);
        assert_true(field_of("core.v1.ServicePort", "port")->always);
        assert_true(field_of("core.v1.ServicePort", "port")->required);
        assert_int_equal(field_of("core.v1.ServicePort", "port")->fallback->i, 0);
        assert_true(field_of("apps.v1.DeploymentSpec", "replicas")->optional);
        assert_false(field_of("apps.v1.DeploymentSpec", "minReadySeconds")->optional);
        assert_true(field_of("core.v1.Pod", "status")->always);
        assert_false(field_of("meta.v1.ObjectMeta", "creationTimestamp")->always);
        assert_string_equal(field_of("core.v1.PersistentVolumeSpec", "accessModes")->schema->element->go_type,
                            "v1.PersistentVolumeAccessMode");
        assert_string_equal(field_of("core.v1.ResourceRequirements", "limits")->schema->go_type, "v1.ResourceList");
        assert_string_equal(field_of("core.v1.Event", "eventTime")->schema->format, "micro-time");
        assert_string_equal(field_of("authentication.v1.UserInfo", "extra")->schema->element->format, "wrapped");
}

static void test_numbers_and_inlines(void **state) {
        const struct schema *volume = schema_builtin("core.v1.Volume");
        assert_int_equal(volume->n_inlines, 1);
        assert_int_equal(volume->inlines[0].number, 2);
        const struct schema *source = volume->inlines[0].schema;
        assert_int_equal(field_of("core.v1.Volume", "hostPath")->number, 0);
        assert_int_equal(volume->by_number[1], 1 + (field_of("core.v1.Volume", "name") - volume->fields));
        assert_non_null(schema_field(source, "hostPath", 8));
        for (size_t i = 0; i < source->n_by_number; i++)
                if (source->by_number[i])
                        assert_int_equal(source->fields[source->by_number[i] - 1].number, i);
}

/* Binary search needs the order that the table promises. */
static void test_fields_are_sorted(void **state) {
        static const char *const types[] = {"core.v1.PodSpec", "meta.v1.ObjectMeta", "core.v1.Volume",
                                            "apiextensions.v1.JSONSchemaProps"};
        for (size_t t = 0; t < ARRAY_LEN(types); t++) {
                const struct schema *s = schema_builtin(types[t]);
                for (size_t i = 1; i < s->n_fields; i++)
                        assert_true(strcmp(s->fields[i - 1].name, s->fields[i].name) < 0);
        }
        assert_null(schema_field(schema_builtin("core.v1.Pod"), "spe", 3));
        assert_null(schema_field(schema_builtin("core.v1.Pod"), "specs", 5));
        assert_non_null(schema_field(schema_builtin("core.v1.Pod"), "specs", 4));
}

static void test_broken_table(void **state) {
        static const char *const broken[] = {"a.v1.B\nname\n",        "a.v1.B\nname @a.v1.C\n", "a.v1.B\nname [s\n",
                                             "a.v1.B\nname z\n",      "a.v1.B\nname s ?\n",     "a.v1.B\n+a.v1.B\n",
                                             "a.v1.B\nname [s]k(a\n", "a.v1.B\nname s !x\n"};
        for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
                _cleanup_arena_ struct arena *a = arena_new(0);
                _cleanup_err_ struct err err = ERR_INIT;
                struct schema_table t;
                assert_int_equal(schema_table_load(a, broken[i], strlen(broken[i]), &t, &err), -1);
                assert_int_equal(err.class, ERR_INTERNAL);
                assert_non_null(strstr(err_message(&err), "line 2"));
        }
}

/* ---- CRDs ---- */

static struct value *set_map(struct arena *a, struct value *map, const char *key) {
        return value_obtain_map(a, map, key);
}

static void set_str(struct arena *a, struct value *map, const char *key, const char *text) {
        assert_non_null(value_set(a, map, key, value_str(text)));
}

static void test_crd(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value root = value_map();
        set_str(a, &root, "type", "object");
        struct value *spec = set_map(a, set_map(a, &root, "properties"), "spec");
        set_str(a, spec, "type", "object");
        struct value required = value_list();
        value_append(a, &required, value_str("size"));
        value_set(a, spec, "required", required);
        struct value *items = set_map(a, set_map(a, spec, "properties"), "items");
        set_str(a, items, "type", "array");
        set_str(a, items, "x-kubernetes-list-type", "map");
        struct value keys = value_list();
        value_append(a, &keys, value_str("key"));
        value_set(a, items, "x-kubernetes-list-map-keys", keys);
        struct value *size = set_map(a, value_get(spec, "properties"), "size");
        set_str(a, size, "type", "integer");
        value_set(a, size, "default", value_int(3));
        struct value *template = set_map(a, value_get(spec, "properties"), "template");
        set_str(a, template, "type", "object");
        value_set(a, template, "x-kubernetes-embedded-resource", value_bool(true));

        const struct schema *s;
        assert_int_equal(schema_from_crd(a, &root, &s, NULL), 0);
        assert_int_equal(s->n_fields, 4);
        assert_ptr_equal(schema_field(s, "metadata", 8)->schema, schema_builtin("meta.v1.ObjectMeta"));
        const struct schema *spec_schema = schema_field(s, "spec", 4)->schema;
        assert_ptr_equal(spec_schema->rules, spec);
        const struct schema_field *size_field = schema_field(spec_schema, "size", 4);
        assert_true(size_field->required);
        assert_int_equal(size_field->fallback->i, 3);
        const struct schema *list = schema_field(spec_schema, "items", 5)->schema;
        assert_int_equal(list->topology, SCHEMA_KEYED);
        assert_string_equal(list->keys[0], "key");
        const struct schema *embedded = schema_field(spec_schema, "template", 8)->schema;
        assert_true(embedded->embedded_resource);
        assert_non_null(schema_field(embedded, "apiVersion", 10));
}

static void test_crd_without_schema(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct schema *s;
        assert_int_equal(schema_from_crd(a, NULL, &s, NULL), 0);
        assert_true(s->preserve_unknown);
        assert_non_null(schema_field(s, "kind", 4));
}

static void test_crd_too_deep(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value props = value_map();
        set_str(a, &props, "type", "string");
        for (int i = 0; i < 2000; i++) {
                struct value outer = value_map();
                set_str(a, &outer, "type", "array");
                value_set(a, &outer, "items", props);
                props = outer;
        }
        struct value root = value_map();
        value_set(a, set_map(a, &root, "properties"), "deep", props);
        const struct schema *s;
        assert_int_equal(schema_from_crd(a, &root, &s, &err), -1);
        assert_int_equal(err.class, ERR_INVALID);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_lists_and_keys),
                cmocka_unit_test(test_topology_of_references),
                cmocka_unit_test(test_marks),
                cmocka_unit_test(test_numbers_and_inlines),
                cmocka_unit_test(test_fields_are_sorted),
                cmocka_unit_test(test_broken_table),
                cmocka_unit_test(test_crd),
                cmocka_unit_test(test_crd_without_schema),
                cmocka_unit_test(test_crd_too_deep),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
