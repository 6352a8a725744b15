/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: single objects, lists of now and of an earlier moment, and watch cursors. */
#include "apiserver/store/store_private.h"

#include <inttypes.h>

/* How a key stood at an earlier moment. */
struct past {
        const struct object *key;   /* any state of the key, for its names */
        const struct object *state; /* NULL: it did not exist */
};

/* The keys that have changed since that moment, in order. */
struct overlay {
        struct past *items;
        size_t n;
};

struct object *store_get(struct store *s, struct store_resource *r, const char *namespace_, const char *name) {
        pthread_rwlock_rdlock(&s->lock);
        struct object *o = table_get(&r->table, namespace_, name);
        if (o)
                object_ref(o);
        pthread_rwlock_unlock(&s->lock);
        return o;
}

size_t store_count(struct store *s, struct store_resource *r) {
        pthread_rwlock_rdlock(&s->lock);
        size_t n = r->table.count;
        pthread_rwlock_unlock(&s->lock);
        return n;
}

/* Orders by key, and by time within a key: the oldest event knows the state before all of them. */
static int compare_past(const void *a, const void *b) {
        const struct past *x = a, *y = b;
        int order = object_key_compare(x->key->namespace_, x->key->name, y->key->namespace_, y->key->name);
        return order != 0 ? order : (x->key->rv > y->key->rv) - (x->key->rv < y->key->rv);
}

static int make_overlay(const struct store *s, const struct store_resource *r, uint64_t rv, struct overlay *ret,
                        struct err *err) {
        size_t cap = 0;
        const struct ring_event *e;
        for (uint64_t seq = ring_first_after(&s->ring, &r->chain, rv); seq; seq = e->next_seq) {
                e = ring_at(&s->ring, seq);
                if (ret->n == cap) {
                        cap = cap ? cap * 2 : 64;
                        struct past *items = realloc(ret->items, cap * sizeof(*items));
                        if (!items)
                                return err_oom(err);
                        ret->items = items;
                }
                ret->items[ret->n++] = (struct past){.key = e->object, .state = e->previous};
        }
        if (ret->n == 0)
                return 0;
        qsort(ret->items, ret->n, sizeof(*ret->items), compare_past);
        size_t kept = 1;
        for (size_t i = 1; i < ret->n; i++) {
                const struct object *last = ret->items[kept - 1].key, *key = ret->items[i].key;
                if (object_key_compare(last->namespace_, last->name, key->namespace_, key->name) != 0)
                        ret->items[kept++] = ret->items[i];
        }
        ret->n = kept;
        return 0;
}

static void overlay_done(struct overlay *o) {
        free(o->items);
}

/* A walk over one range: the table, corrected by the overlay. */
struct walk {
        const struct store_range *range;
        const struct table *table;
        struct table_cursor at;
        const struct overlay *overlay;
        size_t past;
};

static bool in_range(const struct walk *w, const struct object *o) {
        return !*w->range->namespace_ || streq(o->namespace_, w->range->namespace_);
}

/* The next object of the range, or NULL. */
static const struct object *walk_next(struct walk *w) {
        for (;;) {
                const struct object *live = table_at(w->table, &w->at);
                const struct past *past = w->past < w->overlay->n ? &w->overlay->items[w->past] : NULL;
                if (!live && !past)
                        return NULL;
                int order = !past   ? -1
                            : !live ? 1
                                    : object_key_compare(live->namespace_, live->name, past->key->namespace_,
                                                         past->key->name);
                const struct object *next = order < 0 ? live : past->state;
                if (order <= 0)
                        table_step(w->table, &w->at);
                if (order >= 0)
                        w->past++;
                if (next && in_range(w, next))
                        return next;
                if (order < 0 && !in_range(w, live))
                        w->at = (struct table_cursor){.block = w->table->n_blocks}; /* past the namespace */
                if (order >= 0 && !in_range(w, past->key))
                        w->past = w->overlay->n;
        }
}

/* Splits "namespace/name" (or "name") into the place where the walk begins. */
static void walk_start(struct walk *w) {
        char namespace_[256] = "";
        const char *after = w->range->after, *name = after;
        if (!after) {
                w->at = table_seek(w->table, w->range->namespace_, "", false);
        } else {
                const char *slash = strchr(after, '/');
                if (slash && (size_t)(slash - after) < sizeof(namespace_)) {
                        memcpy(namespace_, after, (size_t)(slash - after));
                        name = slash + 1;
                }
                w->at = table_seek(w->table, namespace_, name, true);
        }
        while (w->past < w->overlay->n) {
                const struct object *key = w->overlay->items[w->past].key;
                if (after ? object_key_compare(key->namespace_, key->name, namespace_, name) > 0
                          : object_key_compare(key->namespace_, key->name, w->range->namespace_, "") >= 0)
                        return;
                w->past++;
        }
}

