/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/kustomize/memory.h"

#include "base/clock.h"
#include "base/limits.h"

#include <pthread.h>

#define FIRST_POLL (20 * NSEC_PER_MSEC)

struct memories {
        pthread_mutex_t lock; /* guards by_key; each memory is its worker's own */
        struct strmap by_key;
};

struct memories *memories_new(void) {
        struct memories *m = calloc(1, sizeof(*m));
        if (m)
                pthread_mutex_init(&m->lock, NULL);
        return m;
}

static size_t builds_kept; /* bytes of all memories' answers; atomic */

static void drop_build(struct memory *m) {
        __atomic_sub_fetch(&builds_kept, m->build_len, __ATOMIC_RELAXED);
        free(m->build);
        m->build = NULL;
        m->build_len = 0;
}

static void memory_free(struct memory *m) {
        if (!m)
                return;
        drop_build(m);
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&m->applied, &at));) {
                struct applied *applied = e->value;
                free(applied->id);
                free(applied);
        }
        strmap_done(&m->applied);
        memory_end_wait(m);
        free(m->key);
        free(m);
}

struct memories *memories_free(struct memories *m) {
        if (!m)
                return NULL;
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&m->by_key, &at));)
                memory_free(e->value);
        strmap_done(&m->by_key);
        pthread_mutex_destroy(&m->lock);
        free(m);
        return NULL;
}

void memory_keep_build(struct memory *m, const char *request, const char *answer, size_t n) {
        drop_build(m);
        if (n > LIMIT_BUILD_KEPT)
                return;
        bool fits = __atomic_add_fetch(&builds_kept, n, __ATOMIC_RELAXED) <= LIMIT_BUILDS_KEPT;
        m->build_len = n;
        m->build = fits ? malloc(n + 1) : NULL;
        if (!m->build) {
                drop_build(m);
                return;
        }
        memcpy(m->build, answer, n);
        m->build[n] = '\0';
        snprintf(m->build_request, sizeof(m->build_request), "%s", request);
}

const char *memory_build(const struct memory *m, const char *request, size_t *ret_len) {
        if (!m->build || !streq(m->build_request, request))
                return NULL;
        *ret_len = m->build_len;
        return m->build;
}

struct memory *memories_obtain(struct memories *all, const char *key) {
        pthread_mutex_lock(&all->lock);
        struct memory *m = strmap_get(&all->by_key, key, strlen(key));
        if (!m) {
                m = calloc(1, sizeof(*m));
                if (!m || !(m->key = strdup(key)) || strmap_set(&all->by_key, m->key, strlen(m->key), m) < 0) {
                        memory_free(m);
                        m = NULL;
                }
        }
        pthread_mutex_unlock(&all->lock);
        return m;
}

void memories_forget(struct memories *all, const char *key) {
        pthread_mutex_lock(&all->lock);
        struct memory *m = strmap_remove(&all->by_key, key, strlen(key));
        pthread_mutex_unlock(&all->lock);
        memory_free(m);
}

void memory_remember(struct memory *m, const char *id, const char *form, const char *version) {
        struct applied *a = strmap_get(&m->applied, id, strlen(id));
        if (!a) {
                a = calloc(1, sizeof(*a));
                if (!a || !(a->id = strdup(id)) || strmap_set(&m->applied, a->id, strlen(a->id), a) < 0) {
                        if (a)
                                free(a->id);
                        free(a);
                        return;
                }
        }
        snprintf(a->form, sizeof(a->form), "%s", form);
        snprintf(a->version, sizeof(a->version), "%s", version);
}

bool memory_knows(const struct memory *m, const char *id, const char *form, const char *version) {
        const struct applied *a = strmap_get(&m->applied, id, strlen(id));
        return a && streq(a->form, form) && streq(a->version, version);
}

bool memory_left(const struct memory *m, const char *id, const char *version) {
        const struct applied *a = strmap_get(&m->applied, id, strlen(id));
        return a && streq(a->version, version);
}

void memory_drop(struct memory *m, const char *id) {
        struct applied *a = strmap_remove(&m->applied, id, strlen(id));
        if (a)
                free(a->id);
        free(a);
}

void memory_wrote(struct memory *m, const char *version) {
        if (version)
                snprintf(m->written, sizeof(m->written), "%s", version);
}

static bool is_number(const char *s) {
        return *s && *s != '0' && strspn(s, "0123456789") == strlen(s);
}

bool memory_is_seen(const struct memory *m, const char *version) {
        if (!m->written[0])
                return true;
        if (!version || !is_number(version) || !is_number(m->written))
                return version && streq(version, m->written);
        size_t ours = strlen(m->written), its = strlen(version);
        return its != ours ? its > ours : strcmp(version, m->written) >= 0;
}

int memory_begin_wait(struct memory *m, const char *revision, const char *requested, int64_t generation, int64_t now,
                      int64_t timeout) {
        memory_end_wait(m);
        m->wait_for = value_list();
        if (!(m->revision = strdup(revision)) || !(m->requested = strdup(requested)) ||
            !(m->wait_arena = arena_new(0))) {
                memory_end_wait(m);
                return -1;
        }
        m->generation = generation;
        m->wait_started = m->asked_at = now;
        m->wait_deadline = now + timeout;
        m->next_poll = FIRST_POLL;
        m->wait_told = false;
        m->waiting = true;
        return 0;
}

void memory_end_wait(struct memory *m) {
        m->follow = readiness_end(m->follow);
        free(m->revision);
        free(m->requested);
        m->revision = m->requested = NULL;
        m->wait_arena = arena_free(m->wait_arena);
        m->wait_for = value_list();
        m->wait_inventory = value_null();
        m->waiting = false;
}
