/* SPDX-License-Identifier: Apache-2.0 */
/* One reconcile of one GitRepository. */
#pragma once

#include "runtime/manager.h"

/* 0: done; *ret_next is when to look again (0: only when something changes). -1: failed, and the status says why; try
 * again with backoff. object is frozen. pushed: the forge has just heard of a push to its repository. */
int git_reconcile(struct manager *m, const struct value *object, bool pushed, int64_t *ret_next, struct err *err);
