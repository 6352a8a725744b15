/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for what: from a thing (a source, a dependency, "grants") to the Kustomizations that depend on it, so that
 * a change wakes exactly these. Costs grow with the number of relations, never with all Kustomizations. Thread-safe. */
#pragma once

#include "runtime/queue.h"

struct dependents;

struct dependents *dependents_new(void);
struct dependents *dependents_free(struct dependents *d);

/* Replaces what key (of tenant) depends on; n == 0 forgets it. -1: memory. */
int dependents_set(struct dependents *d, const char *tenant, const char *key, const char *const *things, size_t n);

/* Adds everyone who depends on the thing to the queue. */
void dependents_wake(struct dependents *d, const char *thing, struct queue *q);
