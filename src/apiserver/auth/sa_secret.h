/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of type kubernetes.io/service-account-token: the older way to a token, which charts still use. */
#pragma once

#include "apiserver/auth/auth.h"

#define SA_SECRET_TYPE "kubernetes.io/service-account-token"

/* Completes such a Secret as kube-controller-manager 1.36 does: data token, ca.crt and namespace, and the annotation
 * kubernetes.io/service-account.uid. Has the form of a change for registry_modify(); auth is the context.
 * 0: secret was changed (it is the caller's own); 1: there is nothing to do (another type, complete already, no such
 * service account, or the UID of another one). */
int sa_secret_change(void *auth, struct arena *a, struct value *secret, struct err *err);
