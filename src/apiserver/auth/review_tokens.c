/* SPDX-License-Identifier: Apache-2.0 */
/* TokenReview, TokenRequest, and the documents that tell others how to check our tokens. */
#include "apiserver/auth/auth_private.h"
#include "apiserver/auth/pki.h"
#include "apiserver/auth/review_private.h"
#include "apiserver/auth/sa_token.h"
#include "base/clock.h"
#include "data/base64.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#define AUTHENTICATION "authentication.k8s.io"
#define SECONDS_DEFAULT 3600
#define SECONDS_MIN 600
#define SECONDS_MAX (INT64_C(1) << 32)

/* What kubelets ask for pods: such a token warns after that time and holds for a year (kube-apiserver's
 * --service-account-extend-token-expiration). */
#define SECONDS_EXTENDED_FROM 3607
#define SECONDS_EXTENDED_TO INT64_C(31536000)

static const char *const own_audiences[] = {SA_TOKEN_ISSUER, NULL};

static const char *text_of(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

static const char *path_text(const struct value *object, const char *a, const char *b) {
        return value_string_or(value_path(object, a, b, NULL), "");
}

static int read_audiences(struct arena *a, const struct value *list, const char *const **ret, struct err *err) {
        const char **strings = NULL;
        size_t n = 0;
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        if (item->type == VALUE_STRING && !(strings = rbac_strings_add(a, strings, n++, item->str)))
                                return err_oom(err);
        *ret = n ? strings : own_audiences;
        return 0;
}

static int audience_list(struct arena *a, const char *const *audiences, struct value *ret) {
        *ret = value_list();
        for (; *audiences; audiences++)
                if (!value_append(a, ret, value_str(*audiences)))
                        return -1;
        return 0;
}

/* ---- TokenReview ---- */

static int reviewed(struct arena *a, const struct rbac_user *u, const char *const *audiences, struct value *ret,
                    struct err *err) {
        struct value status = value_map(), user, list;
        if (rbac_user_value(a, u, &user, err) < 0)
                return -1;
        if (audience_list(a, audiences, &list) < 0 || !value_set(a, &status, "authenticated", value_bool(true)) ||
            !value_set(a, &status, "user", user) || !value_set(a, &status, "audiences", list))
                return err_oom(err);
        *ret = status;
        return 0;
}

int review_token(struct auth *x, struct arena *a, const struct review_request *q, const struct value *object,
                 struct value *ret, struct err *err) {
        const struct value *given = value_get(object, "spec"), *metadata = value_get(object, "metadata");
        struct value spec = value_is_map(given) ? *given : value_map(), status = value_map();
        const char *token = text_of(&spec, "token");
        if (!token[0])
                return err_set(err, ERR_BAD_REQUEST, "token is required for TokenReview in authentication");
        const char *const *wanted, *const *audiences;
        if (read_audiences(a, value_get(&spec, "audiences"), &wanted, err) < 0)
                return -1;
        _cleanup_err_ struct err e = ERR_INIT;
        struct rbac_user user;
        if (authn_token(x, a, token, wanted, q->now_ns, &user, &audiences, &e) == 0) {
                if (reviewed(a, &user, audiences, &status, err) < 0)
                        return -1;
        } else {
                if (e.class == ERR_MEMORY)
                        return err_move(err, &e);
                char *text = arena_strdup(a, err_message(&e));
                if (!text || !value_set(a, &status, "user", value_map()) ||
                    !value_set(a, &status, "error", value_str(text)))
                        return err_oom(err);
        }
        return review_answer(a, "TokenReview", AUTHENTICATION "/v1", value_is_map(metadata) ? *metadata : value_map(),
                             &spec, status, ret, err);
}

/* ---- TokenRequest ---- */

struct request {
        struct auth *auth;
        struct arena *arena;
        const struct review_request *q;
        const struct value *object;
        const char *name; /* of the service account */
        struct sa_token token;
        const struct value *bound; /* boundObjectRef, or NULL */
        int64_t seconds;           /* as asked for */
        struct err *err;
};

static int check_names(struct request *t, const struct value *account) {
        const struct value *metadata = value_get(t->object, "metadata");
        static const char *const fields[] = {"name", "namespace"};
        const char *live[] = {t->name, t->q->namespace_};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                const char *given = text_of(metadata, fields[i]);
                if (!given[0] || streq(given, live[i]))
                        continue;
                err_set(t->err, ERR_INVALID,
                        "TokenRequest." AUTHENTICATION
                        " \"%s\" is invalid: metadata.%s: Invalid value: \"%s\": must match "
                        "the service account %s if specified",
                        t->name, fields[i], given, fields[i]);
                char field[32];
                snprintf(field, sizeof(field), "metadata.%s", fields[i]);
                return err_add_cause(t->err, "FieldValueInvalid", field,
                                     "Invalid value: \"%s\": must match the service account %s if specified", given,
                                     fields[i]);
        }
        const char *uid = text_of(metadata, "uid"), *live_uid = path_text(account, "metadata", "uid");
        if (uid[0] && !streq(uid, live_uid))
                return err_set(
                        t->err, ERR_CONFLICT,
                        "Operation cannot be fulfilled on TokenRequest." AUTHENTICATION
                        " \"%s\": the UID in the token request (%s) does not match the UID of the service account (%s)",
                        t->name, uid, live_uid);
        return 0;
}