/* How much of the range lies behind the walk. Without changes to undo, the table only needs to be measured. */
static size_t count_rest(struct walk *w) {
        size_t n = 0;
        if (w->overlay->n > 0) {
                while (walk_next(w))
                        n++;
                return n;
        }
        struct table_cursor end = {.block = w->table->n_blocks};
        if (*w->range->namespace_)
                end = table_seek(w->table, w->range->namespace_, "\x7f", false); /* greater than every name */
        return table_distance(w->table, &w->at, &end);
}

static int collect(struct walk *w, struct store_list *ret, struct err *err) {
        size_t cap = 0;
        const struct object *o;
        while ((!w->range->limit || ret->n < w->range->limit) && (o = walk_next(w))) {
                if (ret->n == cap) {
                        cap = cap ? cap * 2 : 64;
                        struct object **items = realloc(ret->items, cap * sizeof(*items));
                        if (!items)
                                return err_oom(err);
                        ret->items = items;
                }
                ret->items[ret->n++] = object_ref(o);
        }
        if (w->range->limit && ret->n == w->range->limit)
                ret->remaining = count_rest(w);
        return 0;
}

static int list_locked(struct store *s, struct store_resource *r, const struct store_range *range,
                       struct store_list *list, struct err *err) {
        uint64_t now = store_rv(s), rv = range->rv ? range->rv : now;
        if (rv > now)
                return err_set(err, ERR_TIMEOUT, "Too large resource version: %" PRIu64 ", current: %" PRIu64, rv, now);
        if (rv < now && rv < r->chain.evicted_rv)
                return err_set_reason(err, ERR_GONE, "Expired",
                                      "The resourceVersion for the provided list is too old.");
        _cleanup_(overlay_done) struct overlay overlay = {0};
        if (rv < atomic_load_explicit(&r->chain.last_rv, memory_order_relaxed) &&
            make_overlay(s, r, rv, &overlay, err) < 0)
                return -1;
        struct walk w = {.range = range, .table = &r->table, .overlay = &overlay};
        walk_start(&w);
        list->rv = rv;
        return collect(&w, list, err);
}

int store_list(struct store *s, struct store_resource *r, const struct store_range *range, struct store_list *ret,
               struct err *err) {
        _cleanup_store_list_ struct store_list list = {0};
        pthread_rwlock_rdlock(&s->lock);
        int status = list_locked(s, r, range, &list, err);
        pthread_rwlock_unlock(&s->lock);
        if (status < 0)
                return -1;
        *ret = list;
        list = (struct store_list){0};
        return 0;
}

void store_list_done(struct store_list *l) {
        for (size_t i = 0; i < l->n; i++)
                object_unref(l->items[i]);
        free(l->items);
        *l = (struct store_list){0};
}

/* ---- cursors ---- */

static int next_locked(struct store *s, struct store_cursor *c, struct ring_event *events, size_t max,
                       struct err *err) {
        const struct ring_chain *chain = c->resource ? &c->resource->chain : NULL;
        uint64_t oldest = chain ? chain->evicted_rv : s->start_rv;
        const struct ring_event *first = ring_at(&s->ring, s->ring.tail);
        if (!chain && first && first->rv > oldest + 1 && s->ring.tail > 1)
                oldest = first->rv - 1;
        if (c->rv < oldest)
                return err_set_reason(err, ERR_GONE, "Expired", "too old resource version: %" PRIu64 " (%" PRIu64 ")",
                                      c->rv, oldest);
        const struct ring_event *last = c->seq ? ring_at(&s->ring, c->seq) : NULL;
        uint64_t seq = !last ? ring_first_after(&s->ring, chain, c->rv) : chain ? last->next_seq : c->seq + 1;
        size_t n = 0;
        for (const struct ring_event *e; n < max && (e = ring_at(&s->ring, seq)); n++) {
                events[n] = *e;
                object_ref(e->object);
                if (e->previous)
                        object_ref(e->previous);
                c->rv = e->rv;
                c->seq = seq;
                seq = chain ? e->next_seq : seq + 1;
        }
        if (n < max && c->rv < store_rv(s))
                c->rv = store_rv(s); /* a cursor in the future stays where it is */
        return (int)n;
}

int store_next(struct store *s, struct store_cursor *c, struct ring_event *events, size_t max, struct err *err) {
        if (c->resource && atomic_load_explicit(&c->resource->chain.last_rv, memory_order_acquire) <= c->rv)
                return 0;
        pthread_rwlock_rdlock(&s->lock);
        int n = next_locked(s, c, events, max, err);
        pthread_rwlock_unlock(&s->lock);
        return n;
}

void store_event_done(struct ring_event *e) {
        object_unref(e->object);
        object_unref(e->previous);
        *e = (struct ring_event){0};
}
