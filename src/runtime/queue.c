/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/queue.h"

#include "base/clock.h"
#include "base/strmap.h"

#include <errno.h>
#include <pthread.h>

struct tenant;

enum entry_state {
        ENTRY_IDLE,    /* known only because a time is set or failures are counted */
        ENTRY_WAITING, /* in its tenant's list */
        ENTRY_WORKING, /* a worker has it */
        ENTRY_AGAIN,   /* a worker has it and it was added meanwhile */
};

/* Transitions: IDLE -> WAITING -> WORKING -> IDLE (freed) | AGAIN -> WAITING. */
struct entry {
        struct queue_item item; /* first: queue_item * is an entry * */
        struct tenant *tenant;
        struct entry *next; /* in the tenant's list */
        enum entry_state state;
        unsigned failures;
        size_t heap_at; /* index + 1 in the heap of times; 0: none */
        int64_t due;    /* monotonic ns */
        char *key;      /* owned */
};

struct tenant {
        char *name;
        struct entry *first, *last; /* waiting keys */
        struct tenant *next;        /* in the ring of tenants with waiting keys */
        size_t entries;             /* all its entries: freed at 0 */
};

struct queue {
        pthread_mutex_t lock; /* guards everything */
        pthread_cond_t work;
        struct strmap entries; /* key to struct entry */
        struct strmap tenants; /* name to struct tenant */
        struct tenant *turn;   /* head of the ring's FIFO: whose turn is next */
        struct tenant *turn_last;
        struct entry **heap; /* by due, smallest first */
        size_t heap_len, heap_cap;
        size_t waiting, max_keys;
        bool down;
};

struct queue *queue_new(size_t max_keys) {
        struct queue *q = calloc(1, sizeof(*q));
        if (!q)
                return NULL;
        pthread_mutex_init(&q->lock, NULL);
        pthread_cond_init(&q->work, NULL);
        q->max_keys = max_keys;
        return q;
}

struct queue *queue_free(struct queue *q) {
        if (!q)
                return NULL;
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&q->entries, &at));) {
                struct entry *entry = e->value;
                free(entry->key);
                free(entry);
        }
        at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&q->tenants, &at));) {
                struct tenant *t = e->value;
                free(t->name);
                free(t);
        }
        strmap_done(&q->entries);
        strmap_done(&q->tenants);
        free(q->heap);
        pthread_mutex_destroy(&q->lock);
        pthread_cond_destroy(&q->work);
        free(q);
        return NULL;
}

/* ---- the heap of times ---- */

static void heap_put(struct queue *q, size_t i, struct entry *e) {
        q->heap[i] = e;
        e->heap_at = i + 1;
}

static void heap_up(struct queue *q, size_t i) {
        struct entry *e = q->heap[i];
        for (; i && q->heap[(i - 1) / 2]->due > e->due; i = (i - 1) / 2)
                heap_put(q, i, q->heap[(i - 1) / 2]);
        heap_put(q, i, e);
}

static void heap_down(struct queue *q, size_t i) {
        struct entry *e = q->heap[i];
        for (size_t child; (child = 2 * i + 1) < q->heap_len; i = child) {
                if (child + 1 < q->heap_len && q->heap[child + 1]->due < q->heap[child]->due)
                        child++;
                if (q->heap[child]->due >= e->due)
                        break;
                heap_put(q, i, q->heap[child]);
        }
        heap_put(q, i, e);
}

static void heap_remove(struct queue *q, struct entry *e) {
        if (!e->heap_at)
                return;
        size_t i = e->heap_at - 1;
        struct entry *last = q->heap[--q->heap_len];
        e->heap_at = 0;
        if (last == e)
                return;
        heap_put(q, i, last);
        heap_up(q, i);
        heap_down(q, last->heap_at - 1);
}

static int heap_add(struct queue *q, struct entry *e, int64_t due) {
        if (e->heap_at) {
                if (due < e->due) {
                        e->due = due;
                        heap_up(q, e->heap_at - 1);
                }
                return 0;
        }
        if (q->heap_len == q->heap_cap) {
                size_t cap = q->heap_cap ? q->heap_cap * 2 : 64;
                struct entry **heap = reallocarray(q->heap, cap, sizeof(*heap));
                if (!heap)
                        return -1;
                q->heap = heap;
                q->heap_cap = cap;
        }
        e->due = due;
        heap_put(q, q->heap_len, e);
        heap_up(q, q->heap_len++);
        return 0;
}

/* ---- entries and tenants ---- */

static struct tenant *obtain_tenant(struct queue *q, const char *name) {
        struct tenant *t = strmap_get(&q->tenants, name, strlen(name));
        if (t)
                return t;
        t = calloc(1, sizeof(*t));
        if (!t || !(t->name = strdup(name)) || strmap_set(&q->tenants, t->name, strlen(t->name), t) < 0) {
                if (t)
                        free(t->name);
                free(t);
                return NULL;
        }
        return t;
}

static void drop_tenant_if_empty(struct queue *q, struct tenant *t) {
        if (t->entries)
                return;
        strmap_remove(&q->tenants, t->name, strlen(t->name));
        free(t->name);
        free(t);
}

