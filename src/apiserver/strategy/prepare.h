/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of strategy_prepare_*: what single kinds do beyond the common rules. */
#pragma once

#include "apiserver/strategy/strategy.h"

int prepare_kind_create(struct strategy_context *c, struct value *object, struct err *err);
int prepare_kind_update(struct strategy_context *c, struct value *object, const struct value *old, struct err *err);

/* Sets key to *v, or removes it when v is NULL. */
int prepare_set(struct arena *a, struct value *map, const char *key, const struct value *v, struct err *err);
