/* SPDX-License-Identifier: Apache-2.0 */
/* The fair work queue of a controller.
 *
 * Work is a key (usually "namespace/name") that belongs to a tenant (usually the namespace). Tenants take turns, so
 * that a tenant with a thousand keys delays another tenant's single key by one reconcile, not by a thousand. Within a
 * tenant keys go first in, first out. A key is in the queue at most once; a key that is added while a worker has it
 * comes back when the worker is done, so no change is lost and no key is worked on by two workers at once. Safe from
 * any thread. */
#pragma once

#include "base/err.h"

struct queue;

/* What a worker holds between queue_take() and queue_done(). Strings live until queue_done(). */
struct queue_item {
        const char *tenant;
        const char *key;
        unsigned failures; /* retries in a row, see queue_retry() */
};

/* max_keys: beyond it queue_add() drops new keys of the largest tenant's kind of flood: it answers -1. */
struct queue *queue_new(size_t max_keys);
struct queue *queue_free(struct queue *q);

/* Adds the key now. -1: the queue is full or memory is out; the next resync brings the key again. */
int queue_add(struct queue *q, const char *tenant, const char *key);

/* Adds the key after a delay; an earlier time that was already set wins. */
int queue_add_after(struct queue *q, const char *tenant, const char *key, int64_t delay_ns);

/* Waits for work. NULL: the queue is shut down. */
const struct queue_item *queue_take(struct queue *q);

/* The worker is done: success forgets the failures. The item is gone after this. */
void queue_done(struct queue *q, const struct queue_item *item);

/* The worker failed: the key comes back after min_ns doubled per failure in a row, at most max_ns. Ends the item too.
 */
void queue_retry(struct queue *q, const struct queue_item *item, int64_t min_ns, int64_t max_ns);

/* Wakes all workers; queue_take() answers NULL from now on. */
void queue_shut_down(struct queue *q);

/* Keys waiting now, without those that wait for their time. */
size_t queue_length(struct queue *q);
