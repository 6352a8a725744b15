/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/readiness.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/strmap.h"
#include "client/watch_set.h"

#include <pthread.h>

#define LINGER (1 * NSEC_PER_SEC)       /* a watch outlives its last follower by this: the next comes soon */
#define SHORT_LIFE (1 * NSEC_PER_SEC)   /* a watch that ends sooner counts as one that failed */
#define REFUSED_FOR (60 * NSEC_PER_SEC) /* a watch that failed is not tried again before */

/* One object of one wait. */
struct follower {
        struct readiness_wait *wait;
        struct scope *scope;         /* NULL: not watched */
        struct follower *next, **at; /* among those of the same object */
        char *object;                /* "namespace/name"; owned */
        enum kstatus status;
};

struct readiness_wait {
        struct readiness *owner;
        char *tenant, *key;
        size_t n;
        struct follower followers[];
};

/* One kind in one namespace, as one account. */
struct scope {
        char *name; /* "user apiVersion/kind namespace" */
        char *tenant;
        uint64_t id;           /* of its watch; 0: it failed and is kept so that it is not tried again at once */
        int64_t began;         /* monotonic ns */
        int64_t until;         /* monotonic ns: of a failed one, and of one without followers; 0: it is needed */
        size_t n;              /* followers */
        struct strmap objects; /* "namespace/name" to the first struct follower */
};

struct readiness {
        struct readiness_options options;
        struct watch_set *watches;
        pthread_mutex_t lock; /* guards the rest, and all scopes and followers. Taken before the watch set's own */
        struct scope *scopes[LIMIT_READINESS_WATCHES];
        size_t n_scopes;
        uint64_t last_id;
};

/* ---- scopes, under the lock ---- */

static void scope_free(struct scope *s) {
        strmap_done(&s->objects);
        free(s->name);
        free(s->tenant);
        free(s);
}

/* Closes what nobody has needed for a while, and forgets old failures. all: whatever nobody needs now. */
static void sweep(struct readiness *r, bool all) {
        int64_t now = clock_monotonic_ns();
        for (size_t i = 0; i < r->n_scopes;) {
                struct scope *s = r->scopes[i];
                if (s->n || (s->until > now && !(all && s->id))) {
                        i++;
                        continue;
                }
                if (s->id)
                        watch_set_remove(r->watches, s->id);
                scope_free(s);
                r->scopes[i] = r->scopes[--r->n_scopes];
        }
}

static struct scope *scope_find(struct readiness *r, const char *name) {
        for (size_t i = 0; i < r->n_scopes; i++)
                if (streq(r->scopes[i]->name, name))
                        return r->scopes[i];
        return NULL;
}

static bool has_room(const struct readiness *r, const char *tenant) {
        size_t of_tenant = 0;
        for (size_t i = 0; i < r->n_scopes; i++)
                of_tenant += streq(r->scopes[i]->tenant, tenant);
        return r->n_scopes < LIMIT_READINESS_WATCHES && of_tenant < LIMIT_READINESS_TENANT;
}

static int scope_watch(struct readiness *r, struct scope *s, const struct client_as *as,
                       const struct client_resource *resource, const struct readiness_object *o) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        char *path = a ? client_path(a, resource, o->namespace_, NULL, NULL) : NULL;
        s->id = ++r->last_id;
        s->began = clock_monotonic_ns();
        return path ? watch_set_add(r->watches, s->id, path, o->version, as, NULL) : -1;
}

static struct scope *scope_new(struct readiness *r, const char *name, const char *tenant, const struct client_as *as,
                               const struct client_resource *resource, const struct readiness_object *o) {
        if (!has_room(r, tenant))
                sweep(r, true);
        struct scope *s = has_room(r, tenant) ? calloc(1, sizeof(*s)) : NULL;
        if (!s)
                return NULL;
        if (!(s->name = strdup(name)) || !(s->tenant = strdup(tenant)) || scope_watch(r, s, as, resource, o) < 0) {
                scope_free(s);
                return NULL;
        }
        return r->scopes[r->n_scopes++] = s;
}

static struct scope *scope_of_watch(struct readiness *r, uint64_t id) {
        for (size_t i = 0; i < r->n_scopes; i++)
                if (r->scopes[i]->id == id)
                        return r->scopes[i];
        return NULL;
}

