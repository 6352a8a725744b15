/* SPDX-License-Identifier: Apache-2.0 */
/* CustomResourceDefinitions: whose names count, what a schema must be, when objects are served; and the status of
 * workloads that nothing runs. */
#include "kinds_help.h"

#include "apiserver/controllers/settled.h"
#include "apiserver/crd/crd.h"
#include "kube/flux/condition.h"

#define CRD(PLURAL, KIND, SCHEMA)                                                                                      \
        "{\"apiVersion\":\"apiextensions.k8s.io/"                                                                      \
        "v1\",\"kind\":\"CustomResourceDefinition\",\"metadata\":{\"name\":\"" PLURAL                                  \
        ".c.io\"},\"spec\":{\"group\":\"c.io\",\"scope\":\"Namespaced\",\"names\":{\"plural\":\"" PLURAL               \
        "\",\"kind\":\"" KIND "\"},\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":{"       \
        "\"openAPIV3Schema\":" SCHEMA "}}]}}"

static struct value made(struct arena *a, const char *text) {
        struct strategy_context c =
                context_of(a, kind_named("apiextensions.k8s.io", "v1", "customresourcedefinitions"));
        struct value crd = parsed(a, text);
        assert_int_equal(strategy_default(&c, &crd, NULL), 0);
        assert_int_equal(strategy_prepare_create(&c, &crd, NULL), 0);
        return crd;
}

static void settle(struct arena *a, struct value *crd, const struct value *all) {
        bool changed = false;
        assert_int_equal(crd_settle(a, crd, all, NOW_NS / NSEC_PER_SEC, &changed, NULL), 0);
        assert_true(changed);
        assert_int_equal(crd_settle(a, crd, all, NOW_NS / NSEC_PER_SEC, &changed, NULL), 0);
        assert_false(changed);
}

static void free_names_are_accepted_at_once(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value crd = made(a, CRD("as", "A", "{\"type\":\"object\"}")), all = value_list();
        assert_false(crd_established(&crd));
        settle(a, &crd, &all);
        assert_true(crd_established(&crd));
        assert_json(a, value_path(&crd, "status", "acceptedNames", NULL),
                    "{\"plural\":\"as\",\"singular\":\"a\",\"kind\":\"A\",\"listKind\":\"AList\"}");
}

static void taken_names_are_not(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value first = made(a, CRD("as", "A", "{\"type\":\"object\"}")), all = value_list();
        struct value second = made(a, CRD("a2s", "A", "{\"type\":\"object\"}"));
        settle(a, &first, &all);
        value_append(a, &all, first);
        settle(a, &second, &all);
        assert_false(crd_established(&second));
        const struct value *condition = condition_find(&second, "NamesAccepted");
        assert_string_equal(value_get_str(condition, "reason"), "ListKindConflict");
        assert_string_equal(value_get_str(condition, "message"), "\"AList\" is already in use");
}

static void check(const char *text, const char *message) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c =
                context_of(a, kind_named("apiextensions.k8s.io", "v1", "customresourcedefinitions"));
        struct value crd = made(a, text);
        int status = strategy_validate_create(&c, &crd, &err);
        if (!message) {
                if (status < 0)
                        fail_msg("%s", err_message(&err));
                return;
        }
        assert_int_equal(status, -1);
        assert_string_equal(err.causes[0].field, message);
}

#define ROOT "spec.validation.openAPIV3Schema"

static void schemas_must_be_structural(void **state) {
        check(CRD("as", "A", "{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\"}}}"), NULL);
        check(CRD("as", "A", "{\"type\":\"string\"}"), ROOT ".type");
        check(CRD("as", "A", "{\"type\":\"object\",\"properties\":{\"a\":{}}}"), ROOT ".properties[a].type");
        check(CRD("as", "A", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\"}}}"),
              ROOT ".properties[a].items");
        check(CRD("as", "A",
                  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"anyOf\":[{\"properties\":{\"b\":"
                  "{}}}]}"),
              ROOT ".properties[b]");
        check(CRD("as", "A",
                  "{\"type\":\"object\",\"properties\":{\"a\":{\"x-kubernetes-int-or-string\":true,\"anyOf\":[{"
                  "\"type\":"
                  "\"integer\"},{\"type\":\"string\"}]}}}"),
              NULL);
        check(CRD("as", "A", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"(\"}}}"),
              ROOT ".properties[a].pattern");
}

static void rules_in_cel_are_said_to_have_no_effect(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct strategy_context c =
                context_of(a, kind_named("apiextensions.k8s.io", "v1", "customresourcedefinitions"));
        struct value crd = made(a, CRD("as", "A",
                                       "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\","
                                       "\"x-kubernetes-validations\":[{\"rule\":\"self == oldSelf\"}]}}}"));
        assert_int_equal(strategy_validate_create(&c, &crd, NULL), 0);
        assert_int_equal(c.warnings.len, 1);
}

static void custom_objects_are_scaled_by_their_paths(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value version =
                parsed(a, "{\"subresources\":{\"scale\":{\"specReplicasPath\":\".spec.n\",\"statusReplicasPath\":"
                          "\".status.n\"}}}");
        struct kind k = {.group = "c.io",
                         .version = "v1",
                         .kind = "A",
                         .resource = "as",
                         .custom = true,
                         .crd_version = &version};
        struct strategy_context c = {.arena = a, .kind = &k, .namespace = "ns"};
        struct value object = parsed(a, "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"n\":2},\"status\":{\"n\":1}}"),
                     scale;
        assert_int_equal(strategy_scale_get(&c, &object, &scale, NULL), 0);
        assert_json(a, value_get(&scale, "spec"), "{\"replicas\":2}");
        assert_int_equal(strategy_scale_set(&c, &(struct value){.type = VALUE_MAP}, &object, NULL), 0);
        assert_int_equal(value_int_or(value_path(&object, "spec", "n", NULL), 9), 0);
        struct value without = parsed(a, "{\"metadata\":{\"name\":\"x\"}}");
        assert_int_equal(strategy_scale_get(&c, &without, &scale, NULL), -1);
}

static void a_settled_deployment_has_rolled_out(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value object = parsed(a, "{\"metadata\":{\"name\":\"d\",\"generation\":4},\"spec\":{\"replicas\":3}}");
        struct settled s = {.arena = a, .object = &object, .status = value_map(), .now = NOW_NS / NSEC_PER_SEC};
        settled_of("apps", "Deployment")(&s);
        assert_false(s.oom);
        assert_int_equal(value_int_or(value_get(&s.status, "observedGeneration"), 0), 4);
        assert_int_equal(value_int_or(value_get(&s.status, "availableReplicas"), 0), 3);
        /* settling again, later, changes nothing */
        const char *once = written(a, &s.status);
        s.now += 60;
        settled_of("apps", "Deployment")(&s);
        assert_string_equal(written(a, &s.status), once);
        assert_null(settled_of("", "ConfigMap"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(free_names_are_accepted_at_once),
                cmocka_unit_test(taken_names_are_not),
                cmocka_unit_test(schemas_must_be_structural),
                cmocka_unit_test(rules_in_cel_are_said_to_have_no_effect),
                cmocka_unit_test(custom_objects_are_scaled_by_their_paths),
                cmocka_unit_test(a_settled_deployment_has_rolled_out),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
