/* SPDX-License-Identifier: Apache-2.0 */
/* The recent past: the last committed writes of all resources, in the order of their versions. Watches are cursors into
 * it, lists of an earlier moment undo it. Events of one resource are chained, so that a watch touches only its own.
 * Bounded in events and in the memory that they hold on to. Not locked: see store.h. */
#pragma once

#include "apiserver/object.h"

enum ring_type { RING_ADDED, RING_MODIFIED, RING_DELETED };

/* What the ring knows of one resource. Part of struct store_resource. */
struct ring_chain {
        atomic_uint_fast64_t last_rv; /* newest event of the resource; read without a lock to skip idle watches */
        uint64_t last_seq;            /* its place, 0: none */
        uint64_t evicted_rv;          /* events up to this one are gone: who needs them must list again */
};

struct ring_event {
        uint64_t rv;
        uint64_t next_seq; /* the next event of the same resource; 0: none yet */
        struct ring_chain *chain;
        const void *resource; /* struct store_resource */
        struct object *object;
        struct object *previous; /* NULL when added */
        enum ring_type type;
};

struct ring {
        struct ring_event *events; /* capacity LIMIT_WATCH_RING_EVENTS; place of seq: seq & (capacity - 1) */
        uint64_t head;             /* seq of the next event; the first is 1 */
        uint64_t tail;             /* seq of the oldest one kept */
        size_t bytes;
};

int ring_init(struct ring *r, struct err *err);
void ring_done(struct ring *r);

/* Adds an event (takes its references). rv must be greater than every earlier one. */
void ring_append(struct ring *r, const struct ring_event *event);

/* Forgets everything. Readers of older versions have to list again. */
void ring_forget(struct ring *r);

/* The event at seq, or NULL when it is not (or no longer) there. */
const struct ring_event *ring_at(const struct ring *r, uint64_t seq);

/* seq of the first event after rv of this chain (NULL: of any); 0 when there is none. */
uint64_t ring_first_after(const struct ring *r, const struct ring_chain *chain, uint64_t rv);
