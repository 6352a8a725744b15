/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/json_fixture.h"

#include "kube/ssa/ssa.h"

static struct ssa_request request(const char *version, const char *kind, const char *manager) {
        const char *slash = strchr(version, '/');
        const char *group = slash ? arena_strndup(arena, version, (size_t)(slash - version)) : "";
        return (struct ssa_request){.schema = schema_of_kind(group, slash ? slash + 1 : version, kind),
                                    .api_version = version,
                                    .kind = kind,
                                    .manager = manager,
                                    .now = 1700000000};
}

/* Applies to *live and keeps the result there; the error's text, or NULL. */
static const char *apply(struct ssa_request r, struct value *live, const char *patch, struct err *err) {
        struct value p = parse(patch), out;
        if (ssa_apply(arena, &r, live, &p, &out, err) < 0)
                return arena_strdup(arena, err_message(err));
        *live = out;
        return NULL;
}

static void update(struct ssa_request r, struct value *live, const char *object) {
        struct value o = parse(object), out;
        assert_int_equal(ssa_update(arena, &r, live, &o, &out, NULL), 0);
        *live = out;
}

static const char *managers_of(const struct value *object) {
        const struct value *fields = value_path(object, "metadata", "managedFields", NULL);
        return fields ? text_as_is(fields) : "";
}

#define CONFIG(data) "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":" data "}"
#define ENTRY(name, operation, version, fields)                                                                        \
        "{\"manager\":\"" name "\",\"operation\":\"" operation "\",\"apiVersion\":\"" version                          \
        "\",\"time\":\"2023-11-14T22:13:20Z\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":" fields "}"

/* golden/ssa 01 to 09 */
static void test_config_map(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value live = value_null();
        assert_null(apply(request("v1", "ConfigMap", "m1"), &live, CONFIG("{\"a\":\"1\",\"b\":\"1\"}"), &err));
        assert_string_equal(managers_of(&live),
                            "[" ENTRY("m1", "Apply", "v1", "{\"f:data\":{\"f:a\":{},\"f:b\":{}}}") "]");

        /* The same again changes nothing, not even the time. */
        struct value before = live;
        struct ssa_request later = request("v1", "ConfigMap", "m1");
        later.now += 100;
        assert_null(apply(later, &live, CONFIG("{\"a\":\"1\",\"b\":\"1\"}"), &err));
        assert_string_equal(text_as_is(&before), text_as_is(&live));
        assert_true(ssa_is_noop(&before, &live));

        assert_string_equal(apply(request("v1", "ConfigMap", "m2"), &live, CONFIG("{\"a\":\"2\"}"), &err),
                            "Apply failed with 1 conflict: conflict with \"m1\": .data.a");
        assert_int_equal(err.class, ERR_CONFLICT);
        assert_int_equal(err.n_causes, 1);
        assert_string_equal(err.causes[0].reason, "FieldManagerConflict");
        assert_string_equal(err.causes[0].field, ".data.a");
        assert_string_equal(err.causes[0].message, "conflict with \"m1\"");
        err_done(&err);

        /* The same value is shared, not fought over. */
        assert_null(apply(request("v1", "ConfigMap", "m2"), &live, CONFIG("{\"a\":\"1\"}"), &err));
        struct ssa_request force = request("v1", "ConfigMap", "m3");
        force.force = true;
        assert_null(apply(force, &live, CONFIG("{\"a\":\"3\",\"b\":\"3\"}"), &err));
        assert_string_equal(text_as_is(value_get(&live, "data")), "{\"a\":\"3\",\"b\":\"3\"}");
        assert_string_equal(managers_of(&live),
                            "[" ENTRY("m3", "Apply", "v1", "{\"f:data\":{\"f:a\":{},\"f:b\":{}}}") "]");

        /* What is not applied any more goes, since nobody else owns it. */
        assert_null(apply(request("v1", "ConfigMap", "m3"), &live, CONFIG("{\"a\":\"3\"}"), &err));
        assert_string_equal(text_as_is(value_get(&live, "data")), "{\"a\":\"3\"}");
}

