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

/* What is known of the one process that stands for a Deployment's pods. */
struct settled_process {
        bool ready;
        bool failing;        /* it ended by itself; text says how */
        const char *text;    /* "" unless failing */
        const char *refusal; /* why the newest spec is not run, while an older one may be; "" when it is */
};

/* The status of a Deployment of one replica that is such a process. */
void settled_by_process(struct settled *s, const struct settled_process *process);

/* NULL when the kind needs no settling. Group "" is core. */
settled_status settled_of(const char *group, const char *kind);
