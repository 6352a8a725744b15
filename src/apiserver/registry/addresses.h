/* SPDX-License-Identifier: Apache-2.0 */
/* Cluster IPs and node ports: who has which, followed from the Services in the store. An address that was given to a
 * write which has not arrived yet is held for a minute. Thread-safe. */
#pragma once

#include "apiserver/store/store.h"
#include "apiserver/strategy/strategy.h"

struct addresses;

/* The range of cluster IPs, IPv4 in host order. Its first address is nobody's, as is its last; the second is that of
 * default/kubernetes. */
struct address_range {
        uint32_t first;
        uint32_t count;
};

/* "10.0.0.0/24": a network of /12 to /28, as kube-apiserver takes them. ERR_INVALID. */
int address_range_parse(const char *text, struct address_range *ret, struct err *err);

int addresses_new(struct store *s, const struct address_range *range, struct addresses **ret, struct err *err);
struct addresses *addresses_free(struct addresses *a);

/* As strategy_callbacks.allocate. ERR_INVALID "provided IP is already allocated", "... is not in the valid range ...".
 */
int addresses_allocate(struct addresses *a, enum strategy_address what, const char *wanted, bool dry_run, char text[64],
                       struct err *err);