/* ---- followers, under the lock ---- */

/* The first follower of an object has its place in the map; the map's value is kept in step with it. */
static int attach(struct scope *s, struct follower *f) {
        struct follower *first = strmap_get(&s->objects, f->object, strlen(f->object));
        if (first) {
                f->next = first->next;
                f->at = &first->next;
                if (f->next)
                        f->next->at = &f->next;
                first->next = f;
        } else if (strmap_set(&s->objects, f->object, strlen(f->object), f) < 0) {
                return -1;
        }
        f->scope = s;
        f->status = KSTATUS_IN_PROGRESS;
        s->n++;
        s->until = 0;
        return 0;
}

static void detach(struct follower *f) {
        struct scope *s = f->scope;
        if (!s)
                return;
        if (f->at) {
                *f->at = f->next;
        } else { /* the first: the next takes its place, under its own copy of the name */
                strmap_remove(&s->objects, f->object, strlen(f->object));
                if (f->next && strmap_set(&s->objects, f->next->object, strlen(f->next->object), f->next) < 0)
                        log_error("out of memory: a wait falls back to looking again");
        }
        if (f->next)
                f->next->at = f->at;
        f->next = NULL;
        f->at = NULL;
        f->scope = NULL;
        if (--s->n == 0)
                s->until = clock_monotonic_ns() + LINGER;
}

static void wake(const struct readiness_wait *w) {
        w->owner->options.wake(w->owner->options.context, w->tenant, w->key);
}

/* Is there something to tell: all that is watched is ready, or this one never will be? */
static bool is_news(const struct readiness_wait *w, enum kstatus status) {
        if (status == KSTATUS_FAILED)
                return true;
        for (size_t i = 0; i < w->n; i++)
                if (w->followers[i].scope && w->followers[i].status != KSTATUS_CURRENT)
                        return false;
        return true;
}

/* ---- what the watches tell ---- */

static enum kstatus status_of(const char *type, const struct value *object) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct kstatus_result result;
        if (streq(type, "DELETED"))
                return KSTATUS_NOT_FOUND;
        if (!a || kstatus_compute_flux(a, object, clock_realtime_ns() / NSEC_PER_SEC, &result, NULL) < 0)
                return KSTATUS_UNKNOWN;
        return result.status;
}

static void on_event(void *context, uint64_t id, const char *type, const struct value *object) {
        struct readiness *r = context;
        const char *namespace_ = value_string_or(value_path(object, "metadata", "namespace", NULL), "");
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        _cleanup_free_ char *key = NULL;
        if (streq(type, "BOOKMARK") || asprintf(&key, "%s/%s", namespace_, name) < 0)
                return;
        pthread_mutex_lock(&r->lock);
        struct scope *s = scope_of_watch(r, id);
        struct follower *f = s ? strmap_get(&s->objects, key, strlen(key)) : NULL;
        enum kstatus status = f ? status_of(type, object) : KSTATUS_UNKNOWN;
        for (; f; f = f->next) {
                f->status = status;
                if (is_news(f->wait, status))
                        wake(f->wait);
        }
        pthread_mutex_unlock(&r->lock);
}

/* Everybody who followed it looks for himself. A watch that failed is not tried again for a while. */
static void on_end(void *context, uint64_t id, const struct err *err) {
        struct readiness *r = context;
        pthread_mutex_lock(&r->lock);
        struct scope *s = scope_of_watch(r, id);
        size_t at = 0;
        for (const struct strmap_entry *e; s && (e = strmap_next(&s->objects, &at));)
                for (struct follower *f = e->value, *next; f; f = next) {
                        next = f->next;
                        f->scope = NULL;
                        f->next = NULL;
                        f->at = NULL;
                        wake(f->wait);
                }
        if (s) {
                strmap_done(&s->objects);
                s->objects = (struct strmap)STRMAP_INIT;
                s->n = 0;
                s->id = 0;
                int64_t now = clock_monotonic_ns();
                bool usual = err->class == ERR_NONE && now - s->began > SHORT_LIFE;
                s->until = usual || err->class == ERR_GONE ? 0 : now + REFUSED_FOR;
                sweep(r, false);
        }
        pthread_mutex_unlock(&r->lock);
}

static void on_tick(void *context) {
        struct readiness *r = context;
        pthread_mutex_lock(&r->lock);
        sweep(r, false);
        pthread_mutex_unlock(&r->lock);
}

