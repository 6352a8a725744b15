/* SPDX-License-Identifier: Apache-2.0 */
/* metav1.Condition lists, as Flux's controllers keep them in status.conditions. */
#pragma once

#include "data/value.h"

struct condition {
        const char *type;
        const char *status; /* "True", "False", "Unknown" */
        const char *reason;
        const char *message;
        int64_t generation; /* observedGeneration */
};

/* The condition of that type in object.status.conditions, or NULL. */
const struct value *condition_find(const struct value *object, const char *type);

/* True when the condition is there with that status. */
bool condition_is(const struct value *object, const char *type, const char *status);

/* Sets the condition in the list (a list value). lastTransitionTime changes to now (seconds since 1970) only when the
 * status changes. Texts are copied; messages are cut at 32,768 bytes as the CRDs demand. -1: memory. */
int condition_set(struct arena *a, struct value *conditions, const struct condition *c, int64_t now, struct err *err);

/* Removes the condition of that type. */
void condition_remove(struct value *conditions, const char *type);
