/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/informer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/strmap.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>

#define RETRY_MIN (50 * NSEC_PER_MSEC)
#define RETRY_MAX (5 * NSEC_PER_SEC)

struct informer {
        struct informer_options options;
        pthread_t thread;
        pthread_mutex_t lock;  /* guards objects, synced */
        pthread_cond_t wake;   /* synced, or stop */
        struct strmap objects; /* key to struct cached_object, one reference each */
        bool synced;
        int stop;
        int stop_fd;         /* eventfd: ends the watch at once */
        struct client_as as; /* copies of options.as */
        char *as_user;
        char version[32]; /* resourceVersion to watch from; the thread's own */
};

/* ---- objects ---- */

struct cached_object *cached_object_new(const struct value *v) {
        struct cached_object *o = calloc(1, sizeof(*o));
        const char *namespace_ = value_path_str(v, "metadata", "namespace", NULL);
        const char *name = value_string_or(value_path(v, "metadata", "name", NULL), "");
        if (!o)
                return NULL;
        o->refs = 1;
        o->arena = arena_new(0);
        int printed = namespace_ ? asprintf(&o->key, "%s/%s", namespace_, name) : asprintf(&o->key, "%s", name);
        if (printed < 0)
                o->key = NULL;
        if (!o->arena || !o->key || value_copy(o->arena, v, &o->value, NULL) < 0)
                return cached_object_unref(o);
        return o;
}

struct cached_object *cached_object_ref(struct cached_object *o) {
        if (o)
                __atomic_add_fetch(&o->refs, 1, __ATOMIC_RELAXED);
        return o;
}

struct cached_object *cached_object_unref(struct cached_object *o) {
        if (o && __atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL) == 0) {
                arena_free(o->arena);
                free(o->key);
                free(o);
        }
        return NULL;
}

/* ---- the store ---- */

/* Puts the object in (NULL with key: takes it out) and tells. Consumes the reference. */
static void replace(struct informer *i, const char *key, struct cached_object *after) {
        pthread_mutex_lock(&i->lock);
        struct cached_object *before = strmap_remove(&i->objects, key, strlen(key));
        if (after && strmap_set(&i->objects, after->key, strlen(after->key), cached_object_ref(after)) < 0)
                cached_object_unref(after);
        pthread_mutex_unlock(&i->lock);
        if ((before || after) && i->options.changed)
                i->options.changed(i->options.context, before, after);
        cached_object_unref(before);
        cached_object_unref(after);
}

struct cached_object *informer_get(struct informer *i, const char *namespace_, const char *name) {
        _cleanup_free_ char *key = NULL;
        bool scoped = namespace_ && *namespace_;
        if ((scoped ? asprintf(&key, "%s/%s", namespace_, name) : asprintf(&key, "%s", name)) < 0)
                return NULL;
        pthread_mutex_lock(&i->lock);
        struct cached_object *o = cached_object_ref(strmap_get(&i->objects, key, strlen(key)));
        pthread_mutex_unlock(&i->lock);
        return o;
}

void informer_each(struct informer *i, void (*each)(void *context, const struct cached_object *o), void *context) {
        pthread_mutex_lock(&i->lock);
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&i->objects, &at));)
                each(context, e->value);
        pthread_mutex_unlock(&i->lock);
}

/* ---- list ---- */

static void set_version(struct informer *i, const struct value *object) {
        const char *version = value_path_str(object, "metadata", "resourceVersion", NULL);
        if (version)
                snprintf(i->version, sizeof(i->version), "%s", version);
}

/* Removes the objects that the list did not name. */
static void remove_missing(struct informer *i, const struct strmap *listed) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value gone = value_list();
        pthread_mutex_lock(&i->lock);
        size_t at = 0;
        for (const struct strmap_entry *e; a && (e = strmap_next(&i->objects, &at));)
                if (!strmap_get(listed, e->key, e->key_len)) {
                        char *key = arena_strndup(a, e->key, e->key_len);
                        if (key)
                                value_append(a, &gone, value_str(key));
                }
        pthread_mutex_unlock(&i->lock);
        VALUE_EACH_ITEM(key, &gone)
                replace(i, key->str, NULL);
}

/* The items of a list lack apiVersion and kind on the wire: put them back. */
static int take_item(struct informer *i, struct arena *a, struct value *item, struct strmap *listed) {
        if (!value_set(a, item, "apiVersion", value_str(i->options.api_version)) ||
            !value_set(a, item, "kind", value_str(i->options.kind)))
                return -1;
        struct cached_object *o = cached_object_new(item);
        char *key = o ? arena_strdup(a, o->key) : NULL;
        if (!key || strmap_set(listed, key, strlen(key), key) < 0) {
                cached_object_unref(o);
                return -1;
        }
        replace(i, key, o);
        return 0;
}

static int list_page(struct informer *i, struct arena *a, const char *path, const char *next, struct strmap *listed,
                     const char **ret_next, struct err *err) {
        char *query = arena_printf(a, "limit=500%s%s", next ? "&continue=" : "", next ? next : "");
        struct value list;
        if (!query)
                return err_oom(err);
        struct client_request r = {.method = "GET", .path = path, .query = query, .as = i->options.as};
        if (client_do(i->options.client, a, &r, &list, err) < 0)
                return -1;
        set_version(i, &list);
        struct value *items = value_get(&list, "items");
        if (value_is_list(items))
                VALUE_EACH_ITEM(item, items)
                        if (take_item(i, a, item, listed) < 0)
                                return err_oom(err);
        *ret_next = value_path_str(&list, "metadata", "continue", NULL);
        return 0;
}

