/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts of resources, for comparing: requests with limits, containers with a LimitRange. */
#pragma once

#include "base/util.h"

/* Reads a quantity ("500m", "1.5Gi", "2e3"). false when it is none. Exact to 64 bits of mantissa. */
bool amount_parse(const char *text, long double *ret);
