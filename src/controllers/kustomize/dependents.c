/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/kustomize/dependents.h"

#include "base/strmap.h"

#include <pthread.h>

/* One Kustomization and the things it depends on. */
struct dependent {
        char *tenant;
        char *key;
        char **things;
        size_t n;
};

/* One thing and the keys that depend on it: a set. */
struct thing {
        char *name;
        struct strmap keys; /* key to struct dependent */
};

struct dependents {
        pthread_mutex_t lock;
        struct strmap by_key;   /* to struct dependent */
        struct strmap by_thing; /* to struct thing */
};

struct dependents *dependents_new(void) {
        struct dependents *d = calloc(1, sizeof(*d));
        if (d)
                pthread_mutex_init(&d->lock, NULL);
        return d;
}

static void dependent_free(struct dependent *dep) {
        if (!dep)
                return;
        for (size_t i = 0; i < dep->n; i++)
                free(dep->things[i]);
        free(dep->things);
        free(dep->tenant);
        free(dep->key);
        free(dep);
}

static void thing_free(struct thing *t) {
        if (!t)
                return;
        strmap_done(&t->keys);
        free(t->name);
        free(t);
}

struct dependents *dependents_free(struct dependents *d) {
        if (!d)
                return NULL;
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&d->by_key, &at));)
                dependent_free(e->value);
        at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&d->by_thing, &at));)
                thing_free(e->value);
        strmap_done(&d->by_key);
        strmap_done(&d->by_thing);
        pthread_mutex_destroy(&d->lock);
        free(d);
        return NULL;
}

static struct thing *obtain_thing(struct dependents *d, const char *name) {
        struct thing *t = strmap_get(&d->by_thing, name, strlen(name));
        if (t)
                return t;
        t = calloc(1, sizeof(*t));
        if (!t || !(t->name = strdup(name)) || strmap_set(&d->by_thing, t->name, strlen(t->name), t) < 0) {
                thing_free(t);
                return NULL;
        }
        return t;
}

static void unlink_dependent(struct dependents *d, struct dependent *dep) {
        for (size_t i = 0; i < dep->n; i++) {
                struct thing *t = strmap_get(&d->by_thing, dep->things[i], strlen(dep->things[i]));
                if (!t)
                        continue;
                strmap_remove(&t->keys, dep->key, strlen(dep->key));
                if (t->keys.len == 0) {
                        strmap_remove(&d->by_thing, t->name, strlen(t->name));
                        thing_free(t);
                }
        }
        strmap_remove(&d->by_key, dep->key, strlen(dep->key));
        dependent_free(dep);
}

static struct dependent *dependent_new(const char *tenant, const char *key, const char *const *things, size_t n) {
        struct dependent *dep = calloc(1, sizeof(*dep));
        if (!dep || !(dep->tenant = strdup(tenant)) || !(dep->key = strdup(key)) ||
            !(dep->things = calloc(n, sizeof(*dep->things)))) {
                dependent_free(dep);
                return NULL;
        }
        for (; dep->n < n; dep->n++)
                if (!(dep->things[dep->n] = strdup(things[dep->n]))) {
                        dependent_free(dep);
                        return NULL;
                }
        return dep;
}

static bool same_things(const struct dependent *dep, const char *const *things, size_t n) {
        if (!dep || dep->n != n)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!streq(dep->things[i], things[i]))
                        return false;
        return true;
}

static int link_dependent(struct dependents *d, struct dependent *dep) {
        if (strmap_set(&d->by_key, dep->key, strlen(dep->key), dep) < 0) {
                dependent_free(dep);
                return -1;
        }
        for (size_t i = 0; i < dep->n; i++) {
                struct thing *t = obtain_thing(d, dep->things[i]);
                if (!t || strmap_set(&t->keys, dep->key, strlen(dep->key), dep) < 0) {
                        unlink_dependent(d, dep);
                        return -1;
                }
        }
        return 0;
}

int dependents_set(struct dependents *d, const char *tenant, const char *key, const char *const *things, size_t n) {
        pthread_mutex_lock(&d->lock);
        struct dependent *old = strmap_get(&d->by_key, key, strlen(key));
        int r = 0;
        if (!same_things(old, things, n)) {
                if (old)
                        unlink_dependent(d, old);
                struct dependent *dep = n ? dependent_new(tenant, key, things, n) : NULL;
                r = dep ? link_dependent(d, dep) : n ? -1 : 0;
        }
        pthread_mutex_unlock(&d->lock);
        return r;
}

void dependents_wake(struct dependents *d, const char *thing, struct queue *q) {
        pthread_mutex_lock(&d->lock);
        struct thing *t = strmap_get(&d->by_thing, thing, strlen(thing));
        size_t at = 0;
        for (const struct strmap_entry *e; t && (e = strmap_next(&t->keys, &at));) {
                const struct dependent *dep = e->value;
                queue_add(q, dep->tenant, dep->key);
        }
        pthread_mutex_unlock(&d->lock);
}
