/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of strategy_admit(): admission plugins for pods and claims, and what all plugins use. */
#pragma once

#include "apiserver/strategy/strategy.h"

/* ServiceAccount, Priority, DefaultTolerationSeconds: for a pod that is being created. */
int admit_pod(struct strategy_context *c, struct value *pod, struct err *err);

/* LimitRanger: fills in defaults and refuses what is outside of the limits, for pods and claims. */
int admit_limits(struct strategy_context *c, struct value *object, struct err *err);

/* ERR_FORBIDDEN "pods \"x\" is forbidden: ...". */
int admit_forbid(struct strategy_context *c, const struct value *object, struct err *err, const char *fmt, ...)
        _printf_(4, 5);

bool admit_is_kind(const struct strategy_context *c, const char *group, const char *resource);

/* Another object, as the server has it now; NULL when there is none, or nothing to ask. Borrowed from the context. */
const struct value *admit_lookup(struct strategy_context *c, const char *group, const char *resource,
                                 const char *namespace, const char *name);
