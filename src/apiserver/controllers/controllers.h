/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in controllers of the embedded control plane: namespace deletion, garbage collection by owner references,
 * default service accounts and root certificates, ClusterRole aggregation, CRD clean-up, and the settling of workloads
 * (their status is set as if they had rolled out).
 *
 * One thread follows the registry's changes and keeps a small queue; it writes through the registry like any client,
 * as the user names kube-controller-manager would have. */
#pragma once

#include "base/err.h"

struct registry;
struct auth;
struct controllers;

struct controllers_options {
        const char *root_ca_pem; /* content of kube-root-ca.crt; copied */
        struct auth *auth;       /* fills the Secrets of service account tokens; NULL: they stay empty */
        bool settle_workloads;   /* false: workloads keep the status that clients write */
        int supervisor_fd; /* the socket to the supervisor, which runs weir's own Deployment; taken over; -1: none,
                            * and that Deployment is settled like any other */
};

int controllers_start(struct registry *r, const struct controllers_options *options, struct controllers **ret,
                      struct err *err);

/* Finishes the work at hand, joins the thread, frees. Takes NULL; answers NULL. */
struct controllers *controllers_stop(struct controllers *c);
