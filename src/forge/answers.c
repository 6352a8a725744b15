/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/answers.h"

#include "base/clock.h"
#include "base/limits.h"

#include <pthread.h>
#include <sys/stat.h>

#define SLOTS 16

enum slot_state {
        SLOT_FREE,
        SLOT_ASKING, /* a thread runs git for it */
        SLOT_KEPT,
        SLOT_ALONE, /* its answer is too large or was none: everybody asks for himself */
};

/* Transitions: FREE -> ASKING -> KEPT | ALONE -> FREE (too old, or a push). */
struct slot {
        enum slot_state state;
        char key[DIGEST_HEX_MAX];
        uint64_t generation;
        int64_t settled_at; /* monotonic ns */
        struct kept_answer answer;
};

struct answers {
        pthread_mutex_t lock; /* guards the rest */
        pthread_cond_t settled;
        uint64_t generation; /* pushes begun and ended */
        struct slot slots[SLOTS];
};

struct answers *answers_new(void) {
        struct answers *a = calloc(1, sizeof(*a));
        if (!a)
                return NULL;
        pthread_mutex_init(&a->lock, NULL);
        pthread_cond_init(&a->settled, NULL);
        return a;
}

static void slot_clear(struct slot *s) {
        http_shared_unref(s->answer.bytes);
        *s = (struct slot){0};
}

struct answers *answers_free(struct answers *a) {
        if (!a)
                return NULL;
        for (size_t i = 0; i < SLOTS; i++)
                slot_clear(&a->slots[i]);
        pthread_mutex_destroy(&a->lock);
        pthread_cond_destroy(&a->settled);
        free(a);
        return NULL;
}

static void add_text(struct digest *d, const char *text) {
        digest_add(d, text ? text : "", text ? strlen(text) + 1 : 1);
}

int answers_key(const struct cgi_request *r, const char *dir, char ret[static DIGEST_HEX_MAX], struct err *err) {
        _cleanup_digest_ struct digest *d = digest_new(DIGEST_SHA256, err);
        _cleanup_free_ char *refs = NULL;
        struct stat st = {0};
        if (!d)
                return -1;
        if (asprintf(&refs, "%s/refs/heads", dir) < 0)
                return err_oom(err);
        if (stat(refs, &st) < 0)
                return err_set(err, ERR_NOT_FOUND, "no such repository");
        const char *const texts[] = {r->path,         r->method,           r->query,
                                     r->content_type, r->content_encoding, r->git_protocol};
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                add_text(d, texts[i]);
        /* Another directory of that name, or other branches in it, is another repository. */
        digest_add(d, &st.st_dev, sizeof(st.st_dev));
        digest_add(d, &st.st_ino, sizeof(st.st_ino));
        digest_add(d, &st.st_mtim, sizeof(st.st_mtim));
        digest_add(d, r->body, r->body_len);
        return digest_end_hex(d, ret, err);
}

/* The slot of the key that may be used now, or a free one, or NULL. */
static struct slot *slot_of(struct answers *a, const char *key) {
        struct slot *free_one = NULL;
        int64_t now = clock_monotonic_ns();
        for (size_t i = 0; i < SLOTS; i++) {
                struct slot *s = &a->slots[i];
                bool old = s->generation != a->generation || now - s->settled_at > ANSWERS_LIFE;
                if ((s->state == SLOT_KEPT || s->state == SLOT_ALONE) && old)
                        slot_clear(s);
                if (s->state == SLOT_FREE)
                        free_one = s;
                else if (s->generation == a->generation && streq(s->key, key))
                        return s;
        }
        return free_one;
}

enum answers_found answers_find(struct answers *a, const char *key, struct kept_answer *ret, uint64_t *ret_ticket) {
        enum answers_found found = ANSWERS_ALONE;
        pthread_mutex_lock(&a->lock);
        struct slot *s = slot_of(a, key);
        while (s && s->state == SLOT_ASKING) {
                pthread_cond_wait(&a->settled, &a->lock);
                s = slot_of(a, key);
        }
        if (s && s->state == SLOT_KEPT) {
                *ret = s->answer;
                http_shared_ref(ret->bytes);
                found = ANSWERS_KEPT;
        } else if (s && s->state == SLOT_FREE) {
                s->state = SLOT_ASKING;
                *ret_ticket = s->generation = a->generation;
                snprintf(s->key, sizeof(s->key), "%s", key);
                found = ANSWERS_ASK;
        }
        pthread_mutex_unlock(&a->lock);
        return found;
}

void answers_settle(struct answers *a, const char *key, uint64_t ticket, const struct kept_answer *answer, size_t len) {
        pthread_mutex_lock(&a->lock);
        for (size_t i = 0; i < SLOTS; i++) {
                struct slot *s = &a->slots[i];
                if (s->state != SLOT_ASKING || s->generation != ticket || !streq(s->key, key))
                        continue;
                s->state = answer && len <= LIMIT_FORGE_KEPT ? SLOT_KEPT : SLOT_ALONE;
                s->settled_at = clock_monotonic_ns();
                if (s->state == SLOT_KEPT) {
                        s->answer = *answer;
                        http_shared_ref(s->answer.bytes);
                }
                break;
        }
        pthread_cond_broadcast(&a->settled);
        pthread_mutex_unlock(&a->lock);
}

void answers_forget(struct answers *a) {
        pthread_mutex_lock(&a->lock);
        a->generation++;
        pthread_cond_broadcast(&a->settled); /* who waits for an answer of before asks anew */
        pthread_mutex_unlock(&a->lock);
}
