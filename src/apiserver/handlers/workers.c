/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/workers.h"

#include <pthread.h>

#include "base/limits.h"

struct workers {
        pthread_mutex_t lock; /* everything below */
        pthread_cond_t filled;
        struct work *first, **last;
        size_t waiting;
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
        w->last = &w->first;
        *ret = w;
        return 0;
}

/* The next piece of work, or NULL when the pool stops and is empty. The lock is held. */
static struct work *take(struct workers *w) {
        w->idle++;
        while (!w->first && !w->stopping)
                pthread_cond_wait(&w->filled, &w->lock);
        w->idle--;
        struct work *work = w->first;
        if (work) {
                w->first = work->next;
                if (!w->first)
                        w->last = &w->first;
                w->waiting--;
        }
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

int workers_submit(struct workers *w, struct work *work, struct err *err) {
        int status = 0;
        work->next = NULL;
        pthread_mutex_lock(&w->lock);
        if (w->idle <= w->waiting && w->n_threads < LIMIT_API_WORKERS && !w->stopping &&
            pthread_create(&w->threads[w->n_threads], NULL, run, w) == 0)
                w->n_threads++;
        if (w->waiting >= LIMIT_API_QUEUE || w->stopping || w->n_threads == 0) {
                status = err_set(err, ERR_TOO_MANY, "too many requests, please try again later");
        } else {
                *w->last = work;
                w->last = &work->next;
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
