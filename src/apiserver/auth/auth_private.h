/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the guard share. */
#pragma once

#include "apiserver/auth/auth.h"
#include "base/strmap.h"

#include <pthread.h>
#include <stdatomic.h>

/* Where the last impersonation mode that worked is remembered for a caller: a hint about the order of checks only, so
 * that callers may share a place. */
#define AUTH_MODE_HINTS 4096

struct auth_follower;

struct auth {
        struct auth_options options;
        struct arena *arena; /* what lives as long as auth */
        struct rbac_user unix_user;
        struct strmap static_tokens;              /* token to struct rbac_user, in the arena */
        atomic_uchar mode_hints[AUTH_MODE_HINTS]; /* 1 + enum impersonate_mode; 0: none */
        pthread_mutex_t lock;                     /* guards follower and index; the registry is read under it */
        struct auth_follower *follower;
        const struct rbac_index *index; /* without a follower: the fixed one, or NULL */
};

/* tokenfile.c: adds the users of a --token-auth-file. */
int token_file_read(struct auth *x, const char *path, struct err *err);

/* follow.c */
struct auth_follower *auth_follower_free(struct auth_follower *f);
int auth_follower_new(struct registry *r, struct auth_follower **ret, struct err *err);
/* Takes in what has changed; *ret holds a reference. */
int auth_follower_index(struct auth_follower *f, const struct rbac_index **ret, struct err *err);

/* authn.c: a bearer token as this server judges it. audiences NULL: the server's own. 0; -1 with ERR_UNAUTHORIZED. */
int authn_token(struct auth *x, struct arena *a, const char *token, const char *const *audiences, int64_t now_ns,
                struct rbac_user *ret, const char *const **ret_audiences, struct err *err);
