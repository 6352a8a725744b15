/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, as whom, and what is said to those who may not: as recorded from kube-apiserver 1.36 (golden/errors,
 * golden/lifecycle/review_*). */
#include "auth_fixture.h"

#include "apiserver/auth/escalation.h"
#include "base/clock.h"

/* ---- admission ---- */

/* "ok USER", or "CODE message". */
static const char *admit(struct fixture *f, const char *method, const char *path) {
        struct rbac_user caller, acting;
        struct value status;
        struct request_info info;
        if (auth_authenticate(f->auth, &f->r, &caller, &status) < 0)
                return UNAUTHORIZED;
        assert_int_equal(request_info_parse(f->a, method, path, "", &info, NULL), 0);
        if (auth_admit(f->auth, &f->r, &info, &caller, &acting, &status) == 0)
                return arena_printf(f->a, "ok %s", acting.name);
        return arena_printf(f->a, "%lld %s", (long long)value_int_or(value_get(&status, "code"), 0),
                            value_get_str(&status, "message"));
}

static const char *as_bob(struct fixture *f, const char *path, const char *name, const char *value) {
        struct http_header *h = arena_alloc(f->a, 2 * sizeof(*h));
        h[0] = (struct http_header){"authorization", "Bearer bob-token"};
        h[1] = (struct http_header){name, value};
        set_headers(f, h, name ? 2 : 1);
        return admit(f, "GET", path);
}

static void rights(void **state) {
        struct fixture *f = *state;
        assert_string_equal(as_bob(f, "/api/v1/namespaces/g1/pods/x", NULL, NULL), "ok bob");
        static const char *const denied[][2] = {
                {"/api/v1/pods",
                 "403 pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\" at the "
                 "cluster scope"},
                {"/api/v1/namespaces/g1/pods/p/log", "403 pods \"p\" is forbidden: User \"bob\" cannot get resource "
                                                     "\"pods/log\" in API group \"\" in the namespace \"g1\""},
                {"/api/v1/namespaces/g1", "403 namespaces \"g1\" is forbidden: User \"bob\" cannot get resource "
                                          "\"namespaces\" in API group \"\" in the namespace \"g1\""},
                {"/apis/nope.io/v1/things",
                 "403 things.nope.io is forbidden: User \"bob\" cannot list resource \"things\" in "
                 "API group \"nope.io\" at the cluster scope"},
                {"/metrics", "403 forbidden: User \"bob\" cannot get path \"/metrics\""},
                {"/api/v1/namespaces/a<b>/pods",
                 "403 pods is forbidden: User \"bob\" cannot list resource \"pods\" in API "
                 "group \"\" in the namespace \"a&lt;b&gt;\""},
                {"/api/v1/namespaces/g2/pods",
                 "403 pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group "
                 "\"\" in the namespace \"g2\": RBAC: role.rbac.authorization.k8s.io "
                 "\"missing\" not found"},
        };
        for (size_t i = 0; i < ARRAY_LEN(denied); i++)
                assert_string_equal(as_bob(f, denied[i][0], NULL, NULL), denied[i][1]);
}

static void nothing_is_allowed_before_roles_are_read(void **state) {
        struct fixture *f = *state;
        auth_use_index(f->auth, NULL);
        assert_true(str_has_prefix(as_bob(f, "/api/v1/namespaces/g1/pods/x", NULL, NULL), "403 "));
}

static void impersonation(void **state) {
        struct fixture *f = *state;
        const char *pods = "/api/v1/namespaces/g1/pods";
        /* refused the first time: constrained impersonation is what is missing */
        assert_string_equal(
                as_bob(f, pods, "impersonate-user", "kate"),
                "403 pods is forbidden: User \"bob\" cannot impersonate-on:user-info:list resource \"pods\" in "
                "API group \"\" in the namespace \"g1\"");
        assert_string_equal(
                as_bob(f, pods, "impersonate-user", "system:node:n1"),
                "403 pods is forbidden: User \"bob\" cannot impersonate-on:arbitrary-node:list resource \"pods\" "
                "in API group \"\" in the namespace \"g1\"");
        /* allowed by the older verb, then what jane may not do is said of jane */
        assert_string_equal(
                as_bob(f, pods, "impersonate-user", "jane"),
                "403 pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the "
                "namespace \"g1\"");
        /* from then on the older verb is what is missing */
        assert_string_equal(
                as_bob(f, pods, "impersonate-user", "kate"),
                "403 users \"kate\" is forbidden: User \"bob\" cannot impersonate resource \"users\" in API group "
                "\"\" at the cluster scope");
        assert_string_equal(as_bob(f, pods, "impersonate-group", "x"),
                            "400 requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"x\"}, "
                            "Extra:map[string][]string(nil)} without impersonating a user name");
        assert_string_equal(as_bob(f, pods, "impersonate-uid", "x"),
                            "400 requested &user.DefaultInfo{Name:\"\", UID:\"x\", Groups:[]string(nil), "
                            "Extra:map[string][]string(nil)} without impersonating a user name");
}

