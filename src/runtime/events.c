/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/events.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "data/json/json.h"

#include <pthread.h>

#define RING 1024
#define MESSAGE_MAX 1024

struct queued {
        char *path;
        char *body;
};

struct events {
        struct client *client;
        pthread_t thread;
        pthread_mutex_t lock; /* guards the rest */
        pthread_cond_t wake;
        struct queued ring[RING];
        size_t first, len;
        size_t dropped;
        bool stop;
};

static void free_queued(struct queued *q) {
        free(q->path);
        free(q->body);
        *q = (struct queued){0};
}

/* ---- making an event ---- */

static int set_str(struct arena *a, struct value *map, const char *key, const char *s) {
        return !s || value_set(a, map, key, value_str(s)) ? 0 : -1;
}

static struct value involved_object(struct arena *a, const struct value *o) {
        struct value ref = value_map();
        set_str(a, &ref, "apiVersion", value_get_str(o, "apiVersion"));
        set_str(a, &ref, "kind", value_get_str(o, "kind"));
        set_str(a, &ref, "name", value_path_str(o, "metadata", "name", NULL));
        set_str(a, &ref, "namespace", value_path_str(o, "metadata", "namespace", NULL));
        set_str(a, &ref, "resourceVersion", value_path_str(o, "metadata", "resourceVersion", NULL));
        set_str(a, &ref, "uid", value_path_str(o, "metadata", "uid", NULL));
        return ref;
}

static struct value event_metadata(struct arena *a, const struct event *e, const char *namespace_) {
        struct value meta = value_map(), annotations = value_map();
        unsigned char random[8];
        random_bytes(random, sizeof(random));
        uint64_t suffix;
        memcpy(&suffix, random, sizeof(suffix));
        const char *name = value_string_or(value_path(e->object, "metadata", "name", NULL), "unknown");
        value_set(a, &meta, "name", value_strf(a, "%.200s.%016llx", name, (unsigned long long)suffix));
        set_str(a, &meta, "namespace", namespace_);
        if (e->revision_key && e->revision) {
                set_str(a, &annotations, e->revision_key, e->revision);
                value_set(a, &meta, "annotations", annotations);
        }
        return meta;
}

static char *event_body(struct arena *a, const struct event *e, const char *namespace_) {
        char now[TIME_TEXT_MAX];
        time_format_rfc3339(now, clock_realtime_ns() / NSEC_PER_SEC);
        struct value v = value_map(), source = value_map();
        size_t n = strlen(e->message);
        if (n > MESSAGE_MAX)
                for (n = MESSAGE_MAX; n && ((unsigned char)e->message[n] & 0xc0) == 0x80;)
                        n--;
        set_str(a, &source, "component", e->component);
        set_str(a, &v, "apiVersion", "v1");
        set_str(a, &v, "kind", "Event");
        value_set(a, &v, "metadata", event_metadata(a, e, namespace_));
        value_set(a, &v, "involvedObject", involved_object(a, e->object));
        set_str(a, &v, "reason", e->reason);
        value_set(a, &v, "message", value_strf(a, "%.*s", (int)n, e->message));
        value_set(a, &v, "source", source);
        set_str(a, &v, "firstTimestamp", now);
        set_str(a, &v, "lastTimestamp", now);
        value_set(a, &v, "count", value_int(1));
        set_str(a, &v, "type", e->type);
        set_str(a, &v, "reportingComponent", e->component);
        set_str(a, &v, "reportingInstance", "");
        struct buf b = BUF_INIT(1 << 16);
        json_write(&b, &v, 0);
        if (buf_failed(&b)) {
                buf_done(&b);
                return NULL;
        }
        return buf_take(&b);
}

void events_emit(struct events *e, const struct event *event) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *namespace_ = value_string_or(value_path(event->object, "metadata", "namespace", NULL), "default");
        struct queued q = {0};
        if (!a || !(q.body = event_body(a, event, namespace_)) ||
            asprintf(&q.path, "/api/v1/namespaces/%s/events", namespace_) < 0) {
                free(q.body);
                return;
        }
        pthread_mutex_lock(&e->lock);
        if (e->len == RING) {
                free_queued(&e->ring[e->first]);
                e->first = (e->first + 1) % RING;
                e->len--;
                e->dropped++;
        }
        e->ring[(e->first + e->len++) % RING] = q;
        pthread_cond_signal(&e->wake);
        pthread_mutex_unlock(&e->lock);
}

/* ---- the thread ---- */

static void write_event(struct events *e, const struct queued *q) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct client_request r = {.method = "POST",
                                   .path = q->path,
                                   .body = q->body,
                                   .body_len = strlen(q->body),
                                   .timeout_ns = 5 * NSEC_PER_SEC};
        /* An event in a namespace that is going away is refused: nobody is left to read it. */
        if (a && client_do(e->client, a, &r, NULL, &err) < 0 && err.class != ERR_FORBIDDEN &&
            err.class != ERR_NOT_FOUND)
                log_error("event was not written", "error", err_message(&err));
}

static void *run(void *context) {
        struct events *e = context;
        pthread_mutex_lock(&e->lock);
        for (;;) {
                while (e->len == 0 && !e->stop)
                        pthread_cond_wait(&e->wake, &e->lock);
                if (e->len == 0)
                        break;
                struct queued q = e->ring[e->first];
                e->first = (e->first + 1) % RING;
                e->len--;
                size_t dropped = e->dropped;
                e->dropped = 0;
                pthread_mutex_unlock(&e->lock);
                if (dropped)
                        log_error("events came faster than the API server takes them; the oldest were dropped");
                write_event(e, &q);
                free_queued(&q);
                pthread_mutex_lock(&e->lock);
        }
        pthread_mutex_unlock(&e->lock);
        return NULL;
}

int events_start(struct client *c, struct events **ret, struct err *err) {
        struct events *e = calloc(1, sizeof(*e));
        if (!e)
                return err_oom(err);
        e->client = c;
        pthread_mutex_init(&e->lock, NULL);
        pthread_cond_init(&e->wake, NULL);
        if (pthread_create(&e->thread, NULL, run, e) != 0) {
                free(e);
                return err_set(err, ERR_IO, "cannot start the events thread");
        }
        *ret = e;
        return 0;
}

struct events *events_stop(struct events *e) {
        if (!e)
                return NULL;
        pthread_mutex_lock(&e->lock);
        e->stop = true;
        while (e->len > 16) { /* what cannot be written soon is not waited for */
                free_queued(&e->ring[e->first]);
                e->first = (e->first + 1) % RING;
                e->len--;
        }
        pthread_cond_signal(&e->wake);
        pthread_mutex_unlock(&e->lock);
        pthread_join(e->thread, NULL);
        pthread_mutex_destroy(&e->lock);
        pthread_cond_destroy(&e->wake);
        free(e);
        return NULL;
}
