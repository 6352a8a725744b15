/* SPDX-License-Identifier: Apache-2.0 */
/* What a remote offers, and which of it a request means. */
#pragma once

#include "fetch/git/setup.h"

#define GIT_HASH_MAX 65 /* hexadecimal digits of SHA-256 and a NUL */

/* The commit that a request asks for, as far as it is known before fetching. */
struct git_target {
        const char *ref;      /* "refs/heads/main" to fetch; NULL: fetch hash itself */
        const char *hash;     /* from the list of refs; NULL: not asked yet */
        const char *fallback; /* a ref whose history holds the hash, for servers that do not hand out hashes; or NULL */
        const char *reference; /* for the answer: "refs/heads/main"; NULL for a bare commit */
        bool absolute;         /* the revision spells the whole reference (ref.name) */
};

/* Decides the target; asks the remote when the request needs it (tags by range, ref.name, a comparison with the
 * observed revision). ERR_NOT_FOUND with reason "EmptyGitRepository" when the remote has no refs at all. */
int git_resolve(struct git_setup *s, struct git_target *ret, struct err *err);

/* "main@sha1:<hash>" and its other forms. NULL: memory. */
const char *git_revision(struct arena *a, const struct git_target *target, const char *hash);

/* True when the remote has refs; used to tell a missing branch from an empty repository. */
int git_remote_is_empty(struct git_setup *s, bool *ret, struct err *err);
