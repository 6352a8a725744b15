/* SPDX-License-Identifier: Apache-2.0 */
/* Who is let in: credentials, service account tokens, and how both are asked for and judged. Answers as recorded from
 * kube-apiserver 1.36 (golden/errors, golden/lifecycle/review_*). */
#include "auth_fixture.h"

#include "apiserver/auth/sa_secret.h"
#include "base/clock.h"
#include "data/base64.h"

static void static_tokens(void **state) {
        struct fixture *f = *state;
        assert_string_equal(with_token(f, "bob-token"),
                            "{\"username\":\"bob\",\"uid\":\"bob-uid\",\"groups\":[\"team-b\","
                            "\"devs\",\"system:authenticated\"]}");
        assert_string_equal(with_token(f, "alice-token"),
                            "{\"username\":\"alice\",\"groups\":[\"team \\\"a\\\"\",\"system:authenticated\"]}");
        assert_string_equal(with_token(f, "nope"), UNAUTHORIZED);
        assert_string_equal(with_token(f, "bob-token "), with_token(f, "bob-token")); /* blanks around do not count */
}

static void no_credentials_are_anonymous(void **state) {
        struct fixture *f = *state;
        assert_string_equal(who(f), ANONYMOUS);
        assert_string_equal(with_token(f, ""), ANONYMOUS);
        struct http_header basic = {"authorization", "Basic Zm9vOmJhcg=="};
        set_headers(f, &basic, 1);
        assert_string_equal(who(f), ANONYMOUS);
}

static void certificates(void **state) {
        struct fixture *f = *state;
        static const char *const groups[] = {"team-a", "devs", NULL};
        f->peer.cert_presented = true;
        assert_string_equal(who(f), UNAUTHORIZED);                                        /* of a foreign CA */
        assert_true(str_has_prefix(with_token(f, "bob-token"), "{\"username\":\"bob\"")); /* but a good token counts */
        set_headers(f, NULL, 0);
        f->peer.cert_verified = true;
        f->peer.common_name = "alice";
        f->peer.organizations = groups;
        f->peer.cert_sha256 = "cdd6";
        f->peer.cert_not_after = clock_realtime_ns() / NSEC_PER_SEC + 100;
        assert_string_equal(who(f),
                            "{\"username\":\"alice\",\"groups\":[\"team-a\",\"devs\",\"system:authenticated\"],"
                            "\"extra\":{\"authentication.kubernetes.io/credential-id\":[\"X509SHA256=cdd6\"]}}");
        f->peer.cert_not_after -= 200; /* ended while the connection was open */
        assert_string_equal(who(f), UNAUTHORIZED);
}

static void unix_peers(void **state) {
        struct fixture *f = *state;
        f->peer.unix_socket = true;
        assert_string_equal(who(f), ANONYMOUS); /* somebody else's process */
        f->peer.unix_uid = geteuid();
        assert_string_equal(who(f),
                            "{\"username\":\"system:local\",\"groups\":[\"system:masters\",\"system:authenticated\"]}");
}

/* ---- service account tokens ---- */

static void service_account_tokens(void **state) {
        struct fixture *f = *state;
        const char *seen = with_token(f, issue(f, (struct sa_token){.service_account = SA}));
        assert_true(str_has_prefix(seen,
                                   "{\"username\":\"system:serviceaccount:g1:sa\",\"uid\":\"sa-uid\",\"groups\":["
                                   "\"system:serviceaccounts\",\"system:serviceaccounts:g1\",\"system:authenticated\"],"
                                   "\"extra\":{\"authentication.kubernetes.io/credential-id\":[\"JTI="));
        seen = with_token(f, issue(f, (struct sa_token){.service_account = {"default", "d-uid"},
                                                        .pod = {"pod", "pod-uid"},
                                                        .node = {"n1", "n1-uid"}}));
        assert_non_null(strstr(seen,
                               "\"authentication.kubernetes.io/node-name\":[\"n1\"],\"authentication.kubernetes.io/"
                               "node-uid\":[\"n1-uid\"],\"authentication.kubernetes.io/pod-name\":[\"pod\"],"
                               "\"authentication.kubernetes.io/pod-uid\":[\"pod-uid\"]"));
}

