/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of commits and tags, judged by gpgv and ssh-keygen (spec.verify of a GitRepository). */
#pragma once

#include "fetch/git/setup.h"
#include "fetch/git/signature.h"

/* Verifies a signature with the request's keys. *ret_key, in the arena: the long id of the primary PGP key
 * ("5982D0279C227FFD") or the SSH key's fingerprint ("SHA256:..."). ERR_INVALID in Flux's words when the signature is
 * missing, of a kind without keys, or not made by any of them. */
int git_verify(struct git_setup *s, const struct git_signed *object, const char **ret_key, struct err *err);
