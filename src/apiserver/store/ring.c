/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/store/ring.h"

#include "base/limits.h"

#define MASK ((uint64_t)LIMIT_WATCH_RING_EVENTS - 1)

_Static_assert((LIMIT_WATCH_RING_EVENTS & (LIMIT_WATCH_RING_EVENTS - 1)) == 0, "a mask finds the place of an event");

int ring_init(struct ring *r, struct err *err) {
        *r = (struct ring){.head = 1, .tail = 1};
        r->events = calloc(LIMIT_WATCH_RING_EVENTS, sizeof(*r->events));
        return r->events ? 0 : err_oom(err);
}

/* The previous state is the object of an earlier event most of the time, but who holds it last is unknown: each event
 * is charged for what it may keep alive. */
static size_t weight(const struct ring_event *e) {
        return e->object->bytes + (e->previous ? e->previous->bytes : 0);
}

static void evict(struct ring *r) {
        struct ring_event *e = &r->events[r->tail & MASK];
        e->chain->evicted_rv = e->rv;
        r->bytes -= weight(e);
        object_unref(e->object);
        object_unref(e->previous);
        *e = (struct ring_event){0};
        r->tail++;
}

void ring_append(struct ring *r, const struct ring_event *event) {
        if (r->head - r->tail == LIMIT_WATCH_RING_EVENTS)
                evict(r);
        while (r->tail < r->head && r->bytes + weight(event) > LIMIT_WATCH_RING_BYTES)
                evict(r);
        uint64_t seq = r->head;
        struct ring_chain *chain = event->chain;
        if (chain->last_seq >= r->tail)
                r->events[chain->last_seq & MASK].next_seq = seq;
        r->events[seq & MASK] = *event;
        r->events[seq & MASK].next_seq = 0;
        r->bytes += weight(event);
        r->head++;
        chain->last_seq = seq;
        atomic_store_explicit(&chain->last_rv, event->rv, memory_order_release);
}

void ring_forget(struct ring *r) {
        while (r->tail < r->head)
                evict(r);
}

void ring_done(struct ring *r) {
        if (r->events)
                ring_forget(r);
        free(r->events);
        *r = (struct ring){0};
}

const struct ring_event *ring_at(const struct ring *r, uint64_t seq) {
        return seq >= r->tail && seq < r->head ? &r->events[seq & MASK] : NULL;
}

uint64_t ring_first_after(const struct ring *r, const struct ring_chain *chain, uint64_t rv) {
        uint64_t low = r->tail, high = r->head;
        while (low < high) {
                uint64_t middle = low + (high - low) / 2;
                if (r->events[middle & MASK].rv <= rv)
                        low = middle + 1;
                else
                        high = middle;
        }
        while (chain && low < r->head && r->events[low & MASK].chain != chain)
                low++;
        return low < r->head ? low : 0;
}