static void bad_service_account_tokens(void **state) {
        struct fixture *f = *state;
        static const char *const other[] = {"other", NULL};
        int64_t now = clock_realtime_ns() / NSEC_PER_SEC;
        const struct sa_token bad[] = {
                {.service_account = {"gone", "x"}},
                {.service_account = {"sa", "another-uid"}},
                {.service_account = SA, .now = now - 7200},
                {.service_account = SA, .now = now + 600},
                {.service_account = SA, .audiences = other},
                {.service_account = SA, .pod = {"gone", "x"}},
                {.service_account = SA, .pod = {"pod", "another-uid"}},
                {.service_account = SA, .secret = {"gone", "x"}},
                {.service_account = SA, .node = {"n1", "another-uid"}},
        };
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                if (!streq(with_token(f, issue(f, bad[i])), UNAUTHORIZED))
                        fail_msg("token %zu was let in", i);
        assert_true(str_has_prefix(with_token(f, issue(f, (struct sa_token){.service_account = SA, .now = now - 3630})),
                                   "{")); /* half a minute late is forgiven */
}

static void forged_tokens(void **state) {
        struct fixture *f = *state;
        const char *good = issue(f, (struct sa_token){.service_account = SA});
        char *changed = arena_strdup(f->a, good);
        char *claims = strchr(changed, '.') + 10;
        *claims = *claims == 'A' ? 'B' : 'A';
        assert_string_equal(with_token(f, changed), UNAUTHORIZED);
        changed = arena_strdup(f->a, good);
        changed[strlen(changed) - 5] ^= 1;
        assert_string_equal(with_token(f, changed), UNAUTHORIZED);
        /* {"alg":"none"} with the same claims and no signature */
        const char *middle = strchr(good, '.');
        int n = (int)(strrchr(good, '.') - middle);
        assert_string_equal(with_token(f, arena_printf(f->a, "eyJhbGciOiJub25lIn0%.*s.", n, middle)), UNAUTHORIZED);
        assert_string_equal(with_token(f, "a.b.c"), UNAUTHORIZED);
        assert_string_equal(with_token(f, ".."), UNAUTHORIZED);
        /* the key of another server */
        struct fixture other = {.a = f->a};
        struct auth_options o = {.lookup = {lookup, f}};
        struct pki_options pki = {.dir = arena_printf(f->a, "%s/other", f->dir),
                                  .now = clock_realtime_ns() / NSEC_PER_SEC};
        assert_int_equal(pki_load(&pki, &other.pki, NULL), 0);
        o.pki = other.pki;
        assert_int_equal(auth_new(&o, &other.auth, NULL), 0);
        assert_string_equal(with_token(f, issue(&other, (struct sa_token){.service_account = SA})), UNAUTHORIZED);
        auth_free(other.auth);
        pki_free(other.pki);
}

/* The Secret as the token controller completes it; "unchanged" when there is nothing to do. */
static const char *complete(struct fixture *f, struct value *secret) {
        int r = sa_secret_change(f->auth, f->a, secret, NULL);
        assert_true(r >= 0);
        if (r == 1)
                return "unchanged";
        value_set(f->a, &f->objects, "secrets/g1/s", *secret);
        size_t n;
        char *token;
        const char *text = value_path_str(secret, "data", "token", NULL);
        assert_int_equal(base64_decode(f->a, text, strlen(text), &token, &n, NULL), 0);
        return token;
}

static void tokens_of_secrets(void **state) {
        struct fixture *f = *state;
        const char *text = "{\"metadata\":{\"name\":\"s\",\"namespace\":\"g1\",\"annotations\":{"
                           "\"kubernetes.io/service-account.name\":\"sa\"}},\"type\":"
                           "\"kubernetes.io/service-account-token\"}";
        struct value secret = json(f, text);
        const char *token = complete(f, &secret);
        assert_string_equal(with_token(f, token),
                            "{\"username\":\"system:serviceaccount:g1:sa\",\"uid\":\"sa-uid\","
                            "\"groups\":[\"system:serviceaccounts\",\"system:serviceaccounts:g1\","
                            "\"system:authenticated\"]}");
        assert_string_equal(complete(f, &secret), "unchanged");
        assert_string_equal(value_path_str(&secret, "data", "namespace", NULL), "ZzE=");
        /* the token ends with the Secret, and with the service account */
        value_set(f->a, &f->objects, "secrets/g1/s", value_null());
        assert_string_equal(with_token(f, token), UNAUTHORIZED);
        value_set(f->a, &f->objects, "secrets/g1/s", secret);
        value_set(f->a, &f->objects, "serviceaccounts/g1/sa",
                  json(f, "{\"metadata\":{\"name\":\"sa\",\"uid\":\"new-uid\"}}"));
        assert_string_equal(with_token(f, token), UNAUTHORIZED);
        assert_string_equal(complete(f, &secret), "unchanged"); /* made for the one before */
        struct value other = json(f, "{\"metadata\":{\"name\":\"s\",\"namespace\":\"g1\"},\"type\":\"Opaque\"}");
        assert_string_equal(complete(f, &other), "unchanged");
}

