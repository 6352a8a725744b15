/* SPDX-License-Identifier: Apache-2.0 */
/* From a GitRepository and its Secret to the request of a fetch job (fetch/git/git.h). */
#pragma once

#include "runtime/manager.h"

/* "HEAD", "Tag" or "TagAndHEAD": spec.verify.mode as the fetch worker and the status spell it. */
const char *git_verify_mode(const struct value *verify);

/* The job's request as a value. Reads the Secrets of spec.secretRef, proxySecretRef and verify.secretRef with the
 * controller's rights, from the object's own namespace only. Errors carry Flux's reason (AuthenticationFailed,
 * VerificationError); ERR_UNSUPPORTED for fields that are not built (include, serviceAccountName, providers). */
int git_request(struct manager *m, struct arena *a, const struct value *repository, const char *observed_revision,
                struct value *ret, struct err *err);
