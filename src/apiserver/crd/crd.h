/* SPDX-License-Identifier: Apache-2.0 */
/* CustomResourceDefinitions: their validation, names and establishing, and the schema work on custom objects.
 *
 * A CRD is served as soon as its condition Established is True. The server may do all of it in the request that
 * writes the CRD: create as recorded (conditions null), then crd_settle() on the stored object and store the result,
 * then publish a new kind_set of all established CRDs. */
#pragma once

#include "base/err.h"
#include "data/value.h"
#include "kube/schema/kind.h"

#define CRD_CLEANUP_FINALIZER "customresourcecleanup.apiextensions.k8s.io"

/* Validates names against the other CRDs of its group and sets status.acceptedNames and the conditions NamesAccepted
 * and Established, as kube-apiserver's naming and establishing controllers do. all: list of every CRD (this one may be
 * among them). *ret_changed: status differs. now: seconds since 1970. */
int crd_settle(struct arena *a, struct value *crd, const struct value *all, int64_t now, bool *ret_changed,
               struct err *err);

/* Condition Established is True. */
bool crd_established(const struct value *crd);

/* The members of all that are established, shared with it: what kind_set_new() takes. */
int crd_established_list(struct arena *a, const struct value *all, struct value *ret, struct err *err);

/* Sets or replaces a condition by type; lastTransitionTime moves when status changes. true when something changed. */
int crd_set_condition(struct arena *a, struct value *crd, const char *type, const char *status, const char *reason,
                      const char *message, int64_t now, bool *ret_changed, struct err *err);
