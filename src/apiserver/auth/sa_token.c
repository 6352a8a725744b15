/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/sa_token.h"

#include "apiserver/auth/auth_private.h"
#include "apiserver/auth/jwt.h"
#include "apiserver/auth/pki.h"
#include "base/clock.h"
#include "base/random.h"
#include "data/base64.h"
#include "kube/quote.h"

#define LEGACY_ISSUER "kubernetes/serviceaccount"
#define LEEWAY 60 /* seconds that clocks may differ, and that deleted objects still count */

#define EXTRA "authentication.kubernetes.io/"

/* ---- making ---- */

static int add_ref(struct arena *a, struct value *map, const char *key, const struct sa_token_ref *ref) {
        if (!ref->name)
                return 0;
        struct value v = value_map();
        if (!value_set(a, &v, "name", value_str(ref->name)) ||
            (ref->uid && !value_set(a, &v, "uid", value_str(ref->uid))))
                return -1;
        return value_set(a, map, key, v) ? 0 : -1;
}

static int private_claims(struct arena *a, const struct sa_token *t, struct value *ret) {
        struct value k = value_map();
        if (!value_set(a, &k, "namespace", value_str(t->namespace_)) ||
            add_ref(a, &k, "serviceaccount", &t->service_account) < 0 || add_ref(a, &k, "pod", &t->pod) < 0 ||
            add_ref(a, &k, "node", &t->node) < 0 || add_ref(a, &k, "secret", &t->secret) < 0)
                return -1;
        if (t->warn_after && !value_set(a, &k, "warnafter", value_int(t->now + t->warn_after)))
                return -1;
        *ret = k;
        return 0;
}

static struct value subject_of(struct arena *a, const char *namespace_, const char *name) {
        return value_strf(a, "system:serviceaccount:%s:%s", namespace_, name);
}

int sa_token_issue(const struct auth *x, struct arena *a, const struct sa_token *t, const char **ret, struct err *err) {
        struct value claims = value_map(), aud = value_list(), k;
        char *id = arena_alloc(a, UUID_TEXT_MAX);
        struct value sub = subject_of(a, t->namespace_, t->service_account.name);
        for (const char *const *s = t->audiences; *s; s++)
                if (!value_append(a, &aud, value_str(*s)))
                        return err_oom(err);
        if (!id || value_is_null(&sub) || private_claims(a, t, &k) < 0 || !value_set(a, &claims, "aud", aud) ||
            !value_set(a, &claims, "exp", value_int(t->now + t->seconds)) ||
            !value_set(a, &claims, "iat", value_int(t->now)) ||
            !value_set(a, &claims, "iss", value_str(SA_TOKEN_ISSUER)) ||
            !value_set(a, &claims, "jti", value_str(random_uuid(id))) || !value_set(a, &claims, "kubernetes.io", k) ||
            !value_set(a, &claims, "nbf", value_int(t->now)) || !value_set(a, &claims, "sub", sub))
                return err_oom(err);
        return jwt_sign(a, pki_token_key(x->options.pki), pki_token_key_id(x->options.pki), &claims, ret, err);
}

int sa_token_issue_legacy(const struct auth *x, struct arena *a, const char *namespace_, const char *secret,
                          const struct sa_token_ref *service_account, const char **ret, struct err *err) {
        struct value claims = value_map(), sub = subject_of(a, namespace_, service_account->name);
        if (value_is_null(&sub) || !value_set(a, &claims, "iss", value_str(LEGACY_ISSUER)) ||
            !value_set(a, &claims, "kubernetes.io/serviceaccount/namespace", value_str(namespace_)) ||
            !value_set(a, &claims, "kubernetes.io/serviceaccount/secret.name", value_str(secret)) ||
            !value_set(a, &claims, "kubernetes.io/serviceaccount/service-account.name",
                       value_str(service_account->name)) ||
            !value_set(a, &claims, "kubernetes.io/serviceaccount/service-account.uid",
                       value_str(service_account->uid)) ||
            !value_set(a, &claims, "sub", sub))
                return err_oom(err);
        return jwt_sign(a, pki_token_key(x->options.pki), pki_token_key_id(x->options.pki), &claims, ret, err);
}

/* ---- checking ---- */

/* One token that is being looked at. */
struct check {
        const struct auth *x;
        struct arena *arena;
        const char *token;
        const struct value *claims;
        int64_t now;
        struct err *err;
};

static int refuse(struct check *c, const char *reason) {
        return err_set(c->err, ERR_UNAUTHORIZED, "%s", reason);
}