static void superusers_impersonate_anybody(void **state) {
        struct fixture *f = *state;
        const struct http_header headers[] = {
                {"impersonate-user", "system:serviceaccount:g1:sa"},
                {"impersonate-extra-acme.com%2fproject", "p1"},
        };
        f->peer.unix_socket = true;
        f->peer.unix_uid = geteuid();
        set_headers(f, headers, 2);
        assert_string_equal(admit(f, "GET", "/version"),
                            "403 forbidden: User \"system:serviceaccount:g1:sa\" cannot get path \"/version\"");
        set_headers(f, NULL, 0);
        assert_string_equal(admit(f, "GET", "/version"), "ok system:local");
}

/* ---- escalation ---- */

static const char *escalate(struct fixture *f, const char *kind, const char *old, const char *object) {
        static const char *const groups[] = {"team-b", "devs", "system:authenticated", NULL};
        struct rbac_user bob = {.name = "bob", .uid = "", .groups = groups};
        struct value was, is = json(f, object);
        if (old)
                was = json(f, old);
        _cleanup_err_ struct err err = ERR_INIT;
        if (escalation_check(f->auth, f->a, &bob, kind, "g1", old ? &was : NULL, &is, &err) == 0)
                return "ok";
        return arena_printf(f->a, "%s", err_message(&err));
}

static void nobody_grants_what_they_lack(void **state) {
        struct fixture *f = *state;
        const char *more = "{\"metadata\":{\"name\":\"esc\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],"
                           "\"verbs\":[\"get\",\"list\"]}]}";
        const char *denied =
                "roles.rbac.authorization.k8s.io \"esc\" is forbidden: user \"bob\" (groups=[\"team-b\" \"devs\" "
                "\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n"
                "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}";
        assert_string_equal(escalate(f, "Role", NULL, more), denied);
        assert_string_equal(escalate(f, "Role", "{\"metadata\":{\"name\":\"esc\"}}", more), denied);
        assert_string_equal(escalate(f, "Role", NULL,
                                     "{\"metadata\":{\"name\":\"esc\"},\"rules\":[{\"apiGroups\":[\"\"],"
                                     "\"resources\":[\"pods\"],\"verbs\":[\"get\"]}]}"),
                            "ok");
        /* a finalizer that goes grants nothing */
        const char *going =
                "{\"metadata\":{\"name\":\"esc\",\"finalizers\":[\"x/y\"]},\"rules\":[{\"apiGroups\":[\"\"],"
                "\"resources\":[\"pods\"],\"verbs\":[\"get\",\"list\"]}]}";
        assert_string_equal(escalate(f, "Role", going, more), "ok");
        assert_string_equal(escalate(f, "ConfigMap", NULL, more), "ok");
}

static void bindings_need_what_they_bind(void **state) {
        struct fixture *f = *state;
        assert_string_equal(escalate(f, "RoleBinding", NULL,
                                     "{\"metadata\":{\"name\":\"esc\"},\"roleRef\":{\"kind\":\"Role\","
                                     "\"name\":\"role\"}}"),
                            "ok");
        assert_string_equal(escalate(f, "RoleBinding", NULL,
                                     "{\"metadata\":{\"name\":\"esc\"},\"roleRef\":{\"kind\":\"Role\","
                                     "\"name\":\"missing\"}}"),
                            "rolebindings.rbac.authorization.k8s.io \"missing\" not found");
        const char *all = "{\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"all\"},\"rules\":[{\"apiGroups\":[\"*\"],"
                          "\"resources\":[\"*\"],\"verbs\":[\"*\"]}]}";
        struct value role = json(f, all);
        assert_int_equal(rbac_world_put(f->world, &role, NULL), 0);
        publish(f);
        assert_true(str_has_prefix(
                escalate(f, "RoleBinding", NULL,
                         "{\"metadata\":{\"name\":\"esc\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":"
                         "\"all\"}}"),
                "rolebindings.rbac.authorization.k8s.io \"esc\" is forbidden: user \"bob\""));
}

