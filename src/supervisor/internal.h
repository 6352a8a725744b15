/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the supervisor. One thread. */
#pragma once

#include "kube/own_deployment.h"
#include "supervisor/roles.h"
#include "supervisor/supervisor.h"

#define SUPERVISOR_GRACE (INT64_C(5) * 1000000000) /* for a role to end by itself, ns */

enum { APISERVER, FORGE, CONTROLLERS, ROLES };

struct supervisor {
        const struct supervisor_options *options;
        struct arena *arena;
        const char *dir; /* absolute */
        int lock;
        int signals;
        struct role roles[ROLES];
        bool installed; /* weir's own objects are there, and the controllers' kubeconfig */
        bool announced;

        /* what Deployment weir-system/weir-controllers asks for */
        struct own_order order;
        bool ordered;              /* order holds one */
        struct arena *order_arena; /* owns the controllers' arguments */
        char failure[96];          /* how the controllers ended, since the order or their last readiness; "": not */
};

/* The arguments of a role: its own, more (or NULL), then --ready-fd. NULL ends both lists; strings are borrowed. */
int supervisor_set_arguments(struct arena *a, struct role *r, const char *const *arguments, const char *const *more,
                             struct err *err);

/* DIR/name, in the supervisor's arena. NULL: memory. */
const char *supervisor_in_dir(struct supervisor *s, const char *name);

/* Asks the control plane what the Deployment wants. */
void own_ask(struct supervisor *s);

/* Takes one order from the control plane and lets the controllers follow: started, ended, or ended and started again
 * with other flags. An order that is none is logged and left. */
int own_obey(struct supervisor *s, struct err *err);

/* Tells the control plane how the controllers are. */
void own_report(struct supervisor *s);