/* Gets an object that the token depends on; gone: what is said when it is away or on its way out. */
static int get_live(struct check *c, const char *resource, const char *namespace_, const char *name, const char *gone,
                    struct value *ret) {
        const struct auth_lookup *l = &c->x->options.lookup;
        _cleanup_err_ struct err e = ERR_INIT;
        if (l->get(l->context, c->arena, resource, namespace_, name, ret, &e) < 0)
                return refuse(c, gone ? gone : err_message(&e));
        int64_t deleted;
        const char *text = value_path_str(ret, "metadata", "deletionTimestamp", NULL);
        if (text && time_parse_rfc3339(text, &deleted, NULL) == 0 && deleted / NSEC_PER_SEC < c->now - LEEWAY) {
                if (gone)
                        return refuse(c, gone);
                return err_set(c->err, ERR_UNAUTHORIZED, "service account %s/%s has been deleted", namespace_, name);
        }
        return 0;
}

static const char *uid_of(const struct value *object) {
        const char *uid = value_path_str(object, "metadata", "uid", NULL);
        return uid ? uid : "";
}

static int check_account(struct check *c, const char *namespace_, const char *name, const char *uid) {
        struct value account;
        if (get_live(c, "serviceaccounts", namespace_, name, NULL, &account) < 0)
                return -1;
        if (!streq(uid_of(&account), uid))
                return err_set(c->err, ERR_UNAUTHORIZED, "service account UID (%s) does not match claim (%s)",
                               uid_of(&account), uid);
        return 0;
}

/* An object the token is bound to must still be the same. */
static int check_bound(struct check *c, const struct value *ref, const char *resource, const char *namespace_,
                       const char *what) {
        if (value_is_null(ref))
                return 0;
        struct value object;
        const char *name = value_string_or(value_get(ref, "name"), ""),
                   *uid = value_string_or(value_get(ref, "uid"), "");
        if (get_live(c, resource, namespace_, name, "service account token has been invalidated", &object) < 0)
                return -1;
        if (!streq(uid_of(&object), uid))
                return err_set(c->err, ERR_UNAUTHORIZED, "%s UID (%s) does not match service account %s ref claim (%s)",
                               what, uid_of(&object), what, uid);
        return 0;
}

static int check_times(struct check *c) {
        const struct value *exp = value_get(c->claims, "exp"), *nbf = value_get(c->claims, "nbf"),
                           *iat = value_get(c->claims, "iat");
        if (value_int_or(nbf, 0) > c->now + LEEWAY)
                return refuse(c, "service account token is not valid yet");
        if (exp && value_int_or(exp, 0) < c->now - LEEWAY)
                return refuse(c, "service account token has expired");
        if (value_int_or(iat, 0) > c->now + LEEWAY)
                return refuse(c, "service account token is issued in the future");
        return 0;
}

static bool in_list(const char *const *list, const char *s) {
        for (; *list; list++)
                if (streq(*list, s))
                        return true;
        return false;
}

/* The wanted audiences that the token has. A token without any is meant for the server. */
static int check_audiences(struct check *c, const char *const *wanted, const char *const **ret) {
        const struct value *aud = value_get(c->claims, "aud");
        const char **has = NULL, **both = NULL;
        size_t n = 0, n_both = 0;
        if (value_is_string(aud))
                has = rbac_strings_add(c->arena, has, n++, aud->str);
        else if (value_is_list(aud))
                VALUE_EACH_ITEM(item, aud)
                        if (item->type == VALUE_STRING && !(has = rbac_strings_add(c->arena, has, n++, item->str)))
                                return err_oom(c->err);
        if (n == 0)
                has = rbac_strings_add(c->arena, has, n++, SA_TOKEN_ISSUER);
        for (size_t i = 0; has && i < n; i++)
                if (in_list(wanted, has[i]) && !(both = rbac_strings_add(c->arena, both, n_both++, has[i])))
                        return err_oom(c->err);
        if (!has)
                return err_oom(c->err);
        if (n_both) {
                *ret = both;
                return 0;
        }
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        buf_adds(&b, "token audiences ");
        quote_go_list(&b, has);
        buf_adds(&b, " is invalid for the target audiences ");
        quote_go_list(&b, wanted);
        return refuse(c, buf_str(&b));
}

/* ---- the bearer ---- */

static int add_extra(struct check *c, struct rbac_user *u, const char *key, const char *value) {
        if (!value || !value[0])
                return 0;
        struct rbac_extra *extra = (struct rbac_extra *)u->extra;
        const char **values = rbac_strings_add(c->arena, NULL, 0, value);
        if (!values)
                return err_oom(c->err);
        extra[u->n_extra++] = (struct rbac_extra){key, values};
        return 0;
}

