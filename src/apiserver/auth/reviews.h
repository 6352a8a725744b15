/* SPDX-License-Identifier: Apache-2.0 */
/* The review kinds (authorization.k8s.io, authentication.k8s.io) and the token subresource: objects in, objects out.
 * Nothing is stored. Recorded in golden/lifecycle/review_* and golden/errors/token_request_*. */
#pragma once

#include "apiserver/auth/auth.h"

/* What the handler knows of the request. */
struct review_request {
        const struct rbac_user *user; /* who asks */
        const char *namespace_;       /* of the URL; "" for cluster scope */
        int64_t now_ns;               /* wall clock */
};

/* True for the resources that review_create() serves: subjectaccessreviews, localsubjectaccessreviews,
 * selfsubjectaccessreviews, selfsubjectrulesreviews (group authorization.k8s.io), selfsubjectreviews, tokenreviews
 * (group authentication.k8s.io). */
bool review_serves(const char *group, const char *resource);

/* The answer of a POST (201), in the arena. ERR_INVALID: the Status's details have the group but neither kind nor name
 * (message ".authorization.k8s.io "" is invalid: ..."); ERR_BAD_REQUEST. */
int review_create(struct auth *x, struct arena *a, const struct review_request *request, const char *group,
                  const char *resource, const struct value *object, struct value *ret, struct err *err);

/* POST .../serviceaccounts/NAME/token. service_account: the live object. object: the TokenRequest that came.
 * ERR_INVALID
 * ("TokenRequest.authentication.k8s.io "" is invalid"; details group and kind, no name), ERR_BAD_REQUEST,
 * ERR_NOT_FOUND. */
int token_request_create(struct auth *x, struct arena *a, const struct review_request *request,
                         const struct value *service_account, const struct value *object, struct value *ret,
                         struct err *err);

/* The bodies of /.well-known/openid-configuration and /openid/v1/jwks. server: "https://HOST:PORT". */
int openid_configuration(const struct auth *x, struct arena *a, const char *server, struct value *ret, struct err *err);
int openid_keys(const struct auth *x, struct arena *a, struct value *ret, struct err *err);