static struct entry *obtain_entry(struct queue *q, const char *tenant, const char *key) {
        struct entry *e = strmap_get(&q->entries, key, strlen(key));
        if (e)
                return e;
        if (q->entries.len >= q->max_keys)
                return NULL;
        struct tenant *t = obtain_tenant(q, tenant);
        if (!t)
                return NULL;
        e = calloc(1, sizeof(*e));
        if (!e || !(e->key = strdup(key)) || strmap_set(&q->entries, e->key, strlen(e->key), e) < 0) {
                if (e)
                        free(e->key);
                free(e);
                drop_tenant_if_empty(q, t);
                return NULL;
        }
        e->tenant = t;
        e->item = (struct queue_item){.tenant = t->name, .key = e->key};
        t->entries++;
        return e;
}

/* Frees an entry that nothing needs any more. */
static void drop_entry_if_idle(struct queue *q, struct entry *e) {
        if (e->state != ENTRY_IDLE || e->heap_at || e->failures)
                return;
        strmap_remove(&q->entries, e->key, strlen(e->key));
        e->tenant->entries--;
        drop_tenant_if_empty(q, e->tenant);
        free(e->key);
        free(e);
}

static void enqueue(struct queue *q, struct entry *e) {
        struct tenant *t = e->tenant;
        e->state = ENTRY_WAITING;
        e->next = NULL;
        heap_remove(q, e);
        q->waiting++;
        if (t->last) {
                t->last = t->last->next = e;
        } else {
                t->first = t->last = e;
                t->next = NULL;
                if (q->turn_last)
                        q->turn_last->next = t;
                else
                        q->turn = t;
                q->turn_last = t;
        }
        pthread_cond_signal(&q->work);
}

static void make_ready(struct queue *q, struct entry *e) {
        if (e->state == ENTRY_IDLE)
                enqueue(q, e);
        else if (e->state == ENTRY_WORKING)
                e->state = ENTRY_AGAIN;
}

/* ---- the interface ---- */

int queue_add(struct queue *q, const char *tenant, const char *key) {
        pthread_mutex_lock(&q->lock);
        struct entry *e = q->down ? NULL : obtain_entry(q, tenant, key);
        if (e)
                make_ready(q, e);
        pthread_mutex_unlock(&q->lock);
        return e ? 0 : -1;
}

int queue_add_after(struct queue *q, const char *tenant, const char *key, int64_t delay_ns) {
        if (delay_ns <= 0)
                return queue_add(q, tenant, key);
        pthread_mutex_lock(&q->lock);
        struct entry *e = q->down ? NULL : obtain_entry(q, tenant, key);
        int r = e ? heap_add(q, e, clock_monotonic_ns() + delay_ns) : -1;
        pthread_cond_signal(&q->work); /* the earliest time may have changed */
        pthread_mutex_unlock(&q->lock);
        return r;
}

/* Moves every key whose time has come; answers when the next one comes, or INT64_MAX. */
static int64_t release_due(struct queue *q) {
        int64_t now = clock_monotonic_ns();
        while (q->heap_len && q->heap[0]->due <= now) {
                struct entry *e = q->heap[0];
                heap_remove(q, e);
                make_ready(q, e);
        }
        return q->heap_len ? q->heap[0]->due : INT64_MAX;
}

static struct entry *take_turn(struct queue *q) {
        struct tenant *t = q->turn;
        struct entry *e = t->first;
        q->turn = t->next;
        if (!q->turn)
                q->turn_last = NULL;
        t->first = e->next;
        t->next = NULL;
        if (!t->first) {
                t->last = NULL;
        } else { /* to the end of the ring */
                if (q->turn_last)
                        q->turn_last->next = t;
                else
                        q->turn = t;
                q->turn_last = t;
        }
        q->waiting--;
        e->state = ENTRY_WORKING;
        e->item.failures = e->failures;
        return e;
}

const struct queue_item *queue_take(struct queue *q) {
        struct entry *e = NULL;
        pthread_mutex_lock(&q->lock);
        for (;;) {
                int64_t next = release_due(q);
                if (q->down)
                        break;
                if (q->turn) {
                        e = take_turn(q);
                        break;
                }
                cond_wait_until(&q->work, &q->lock, next);
        }
        pthread_mutex_unlock(&q->lock);
        return e ? &e->item : NULL;
}

static void finish(struct queue *q, struct entry *e) {
        bool again = e->state == ENTRY_AGAIN;
        e->state = ENTRY_IDLE;
        if (again)
                enqueue(q, e);
        else
                drop_entry_if_idle(q, e);
}

void queue_done(struct queue *q, const struct queue_item *item) {
        struct entry *e = (struct entry *)item;
        pthread_mutex_lock(&q->lock);
        e->failures = 0;
        finish(q, e);
        pthread_mutex_unlock(&q->lock);
}

void queue_retry(struct queue *q, const struct queue_item *item, int64_t min_ns, int64_t max_ns) {
        struct entry *e = (struct entry *)item;
        pthread_mutex_lock(&q->lock);
        int64_t delay = min_ns;
        for (unsigned i = 0; i < e->failures && delay < max_ns; i++)
                delay *= 2;
        e->failures++;
        if (heap_add(q, e, clock_monotonic_ns() + (delay < max_ns ? delay : max_ns)) < 0)
                e->state = ENTRY_AGAIN; /* no memory for a timer: at once is better than never */
        finish(q, e);
        pthread_cond_signal(&q->work);
        pthread_mutex_unlock(&q->lock);
}

void queue_shut_down(struct queue *q) {
        pthread_mutex_lock(&q->lock);
        q->down = true;
        pthread_cond_broadcast(&q->work);
        pthread_mutex_unlock(&q->lock);
}

size_t queue_length(struct queue *q) {
        pthread_mutex_lock(&q->lock);
        size_t n = q->waiting;
        pthread_mutex_unlock(&q->lock);
        return n;
}
