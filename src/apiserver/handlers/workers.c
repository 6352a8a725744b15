/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/workers.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/strmap.h"

struct flow {
        struct work *first, **last;
        size_t waiting;
};

struct workers {
        pthread_mutex_t lock; /* everything below */
        pthread_cond_t filled;
        struct flow flows[LIMIT_API_FLOWS];
        size_t turn;    /* the flow that is served next */
        size_t waiting; /* in all flows */
        size_t idle;
        bool stopping;
        pthread_t threads[LIMIT_API_WORKERS];
        size_t n_threads;
};

int workers_new(struct workers **ret, struct err *err) {
        struct workers *w = calloc(1, sizeof(*w));
        if (!w)
                return err_oom(err);
        pthread_mutex_init(&w->lock, NULL);
        pthread_cond_init(&w->filled, NULL);
        for (size_t i = 0; i < LIMIT_API_FLOWS; i++)
                w->flows[i].last = &w->flows[i].first;
        *ret = w;
        return 0;
}

/* The next flow in turn that has work; there is one. */
static struct flow *next_flow(struct workers *w) {
        for (;;) {
                struct flow *f = &w->flows[w->turn++ % LIMIT_API_FLOWS];
                if (f->first)
                        return f;
        }
}

/* The next piece of work, or NULL when the pool stops and is empty. The lock is held. */
static struct work *take(struct workers *w) {
        w->idle++;
        while (w->waiting == 0 && !w->stopping)
                pthread_cond_wait(&w->filled, &w->lock);
        w->idle--;
        if (w->waiting == 0)
                return NULL;
        struct flow *f = next_flow(w);
        struct work *work = f->first;
        f->first = work->next;
        if (!f->first)
                f->last = &f->first;
        f->waiting--;
        w->waiting--;
        return work;
}

static void *run(void *pool) {
        struct workers *w = pool;
        pthread_mutex_lock(&w->lock);
        for (struct work *work; (work = take(w));) {
                pthread_mutex_unlock(&w->lock);
                work->run(work);
                pthread_mutex_lock(&w->lock);
        }
        pthread_mutex_unlock(&w->lock);
        return NULL;
}

int workers_submit(struct workers *w, const char *user, struct work *work, struct err *err) {
        struct flow *f = &w->flows[str_hash(user, strlen(user)) % LIMIT_API_FLOWS];
        int status = 0;
        work->next = NULL;
        pthread_mutex_lock(&w->lock);
        if (w->idle <= w->waiting && w->n_threads < LIMIT_API_WORKERS && !w->stopping &&
            pthread_create(&w->threads[w->n_threads], NULL, run, w) == 0)
                w->n_threads++;
        if (f->waiting >= LIMIT_API_FLOW_QUEUE || w->stopping || w->n_threads == 0) {
                status = err_set(err, ERR_TOO_MANY, "too many requests, please try again later");
        } else {
                *f->last = work;
                f->last = &work->next;
                f->waiting++;
                w->waiting++;
                pthread_cond_signal(&w->filled);
        }
        pthread_mutex_unlock(&w->lock);
        return status;
}

struct workers *workers_free(struct workers *w) {
        if (!w)
                return NULL;
        pthread_mutex_lock(&w->lock);
        w->stopping = true;
        pthread_cond_broadcast(&w->filled);
        size_t n = w->n_threads;
        pthread_mutex_unlock(&w->lock);
        for (size_t i = 0; i < n; i++)
                pthread_join(w->threads[i], NULL);
        free(w);
        return NULL;
}