static void aggregation_needs_everything(void **state) {
        struct fixture *f = *state;
        assert_string_equal(
                escalate(f, "ClusterRole", NULL,
                         "{\"metadata\":{\"name\":\"agg\"},\"aggregationRule\":{\"clusterRoleSelectors\":[{}]}}"),
                "clusterroles.rbac.authorization.k8s.io \"agg\" is forbidden: must have cluster-admin privileges "
                "to use the aggregationRule");
}

/* ---- reviews ---- */

/* The status of a review by bob, or the error. */
static const char *review(struct fixture *f, const char *resource, const char *namespace_, const char *object) {
        static const char *const groups[] = {"system:authenticated", NULL};
        struct rbac_user bob = {.name = "bob", .uid = "", .groups = groups};
        struct review_request q = {&bob, namespace_, clock_realtime_ns()};
        struct value in = json(f, object), out;
        _cleanup_err_ struct err err = ERR_INIT;
        if (review_create(f->auth, f->a, &q, "authorization.k8s.io", resource, &in, &out, &err) < 0)
                return arena_printf(f->a, "%s", err_message(&err));
        return text(f, value_get(&out, "status"));
}

static void access_reviews(void **state) {
        struct fixture *f = *state;
        const char *ask = "{\"spec\":{\"user\":\"bob\",\"resourceAttributes\":{\"namespace\":\"%s\",\"verb\":\"get\","
                          "\"resource\":\"pods\"}}}";
        char g1[200], g2[200];
        snprintf(g1, sizeof(g1), ask, "g1");
        snprintf(g2, sizeof(g2), ask, "g2");
        assert_string_equal(
                review(f, "subjectaccessreviews", "", g1),
                "{\"allowed\":true,\"reason\":\"RBAC: allowed by RoleBinding \\\"rb/g1\\\" of Role \\\"role\\\" to "
                "User \\\"bob\\\"\"}");
        assert_string_equal(
                review(f, "subjectaccessreviews", "", g2),
                "{\"allowed\":false,\"reason\":\"RBAC: role.rbac.authorization.k8s.io \\\"missing\\\" not found\"}");
        assert_string_equal(review(f, "selfsubjectaccessreviews", "",
                                   "{\"spec\":{\"nonResourceAttributes\":{\"path\":\"/x\","
                                   "\"verb\":\"get\"}}}"),
                            "{\"allowed\":false}");
        assert_string_equal(
                review(f, "subjectaccessreviews", "", "{\"spec\":{}}"),
                ".authorization.k8s.io \"\" is invalid: [spec.resourceAttributes: Invalid value: null: exactly one "
                "of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: "
                "\"\": at least one of user or group must be specified]");
        assert_string_equal(
                review(f, "localsubjectaccessreviews", "g1",
                       "{\"metadata\":{\"namespace\":\"g1\"},\"spec\":{\"user\":\"bob\",\"resourceAttributes\":{"
                       "\"namespace\":\"zz\",\"verb\":\"get\",\"resource\":\"pods\"}}}"),
                ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes.namespace: Invalid value: \"zz\": "
                "must match metadata.namespace");
}

static void rules_reviews(void **state) {
        struct fixture *f = *state;
        assert_string_equal(review(f, "selfsubjectrulesreviews", "", "{\"spec\":{}}"), "no namespace on request");
        assert_string_equal(
                review(f, "selfsubjectrulesreviews", "", "{\"spec\":{\"namespace\":\"g2\"}}"),
                "{\"resourceRules\":[{\"verbs\":[\"impersonate\"],\"apiGroups\":[\"\"],\"resources\":[\"users\"],"
                "\"resourceNames\":[\"jane\"]}],\"nonResourceRules\":[],\"incomplete\":false,\"evaluationError\":"
                "\"role.rbac.authorization.k8s.io \\\"missing\\\" not found\"}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                test(rights),
                test(nothing_is_allowed_before_roles_are_read),
                test(impersonation),
                test(superusers_impersonate_anybody),
                test(nobody_grants_what_they_lack),
                test(bindings_need_what_they_bind),
                test(aggregation_needs_everything),
                test(access_reviews),
                test(rules_reviews),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
