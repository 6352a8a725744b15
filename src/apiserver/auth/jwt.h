/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Tokens in compact form, signed with ES256 (RFC 7515, 7518). */
#pragma once

#include "data/value.h"

/* key: an EVP_PKEY on P-256. */
int jwt_sign(struct arena *a, void *key, const char *key_id, const struct value *claims, const char **ret,
             struct err *err);

/* The claims without a look at the signature, to see whose token it is. ERR_SYNTAX: no JWT. */
int jwt_peek(struct arena *a, const char *token, struct value *ret_header, struct value *ret_claims, struct err *err);

/* True when the signature is the key's and the header says ES256. */
bool jwt_verify(struct arena *a, void *key, const char *token);
