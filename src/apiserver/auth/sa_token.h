/* SPDX-License-Identifier: Apache-2.0 */
/* Service account tokens: the claims that kube-apiserver 1.36 writes (golden/lifecycle/sa_token_claims) and the checks
 * it makes, and the older tokens of Secrets of type kubernetes.io/service-account-token. */
#pragma once

#include "apiserver/auth/auth.h"

#define SA_TOKEN_ISSUER "https://kubernetes.default.svc"

/* A named object with its UID; name NULL: there is none. */
struct sa_token_ref {
        const char *name;
        const char *uid;
};

struct sa_token {
        const char *namespace_;
        struct sa_token_ref service_account;
        struct sa_token_ref pod, node, secret;
        const char *const *audiences;
        int64_t now;        /* seconds since 1970 */
        int64_t seconds;    /* how long it holds */
        int64_t warn_after; /* seconds from now, 0: none */
};

/* Signs a token. ERR_INTERNAL, ERR_MEMORY. */
int sa_token_issue(const struct auth *x, struct arena *a, const struct sa_token *t, const char **ret, struct err *err);

/* Signs the token of a Secret: it holds as long as the Secret and the service account. */
int sa_token_issue_legacy(const struct auth *x, struct arena *a, const char *namespace_, const char *secret,
                          const struct sa_token_ref *service_account, const char **ret, struct err *err);

/* Who bears the token. audiences: what it must be meant for, one of them. *ret_audiences: those that it is meant for.
 * ERR_NOT_FOUND: it is no token of ours; ERR_UNAUTHORIZED with kube-apiserver's reason. */
int sa_token_check(const struct auth *x, struct arena *a, const char *token, const char *const *audiences, int64_t now,
                   struct rbac_user *ret, const char *const **ret_audiences, struct err *err);
