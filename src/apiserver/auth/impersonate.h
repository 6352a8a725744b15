/* SPDX-License-Identifier: Apache-2.0 */
/* Acting as somebody else: what the Impersonate-* headers ask for and whether the caller may.
 *
 * kube-apiserver 1.36 tries constrained impersonation first (KEP-5284: verbs impersonate:MODE and
 * impersonate-on:MODE:VERB), the older verb "impersonate" last; the first refusal is the one that is told. */
#pragma once

#include "http/http.h"
#include "kube/rbac/rbac.h"

enum impersonate_mode {
        IMPERSONATE_ASSOCIATED_NODE,
        IMPERSONATE_ARBITRARY_NODE,
        IMPERSONATE_SERVICE_ACCOUNT,
        IMPERSONATE_USER_INFO,
        IMPERSONATE_LEGACY,
        IMPERSONATE_MODES,
};

/* Reads the headers. 1: *ret is who is wanted; 0: nobody; -1: ERR_BAD_REQUEST. */
int impersonate_read(struct arena *a, const struct http_header *headers, size_t n, struct rbac_user *ret,
                     struct err *err);

/* How the check asks: may q->user do this? *ret_reason is never NULL. */
struct impersonate_authorizer {
        bool (*allows)(void *context, const struct rbac_attributes *q, const char **ret_reason);
        void *context;
};

/* Why not. */
struct impersonate_refusal {
        struct rbac_attributes attributes; /* the check that failed */
        const char *reason;
};

/* Whether the caller (request->user) may do this request as `wanted`. *hint: the mode that worked last for this caller,
 * or IMPERSONATE_MODES; set to the one that worked now. 0: *ret is the user who acts; 1: *ret_refusal; -1: memory. */
int impersonate_check(struct arena *a, const struct impersonate_authorizer *z, const struct rbac_attributes *request,
                      const struct rbac_user *wanted, enum impersonate_mode *hint, struct rbac_user *ret,
                      struct impersonate_refusal *ret_refusal, struct err *err);
