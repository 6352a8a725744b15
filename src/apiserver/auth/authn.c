/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls: client certificate, bearer token, peer of the Unix socket, or nobody in particular. */
#include "apiserver/auth/auth_private.h"
#include "apiserver/auth/sa_token.h"
#include "base/clock.h"

#include <strings.h>

#define CREDENTIAL_ID "authentication.kubernetes.io/credential-id"

static const char *const own_audiences[] = {SA_TOKEN_ISSUER, NULL};

/* The token of "Authorization: Bearer TOKEN", in the arena. NULL: there is none, other schemes do not count. */
static const char *bearer_token(const struct http_request *r) {
        const char *h = http_header(r, "authorization");
        if (!h)
                return NULL;
        h += strspn(h, " \t");
        size_t scheme = strcspn(h, " ");
        if (scheme != strlen("bearer") || strncasecmp(h, "bearer", scheme) != 0 || !h[scheme])
                return NULL;
        const char *token = h + scheme + 1;
        size_t n = strcspn(token, " ");
        return n ? arena_strndup(r->arena, token, n) : NULL;
}

/* 1: the peer's certificate says who; 0: there is none that counts; -1: it is not to be believed. */
static int certificate_user(const struct http_request *r, int64_t now, struct rbac_user *ret, struct err *err) {
        const struct http_peer *p = r->peer;
        if (!p->cert_presented)
                return 0;
        if (!p->cert_verified || p->cert_not_after < now)
                return err_set(err, ERR_UNAUTHORIZED, "the client certificate is not valid here");
        if (!p->common_name || !p->common_name[0])
                return 0;
        const char **values = arena_zalloc(r->arena, 2, sizeof(*values));
        struct rbac_extra *extra = arena_make(r->arena, struct rbac_extra);
        if (!values || !extra || !(values[0] = arena_printf(r->arena, "X509SHA256=%s", p->cert_sha256)))
                return err_oom(err);
        *extra = (struct rbac_extra){CREDENTIAL_ID, values};
        *ret = (struct rbac_user){
                .name = p->common_name,
                .uid = p->cert_uid ? p->cert_uid : "",
                .groups = p->organizations,
                .extra = extra,
                .n_extra = 1,
        };
        return 1;
}

/* Everybody who is known is system:authenticated, unless the credentials say something about it themselves. */
static int add_authenticated(struct arena *a, struct rbac_user *u, struct err *err) {
        size_t n = 0;
        for (; u->groups[n]; n++)
                if (streq(u->groups[n], "system:authenticated") || streq(u->groups[n], "system:unauthenticated"))
                        return 0;
        const char **groups = arena_alloc(a, (n + 2) * sizeof(*groups));
        if (!groups)
                return err_oom(err);
        memcpy(groups, u->groups, n * sizeof(*groups));
        groups[n] = "system:authenticated";
        groups[n + 1] = NULL;
        u->groups = groups;
        return 0;
}

/* Tokens that say nothing about their audience are meant for this server only. */
static bool has_own_audience(const char *const *audiences) {
        for (; *audiences; audiences++)
                if (streq(*audiences, SA_TOKEN_ISSUER))
                        return true;
        return false;
}

int authn_token(struct auth *x, struct arena *a, const char *token, const char *const *audiences, int64_t now_ns,
                struct rbac_user *ret, const char *const **ret_audiences, struct err *err) {
        const struct rbac_user *known = strmap_get(&x->static_tokens, token, strlen(token));
        if (!audiences)
                audiences = own_audiences;
        if (known && has_own_audience(audiences)) {
                *ret = *known;
                *ret_audiences = own_audiences;
                return add_authenticated(a, ret, err);
        }
        struct err e = ERR_INIT;
        if (sa_token_check(x, a, token, audiences, now_ns / NSEC_PER_SEC, ret, ret_audiences, &e) == 0)
                return add_authenticated(a, ret, err);
        if (e.class == ERR_MEMORY)
                return err_move(err, &e);
        err_set(err, ERR_UNAUTHORIZED, e.class == ERR_NOT_FOUND ? "invalid bearer token" : "[invalid bearer token, %s]",
                err_message(&e));
        err_done(&e);
        return -1;
}

/* 1: known; 0: nobody in particular; -1. A bad credential is an error unless another one is good. */
static int identify(struct auth *x, const struct http_request *r, struct rbac_user *ret, struct err *err) {
        int64_t now = clock_realtime_ns();
        const char *token = bearer_token(r);
        const char *const *audiences;
        int by_certificate = certificate_user(r, now / NSEC_PER_SEC, ret, err);
        if (by_certificate > 0)
                return 1;
        if (token)
                return authn_token(x, r->arena, token, NULL, now, ret, &audiences, err) < 0 ? -1 : 1;
        if (by_certificate < 0)
                return -1;
        if (r->peer->unix_socket && r->peer->unix_uid == geteuid() && x->options.unix_user) {
                *ret = x->unix_user;
                return 1;
        }
        return 0;
}

int auth_authenticate(struct auth *x, const struct http_request *r, struct rbac_user *ret, struct value *ret_status) {
        static const char *const unauthenticated[] = {"system:unauthenticated", NULL};
        static const struct rbac_user anonymous = {.name = "system:anonymous", .uid = "", .groups = unauthenticated};
        _cleanup_err_ struct err err = ERR_INIT;
        struct rbac_user u;
        int known = identify(x, r, &u, &err);
        if (known > 0 && add_authenticated(r->arena, &u, &err) < 0)
                known = -1;
        if (known == 0 && !x->options.no_anonymous) {
                u = anonymous;
                known = 1;
        }
        if (known <= 0) {
                auth_status(r->arena, 401, "Unauthorized", "Unauthorized", NULL, ret_status);
                return -1;
        }
        *ret = u;
        return 0;
}
