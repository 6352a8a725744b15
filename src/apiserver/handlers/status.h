/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as Status objects, as kube-apiserver 1.36 words them (golden/errors). */
#pragma once

#include "base/err.h"
#include "data/value.h"

/* The Status of an error, in the arena. -1: memory. */
int status_from_err(struct arena *a, const struct err *err, struct value *ret);

/* The Status of a success: details of what was deleted (name, group, kind: the resource; uid). NULL ones are left
 * out. code: 0 leaves it out. */
int status_success(struct arena *a, const char *name, const char *group, const char *resource, const char *uid,
                   int code, struct value *ret);

/* The answers that name no object. */
int status_no_resource(struct err *err); /* 404 */
int status_no_method(struct err *err);   /* 405 */

/* 422 for an option: `CreateOptions.meta.k8s.io "" is invalid: field: text`. */
int status_bad_option(struct err *err, const char *options_kind, const char *field, const char *reason,
                      const char *text);
