/* SPDX-License-Identifier: Apache-2.0 */
/* Failing allocations: the program is linked with --wrap for malloc, calloc and realloc, and the Nth call of this
 * program's own code answers NULL. Libraries keep theirs. */
#pragma once

#include "base/util.h"

/* From now on the nth allocation (from 1) of this thread fails, once. 0: none. */
void torture_fail_allocation(size_t nth);

/* Whether that allocation has been reached. */
bool torture_failed(void);

/* Open descriptors of a process. */
size_t torture_count_fds(int pid);
