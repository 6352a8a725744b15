/* SPDX-License-Identifier: Apache-2.0 */
/* Worker threads of one controller: they take keys from its queue until the queue is shut down. */
#pragma once

#include "runtime/queue.h"

struct workers;

/* Starts n threads. work() must end the item with queue_done() or queue_retry(). */
int workers_start(struct queue *q, unsigned n, void (*work)(void *context, const struct queue_item *item),
                  void *context, struct workers **ret, struct err *err);

/* Waits for the threads (shut the queue down first) and frees. Takes NULL; answers NULL. */
struct workers *workers_join(struct workers *w);
