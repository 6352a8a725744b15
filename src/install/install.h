/* SPDX-License-Identifier: Apache-2.0 */
/* What weir needs on a cluster: its namespace, CRDs, roles and service account (data/install/). */
#pragma once

#include "client/client.h"

/* The service account that the controllers run as, and its user name. */
#define INSTALL_NAMESPACE "weir-system"
#define INSTALL_ACCOUNT "weir-controllers"
#define INSTALL_USER "system:serviceaccount:weir-system:weir-controllers"

/* All manifests as one YAML stream, in the order to apply them. Lives as long as the process. */
const char *install_manifests(struct arena *a, struct err *err);

/* Applies them with server-side apply as field manager "weir" and waits until the CRDs are served. */
int install_apply(struct client *c, struct err *err);
