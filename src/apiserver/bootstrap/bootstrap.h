/* SPDX-License-Identifier: Apache-2.0 */
/* The objects a fresh cluster has: namespaces, RBAC policy, priority classes, flow schemas and priority levels, API
 * services, the service `kubernetes`. Reconciled at every start: missing ones are made, RBAC rules that shrank are
 * restored (unless annotated rbac.authorization.kubernetes.io/autoupdate: "false"), what users added stays. */
#pragma once

#include "base/err.h"

struct registry;

struct bootstrap_options {
        const char *service_cidr;      /* "10.0.0.0/24" */
        const char *kubernetes_ip;     /* clusterIP of default/kubernetes: the first of the range */
        const char *advertise_address; /* endpoint of default/kubernetes */
        unsigned port;                 /* of that endpoint */
        const char *client_ca_pem;     /* for kube-system/extension-apiserver-authentication; may be NULL */
};

/* What is the same in every cluster. */
int bootstrap_policy(struct registry *r, struct err *err);

/* What names this server. */
int bootstrap_own(struct registry *r, const struct bootstrap_options *options, struct err *err);