static void test_conflicts_of_several(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value live = value_null();
        apply(request("v1", "ConfigMap", "m1"), &live, CONFIG("{\"a\":\"1\",\"b\":\"1\"}"), &err);
        apply(request("v1", "ConfigMap", "m2"), &live, CONFIG("{\"c\":\"1\"}"), &err);
        assert_string_equal(
                apply(request("v1", "ConfigMap", "m3"), &live, CONFIG("{\"a\":\"9\",\"b\":\"9\",\"c\":\"9\"}"), &err),
                "Apply failed with 3 conflicts: conflicts with \"m1\":\n- .data.a\n- .data.b\n"
                "conflicts with \"m2\":\n- .data.c");
        assert_int_equal(err.n_causes, 3);
}

static void test_refused_patches(void **state) {
        static const char *const rows[][2] = {
                {"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"c\"}}",
                 "invalid object type: /v1, Kind=Secret"},
                {"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"managedFields\":"
                 "[{\"manager\":\"x\"}]}}",
                 "metadata.managedFields must be nil"},
                {"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"namespace\":\"ssa\"},"
                 "\"bogus\":1}",
                 "failed to create typed patch object (ssa/c; /v1, Kind=ConfigMap): .bogus: field not declared in "
                 "schema"},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                struct value live = value_null();
                assert_string_equal(apply(request("v1", "ConfigMap", "m"), &live, rows[i][0], &err), rows[i][1]);
                assert_int_equal(err.class, i == 2 ? ERR_INTERNAL : ERR_BAD_REQUEST);
        }
}

/* A key that is left out has its default: the same port is the same item (golden/ssa 53 to 55). */
static void test_default_key(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value live = value_null();
        assert_null(apply(request("v1", "Service", "m1"), &live,
                          "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"},\"spec\":"
                          "{\"ports\":[{\"port\":80,\"name\":\"web\"}]}}",
                          &err));
        assert_non_null(strstr(managers_of(&live), "k:{\\\"port\\\":80,\\\"protocol\\\":\\\"TCP\\\"}"));
        assert_null(apply(request("v1", "Service", "m2"), &live,
                          "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"},\"spec\":"
                          "{\"ports\":[{\"port\":81}]}}",
                          &err));
        assert_int_equal(value_path(&live, "spec", "ports", NULL)->len, 2);
        assert_null(apply(request("v1", "Service", "m2"), &live,
                          "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"},\"spec\":{}}",
                          &err));
        assert_int_equal(value_path(&live, "spec", "ports", NULL)->len, 1);
}

static void test_updates(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value live = value_null();
        update(request("v1", "ConfigMap", "creator"), &live,
               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"uid\":\"u\",\"labels\":"
               "{\"l\":\"1\"}},\"data\":{\"a\":\"1\"}}");
        assert_string_equal(managers_of(&live),
                            "[" ENTRY("creator", "Update", "v1",
                                      "{\"f:data\":{\".\":{},\"f:a\":{}},\"f:metadata\":{\"f:labels\":{\".\":{},"
                                      "\"f:l\":{}}}}") "]");
        struct ssa_request status = request("v1", "ConfigMap", "other");
        status.subresource = "status";
        update(status, &live,
               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"uid\":\"u\",\"labels\":"
               "{\"l\":\"1\"},\"managedFields\":[]},\"data\":{\"a\":\"2\"}}");
        assert_non_null(
                strstr(managers_of(&live), "\"fieldsV1\":{\"f:data\":{\"f:a\":{}}},\"subresource\":\"status\""));
        assert_string_equal(apply(request("v1", "ConfigMap", "m"), &live, CONFIG("{\"a\":\"3\"}"), &err),
                            "Apply failed with 1 conflict: conflict with \"other\" with subresource \"status\" using "
                            "v1: .data.a");
        /* [] forgets everything, and the object stays untracked. */
        update(request("v1", "ConfigMap", "x"), &live,
               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"uid\":\"u\","
               "\"managedFields\":[]},\"data\":{\"a\":\"9\"}}");
        assert_string_equal(managers_of(&live), "");
        err_done(&err);
        assert_string_equal(apply(request("v1", "ConfigMap", "m"), &live, CONFIG("{\"a\":\"3\"}"), &err),
                            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.a");
}

/* A client that knows nothing of managedFields keeps them; one that sends nonsense too. */
static void test_client_edits(void **state) {
        struct value live = value_null();
        _cleanup_err_ struct err err = ERR_INIT;
        apply(request("v1", "ConfigMap", "m1"), &live, CONFIG("{\"a\":\"1\"}"), &err);
        value_set(arena, value_get(&live, "metadata"), "uid", value_str("u"));
        static const char *const sent[] = {"", ",\"managedFields\":[{\"manager\":\"x\",\"operation\":\"Nope\"}]",
                                           ",\"managedFields\":null"};
        for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
                const char *object = arena_printf(arena,
                                                  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":"
                                                  "{\"name\":\"c\",\"uid\":\"u\"%s},\"data\":{\"a\":\"1\"}}",
                                                  sent[i]);
                update(request("v1", "ConfigMap", "x"), &live, object);
                assert_string_equal(managers_of(&live),
                                    "[" ENTRY("m1", "Apply", "v1", "{\"f:data\":{\"f:a\":{}}}") "]");
        }
}

