/* SPDX-License-Identifier: Apache-2.0 */
/* The status of workloads that have rolled out: pure functions from an object to its status. */
#pragma once

#include "data/value.h"

struct settled {
        struct arena *arena;
        const struct value *object;
        struct value status; /* in: a copy of the present one; out: the settled one */
        int64_t now;         /* seconds since 1970: for conditions that change */
        bool oom;
};

typedef void (*settled_status)(struct settled *s);

/* NULL when the kind needs no settling. Group "" is core. */
settled_status settled_of(const char *group, const char *kind);
