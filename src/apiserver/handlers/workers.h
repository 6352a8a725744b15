/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of threads for requests that block: writes wait for the disk, lists take time. Threads are started when work
 * waits and none is idle, up to LIMIT_API_WORKERS.
 *
 * The queue is fair between users: work waits in one of LIMIT_API_FLOWS flows, chosen by its user's name, and the flows
 * are served in turn. So whoever asks much waits behind himself, and past LIMIT_API_FLOW_QUEUE is told to come later,
 * while others pass. */
#pragma once

#include "base/err.h"

struct workers;

int workers_new(struct workers **ret, struct err *err);

/* Runs the work that is queued, joins the threads, frees. Takes NULL; answers NULL. */
struct workers *workers_free(struct workers *w);

/* A piece of work; lives in its owner's memory until run() is called. */
struct work {
        void (*run)(struct work *work);
        struct work *next;
};

/* -1 (ERR_TOO_MANY) when the user's flow is full: nothing is run. */
int workers_submit(struct workers *w, const char *user, struct work *work, struct err *err);
