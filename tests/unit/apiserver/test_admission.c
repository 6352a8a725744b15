/* SPDX-License-Identifier: Apache-2.0 */
/* What admission adds to an object, and what it refuses. */
#include "kinds_help.h"

#include "apiserver/strategy/admission/podsecurity.h"
#include "apiserver/strategy/admission/quota.h"

/* A cluster of one namespace, one service account, and the objects of `lists`. */
struct world {
        struct arena *arena;
        const char *namespace; /* JSON */
        const char *resource;  /* whose list is asked for */
        const char *quotas;    /* JSON lists */
        const char *limits;
        const char *objects;
};

static const struct value *lookup(void *user, const char *group, const char *resource, const char *namespace,
                                  const char *name) {
        const struct world *w = user;
        const char *text = streq(resource, "namespaces") ? w->namespace
                           : streq(resource, "serviceaccounts") && streq(name, "default")
                                   ? "{\"metadata\":{\"name\":\"default\"}}"
                                   : NULL;
        if (!text)
                return NULL;
        struct value *v = arena_make(w->arena, struct value);
        *v = parsed(w->arena, text);
        return v;
}

static int list(void *user, struct arena *a, const char *group, const char *resource, const char *namespace,
                struct value *ret, struct err *err) {
        const struct world *w = user;
        const char *text = streq(resource, "resourcequotas")             ? w->quotas
                           : streq(resource, "limitranges")              ? w->limits
                           : w->resource && streq(resource, w->resource) ? w->objects
                                                                         : NULL;
        *ret = text ? parsed(a, text) : value_list();
        return 0;
}

static struct strategy_context context_in(struct world *w, const char *resource) {
        struct strategy_context c = context_of(w->arena, kind_named("", "v1", resource));
        if (!w->namespace)
                w->namespace = "{\"metadata\":{\"name\":\"ns\"}}";
        c.callbacks = (struct strategy_callbacks){.user = w, .lookup = lookup, .list = list};
        return c;
}

#define POD(SPEC) "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"x\"" SPEC "}]}}"

static void a_pod_gets_its_service_account_and_token(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct world w = {.arena = a};
        struct strategy_context c = context_in(&w, "pods");
        struct value pod = parsed(a, POD(""));
        assert_int_equal(strategy_admit(&c, &pod, NULL, NULL), 0);
        const struct value *spec = value_get(&pod, "spec");
        assert_string_equal(value_get_str(spec, "serviceAccountName"), "default");
        assert_int_equal(value_get(spec, "volumes")->len, 1);
        assert_int_equal(value_get(spec, "tolerations")->len, 2);
        assert_int_equal(value_int_or(value_get(spec, "priority"), 9), 0);
}

static void check_refused(struct world *w, const char *resource, const char *object, const char *message) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct strategy_context c = context_in(w, resource);
        struct value v = parsed(w->arena, object);
        assert_int_equal(strategy_admit(&c, &v, NULL, &err), -1);
        assert_int_equal(err.class, ERR_FORBIDDEN);
        assert_string_equal(err_message(&err), message);
}

static void a_missing_service_account_is_told(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct world w = {.arena = a};
        check_refused(&w, "pods",
                      "{\"metadata\":{\"name\":\"sam\"},\"spec\":{\"serviceAccountName\":\"nope\",\"containers\":[]}}",
                      "pods \"sam\" is forbidden: error looking up service account ns/nope: serviceaccount \"nope\" "
                      "not found");
}

static void a_terminating_namespace_takes_nothing_new(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct world w = {.arena = a,
                          .namespace = "{\"metadata\":{\"name\":\"ns\"},\"status\":{\"phase\":\"Terminating\"}}"};
        check_refused(
                &w, "configmaps", "{\"metadata\":{\"name\":\"late\"}}",
                "configmaps \"late\" is forbidden: unable to create new content in namespace ns because it is being "
                "terminated");
}

static void a_full_quota_refuses_one_more(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct world w = {
                .arena = a,
                .quotas = "[{\"metadata\":{\"name\":\"small\"},\"spec\":{\"hard\":{\"count/configmaps\":\"2\"}}}]",
                .resource = "configmaps",
                .objects = "[{},{}]"};
        check_refused(&w, "configmaps", "{\"metadata\":{\"name\":\"q\"}}",
                      "configmaps \"q\" is forbidden: exceeded quota: small, requested: count/configmaps=1, used: "
                      "count/configmaps=2, limited: count/configmaps=2");
        w.objects = "[{}]";
        struct strategy_context c = context_in(&w, "configmaps");
        struct value v = parsed(a, "{\"metadata\":{\"name\":\"q\"}}");
        assert_int_equal(strategy_admit(&c, &v, NULL, NULL), 0);
}