static int check_seconds(struct request *t) {
        t->seconds = value_int_or(value_path(t->object, "spec", "expirationSeconds", NULL), SECONDS_DEFAULT);
        struct review_problems p = {.arena = t->arena};
        char value[24];
        snprintf(value, sizeof(value), "%lld", (long long)t->seconds);
        if (t->seconds < SECONDS_MIN)
                review_invalid(&p, "spec.expirationSeconds", value, "may not specify a duration less than 10 minutes");
        if (t->seconds > SECONDS_MAX)
                review_invalid(&p, "spec.expirationSeconds", value,
                               "may not specify a duration larger than 2^32 seconds");
        return review_problems_end(&p, "TokenRequest." AUTHENTICATION, t->err);
}

static int get(struct request *t, const char *resource, const char *namespace_, const char *name, struct value *ret,
               struct err *err) {
        const struct auth_lookup *l = &t->auth->options.lookup;
        return l->get(l->context, t->arena, resource, namespace_, name, ret, err);
}

static int bind_pod(struct request *t, const char *name, struct sa_token_ref *ret) {
        struct value pod, node;
        if (get(t, "pods", t->q->namespace_, name, &pod, t->err) < 0)
                return -1;
        if (!streq(path_text(&pod, "spec", "serviceAccountName"), t->name))
                return err_set(t->err, ERR_BAD_REQUEST,
                               "cannot bind token for serviceaccount \"%s\" to pod running with different "
                               "serviceaccount name.",
                               t->name);
        *ret = (struct sa_token_ref){path_text(&pod, "metadata", "name"), path_text(&pod, "metadata", "uid")};
        const char *node_name = path_text(&pod, "spec", "nodeName");
        if (!node_name[0])
                return 0;
        _cleanup_err_ struct err e = ERR_INIT;
        t->token.node.name = node_name;
        if (get(t, "nodes", "", node_name, &node, &e) == 0)
                t->token.node.uid = path_text(&node, "metadata", "uid");
        else if (e.class != ERR_NOT_FOUND)
                return err_move(t->err, &e);
        return 0;
}

/* Reads boundObjectRef and finds the object. */
static int bind(struct request *t) {
        const struct value *ref = value_path(t->object, "spec", "boundObjectRef", NULL);
        if (value_is_null(ref))
                return 0;
        t->bound = ref;
        const char *kind = text_of(ref, "kind"), *name = text_of(ref, "name"), *version = text_of(ref, "apiVersion");
        struct sa_token_ref *to;
        struct value object;
        bool core = !strchr(version, '/');
        if (core && streq(kind, "Pod")) {
                to = &t->token.pod;
                if (bind_pod(t, name, to) < 0)
                        return -1;
        } else if (core && (streq(kind, "Secret") || streq(kind, "Node"))) {
                bool secret = streq(kind, "Secret");
                to = secret ? &t->token.secret : &t->token.node;
                if (get(t, secret ? "secrets" : "nodes", secret ? t->q->namespace_ : "", name, &object, t->err) < 0)
                        return -1;
                *to = (struct sa_token_ref){path_text(&object, "metadata", "name"),
                                            path_text(&object, "metadata", "uid")};
        } else {
                const char *slash = strchr(version, '/');
                return err_set(t->err, ERR_BAD_REQUEST, "cannot bind token to object of type %.*s/%s, Kind=%s",
                               slash ? (int)(slash - version) : 0, version, slash ? slash + 1 : version, kind);
        }
        const char *uid = text_of(ref, "uid");
        if (uid[0] && !streq(uid, to->uid))
                return err_set(
                        t->err, ERR_CONFLICT,
                        "Operation cannot be fulfilled on %s \"%s\": the UID in the bound object reference (%s) does "
                        "not match the UID in record. The object might have been deleted and then recreated",
                        kind, name, uid);
        return 0;
}

static bool only_own(const char *const *audiences) {
        for (; *audiences; audiences++)
                if (!streq(*audiences, SA_TOKEN_ISSUER))
                        return false;
        return true;
}