/* ---- the interface ---- */

struct readiness_wait *readiness_begin(struct readiness *r, const char *tenant, const char *key, size_t n) {
        struct readiness_wait *w = calloc(1, sizeof(*w) + n * sizeof(w->followers[0]));
        if (!w)
                return NULL;
        w->owner = r;
        w->n = n;
        w->tenant = strdup(tenant);
        w->key = strdup(key);
        for (size_t i = 0; i < n; i++)
                w->followers[i].wait = w;
        return w->tenant && w->key ? w : readiness_end(w);
}

struct readiness_wait *readiness_end(struct readiness_wait *w) {
        if (!w)
                return NULL;
        pthread_mutex_lock(&w->owner->lock);
        for (size_t i = 0; i < w->n; i++)
                detach(&w->followers[i]);
        pthread_mutex_unlock(&w->owner->lock);
        for (size_t i = 0; i < w->n; i++)
                free(w->followers[i].object);
        free(w->tenant);
        free(w->key);
        free(w);
        return NULL;
}

static enum readiness_follow follow(struct readiness_wait *w, struct follower *f, const char *name,
                                    const struct client_as *as, const struct client_resource *resource,
                                    const struct readiness_object *o) {
        struct readiness *r = w->owner;
        enum readiness_follow answer = READINESS_JOINED;
        if (f->scope)
                return READINESS_JOINED;
        struct scope *s = scope_find(r, name);
        if (!s) {
                s = scope_new(r, name, w->tenant, as, resource, o);
                answer = o->version ? READINESS_FROM_VERSION : READINESS_JOINED;
        }
        return s && s->id && attach(s, f) == 0 ? answer : READINESS_UNWATCHED;
}

enum readiness_follow readiness_follow(struct readiness_wait *w, size_t i, const struct client_as *as,
                                       const struct readiness_object *o) {
        struct follower *f = &w->followers[i];
        struct client_resource resource;
        _cleanup_free_ char *name = NULL;
        if (client_resource_of(w->owner->options.client, o->api_version, o->kind, &resource, NULL) < 0)
                return READINESS_UNWATCHED;
        const char *namespace_ = resource.namespaced && o->namespace_ ? o->namespace_ : "";
        if (asprintf(&name, "%s %s/%s %s", as ? as->user : "", o->api_version, o->kind, namespace_) < 0)
                return READINESS_UNWATCHED;
        pthread_mutex_lock(&w->owner->lock);
        enum readiness_follow answer = READINESS_UNWATCHED;
        if (f->object || asprintf(&f->object, "%s/%s", namespace_, o->name) >= 0)
                answer = follow(w, f, name, as, &resource, o);
        else
                f->object = NULL;
        pthread_mutex_unlock(&w->owner->lock);
        return answer;
}

bool readiness_status(struct readiness_wait *w, size_t i, enum kstatus *ret) {
        pthread_mutex_lock(&w->owner->lock);
        bool watched = w->followers[i].scope != NULL;
        if (watched)
                *ret = w->followers[i].status;
        pthread_mutex_unlock(&w->owner->lock);
        return watched;
}

void readiness_drop(struct readiness_wait *w, size_t i) {
        pthread_mutex_lock(&w->owner->lock);
        detach(&w->followers[i]);
        pthread_mutex_unlock(&w->owner->lock);
}

/* ---- life ---- */

int readiness_new(const struct readiness_options *options, struct readiness **ret, struct err *err) {
        struct readiness *r = calloc(1, sizeof(*r));
        if (!r)
                return err_oom(err);
        r->options = *options;
        pthread_mutex_init(&r->lock, NULL);
        struct watch_set_hooks hooks = {.event = on_event, .ended = on_end, .tick = on_tick, .context = r};
        if (watch_set_new(options->client, &hooks, &r->watches, err) < 0) {
                readiness_free(r);
                return -1;
        }
        *ret = r;
        return 0;
}

struct readiness *readiness_free(struct readiness *r) {
        if (!r)
                return NULL;
        watch_set_free(r->watches);
        for (size_t i = 0; i < r->n_scopes; i++)
                scope_free(r->scopes[i]);
        pthread_mutex_destroy(&r->lock);
        free(r);
        return NULL;
}
