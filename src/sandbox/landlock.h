/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: a process gives up every path but those granted. Debian's headers know ABI 1 and 2 only, so the newer
 * constants are spelled here (kernel documentation, userspace-api/landlock). */
#pragma once

#include "sandbox/policy.h"

/* The kernel's ABI, 0 when Landlock is absent or off. */
unsigned landlock_abi(void);

/* Confines the calling process for good: the paths of the policy, and the job's descriptors by its grants. Denies
 * listening and (unless the policy may use the network) connecting, signals and abstract sockets to the outside where
 * the ABI knows how. no_new_privs must be set. Does nothing when the ABI is 0. */
int landlock_apply(const struct policy *policy, const int *fds, size_t n_fds, struct err *err);
