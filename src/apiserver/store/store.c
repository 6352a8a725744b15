/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, loading and closing; resources; waiting for versions. */
#include "apiserver/store/store_private.h"

#include <errno.h>

#include "base/clock.h"
#include "base/limits.h"

static struct store_resource *resource_free(struct store_resource *r) {
        if (!r)
                return NULL;
        table_done(&r->table);
        free(r->group);
        free(r->name);
        free(r->key);
        free(r);
        return NULL;
}

static void resource_freep(struct store_resource **r) {
        *r = resource_free(*r);
}

static struct store_resource *resource_new(struct store *s, const char *group, const char *name) {
        _cleanup_(resource_freep) struct store_resource *r = calloc(1, sizeof(*r));
        if (!r)
                return NULL;
        r->group = strdup(group);
        r->name = strdup(name);
        if (!r->group || !r->name || asprintf(&r->key, "%s/%s", group, name) < 0)
                return NULL;
        /* What happened before the start is not in the ring. */
        r->chain.evicted_rv = s->start_rv;
        atomic_init(&r->chain.last_rv, s->start_rv);
        if (strmap_set(&s->resources, r->key, strlen(r->key), r) < 0)
                return NULL;
        return TAKE_PTR(r);
}

struct store_resource *store_resource(struct store *s, const char *group, const char *resource) {
        char key[512];
        int n = snprintf(key, sizeof(key), "%s/%s", group, resource);
        if (n < 0 || (size_t)n >= sizeof(key))
                return NULL;
        pthread_mutex_lock(&s->resources_lock);
        struct store_resource *r = strmap_get(&s->resources, key, (size_t)n);
        if (!r)
                r = resource_new(s, group, resource);
        pthread_mutex_unlock(&s->resources_lock);
        return r;
}

const char *store_resource_group(const struct store_resource *r) {
        return r->group;
}

const char *store_resource_name(const struct store_resource *r) {
        return r->name;
}

int store_resources(struct store *s, struct store_resource ***ret, size_t *ret_n, struct err *err) {
        pthread_mutex_lock(&s->resources_lock);
        struct store_resource **all = calloc(s->resources.len + 1, sizeof(*all));
        size_t n = 0, at = 0;
        for (const struct strmap_entry *e; all && (e = strmap_next(&s->resources, &at));)
                all[n++] = e->value;
        pthread_mutex_unlock(&s->resources_lock);
        if (!all)
                return err_oom(err);
        *ret = all;
        *ret_n = n;
        return 0;
}

/* ---- loading ---- */

struct load {
        struct store *store;
        struct arena *scratch;
};

static int load_row(void *context, const struct db_row *row, struct err *err) {
        struct load *load = context;
        struct store *s = load->store;
        _cleanup_object_ struct object *o = NULL;
        struct store_resource *r = store_resource(s, row->group, row->resource);
        if (!r)
                return err_oom(err);
        arena_reset(load->scratch);
        if (object_load(load->scratch, row->json, row->json_len, row->rv, row->id, &o, err) < 0)
                return err_wrap(err, "state.db: %s/%s %s/%s", row->group, row->resource, row->namespace_, row->name);
        if (table_reserve(&r->table, 1, err) < 0)
                return -1;
        object_unref(table_put(&r->table, TAKE_PTR(o)));
        return 0;
}

static void each_set_start(struct store *s) {
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&s->resources, &at));) {
                struct store_resource *r = e->value;
                r->chain.evicted_rv = s->start_rv;
                atomic_store(&r->chain.last_rv, s->start_rv);
        }
}

static int init_locks(struct store *s, struct err *err) {
        pthread_rwlockattr_t attributes;
        int code = pthread_rwlockattr_init(&attributes);
        if (code == 0)
                code = pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
        if (code == 0)
                code = pthread_rwlock_init(&s->lock, &attributes);
        if (code == 0)
                code = pthread_cond_init(&s->news, NULL);
        pthread_mutex_init(&s->resources_lock, NULL);
        pthread_mutex_init(&s->queue_lock, NULL);
        pthread_mutex_init(&s->news_lock, NULL);
        return code == 0 ? 0 : err_errno(err, code, "the store's locks");
}

static void store_closep(struct store **s) {
        *s = store_close(*s);
}

int store_open(const char *dir, struct store **ret, struct err *err) {
        _cleanup_(store_closep) struct store *s = calloc(1, sizeof(*s));
        if (!s)
                return err_oom(err);
        s->last = &s->first;
        if (init_locks(s, err) < 0 || ring_init(&s->ring, err) < 0 || db_open(dir, &s->db, err) < 0)
                return -1;
        uint64_t rv = 0;
        _cleanup_arena_ struct arena *scratch = arena_new(ARENA_MAX_REQUEST);
        struct load load = {.store = s, .scratch = scratch};
        if (!scratch)
                return err_oom(err);
        if (db_load(s->db, load_row, &load, &rv, err) < 0)
                return -1;
        s->start_rv = rv;
        atomic_init(&s->rv, rv);
        each_set_start(s);
        *ret = TAKE_PTR(s);
        return 0;
}

struct store *store_close(struct store *s) {
        if (!s)
                return NULL;
        db_close(s->db);
        ring_done(&s->ring);
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&s->resources, &at));)
                resource_free(e->value);
        strmap_done(&s->resources);
        free(s);
        return NULL;
}

int store_set_durable(struct store *s, bool on, struct err *err) {
        return db_set_durable(s->db, on, err);
}

/* ---- versions ---- */

void store_on_publish(struct store *s, void (*notify)(void *context), void *context) {
        pthread_rwlock_wrlock(&s->lock);
        s->notify = notify;
        s->notify_context = context;
        pthread_rwlock_unlock(&s->lock);
}

uint64_t store_rv(struct store *s) {
        return atomic_load_explicit(&s->rv, memory_order_acquire);
}

void store_announce(struct store *s) {
        pthread_mutex_lock(&s->news_lock);
        pthread_cond_broadcast(&s->news);
        pthread_mutex_unlock(&s->news_lock);
}

/* Sleeps until the version is at least rv. */
bool store_wait_rv(struct store *s, uint64_t rv, int64_t timeout_ns) {
        if (store_rv(s) >= rv)
                return true;
        int64_t until = timeout_ns < 0 ? INT64_MAX : clock_monotonic_ns() + timeout_ns;
        bool in_time = true;
        pthread_mutex_lock(&s->news_lock);
        while (store_rv(s) < rv && !atomic_load(&s->interrupted) && in_time)
                in_time = cond_wait_until(&s->news, &s->news_lock, until);
        pthread_mutex_unlock(&s->news_lock);
        return store_rv(s) >= rv;
}

bool store_wait_after(struct store *s, uint64_t rv, int64_t timeout_ns) {
        return store_wait_rv(s, rv + 1, timeout_ns) || store_interrupted(s);
}

void store_interrupt(struct store *s) {
        atomic_store(&s->interrupted, true);
        store_announce(s);
}

bool store_interrupted(struct store *s) {
        return atomic_load(&s->interrupted);
}

void store_forget(struct store *s) {
        pthread_rwlock_wrlock(&s->lock);
        ring_forget(&s->ring);
        uint64_t now = store_rv(s);
        pthread_mutex_lock(&s->resources_lock);
        s->start_rv = now;
        each_set_start(s);
        pthread_mutex_unlock(&s->resources_lock);
        pthread_rwlock_unlock(&s->lock);
}
