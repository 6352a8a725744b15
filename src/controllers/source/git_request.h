/* SPDX-License-Identifier: Apache-2.0 */
/* From a GitRepository and its Secret to the request of a fetch job (fetch/git/git.h). */
#pragma once

#include "runtime/manager.h"

/* The job's request as a value. Reads spec.secretRef's Secret with the controller's rights, from the object's own
 * namespace only. ERR_NOT_FOUND or ERR_INVALID with reason AuthenticationFailed; ERR_UNSUPPORTED for fields that are
 * not built (include, verify, proxySecretRef providers), named plainly. */
int git_request(struct manager *m, struct arena *a, const struct value *repository, const char *observed_revision,
                struct value *ret, struct err *err);
