/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the store share with each other and nobody else. */
#pragma once

#include "apiserver/store/db.h"
#include "apiserver/store/store.h"
#include "apiserver/store/table.h"
#include "base/strmap.h"

#include <pthread.h>

struct store_resource {
        struct ring_chain chain; /* under the cache lock, but for last_rv */
        struct table table;      /* under the cache lock; the leader, who alone changes it, reads without */
        char *group;             /* owned, as the next two */
        char *name;
        char *key; /* "group/name" */
};

/* A write that waits. Lives on its caller's stack until `done`. */
struct store_write {
        struct store_write *next;
        struct store_resource *resource;
        struct object *object;
        uint64_t expected;
        struct object *current; /* what the batch found under the key; borrowed */
        struct object *stored;  /* result: a reference for the caller */
        struct err err;
        enum store_op op;
        enum store_result result;
        bool done; /* under the queue lock */
        pthread_cond_t answered;
};

struct store {
        struct db *db; /* the leader's (writer.c) */

        pthread_rwlock_t lock; /* the cache lock: tables, ring */
        struct ring ring;
        atomic_uint_fast64_t rv;
        uint64_t start_rv; /* the newest version when the file was loaded */

        pthread_mutex_t resources_lock;
        struct strmap resources; /* key → struct store_resource */

        pthread_mutex_t queue_lock;
        struct store_write *first, **last;
        size_t waiting;
        bool leading; /* somebody commits */

        pthread_mutex_t news_lock; /* only for sleeping until rv moves */
        pthread_cond_t news;
        atomic_bool interrupted;

        void (*notify)(void *context);
        void *notify_context;
};

/* Wakes whoever waits for news. */
void store_announce(struct store *s);
