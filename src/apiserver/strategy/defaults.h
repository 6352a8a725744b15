/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of strategy_default(): the table's engine (defaults.c) and the defaults that need logic. */
#pragma once

#include "apiserver/strategy/strategy.h"

struct defaulting {
        struct arena *arena;
        const struct kind *kind; /* of the root object */
};

/* Adds what target lacks of the map fallback; maps that both have are completed in turn. fallback is at most a few
 * levels deep: it comes from our own tables. */
int defaults_merge(struct arena *a, struct value *target, const struct value *fallback, struct err *err);

/* The function a row of data/kubernetes/defaults.json names. object: the struct of the row's type. ERR_INTERNAL for an
 * unknown name. */
int defaults_call(struct defaulting *d, const char *name, struct value *object, struct err *err);
