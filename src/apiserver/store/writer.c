/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit and publication.
 *
 * There is one writer at a time, but no thread of its own: the caller whose write is first in the queue leads. It takes
 * all writes that wait, commits and publishes them, answers their callers, and hands the lead to the first of those who
 * came meanwhile. A lone client pays no change of threads; many share one fdatasync. */
#include "apiserver/store/store_private.h"

#include "base/limits.h"

/* The writes of one transaction, in order. */
struct batch {
        struct store_write *writes[LIMIT_STORE_BATCH];
        size_t n;
        uint64_t rv; /* given so far */
};

/* ---- the batch ---- */

/* Takes what waits; the queue lock is held. */
static void take(struct store *s, struct batch *b) {
        b->n = 0;
        while (s->first && b->n < LIMIT_STORE_BATCH) {
                b->writes[b->n++] = s->first;
                s->first = s->first->next;
                s->waiting--;
        }
        if (!s->first)
                s->last = &s->first;
}

/* The state of the key as the batch has left it. Earlier writes of the batch are few (LIMIT_STORE_BATCH), and their
 * number bounds this search. */
static struct object *current(const struct batch *b, size_t at, const struct store_write *w) {
        for (size_t i = at; i-- > 0;) {
                const struct store_write *earlier = b->writes[i];
                if (earlier->result == STORE_OK && earlier->resource == w->resource &&
                    streq(earlier->object->name, w->object->name) &&
                    streq(earlier->object->namespace_, w->object->namespace_))
                        return earlier->op == STORE_DELETE ? NULL : earlier->object;
        }
        return table_get(&w->resource->table, w->object->namespace_, w->object->name);
}

static enum store_result check(const struct store_write *w) {
        if (w->op == STORE_CREATE)
                return w->current ? STORE_EXISTS : STORE_OK;
        if (!w->current)
                return STORE_MISSING;
        return w->current->rv == w->expected ? STORE_OK : STORE_CONFLICT;
}

static void refuse(struct store_write *w) {
        const char *name = w->object->name;
        switch (w->result) {
        case STORE_EXISTS:
                err_set(&w->err, ERR_EXISTS, "\"%s\" already exists", name);
                return;
        case STORE_MISSING:
                err_set(&w->err, ERR_NOT_FOUND, "\"%s\" not found", name);
                return;
        default:
                err_set(&w->err, ERR_CONFLICT, "\"%s\": the object has been modified", name);
        }
}

/* What is on the disk must be shown: memory for the tables is taken before the commit. */
static int reserve(struct store *s, struct store_resource *r, size_t n, struct err *err) {
        if (table_has_room(&r->table, n))
                return 0;
        pthread_rwlock_wrlock(&s->lock);
        int status = table_reserve(&r->table, n, err);
        pthread_rwlock_unlock(&s->lock);
        return status;
}

/* Puts one write into the transaction. -1: the disk failed, the batch is lost. */
static int apply(struct store *s, struct batch *b, size_t at, struct err *err) {
        struct store_write *w = b->writes[at];
        w->current = current(b, at, w);
        w->result = check(w);
        if (w->result != STORE_OK) {
                refuse(w);
                return 0;
        }
        uint64_t old_rv = w->current ? w->current->rv : 0;
        object_stamp(w->object, ++b->rv);
        switch (w->op) {
        case STORE_CREATE:
                if (reserve(s, w->resource, b->n, err) < 0)
                        return -1;
                return db_insert(s->db, w->resource->group, w->resource->name, w->object, &w->object->id, err);
        case STORE_UPDATE:
                w->object->id = w->current->id;
                return db_replace(s->db, w->object, w->object->id, old_rv, err);
        case STORE_DELETE:
                return db_remove(s->db, w->current->id, old_rv, err);
        }
        return err_set(err, ERR_INTERNAL, "a write of no kind");
}

