/* SPDX-License-Identifier: Apache-2.0 */
/* The store: all live objects in memory, the recent past in a ring, and the file behind them.
 *
 * There is one writer at a time (writer.c): it takes the writes that wait, checks each against the state that its batch
 * has reached, gives it the next version inside one transaction, and after COMMIT (and fdatasync) publishes the batch
 * under the lock and answers. A failed COMMIT fails its whole batch and publishes nothing. Readers take the lock shared
 * and only for as long as it takes to collect references. Locks, in order: cache lock, resources lock; the queue lock
 * and the news lock are taken with no other held. */
#pragma once

#include "apiserver/object.h"
#include "apiserver/store/ring.h"

struct store;

/* One resource's table. Made when first named, lives as long as the store. */
struct store_resource;

/* Opens DIR/state.db and loads it. */
int store_open(const char *dir, struct store **ret, struct err *err);

/* All users must have gone. */
struct store *store_close(struct store *s);

/* off: writes are answered before they are on the disk, for filling a new store quickly; turning it on again writes
 * them all down. Not while others write. */
int store_set_durable(struct store *s, bool on, struct err *err);

/* NULL: memory. */
struct store_resource *store_resource(struct store *s, const char *group, const char *resource);
const char *store_resource_group(const struct store_resource *r);
const char *store_resource_name(const struct store_resource *r);

/* All resources named so far, in no order; free() the array. */
int store_resources(struct store *s, struct store_resource ***ret, size_t *ret_n, struct err *err);

/* Called after every publication, by whoever commits; must be quick and must not call the store. Set once before use.
 */
void store_on_publish(struct store *s, void (*notify)(void *context), void *context);

/* The version of the newest published write. */
uint64_t store_rv(struct store *s);

/* Waits until rv is published; false after timeout_ns. */
bool store_wait_rv(struct store *s, uint64_t rv, int64_t timeout_ns);

/* Forgets the past: watches and lists of an earlier version have to start again. */
void store_forget(struct store *s);

/* ---- reading ---- */

/* A reference to the object, or NULL. */
struct object *store_get(struct store *s, struct store_resource *r, const char *namespace_, const char *name);

/* A part of a resource at one moment, in the order of namespace/name. */
struct store_range {
        const char *namespace_; /* "": all */
        const char *after;      /* key "namespace/name" or "name" behind which it begins; NULL: at the start */
        size_t limit;           /* 0: all */
        uint64_t rv;            /* the moment; 0: now */
};

struct store_list {
        struct object **items; /* malloc'ed; each holds a reference */
        size_t n;
        size_t remaining; /* objects of the range behind the last item */
        uint64_t rv;
};

/* ERR_GONE when the moment is forgotten, ERR_TIMEOUT when it is not reached yet, ERR_MEMORY. */
int store_list(struct store *s, struct store_resource *r, const struct store_range *range, struct store_list *ret,
               struct err *err);
void store_list_done(struct store_list *l);
#define _cleanup_store_list_ _cleanup_(store_list_done)

/* Number of live objects. */
size_t store_count(struct store *s, struct store_resource *r);

/* ---- writing ---- */

enum store_op { STORE_CREATE, STORE_UPDATE, STORE_DELETE };

enum store_result {
        STORE_OK = 0,
        STORE_EXISTS,   /* create: the key is there */
        STORE_MISSING,  /* update, delete: it is not */
        STORE_CONFLICT, /* its version is not `expected` */
        STORE_FAILED,   /* the disk; see err */
};

/* Commits one write and waits until it is published. object: a fresh one (rv 0), in the case of a deletion its last
 * state; the store takes over the reference in any case. expected: the version it was made from (not for a create).
 * On STORE_OK *ret (may be NULL) is a reference to the stored, stamped object. err is set unless STORE_OK. */
enum store_result store_commit(struct store *s, struct store_resource *r, enum store_op op, struct object *object,
                               uint64_t expected, struct object **ret, struct err *err);

/* ---- watching: a cursor, owned by its reader ---- */

struct store_cursor {
        struct store_resource *resource; /* NULL: all */
        uint64_t rv;                     /* everything up to here has been seen */
        uint64_t seq;                    /* place of the last event seen; 0: to be found */
};

/* Copies up to max events (with references on object and previous) and moves the cursor. Answers the number, 0 when
 * there is nothing new; -1 with ERR_GONE when events that the cursor has not seen are forgotten (text: "too old
 * resource version: N (M)"). With no news of its own the cursor is moved to the newest published version. */
int store_next(struct store *s, struct store_cursor *c, struct ring_event *events, size_t max, struct err *err);

/* Releases what store_next() gave. */
void store_event_done(struct ring_event *e);

/* Waits until something is published after rv or store_interrupt() is called; false after timeout_ns. */
bool store_wait_after(struct store *s, uint64_t rv, int64_t timeout_ns);

/* Ends every wait now and in future: the server stops. */
void store_interrupt(struct store *s);
bool store_interrupted(struct store *s);