static void test_managers_are_capped(void **state) {
        struct value live = value_null();
        for (int i = 0; i < 15; i++) {
                char manager[16];
                snprintf(manager, sizeof(manager), "m%02d", i);
                struct ssa_request r = request("v1", "ConfigMap", arena_strdup(arena, manager));
                r.now += i;
                const char *rest = "";
                for (int j = 0; j <= i; j++)
                        rest = arena_printf(arena, "%s%s\"k%02d\":\"1\"", rest, j ? "," : "", j);
                update(r, &live,
                       arena_printf(
                               arena,
                               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"uid\":"
                               "\"u\"},\"data\":{%s}}",
                               rest));
                if (i == 0)
                        value_set(arena, value_get(&live, "metadata"), "uid", value_str("u"));
        }
        const struct value *entries = value_path(&live, "metadata", "managedFields", NULL);
        assert_int_equal(entries->len, 10);
        assert_true(value_equals_str(value_get(&entries->items[0], "manager"), "ancient-changes"));
}

static void test_kubectl_takes_over(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value live = value_null();
        update(request("v1", "ConfigMap", "kubectl-client-side-apply"), &live,
               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"annotations\":"
               "{\"kubectl.kubernetes.io/last-applied-configuration\":\"{\\\"apiVersion\\\":\\\"v1\\\",\\\"data\\\":"
               "{\\\"a\\\":\\\"1\\\",\\\"b\\\":\\\"0\\\"},\\\"kind\\\":\\\"ConfigMap\\\",\\\"metadata\\\":"
               "{\\\"name\\\":\\\"c\\\"}}\"}},\"data\":{\"a\":\"1\",\"b\":\"1\"}}");
        struct value before = live;
        assert_string_equal(apply(request("v1", "ConfigMap", "other"), &live, CONFIG("{\"a\":\"2\"}"), &err),
                            "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: "
                            ".data.a");
        err_done(&err);
        /* b was changed since: it is not kubectl's to take. */
        assert_string_equal(
                apply(request("v1", "ConfigMap", "kubectl"), &live, CONFIG("{\"a\":\"2\",\"b\":\"2\"}"), &err),
                "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: "
                ".data.b");
        err_done(&err);
        assert_string_equal(text_as_is(&before), text_as_is(&live));
        assert_null(apply(request("v1", "ConfigMap", "kubectl"), &live, CONFIG("{\"a\":\"2\"}"), &err));
        assert_string_equal(value_path_str(&live, "metadata", "annotations",
                                           "kubectl.kubernetes.io/last-applied-configuration", NULL),
                            "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{"
                            "\"name\":\"c\"}}\n");
}

static void test_reset_fields(void **state) {
        static const char *const status[] = {"status", NULL};
        _cleanup_err_ struct err err = ERR_INIT;
        struct value live = value_null();
        struct ssa_request r = request("apps/v1", "Deployment", "m");
        r.reset_fields = status;
        assert_null(apply(r, &live,
                          "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\"},\"spec\":"
                          "{\"replicas\":1},\"status\":{\"replicas\":5}}",
                          &err));
        assert_null(strstr(managers_of(&live), "status"));
        assert_non_null(strstr(managers_of(&live), "f:replicas"));
}