/* ---- reviews and requests ---- */

/* The status of a TokenReview, or the error. */
static const char *review(struct fixture *f, const char *object) {
        struct review_request q = {NULL, "", clock_realtime_ns()};
        struct value in = json(f, object), out;
        _cleanup_err_ struct err err = ERR_INIT;
        if (review_create(f->auth, f->a, &q, "authentication.k8s.io", "tokenreviews", &in, &out, &err) < 0)
                return arena_printf(f->a, "%s", err_message(&err));
        return text(f, value_get(&out, "status"));
}

static void token_reviews(void **state) {
        struct fixture *f = *state;
        const char *token = issue(f, (struct sa_token){.service_account = SA});
        assert_string_equal(review(f, "{\"spec\":{\"token\":\"x\"}}"),
                            "{\"user\":{},\"error\":\"invalid bearer token\"}");
        assert_string_equal(
                review(f, arena_printf(f->a, "{\"spec\":{\"token\":\"%s\",\"audiences\":[\"other\"]}}", token)),
                "{\"user\":{},\"error\":\"[invalid bearer token, token audiences "
                "[\\\"https://kubernetes.default.svc\\\"] is invalid for the target audiences [\\\"other\\\"]]\"}");
        assert_true(str_has_prefix(review(f, arena_printf(f->a, "{\"spec\":{\"token\":\"%s\"}}", token)),
                                   "{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:g1:sa\""));
        assert_string_equal(review(f, "{\"spec\":{}}"), "token is required for TokenReview in authentication");
}

/* A token as requested and used, or the error. */
static const char *request_token(struct fixture *f, const char *name, const char *object) {
        struct review_request q = {NULL, "g1", clock_realtime_ns()};
        struct value account, in = json(f, object), out;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(lookup(f, f->a, "serviceaccounts", "g1", name, &account, NULL), 0);
        if (token_request_create(f->auth, f->a, &q, &account, &in, &out, &err) < 0)
                return arena_printf(f->a, "%s", err_message(&err));
        const char *token = value_path_str(&out, "status", "token", NULL);
        assert_non_null(token);
        return with_token(f, token);
}

static void token_requests(void **state) {
        struct fixture *f = *state;
        assert_true(str_has_prefix(request_token(f, "sa", "{\"spec\":{\"expirationSeconds\":3600}}"),
                                   "{\"username\":\"system:serviceaccount:g1:sa\""));
        assert_non_null(strstr(request_token(f, "default",
                                             "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":"
                                             "\"Pod\",\"name\":\"pod\"}}}"),
                               "\"authentication.kubernetes.io/node-uid\":[\"n1-uid\"]"));
        assert_string_equal(
                request_token(f, "sa",
                              "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\","
                              "\"name\":\"pod\"}}}"),
                "cannot bind token for serviceaccount \"sa\" to pod running with different serviceaccount name.");
        assert_string_equal(
                request_token(f, "sa", "{\"spec\":{\"expirationSeconds\":5}}"),
                "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 5: may "
                "not specify a duration less than 10 minutes");
        assert_string_equal(request_token(f, "sa",
                                          "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
                                          "\"name\":\"gone\"}}}"),
                            "secrets \"gone\" not found");
        assert_string_equal(request_token(f, "sa", "{\"spec\":{\"audiences\":[\"vault\"]}}"), UNAUTHORIZED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                test(static_tokens),          test(no_credentials_are_anonymous),
                test(certificates),           test(unix_peers),
                test(service_account_tokens), test(bad_service_account_tokens),
                test(forged_tokens),          test(tokens_of_secrets),
                test(token_reviews),          test(token_requests),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
