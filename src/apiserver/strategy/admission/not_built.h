/* SPDX-License-Identifier: Apache-2.0 */
/* Admission webhooks, admission policies and validation rules in CEL are not built. */
#pragma once

#include "apiserver/strategy/strategy.h"

/* Adds the warnings an accepted object calls for. */
int not_built_warn(struct strategy_context *c, const struct value *object, bool create, struct err *err);
