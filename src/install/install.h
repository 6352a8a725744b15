/* SPDX-License-Identifier: Apache-2.0 */
/* What weir needs on a cluster: its namespace, CRDs, roles, service account and Deployment (data/install/). */
#pragma once

#include "client/client.h"
#include "kube/own_deployment.h"

/* The service account that the controllers run as, and its user name. */
#define INSTALL_NAMESPACE OWN_NAMESPACE
#define INSTALL_ACCOUNT "weir-controllers"
#define INSTALL_USER "system:serviceaccount:weir-system:weir-controllers"

/* All manifests as one YAML stream in the arena, in the order to apply them. image: of the controllers' Deployment;
 * NULL leaves the Deployment out. */
const char *install_manifests(struct arena *a, const char *image, struct err *err);

/* Applies them with server-side apply as field manager "weir" and waits until the CRDs are served. */
int install_apply(struct client *c, const char *image, struct err *err);

/* Makes the controllers' Deployment with image OWN_IMAGE, unless there is one: what it says by now is its owner's. */
int install_own_deployment(struct client *c, struct err *err);
