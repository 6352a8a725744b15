/* SPDX-License-Identifier: Apache-2.0 */
/* Signed Git objects taken apart, and public keys in the forms that gpgv and ssh-keygen read. Pure functions. */
#pragma once

#include "base/buf.h"
#include "data/value.h"

enum git_signature_type { GIT_SIGNATURE_NONE, GIT_SIGNATURE_PGP, GIT_SIGNATURE_SSH, GIT_SIGNATURE_UNKNOWN };

struct git_signed {
        const char *payload; /* what was signed: the object without its signature */
        size_t payload_len;
        const char *signature; /* armored; "" when there is none */
        enum git_signature_type type;
};

/* A commit carries its signature in the header "gpgsig"; a tag at the end of its message. */
int git_signed_commit(struct arena *a, const char *object, size_t n, struct git_signed *ret, struct err *err);
int git_signed_tag(struct arena *a, const char *object, size_t n, struct git_signed *ret, struct err *err);

/* The packets of every armored public key block in the texts (a list of strings), as one binary keyring.
 * ERR_INVALID "unable to read armored key ring: ..." when a text holds none. */
int git_keyring(const struct value *texts, struct buf *ret, struct err *err);

/* The keys of texts in authorized_keys form as an allowed_signers file for the principal and namespace "git".
 * ERR_INVALID "unable to parse authorized key: ...". */
int git_allowed_signers(const struct value *texts, struct buf *ret, struct err *err);
