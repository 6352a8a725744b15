/* SPDX-License-Identifier: Apache-2.0 */
/* From what git wrote on its standard error to one error in Flux's words. */
#pragma once

#include "base/proc.h"
#include "fetch/git/request.h"

/* Sets the error of a git that failed; standard_error may be NULL and is changed. Answers -1.
 * Classes: ERR_UNAUTHORIZED, ERR_FORBIDDEN, ERR_NOT_FOUND (repository or ref), ERR_UNAVAILABLE (network),
 * ERR_TOO_LARGE, else ERR_IO. */
int git_error(const struct git_request *r, const char *what, const struct proc_exit *ended, char *standard_error,
              struct err *err);
