/* SPDX-License-Identifier: Apache-2.0 */
/* What a server says about itself: discovery, health, OpenAPI. */
#include "kinds_help.h"

#include "apiserver/discovery/discovery.h"
#include "apiserver/openapi/openapi.h"

static const struct discovery_options options = {.git_version = "v1.36.2", .server_address = "127.0.0.1:6443"};

static int ask(struct arena *a, const char *path, const char *accept, const char *etag, struct document *ret,
               struct err *err) {
        const struct document_request request = {
                .method = "GET", .path = path, .query = "", .accept = accept, .if_none_match = etag};
        return discovery_respond(a, kind_set_builtin(), &options, &request, ret, err);
}

static struct value asked(struct arena *a, const char *path, const char *accept) {
        struct document d;
        assert_int_equal(ask(a, path, accept, NULL, &d, NULL), 1);
        assert_int_equal(d.status, 200);
        assert_int_equal(strlen(d.body), d.body_len);
        return parsed(a, d.body);
}

static void a_group_names_its_versions(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value v = asked(a, "/apis/autoscaling", NULL);
        assert_json(
                a, &v,
                "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"autoscaling\",\"versions\":[{\"groupVersion\":"
                "\"autoscaling/v2\",\"version\":\"v2\"},{\"groupVersion\":\"autoscaling/v1\",\"version\":\"v1\"}],"
                "\"preferredVersion\":{\"groupVersion\":\"autoscaling/v2\",\"version\":\"v2\"}}");
}

static void a_version_lists_resources_and_subresources(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value v = asked(a, "/apis/apps/v1", "application/json");
        const struct value *resources = value_get(&v, "resources");
        bool scale = false;
        VALUE_EACH_ITEM(item, resources)
                if (value_equals_str(value_get(item, "name"), "deployments/scale")) {
                        scale = true;
                        assert_string_equal(value_get_str(item, "group"), "autoscaling");
                }
        assert_true(scale);
}

static void aggregated_discovery_is_not_sent_twice(void **state) {
        static const char accept[] =
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct document d, again;
        assert_int_equal(ask(a, "/apis", accept, NULL, &d, NULL), 1);
        assert_string_equal(d.content_type, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
        assert_int_equal(ask(a, "/apis", accept, d.etag, &again, NULL), 1);
        assert_int_equal(again.status, 304);
        assert_int_equal(again.body_len, 0);
}

static void unknown_forms_are_refused(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct document d;
        assert_int_equal(ask(a, "/apis", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
                             NULL, &d, &err),
                         -1);
        assert_int_equal(err.class, ERR_NOT_ACCEPTABLE);
}

static void what_is_not_served_is_not_answered(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct document d;
        assert_int_equal(ask(a, "/apis/nope.example.com/v1", NULL, NULL, &d, NULL), 0);
        assert_int_equal(ask(a, "/nope", NULL, NULL, &d, NULL), 0);
}

static bool store_is_ill(void *user, const char *check) {
        return !streq(check, "etcd");
}

static void an_ill_store_shows(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const struct discovery_options ill = {.git_version = "v1.36.2", .server_address = "", .healthy = store_is_ill};
        const struct document_request request = {.method = "GET", .path = "/readyz", .query = ""};
        struct document d;
        assert_int_equal(discovery_respond(a, kind_set_builtin(), &ill, &request, &d, NULL), 1);
        assert_int_equal(d.status, 500);
        assert_non_null(strstr(d.body, "[-]etcd failed"));
        assert_int_equal(ask(a, "/readyz", NULL, NULL, &d, NULL), 1);
        assert_string_equal(d.body, "ok");
}

static int openapi(struct openapi *o, struct arena *a, const char *path, const char *query, const char *accept,
                   struct document *ret) {
        const struct document_request request = {.method = "GET", .path = path, .query = query, .accept = accept};
        return openapi_respond(o, a, kind_set_builtin(), &request, ret, NULL);
}

static void kubectl_finds_what_it_needs_to_apply(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct openapi *o = openapi_new();
        struct document d;
        assert_int_equal(openapi(o, a, "/openapi/v3/apis/apps/v1", "", "application/json", &d), 1);
        struct value v = parsed(a, d.body);
        const struct value *patch =
                value_path(&v, "paths", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}", "patch", NULL);
        assert_non_null(value_path(patch, "requestBody", "content", "application/strategic-merge-patch+json", NULL));
        assert_non_null(strstr(written(a, patch), "\"fieldValidation\""));
        const struct value *containers =
                value_path(&v, "components", "schemas", "io.k8s.api.core.v1.PodSpec", "properties", "containers", NULL);
        assert_string_equal(value_get_str(containers, "x-kubernetes-patch-merge-key"), "name");
        openapi_free(o);
}

static void a_document_is_named_by_its_content(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct openapi *o = openapi_new();
        struct document d;
        assert_int_equal(openapi(o, a, "/openapi/v3", "", NULL, &d), 1);
        struct value index = parsed(a, d.body);
        const char *url = value_path_str(&index, "paths", "apis/apps/v1", "serverRelativeURL", NULL);
        assert_non_null(url);
        assert_int_equal(openapi(o, a, "/openapi/v3/apis/apps/v1", strchr(url, '?') + 1, NULL, &d), 1);
        assert_string_equal(d.cache_control, "public, immutable");
        assert_int_equal(openapi(o, a, "/openapi/v3/apis/apps/v1", "hash=ABC", NULL, &d), 1);
        assert_int_equal(d.status, 301);
        assert_string_equal(d.location, url);
        assert_int_equal(openapi(o, a, "/openapi/v3/apis/nope/v1", "", NULL, &d), 0);
        openapi_free(o);
}

static void old_clients_get_protobuf(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct openapi *o = openapi_new();
        struct document d;
        assert_int_equal(
                openapi(o, a, "/openapi/v2", "", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf", &d), 1);
        assert_int_equal(d.status, 200);
        assert_memory_equal(d.body, "\n\0032.0", 5); /* field 1, three bytes: swagger "2.0" */
        assert_int_equal(openapi(o, a, "/openapi/v2", "", "text/plain", &d), 1);
        assert_int_equal(d.status, 406);
        openapi_free(o);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_group_names_its_versions),
                cmocka_unit_test(a_version_lists_resources_and_subresources),
                cmocka_unit_test(aggregated_discovery_is_not_sent_twice),
                cmocka_unit_test(unknown_forms_are_refused),
                cmocka_unit_test(what_is_not_served_is_not_answered),
                cmocka_unit_test(an_ill_store_shows),
                cmocka_unit_test(kubectl_finds_what_it_needs_to_apply),
                cmocka_unit_test(a_document_is_named_by_its_content),
                cmocka_unit_test(old_clients_get_protobuf),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
