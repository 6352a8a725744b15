/* SPDX-License-Identifier: Apache-2.0 */
/* A guard with two static users, a few objects and roles, and no server around it. */
#pragma once

#include "unit/test.h"

#include "apiserver/auth/pki.h"
#include "apiserver/auth/reviews.h"
#include "apiserver/auth/sa_token.h"

#define ANONYMOUS "{\"username\":\"system:anonymous\",\"groups\":[\"system:unauthenticated\"]}"
#define UNAUTHORIZED "401 Unauthorized"

struct fixture {
        struct arena *a;
        char dir[32];
        struct pki *pki;
        struct auth *auth;
        struct rbac_world *world;
        struct value objects;
        struct http_peer peer;
        struct http_request r;
};

int setup(void **state);
int teardown(void **state);

struct value json(struct fixture *f, const char *text);
const char *text(struct fixture *f, const struct value *v);
int lookup(void *context, struct arena *a, const char *resource, const char *namespace_, const char *name,
           struct value *ret, struct err *err);

/* Makes the world's present state the one that counts. */
void publish(struct fixture *f);

void set_headers(struct fixture *f, const struct http_header *headers, size_t n);

/* The caller as UserInfo, or "CODE message". */
const char *who(struct fixture *f);
const char *with_token(struct fixture *f, const char *token);

/* A token of a service account in namespace g1; what is not given is as usual. */
const char *issue(struct fixture *f, struct sa_token t);

#define SA                                                                                                             \
        { "sa", "sa-uid" }
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
