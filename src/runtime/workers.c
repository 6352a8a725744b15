/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/workers.h"

#include <pthread.h>

struct workers {
        struct queue *queue;
        void (*work)(void *context, const struct queue_item *item);
        void *context;
        unsigned n;
        pthread_t threads[];
};

static void *run(void *context) {
        struct workers *w = context;
        for (const struct queue_item *item; (item = queue_take(w->queue));)
                w->work(w->context, item);
        return NULL;
}

int workers_start(struct queue *q, unsigned n, void (*work)(void *context, const struct queue_item *item),
                  void *context, struct workers **ret, struct err *err) {
        struct workers *w = calloc(1, sizeof(*w) + n * sizeof(pthread_t));
        if (!w)
                return err_oom(err);
        w->queue = q;
        w->work = work;
        w->context = context;
        for (; w->n < n; w->n++)
                if (pthread_create(&w->threads[w->n], NULL, run, w) != 0) {
                        queue_shut_down(q);
                        workers_join(w);
                        return err_set(err, ERR_IO, "cannot start worker thread %u of %u", w->n + 1, n);
                }
        *ret = w;
        return 0;
}

struct workers *workers_join(struct workers *w) {
        for (unsigned i = 0; w && i < w->n; i++)
                pthread_join(w->threads[i], NULL);
        free(w);
        return NULL;
}