static void quotas_add_up_what_containers_ask_for(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct quota_resource r;
        struct value pod = parsed(
                a, "{\"spec\":{\"containers\":[{\"resources\":{\"requests\":{\"cpu\":\"500m\",\"memory\":\"1Gi\"}}},"
                   "{\"resources\":{\"requests\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}}]}}");
        assert_true(quota_parse(a, "requests.cpu", &r));
        assert_string_equal(quota_text(a, &r, quota_amount(&r, &pod)), "1500m");
        assert_true(quota_parse(a, "memory", &r));
        assert_string_equal(quota_text(a, &r, quota_amount(&r, &pod)), "2Gi");
        value_set(a, &pod, "status", parsed(a, "{\"phase\":\"Succeeded\"}"));
        assert_string_equal(quota_text(a, &r, quota_amount(&r, &pod)), "0");
        assert_true(quota_parse(a, "count/deployments.apps", &r));
        assert_string_equal(r.group, "apps");
        assert_false(quota_parse(a, "bananas", &r));
}

static void limits_are_given_and_kept(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct world w = {.arena = a,
                          .limits = "[{\"spec\":{\"limits\":[{\"type\":\"Container\",\"max\":{\"cpu\":\"2\"},"
                                    "\"default\":{\"cpu\":\"2\"},"
                                    "\"defaultRequest\":{\"cpu\":\"2\"}}]}}]"};
        struct strategy_context c = context_in(&w, "pods");
        struct value pod = parsed(a, POD(""));
        assert_int_equal(strategy_admit(&c, &pod, NULL, NULL), 0);
        assert_string_equal(value_path_str(&pod, "metadata", "annotations", "kubernetes.io/limit-ranger", NULL),
                            "LimitRanger plugin set: cpu request for container c; cpu limit for container c");
        check_refused(&w, "pods", POD(",\"resources\":{\"limits\":{\"cpu\":\"3\"},\"requests\":{\"cpu\":\"3\"}}"),
                      "pods \"p\" is forbidden: maximum cpu usage per Container is 2, but limit is 3");
}

static const char *violations(struct arena *a, const char *spec, enum podsecurity_level level) {
        _cleanup_buf_ struct buf b = BUF_INIT(65536);
        struct value v = parsed(a, spec);
        podsecurity_check(&b, &v, level);
        return arena_strdup(a, buf_str(&b));
}

static void pod_security_names_every_violation(void **state) {
        static const char good[] =
                "{\"securityContext\":{\"runAsNonRoot\":true,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},"
                "\"containers\":[{\"name\":\"c\",\"securityContext\":{\"allowPrivilegeEscalation\":false,"
                "\"capabilities\":{\"drop\":[\"ALL\"]}}}]}";
        static const char bad[] =
                "{\"hostPID\":true,\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/\"}}],\"containers\":[{"
                "\"name\":\"a\",\"securityContext\":{\"privileged\":true}},{\"name\":\"b\",\"ports\":[{\"hostPort\":80}"
                "],"
                "\"securityContext\":{\"privileged\":true}}]}";
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_string_equal(violations(a, good, PODSECURITY_RESTRICTED), "");
        assert_string_equal(violations(a, bad, PODSECURITY_PRIVILEGED), "");
        assert_string_equal(
                violations(a, bad, PODSECURITY_BASELINE),
                "host namespaces (hostPID=true), hostPath volumes (volume \"v\"), hostPort (container \"b\" uses "
                "hostPort 80), privileged (containers \"a\", \"b\" must not set securityContext.privileged=true)");
        assert_non_null(strstr(violations(a, bad, PODSECURITY_RESTRICTED),
                               "runAsNonRoot != true (pod or containers \"a\", \"b\""));
}

static void an_unknown_level_is_the_strictest(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value namespace =
                parsed(a, "{\"metadata\":{\"labels\":{\"pod-security.kubernetes.io/enforce\":\"paranoid\"}}}");
        assert_int_equal(podsecurity_of(a, &namespace, "enforce", NULL), PODSECURITY_RESTRICTED);
        assert_int_equal(podsecurity_of(a, &namespace, "warn", NULL), PODSECURITY_PRIVILEGED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_pod_gets_its_service_account_and_token),
                cmocka_unit_test(a_missing_service_account_is_told),
                cmocka_unit_test(a_terminating_namespace_takes_nothing_new),
                cmocka_unit_test(a_full_quota_refuses_one_more),
                cmocka_unit_test(quotas_add_up_what_containers_ask_for),
                cmocka_unit_test(limits_are_given_and_kept),
                cmocka_unit_test(pod_security_names_every_violation),
                cmocka_unit_test(an_unknown_level_is_the_strictest),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
