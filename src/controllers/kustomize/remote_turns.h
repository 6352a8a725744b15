/* SPDX-License-Identifier: Apache-2.0 */
/* Who may fetch remote bases now. A fetch keeps a thread of the controller until a stranger's server has answered: a
 * tenant has one such thread at a time, and all tenants together no more than half of them, so that reconciles without
 * remote bases always go on. Safe from any thread. */
#pragma once

#include "base/err.h"

struct remote_turns;

/* threads: of the controller. */
int remote_turns_new(unsigned threads, struct remote_turns **ret, struct err *err);
struct remote_turns *remote_turns_free(struct remote_turns *t);

/* False: not now, come back soon. The tenant's name is borrowed until remote_turns_give(). */
bool remote_turns_take(struct remote_turns *t, const char *tenant);
void remote_turns_give(struct remote_turns *t, const char *tenant);