static int commit(struct store *s, struct batch *b, struct err *err) {
        b->rv = store_rv(s);
        if (db_begin(s->db, err) < 0)
                return -1;
        for (size_t i = 0; i < b->n; i++)
                if (apply(s, b, i, err) < 0) {
                        db_rollback(s->db);
                        return -1;
                }
        return db_commit(s->db, b->rv, err);
}

/* ---- publication ---- */

static void publish_one(struct store *s, struct store_write *w) {
        struct store_resource *r = w->resource;
        w->stored = object_ref(w->object);
        struct ring_event event = {
                .rv = w->object->rv,
                .chain = &r->chain,
                .resource = r,
                .object = object_ref(w->object),
                .previous = w->op == STORE_DELETE ? table_remove(&r->table, w->object->namespace_, w->object->name)
                                                  : table_put(&r->table, object_ref(w->object)),
                .type = w->op == STORE_CREATE   ? RING_ADDED
                        : w->op == STORE_UPDATE ? RING_MODIFIED
                                                : RING_DELETED,
        };
        ring_append(&s->ring, &event);
}

static void publish(struct store *s, struct batch *b) {
        pthread_rwlock_wrlock(&s->lock);
        for (size_t i = 0; i < b->n; i++)
                if (b->writes[i]->result == STORE_OK)
                        publish_one(s, b->writes[i]);
        atomic_store_explicit(&s->rv, b->rv, memory_order_release);
        void (*notify)(void *context) = s->notify;
        void *context = s->notify_context;
        pthread_rwlock_unlock(&s->lock);
        store_announce(s);
        if (notify)
                notify(context);
}

static void fail_all(struct batch *b, const struct err *err) {
        for (size_t i = 0; i < b->n; i++) {
                b->writes[i]->result = STORE_FAILED;
                err_set(&b->writes[i]->err, ERR_INTERNAL, "%s", err_message(err));
        }
}

/* ---- callers ---- */

/* Commits everything that waits. Called with the queue lock held, which it gives up for the work. */
static void lead(struct store *s) {
        struct batch b;
        _cleanup_err_ struct err err = ERR_INIT;
        s->leading = true;
        take(s, &b);
        pthread_mutex_unlock(&s->queue_lock);
        if (commit(s, &b, &err) < 0)
                fail_all(&b, &err);
        else
                publish(s, &b);
        pthread_mutex_lock(&s->queue_lock);
        for (size_t i = 0; i < b.n; i++) {
                b.writes[i]->done = true;
                pthread_cond_signal(&b.writes[i]->answered);
        }
        s->leading = false;
        if (s->first)
                pthread_cond_signal(&s->first->answered); /* leads the next batch */
}

static int enqueue(struct store *s, struct store_write *w, struct err *err) {
        pthread_mutex_lock(&s->queue_lock);
        bool refused = s->waiting >= LIMIT_STORE_QUEUE;
        if (!refused) {
                *s->last = w;
                s->last = &w->next;
                s->waiting++;
                while (!w->done && (s->leading || s->first != w))
                        pthread_cond_wait(&w->answered, &s->queue_lock);
                if (!w->done)
                        lead(s);
        }
        pthread_mutex_unlock(&s->queue_lock);
        return refused ? err_set(err, ERR_UNAVAILABLE, "the store is busy, please try again later") : 0;
}

enum store_result store_commit(struct store *s, struct store_resource *r, enum store_op op, struct object *object,
                               uint64_t expected, struct object **ret, struct err *err) {
        struct store_write w = {.resource = r, .op = op, .object = object, .expected = expected, .err = ERR_INIT};
        pthread_cond_init(&w.answered, NULL);
        int queued = enqueue(s, &w, err);
        pthread_cond_destroy(&w.answered);
        if (queued < 0) {
                object_unref(object);
                return STORE_FAILED;
        }
        if (w.result != STORE_OK)
                err_move(err, &w.err);
        else if (ret)
                *ret = TAKE_PTR(w.stored);
        object_unref(w.stored);
        object_unref(w.object);
        return w.result;
}