static int make_user(struct check *c, const char *namespace_, const char *name, const char *uid,
                     struct rbac_user *ret) {
        struct value user = subject_of(c->arena, namespace_, name);
        char *all = arena_printf(c->arena, "system:serviceaccounts:%s", namespace_);
        const char **groups = rbac_strings_add(c->arena, NULL, 0, "system:serviceaccounts");
        if (groups && all)
                groups = rbac_strings_add(c->arena, groups, 1, all);
        struct rbac_extra *extra = arena_zalloc(c->arena, 5, sizeof(*extra));
        if (!groups || !all || !extra || value_is_null(&user))
                return err_oom(c->err);
        *ret = (struct rbac_user){.name = user.str, .uid = uid, .groups = groups, .extra = extra};
        return 0;
}

static int check_legacy(struct check *c, struct rbac_user *ret) {
        static const char prefix[] = "kubernetes.io/serviceaccount/";
        const char *fields[4], *names[] = {"namespace", "secret.name", "service-account.name", "service-account.uid"};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                char key[64];
                snprintf(key, sizeof(key), "%s%s", prefix, names[i]);
                fields[i] = value_string_or(value_get(c->claims, key), "");
                if (!fields[i][0])
                        return err_set(c->err, ERR_UNAUTHORIZED, "%s claim is missing", names[i]);
        }
        struct value secret;
        if (get_live(c, "secrets", fields[0], fields[1], "service account token has been invalidated", &secret) < 0)
                return -1;
        size_t n;
        const char *data = value_path_str(&secret, "data", "token", NULL);
        const char *expected = base64_encode(c->arena, c->token, strlen(c->token), &n);
        if (!data || !expected || !streq(data, expected))
                return refuse(c, "service account token has been invalidated");
        if (check_account(c, fields[0], fields[2], fields[3]) < 0)
                return -1;
        return make_user(c, fields[0], fields[2], fields[3], ret);
}

static int check_bound_token(struct check *c, struct rbac_user *ret) {
        const struct value *k = value_get(c->claims, "kubernetes.io"), *account = value_get(k, "serviceaccount");
        const struct value *pod = value_get(k, "pod"), *node = value_get(k, "node");
        const char *namespace_ = value_string_or(value_get(k, "namespace"), "");
        const char *name = value_string_or(value_get(account, "name"), "");
        const char *uid = value_string_or(value_get(account, "uid"), "");
        if (check_times(c) < 0 || check_account(c, namespace_, name, uid) < 0 ||
            check_bound(c, value_get(k, "secret"), "secrets", namespace_, "secret") < 0 ||
            check_bound(c, pod, "pods", namespace_, "pod") < 0)
                return -1;
        if (value_is_null(pod) && check_bound(c, node, "nodes", "", "node") < 0)
                return -1;
        const char *jti = value_string_or(value_get(c->claims, "jti"), NULL);
        char *credential = jti ? arena_printf(c->arena, "JTI=%s", jti) : NULL;
        if (jti && !credential)
                return err_oom(c->err);
        struct rbac_user u;
        if (make_user(c, namespace_, name, uid, &u) < 0 || add_extra(c, &u, EXTRA "credential-id", credential) < 0 ||
            add_extra(c, &u, EXTRA "node-name", value_get_str(node, "name")) < 0 ||
            add_extra(c, &u, EXTRA "node-uid", value_get_str(node, "uid")) < 0 ||
            add_extra(c, &u, EXTRA "pod-name", value_get_str(pod, "name")) < 0 ||
            add_extra(c, &u, EXTRA "pod-uid", value_get_str(pod, "uid")) < 0)
                return -1;
        *ret = u;
        return 0;
}

int sa_token_check(const struct auth *x, struct arena *a, const char *token, const char *const *audiences, int64_t now,
                   struct rbac_user *ret, const char *const **ret_audiences, struct err *err) {
        struct value header, claims;
        struct check c = {.x = x, .arena = a, .token = token, .claims = &claims, .now = now, .err = err};
        if (!x->options.pki || jwt_peek(a, token, &header, &claims, NULL) < 0)
                return err_set(err, ERR_NOT_FOUND, "not a service account token");
        const char *issuer = value_string_or(value_get(&claims, "iss"), "");
        bool legacy = streq(issuer, LEGACY_ISSUER);
        if (!legacy && !streq(issuer, SA_TOKEN_ISSUER))
                return err_set(err, ERR_NOT_FOUND, "not a service account token");
        const char *kid = value_string_or(value_get(&header, "kid"), "");
        if (kid[0] && !streq(kid, pki_token_key_id(x->options.pki)))
                return refuse(&c, "invalid signature, no keys found");
        if (!jwt_verify(a, pki_token_key(x->options.pki), token))
                return refuse(&c, "invalid signature");
        if (check_audiences(&c, audiences, ret_audiences) < 0)
                return -1;
        return legacy ? check_legacy(&c, ret) : check_bound_token(&c, ret);
}
