/* SPDX-License-Identifier: Apache-2.0 */
/* Cluster IPs and node ports: who has which, followed from the Services in the store. An address that was given to a
 * write which has not arrived yet is held for a minute. Thread-safe. */
#pragma once

#include "apiserver/store/store.h"
#include "apiserver/strategy/strategy.h"

struct addresses;

int addresses_new(struct store *s, struct addresses **ret, struct err *err);
struct addresses *addresses_free(struct addresses *a);

/* As strategy_callbacks.allocate. ERR_INVALID "provided IP is already allocated", "... is not in the valid range ...".
 */
int addresses_allocate(struct addresses *a, enum strategy_address what, const char *wanted, bool dry_run, char text[64],
                       struct err *err);