static int answer(struct request *t, const struct value *account, const char *token, struct value *ret) {
        struct arena *a = t->arena;
        struct value metadata = value_map(), spec = value_map(), status = value_map(), list;
        char *made = arena_alloc(a, TIME_TEXT_MAX), *ends = arena_alloc(a, TIME_TEXT_MAX);
        if (!made || !ends || audience_list(a, t->token.audiences, &list) < 0)
                return err_oom(t->err);
        time_format_rfc3339(made, t->token.now);
        time_format_rfc3339(ends, t->token.now + t->seconds);
        if (!value_set(a, &metadata, "name", value_str(t->name)) ||
            !value_set(a, &metadata, "namespace", value_str(t->q->namespace_)) ||
            !value_set(a, &metadata, "uid", value_str(path_text(account, "metadata", "uid"))) ||
            !value_set(a, &metadata, "creationTimestamp", value_str(made)) || !value_set(a, &spec, "audiences", list) ||
            !value_set(a, &spec, "expirationSeconds", value_int(t->seconds)) ||
            !value_set(a, &spec, "boundObjectRef", t->bound ? *t->bound : value_null()) ||
            !value_set(a, &status, "token", value_str(token)) ||
            !value_set(a, &status, "expirationTimestamp", value_str(ends)))
                return err_oom(t->err);
        return review_answer(a, "TokenRequest", AUTHENTICATION "/v1", metadata, &spec, status, ret, t->err);
}

int token_request_create(struct auth *x, struct arena *a, const struct review_request *request,
                         const struct value *service_account, const struct value *object, struct value *ret,
                         struct err *err) {
        struct request t = {.auth = x,
                            .arena = a,
                            .q = request,
                            .object = object,
                            .name = path_text(service_account, "metadata", "name"),
                            .err = err};
        t.token.namespace_ = request->namespace_;
        t.token.now = request->now_ns / NSEC_PER_SEC;
        t.token.service_account = (struct sa_token_ref){t.name, path_text(service_account, "metadata", "uid")};
        if (check_names(&t, service_account) < 0 || check_seconds(&t) < 0 ||
            read_audiences(a, value_path(object, "spec", "audiences", NULL), &t.token.audiences, err) < 0 ||
            bind(&t) < 0)
                return -1;
        t.token.seconds = t.seconds;
        if (t.token.pod.name && t.seconds == SECONDS_EXTENDED_FROM && only_own(t.token.audiences)) {
                t.token.seconds = SECONDS_EXTENDED_TO;
                t.token.warn_after = t.seconds;
        }
        const char *token;
        return sa_token_issue(x, a, &t.token, &token, err) < 0 ? -1 : answer(&t, service_account, token, ret);
}

/* ---- for those who check tokens themselves ---- */

static int string_list(struct arena *a, struct value *map, const char *key, const char *item) {
        struct value list = value_list();
        return value_append(a, &list, value_str(item)) && value_set(a, map, key, list) ? 0 : -1;
}

int openid_configuration(const struct auth *x, struct arena *a, const char *server, struct value *ret,
                         struct err *err) {
        struct value v = value_map(), uri = value_strf(a, "%s/openid/v1/jwks", server);
        if (value_is_null(&uri) || !value_set(a, &v, "issuer", value_str(SA_TOKEN_ISSUER)) ||
            !value_set(a, &v, "jwks_uri", uri) || string_list(a, &v, "response_types_supported", "id_token") < 0 ||
            string_list(a, &v, "subject_types_supported", "public") < 0 ||
            string_list(a, &v, "id_token_signing_alg_values_supported", "ES256") < 0)
                return err_oom(err);
        *ret = v;
        return 0;
}

/* One coordinate of the public key, base64url of 32 bytes. */
static const char *coordinate(struct arena *a, void *key, const char *name) {
        BIGNUM *n = NULL;
        unsigned char bytes[32];
        size_t len;
        const char *text = NULL;
        if (EVP_PKEY_get_bn_param(key, name, &n) == 1 && BN_bn2binpad(n, bytes, sizeof(bytes)) == sizeof(bytes))
                text = base64_encode_as(a, BASE64_URL | BASE64_NO_PADDING, bytes, sizeof(bytes), &len);
        BN_free(n);
        return text;
}

int openid_keys(const struct auth *x, struct arena *a, struct value *ret, struct err *err) {
        void *key = pki_token_key(x->options.pki);
        const char *px = coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_X),
                   *py = coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_Y);
        struct value k = value_map(), keys = value_list(), v = value_map();
        if (!px || !py || !value_set(a, &k, "use", value_str("sig")) || !value_set(a, &k, "kty", value_str("EC")) ||
            !value_set(a, &k, "kid", value_str(pki_token_key_id(x->options.pki))) ||
            !value_set(a, &k, "crv", value_str("P-256")) || !value_set(a, &k, "alg", value_str("ES256")) ||
            !value_set(a, &k, "x", value_str(px)) || !value_set(a, &k, "y", value_str(py)) ||
            !value_append(a, &keys, k) || !value_set(a, &v, "keys", keys))
                return err_oom(err);
        *ret = v;
        return 0;
}
