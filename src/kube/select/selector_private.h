/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the two readers of label selectors. */
#pragma once

#include "kube/select/selector.h"

/* Checks key and values as kube-apiserver does when it makes a requirement, sorts the values, and fills *ret.
 * ERR_BAD_REQUEST. */
int selector_requirement_make(struct arena *a, const char *key, enum selector_operator operator, const char ** values,
                              size_t n, struct selector_requirement *ret, struct err *err);

/* Sorts the requirements by key. */
void selector_sort(struct selector_requirement *items, size_t n);
