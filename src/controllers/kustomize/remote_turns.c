/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/kustomize/remote_turns.h"

#include <pthread.h>

struct remote_turns {
        pthread_mutex_t lock; /* guards what is below */
        unsigned n, max;
        const char *tenants[];
};

int remote_turns_new(unsigned threads, struct remote_turns **ret, struct err *err) {
        unsigned max = threads > 1 ? threads / 2 : 1;
        struct remote_turns *t = calloc(1, sizeof(*t) + max * sizeof(*t->tenants));
        if (!t)
                return err_oom(err);
        t->max = max;
        pthread_mutex_init(&t->lock, NULL);
        *ret = t;
        return 0;
}

struct remote_turns *remote_turns_free(struct remote_turns *t) {
        if (t)
                pthread_mutex_destroy(&t->lock);
        free(t);
        return NULL;
}

bool remote_turns_take(struct remote_turns *t, const char *tenant) {
        pthread_mutex_lock(&t->lock);
        bool free_ = t->n < t->max;
        for (unsigned i = 0; i < t->n; i++)
                free_ = free_ && !streq(t->tenants[i], tenant);
        if (free_)
                t->tenants[t->n++] = tenant;
        pthread_mutex_unlock(&t->lock);
        return free_;
}

void remote_turns_give(struct remote_turns *t, const char *tenant) {
        pthread_mutex_lock(&t->lock);
        for (unsigned i = 0; i < t->n; i++)
                if (streq(t->tenants[i], tenant)) {
                        t->tenants[i] = t->tenants[--t->n];
                        break;
                }
        pthread_mutex_unlock(&t->lock);
}