static int list_all(struct informer *i, const char *path, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_strmap_ struct strmap listed = STRMAP_INIT;
        const char *next = NULL;
        do {
                if (!a || list_page(i, a, path, next, &listed, &next, err) < 0)
                        return a ? -1 : err_oom(err);
        } while (next && *next);
        remove_missing(i, &listed);
        pthread_mutex_lock(&i->lock);
        i->synced = true;
        pthread_cond_broadcast(&i->wake);
        pthread_mutex_unlock(&i->lock);
        return 0;
}

/* ---- watch ---- */

static int on_event(void *context, const char *type, const struct value *object) {
        struct informer *i = context;
        set_version(i, object);
        if (streq(type, "BOOKMARK"))
                return 0;
        struct cached_object *o = cached_object_new(object);
        if (!o)
                return 1; /* ends the watch: the next list repairs what was missed */
        if (streq(type, "DELETED")) {
                replace(i, o->key, NULL);
                cached_object_unref(o);
        } else {
                _cleanup_free_ char *key = strdup(o->key);
                if (!key) {
                        cached_object_unref(o);
                        return 1;
                }
                replace(i, key, o);
        }
        return 0;
}

static int resource_path(struct informer *i, char **ret, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct client_resource r;
        if (!a)
                return err_oom(err);
        if (client_resource_of(i->options.client, i->options.api_version, i->options.kind, &r, err) < 0)
                return -1;
        char *path = client_path(a, &r, i->options.namespace_, NULL, NULL);
        return path && (*ret = strdup(path)) ? 0 : err_oom(err);
}

/* One round: list when needed, then watch until the server ends it. */
static int round_trip(struct informer *i, bool *need_list, struct err *err) {
        _cleanup_free_ char *path = NULL;
        if (resource_path(i, &path, err) < 0)
                return -1;
        if (*need_list) {
                if (list_all(i, path, err) < 0)
                        return -1;
                *need_list = false;
        }
        struct client_watch w = {
                .path = path,
                .resource_version = i->version,
                .as = i->options.as,
                .event = on_event,
                .context = i,
                .stop_fd = &i->stop_fd,
        };
        int r = client_watch(i->options.client, &w, err);
        *need_list = r < 0 && err->class != ERR_UNAVAILABLE && err->class != ERR_TIMEOUT;
        return r;
}

static void pause_for(struct informer *i, int64_t ns) {
        int64_t until = clock_monotonic_ns() + ns;
        pthread_mutex_lock(&i->lock);
        while (!__atomic_load_n(&i->stop, __ATOMIC_ACQUIRE) && clock_monotonic_ns() < until)
                cond_wait_until(&i->wake, &i->lock, until);
        pthread_mutex_unlock(&i->lock);
}

static void *run(void *context) {
        struct informer *i = context;
        bool need_list = true;
        int64_t delay = RETRY_MIN;
        while (!__atomic_load_n(&i->stop, __ATOMIC_ACQUIRE)) {
                _cleanup_err_ struct err err = ERR_INIT;
                if (round_trip(i, &need_list, &err) == 0) {
                        delay = RETRY_MIN;
                        continue;
                }
                if (delay > RETRY_MIN * 8 && err.class != ERR_GONE)
                        log_error("watching failed, trying again", "kind", i->options.kind, "error", err_message(&err));
                pause_for(i, delay);
                delay = delay * 2 > RETRY_MAX ? RETRY_MAX : delay * 2;
        }
        return NULL;
}

/* ---- life ---- */

int informer_start(const struct informer_options *options, struct informer **ret, struct err *err) {
        struct informer *i = calloc(1, sizeof(*i));
        if (!i)
                return err_oom(err);
        i->options = *options;
        i->stop_fd = eventfd(0, EFD_CLOEXEC);
        if (i->stop_fd < 0) {
                free(i);
                return err_errno(err, errno, "informer of %s: eventfd", options->kind);
        }
        pthread_mutex_init(&i->lock, NULL);
        pthread_cond_init(&i->wake, NULL);
        if (options->as && options->as->user) {
                i->as_user = strdup(options->as->user);
                i->as = (struct client_as){.user = i->as_user};
                i->options.as = &i->as;
        }
        if (pthread_create(&i->thread, NULL, run, i) != 0) {
                close_fd(&i->stop_fd);
                free(i->as_user);
                free(i);
                return err_set(err, ERR_IO, "cannot start a thread for the informer of %s", options->kind);
        }
        *ret = i;
        return 0;
}

bool informer_wait_synced(struct informer *i, int64_t timeout_ns) {
        int64_t until = clock_monotonic_ns() + timeout_ns;
        pthread_mutex_lock(&i->lock);
        while (!i->synced && clock_monotonic_ns() < until)
                cond_wait_until(&i->wake, &i->lock, until);
        bool synced = i->synced;
        pthread_mutex_unlock(&i->lock);
        return synced;
}

struct informer *informer_stop(struct informer *i) {
        if (!i)
                return NULL;
        pthread_mutex_lock(&i->lock);
        __atomic_store_n(&i->stop, 1, __ATOMIC_RELEASE);
        eventfd_write(i->stop_fd, 1);
        pthread_cond_broadcast(&i->wake);
        pthread_mutex_unlock(&i->lock);
        pthread_join(i->thread, NULL);
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&i->objects, &at));)
                cached_object_unref(e->value);
        strmap_done(&i->objects);
        pthread_mutex_destroy(&i->lock);
        pthread_cond_destroy(&i->wake);
        close_fd(&i->stop_fd);
        free(i->as_user);
        free(i);
        return NULL;
}
