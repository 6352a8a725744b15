/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds: news is brought to all streams of a loop, one after the other.
 *
 * A round goes in slices, with a turn of the loop between two, so that a request waits for a slice at most, however
 * many watches there are. After a long round the loop rests from rounds for as long as it took: what happens meanwhile
 * reaches each watch in one piece, and a third of the loop's time stays for requests. */
#include "http/internal.h"

#include "base/clock.h"

#define SLICE_NS (NSEC_PER_SEC / 5000)
#define LONG_NS (NSEC_PER_SEC / 1000)

static void turn_after(struct round *r, int64_t ns) {
        struct timeval tv = {.tv_sec = ns / NSEC_PER_SEC, .tv_usec = ns % NSEC_PER_SEC / 1000};
        event_add(r->turn, &tv);
}

static void begin(struct loop *l) {
        struct round *r = &l->round;
        r->state = ROUND_RUNS;
        r->wanted = false;
        r->began = clock_monotonic_ns();
        r->next = l->conns;
        turn_after(r, 0); /* not at once: the answer to the write that made the news may be on its way */
}

static void rested(struct loop *l) {
        l->round.state = ROUND_NONE;
        if (l->round.wanted)
                begin(l);
}

static void slice(struct loop *l) {
        struct round *r = &l->round;
        int64_t now = clock_monotonic_ns(), until = now + SLICE_NS;
        for (; r->next && now < until; now = clock_monotonic_ns()) {
                struct conn *c = r->next;
                r->next = c->next;
                if (c->state == CONN_STREAM && evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
                        stream_fill(c);
        }
        if (r->next) {
                turn_after(r, 0);
                return;
        }
        r->state = ROUND_RESTS;
        if (now - r->began >= LONG_NS)
                turn_after(r, (now - r->began) / 2);
        else
                rested(l);
}

static void on_turn(evutil_socket_t fd, short what, void *context) {
        struct loop *l = context;
        if (l->round.state == ROUND_RUNS)
                slice(l);
        else
                rested(l);
}

void round_want(struct loop *l) {
        if (l->round.state == ROUND_NONE)
                begin(l);
        else
                l->round.wanted = true;
}

void round_leave(struct loop *l, const struct conn *c) {
        if (l->round.next == c)
                l->round.next = c->next;
}

int round_init(struct loop *l) {
        l->round.turn = event_new(l->base, -1, 0, on_turn, l);
        return l->round.turn ? 0 : -1;
}

void round_done(struct loop *l) {
        if (l->round.turn)
                event_free(l->round.turn);
}
