/* SPDX-License-Identifier: Apache-2.0 */
/* The one Deployment that a local weir runs instead of settling it: weir's own controllers, OWN_NAMESPACE/OWN_NAME with
 * the image OWN_IMAGE. What of it is obeyed, and the two messages that control plane and supervisor exchange about it.
 *
 * Whoever may write that Deployment decides with which of the listed flags the controllers run, and nothing else: no
 * path, address or descriptor of this machine, no other program, no environment, no second process. Both sides check:
 * the control plane when it reads the object, the supervisor when it reads the order. docs/architecture.md, section 2.
 */
#pragma once

#include "data/value.h"

#define OWN_NAMESPACE "weir-system"
#define OWN_NAME "weir-controllers"
#define OWN_IMAGE "weir.dev/weir" /* any tag or digest of it stands for the program that runs */

#define OWN_ARGUMENTS_MAX 32
#define OWN_ARGUMENT_BYTES 256 /* with its NUL */

/* From the control plane: what the Deployment asks for. One packet. */
struct own_order {
        uint32_t number; /* reports bear it, so that one about an older order is known as such */
        uint32_t run;    /* 0: the Deployment is not there or scaled to zero; no arguments then */
        uint32_t n_arguments;
        char arguments[OWN_ARGUMENTS_MAX][OWN_ARGUMENT_BYTES];
};

enum own_state {
        OWN_ASKS,     /* the supervisor wants the order, and every later one */
        OWN_STARTING, /* the process was started or will be */
        OWN_READY,    /* it has said that it is ready */
        OWN_FAILING,  /* it ended by itself; text says how, and it is started again after a delay */
        OWN_STATES
};

/* From the supervisor: what became of an order. One packet. */
struct own_report {
        uint32_t number;
        uint32_t state; /* enum own_state */
        char text[128];
};

/* Is it that Deployment? By namespace, name and the image of a container. */
bool own_deployment_is(const struct value *deployment);

/* Fills run and the arguments from that Deployment (number stays). ERR_INVALID names the field and what may stand
 * there. Flags that say where things are on a cluster (--storage-path and the like) are left out: a local weir has its
 * own places. */
int own_deployment_read(const struct value *deployment, struct own_order *order, struct err *err);

/* The same demands on bytes that came as an order: exactly one whole order, every argument a listed flag. */
int own_order_check(const void *bytes, size_t n, struct own_order *ret, struct err *err);

/* Do both orders ask for the same process? */
bool own_order_equal(const struct own_order *a, const struct own_order *b);
