/* SPDX-License-Identifier: Apache-2.0 */
#include "client/watch_set.h"

#include "base/clock.h"
#include "client/internal.h"

#define TICK_MS 1000
#define ASLEEP_MS (3600 * 1000) /* without a watch only a wake-up ends the sleep */

enum entry_state {
        ENTRY_NEW,     /* to be opened by the thread */
        ENTRY_OPEN,    /* in the multi handle */
        ENTRY_REMOVED, /* to be closed by the thread */
};

/* Transitions: NEW -> OPEN -> REMOVED -> freed; NEW -> REMOVED; OPEN -> freed when it ended by itself. */
struct entry {
        struct watch_set *set;
        struct entry *next;
        uint64_t id;
        enum entry_state state; /* guarded by the set's lock */
        struct client_watch watch;
        struct client_as as;
        char *path, *version, *user;
        struct watch_stream stream; /* the thread's own */
};

struct watch_set {
        struct client *client;
        struct watch_set_hooks hooks;
        CURLM *multi; /* the thread's own but for wake-ups */
        pthread_t thread;
        bool started;
        pthread_mutex_t lock; /* guards the rest */
        struct entry *entries;
        bool stop;
};

static void entry_free(struct entry *e) {
        if (!e)
                return;
        free(e->path);
        free(e->version);
        free(e->user);
        free(e);
}

/* ---- any thread ---- */

static int copy(const char *from, char **ret) {
        *ret = from ? strdup(from) : NULL;
        return from && !*ret ? -1 : 0;
}

static int on_event(void *context, const char *type, const struct value *object) {
        struct entry *e = context;
        e->set->hooks.event(e->set->hooks.context, e->id, type, object);
        return 0;
}

int watch_set_add(struct watch_set *s, uint64_t id, const char *path, const char *resource_version,
                  const struct client_as *as, struct err *err) {
        struct entry *e = calloc(1, sizeof(*e));
        if (!e || copy(path, &e->path) < 0 || copy(resource_version, &e->version) < 0 ||
            copy(as ? as->user : NULL, &e->user) < 0) {
                entry_free(e);
                return err_oom(err);
        }
        e->set = s;
        e->id = id;
        e->as.user = e->user;
        e->watch = (struct client_watch){.path = e->path,
                                         .resource_version = e->version,
                                         .as = e->user ? &e->as : NULL,
                                         .event = on_event,
                                         .context = e};
        pthread_mutex_lock(&s->lock);
        e->next = s->entries;
        s->entries = e;
        pthread_mutex_unlock(&s->lock);
        curl_multi_wakeup(s->multi);
        return 0;
}

void watch_set_remove(struct watch_set *s, uint64_t id) {
        pthread_mutex_lock(&s->lock);
        for (struct entry *e = s->entries; e; e = e->next)
                if (e->id == id)
                        e->state = ENTRY_REMOVED;
        pthread_mutex_unlock(&s->lock);
        curl_multi_wakeup(s->multi);
}

/* ---- the thread ---- */

static void unlink_entry(struct watch_set *s, struct entry *gone) {
        pthread_mutex_lock(&s->lock);
        for (struct entry **at = &s->entries; *at; at = &(*at)->next)
                if (*at == gone) {
                        *at = gone->next;
                        break;
                }
        pthread_mutex_unlock(&s->lock);
}

static void close_entry(struct watch_set *s, struct entry *e) {
        if (e->stream.handle) {
                curl_multi_remove_handle(s->multi, e->stream.handle);
                watch_stream_close(&e->stream);
        }
        unlink_entry(s, e);
        entry_free(e);
}

/* Takes it out and says so, unless somebody removed it just now. */
static void end_entry(struct watch_set *s, struct entry *e, const struct err *why) {
        uint64_t id = e->id;
        pthread_mutex_lock(&s->lock);
        bool removed = e->state == ENTRY_REMOVED;
        pthread_mutex_unlock(&s->lock);
        close_entry(s, e);
        if (!removed)
                s->hooks.ended(s->hooks.context, id, why);
}

static void open_entry(struct watch_set *s, struct entry *e) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (watch_stream_open(s->client, &e->watch, &e->stream, &err) == 0) {
                curl_easy_setopt(e->stream.handle, CURLOPT_PRIVATE, e);
                if (curl_multi_add_handle(s->multi, e->stream.handle) == CURLM_OK)
                        return;
                watch_stream_close(&e->stream);
                err_oom(&err);
        }
        end_entry(s, e, &err);
}

/* The next entry that was added or removed; new ones count as open from here on. *ret_any: are there watches? */
static struct entry *next_change(struct watch_set *s, bool *ret_new, bool *ret_any, bool *ret_stop) {
        struct entry *e;
        pthread_mutex_lock(&s->lock);
        for (e = s->entries; e && e->state == ENTRY_OPEN && !s->stop; e = e->next)
                ;
        *ret_new = e && e->state == ENTRY_NEW && !s->stop;
        if (*ret_new)
                e->state = ENTRY_OPEN;
        *ret_any = s->entries != NULL;
        *ret_stop = s->stop;
        pthread_mutex_unlock(&s->lock);
        return e;
}

static void finish_transfers(struct watch_set *s) {
        int left;
        for (CURLMsg *m; (m = curl_multi_info_read(s->multi, &left));) {
                _cleanup_err_ struct err err = ERR_INIT;
                char *e = NULL;
                if (m->msg != CURLMSG_DONE)
                        continue;
                CURLcode code = m->data.result;
                curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &e);
                struct entry *entry = (struct entry *)(void *)e;
                watch_stream_conclude(s->client, &entry->stream, code, &err);
                end_entry(s, entry, &err);
        }
}

static void *run(void *context) {
        struct watch_set *s = context;
        bool is_new, any, stop;
        int running;
        int64_t ticked = clock_monotonic_ns();
        for (;;) {
                struct entry *e;
                while ((e = next_change(s, &is_new, &any, &stop)))
                        is_new ? open_entry(s, e) : close_entry(s, e);
                if (stop)
                        return NULL;
                curl_multi_perform(s->multi, &running);
                finish_transfers(s);
                if (clock_monotonic_ns() - ticked >= TICK_MS * NSEC_PER_MSEC) {
                        s->hooks.tick(s->hooks.context);
                        ticked = clock_monotonic_ns();
                }
                curl_multi_poll(s->multi, NULL, 0, any ? TICK_MS : ASLEEP_MS, NULL);
        }
}

/* ---- life ---- */

int watch_set_new(struct client *c, const struct watch_set_hooks *hooks, struct watch_set **ret, struct err *err) {
        struct watch_set *s = calloc(1, sizeof(*s));
        if (!s)
                return err_oom(err);
        s->client = c;
        s->hooks = *hooks;
        pthread_mutex_init(&s->lock, NULL);
        s->multi = curl_multi_init();
        if (!s->multi) {
                watch_set_free(s);
                return err_oom(err);
        }
        if (pthread_create(&s->thread, NULL, run, s) != 0) {
                watch_set_free(s);
                return err_set(err, ERR_IO, "cannot start the thread of the watches");
        }
        s->started = true;
        *ret = s;
        return 0;
}

struct watch_set *watch_set_free(struct watch_set *s) {
        if (!s)
                return NULL;
        pthread_mutex_lock(&s->lock);
        s->stop = true;
        pthread_mutex_unlock(&s->lock);
        if (s->started) {
                curl_multi_wakeup(s->multi);
                pthread_join(s->thread, NULL);
        }
        if (s->multi)
                curl_multi_cleanup(s->multi);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return NULL;
}
