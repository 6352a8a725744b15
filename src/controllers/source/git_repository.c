/* SPDX-License-Identifier: Apache-2.0 */
/* The controller's loop: events to keys, keys to reconciles, outcomes to the next time. */
#include "controllers/source/git_repository.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/strmap.h"
#include "controllers/source/git_reconcile.h"
#include "runtime/workers.h"

#include <pthread.h>

#define QUEUE_MAX 100000

struct git_controller {
        struct git_controller_options options;
        struct informer *repositories;
        struct queue *queue;
        struct workers *workers;
        pthread_mutex_t lock; /* guards pushed */
        struct strmap pushed; /* keys that a push has woken, to their own copies */
};

/* Remembers for the key's next reconcile that a push has woken it. Failing is harmless. */
static void note_push(struct git_controller *g, const char *key) {
        pthread_mutex_lock(&g->lock);
        char *copy = strmap_get(&g->pushed, key, strlen(key)) ? NULL : strdup(key);
        if (copy && strmap_set(&g->pushed, copy, strlen(copy), copy) < 0)
                free(copy);
        pthread_mutex_unlock(&g->lock);
}

static bool take_push(struct git_controller *g, const char *key) {
        pthread_mutex_lock(&g->lock);
        char *copy = strmap_remove(&g->pushed, key, strlen(key));
        pthread_mutex_unlock(&g->lock);
        free(copy);
        return copy != NULL;
}

static void enqueue(struct git_controller *g, const struct cached_object *o) {
        queue_add(g->queue, value_string_or(value_path(&o->value, "metadata", "namespace", NULL), ""), o->key);
}

static bool artifact_differs(const struct cached_object *before, const struct cached_object *after) {
        const struct value *was = before ? value_path(&before->value, "status", "artifact", NULL) : NULL;
        const struct value *is = after ? value_path(&after->value, "status", "artifact", NULL) : NULL;
        return !before || !after || !value_equal(was, is);
}

static void changed(void *context, const struct cached_object *before, const struct cached_object *after) {
        struct git_controller *g = context;
        const struct cached_object *o = after ? after : before;
        if (artifact_differs(before, after) && g->options.artifact_changed)
                g->options.artifact_changed(g->options.context,
                                            value_string_or(value_path(&o->value, "metadata", "namespace", NULL), ""),
                                            value_string_or(value_path(&o->value, "metadata", "name", NULL), ""));
        if (after && manager_should_reconcile(before ? &before->value : NULL, &after->value))
                enqueue(g, after);
}

static void work(void *context, const struct queue_item *item) {
        struct git_controller *g = context;
        struct manager *m = g->options.manager;
        char namespace_[256];
        const char *slash = strchr(item->key, '/');
        snprintf(namespace_, sizeof(namespace_), "%.*s", slash ? (int)(slash - item->key) : 0, item->key);
        _cleanup_cached_ struct cached_object *o =
                informer_get(g->repositories, namespace_, slash ? slash + 1 : item->key);
        bool pushed = take_push(g, item->key);
        if (!o) {
                queue_done(g->queue, item);
                return;
        }
        _cleanup_err_ struct err err = ERR_INIT;
        int64_t next = 0;
        if (git_reconcile(m, &o->value, pushed, &next, &err) == 0) {
                if (next > 0)
                        queue_add_after(g->queue, item->tenant, item->key, manager_jitter(m, next));
                queue_done(g->queue, item);
                return;
        }
        log_error("reconciliation failed", "kind", "GitRepository", "object", item->key, "error", err_message(&err));
        queue_retry(g->queue, item, m->min_retry_ns, m->max_retry_ns);
}

int git_controller_start(const struct git_controller_options *options, struct git_controller **ret, struct err *err) {
        struct git_controller *g = calloc(1, sizeof(*g));
        if (!g || !(g->queue = queue_new(QUEUE_MAX))) {
                free(g);
                return err_oom(err);
        }
        g->options = *options;
        pthread_mutex_init(&g->lock, NULL);
        struct informer_options informer = {
                .client = options->manager->client,
                .api_version = "source.toolkit.fluxcd.io/v1",
                .kind = "GitRepository",
                .changed = changed,
                .context = g,
        };
        if (informer_start(&informer, &g->repositories, err) < 0 ||
            workers_start(g->queue, options->manager->concurrent, work, g, &g->workers, err) < 0) {
                git_controller_stop(g);
                return -1;
        }
        *ret = g;
        return 0;
}

struct cached_object *git_controller_get(struct git_controller *g, const char *namespace_, const char *name) {
        return informer_get(g->repositories, namespace_, name);
}

struct waking {
        struct git_controller *g;
        const char *url;
};

static void wake_one(void *context, const struct cached_object *o) {
        const struct waking *w = context;
        if (value_equals_str(value_path(&o->value, "spec", "url", NULL), w->url)) {
                note_push(w->g, o->key);
                enqueue(w->g, o);
        }
}

void git_controller_wake_url(struct git_controller *g, const char *url) {
        informer_each(g->repositories, wake_one, &(struct waking){.g = g, .url = url});
}

struct git_controller *git_controller_stop(struct git_controller *g) {
        if (!g)
                return NULL;
        queue_shut_down(g->queue);
        workers_join(g->workers);
        informer_stop(g->repositories);
        queue_free(g->queue);
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&g->pushed, &at));)
                free(e->value);
        strmap_done(&g->pushed);
        pthread_mutex_destroy(&g->lock);
        free(g);
        return NULL;
}
