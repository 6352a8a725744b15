/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

#include "base/limits.h"
#include "base/url.h"

/* An id is generation, place in the loop's slots, and the loop. Generations never come again, so that an answer that
 * is late can never reach another request. */
#define ID_LOOP_BITS 1
#define ID_SLOT_BITS 23

_Static_assert(HTTP_LOOPS_MAX <= 1 << ID_LOOP_BITS, "an id must be able to name every loop");

static int take_slot(struct loop *l, struct request *r) {
        size_t i = l->free_hint;
        while (i < l->n_slots && l->slots[i].request)
                i++;
        if (i == l->n_slots) {
                size_t n = l->n_slots ? l->n_slots * 2 : 64;
                if (n > (size_t)1 << ID_SLOT_BITS)
                        return -1;
                struct slot *slots = reallocarray(l->slots, n, sizeof(*slots));
                if (!slots)
                        return -1;
                memset(slots + l->n_slots, 0, (n - l->n_slots) * sizeof(*slots));
                l->slots = slots;
                l->n_slots = n;
        }
        l->free_hint = i + 1;
        struct slot *s = &l->slots[i];
        s->request = r;
        s->generation++;
        r->public.id = s->generation << (ID_SLOT_BITS + ID_LOOP_BITS) | (uint64_t)i << ID_LOOP_BITS | l->index;
        return 0;
}

static struct slot *slot_of(struct loop *l, uint64_t id) {
        size_t i = id >> ID_LOOP_BITS & (((uint64_t)1 << ID_SLOT_BITS) - 1);
        if (i >= l->n_slots || !l->slots[i].request || l->slots[i].request->public.id != id)
                return NULL;
        return &l->slots[i];
}

struct request *request_find(struct loop *l, uint64_t id) {
        struct slot *s = slot_of(l, id);
        return s ? s->request : NULL;
}

struct request *request_new(struct conn *c) {
        struct request *r = calloc(1, sizeof(*r));
        if (!r)
                return NULL;
        r->loop = c->loop;
        r->body = BUF_INIT(c->loop->server->options.max_body);
        r->public.arena = arena_new(ARENA_MAX_REQUEST);
        r->public.method = r->public.target = r->public.path = r->public.query = r->public.body = "";
        if (!r->public.arena || take_slot(c->loop, r) < 0)
                return request_free(r);
        r->conn = c;
        r->peer = c->peer;
        r->peer->refs++;
        r->public.peer = &r->peer->public;
        return r;
}

struct request *request_free(struct request *r) {
        if (!r)
                return NULL;
        struct slot *s = slot_of(r->loop, r->public.id);
        if (s) {
                s->request = NULL;
                size_t i = (size_t)(s - r->loop->slots);
                if (i < r->loop->free_hint)
                        r->loop->free_hint = i;
        }
        buf_done(&r->body);
        arena_free(r->public.arena);
        peer_unref(r->peer);
        free(r);
        return NULL;
}

const char *http_header(const struct http_request *r, const char *name) {
        for (size_t i = 0; i < r->n_headers; i++)
                if (streq(r->headers[i].name, name))
                        return r->headers[i].value;
        return NULL;
}

const char *http_query_get(const struct http_request *r, const char *name) {
        return url_query_get(r->arena, r->query, name);
}
