/* SPDX-License-Identifier: Apache-2.0 */
/* The quality of service class of a pod (pkg/apis/core/helper/qos, 1.36). */
#pragma once

#include "data/value.h"

/* "Guaranteed", "Burstable" or "BestEffort", by cpu and memory of all containers. */
const char *qos_class(const struct value *pod_spec);