static void test_scale(void **state) {
        struct value entries =
                parse("[" ENTRY("m1", "Apply", "apps/v1", "{\"f:spec\":{\"f:replicas\":{},\"f:paused\":{}}}") "]");
        struct value scale, back;
        assert_int_equal(ssa_scale_to_subresource(arena, "apps/v1", "spec.replicas", &entries, &scale, NULL), 0);
        assert_string_equal(text_as_is(&scale),
                            "[" ENTRY("m1", "Apply", "autoscaling/v1", "{\"f:spec\":{\"f:replicas\":{}}}") "]");
        /* Someone else scaled: he has the field now, the rest stays. */
        struct value taken = parse("[{\"manager\":\"hpa\",\"operation\":\"Update\",\"apiVersion\":\"autoscaling/v1\","
                                   "\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}},"
                                   "\"subresource\":\"scale\"}]");
        assert_int_equal(ssa_scale_to_parent(arena, "apps/v1", "spec.replicas", &entries, &taken, &back, NULL), 0);
        assert_string_equal(text_as_is(&back),
                            "[" ENTRY("m1", "Apply", "apps/v1",
                                      "{\"f:spec\":{\"f:paused\":{}}}") ","
                                                                        "{\"manager\":\"hpa\",\"operation\":\"Update\","
                                                                        "\"apiVersion\":\"apps/v1\",\"fieldsType\":"
                                                                        "\"FieldsV1\",\"fieldsV1\":{\"f:spec\":{\"f:"
                                                                        "replicas\":{}}},\"subresource\":\"scale\"}]");
}

/* Objects of kinds without a schema: maps field by field, lists as a whole. */
static void test_deduced(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value live = value_null();
        struct ssa_request r = {.api_version = "x.io/v1", .kind = "X", .manager = "m", .now = 1700000000};
        assert_null(apply(r, &live,
                          "{\"apiVersion\":\"x.io/v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"x\"},\"spec\":{\"l\":"
                          "[1,2],\"m\":{\"k\":1}}}",
                          &err));
        assert_string_equal(managers_of(&live),
                            "[" ENTRY("m", "Apply", "x.io/v1",
                                      "{\"f:spec\":{\".\":{},\"f:l\":{},\"f:m\":{\".\":{},\"f:k\":{}}}}") "]");
}

/* Below a node that preserves unknown fields an apply may name them, elsewhere not. */
static void test_preserving_crd(void **state) {
        static struct value props;
        const struct schema *schema;
        _cleanup_err_ struct err err = ERR_INIT;
        props = parse("{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\",\"properties\":{\"free\":"
                      "{\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true,\"properties\":{\"in\":"
                      "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}}}}}}");
        assert_int_equal(schema_from_crd(arena, &props, &schema, NULL), 0);
        struct ssa_request r = {
                .schema = schema, .api_version = "x.io/v1", .kind = "X", .manager = "m", .now = 1700000000};
        struct value live = value_null();
#define CUSTOM(spec) "{\"apiVersion\":\"x.io/v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"x\"},\"spec\":" spec "}"
        assert_null(apply(r, &live, CUSTOM("{\"free\":{\"any\":1,\"in\":{\"a\":\"1\",\"b\":2}}}"), &err));
        assert_string_equal(
                apply(r, &live, CUSTOM("{\"other\":1}"), &err),
                "failed to create typed patch object (/x; x.io/v1, Kind=X): .spec.other: field not declared "
                "in schema");
}

static void test_too_deep(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value deep = value_int(1), live = value_null(), out;
        for (int i = 0; i < 5000; i++) {
                struct value outer = value_map();
                value_set(arena, &outer, "d", deep);
                deep = outer;
        }
        value_set(arena, &deep, "apiVersion", value_str("x.io/v1"));
        value_set(arena, &deep, "kind", value_str("X"));
        struct ssa_request r = {.api_version = "x.io/v1", .kind = "X", .manager = "m"};
        assert_int_equal(ssa_apply(arena, &r, &live, &deep, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_config_map),
                TEST(test_conflicts_of_several),
                TEST(test_refused_patches),
                TEST(test_default_key),
                TEST(test_updates),
                TEST(test_client_edits),
                TEST(test_managers_are_capped),
                TEST(test_kubectl_takes_over),
                TEST(test_reset_fields),
                TEST(test_scale),
                TEST(test_deduced),
                TEST(test_too_deep),
                TEST(test_preserving_crd),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
