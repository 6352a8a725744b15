/* SPDX-License-Identifier: Apache-2.0 */
/* The live objects of one resource, ordered by namespace/name: a vector of sorted blocks, so that an insert moves at
 * most one block's pointers and a walk is a walk over arrays. Not locked: see store.h. Holds one reference to each. */
#pragma once

#include "apiserver/object.h"

#define TABLE_BLOCK 512

struct table_block {
        struct table_block *next_spare;
        size_t n;
        struct object *items[TABLE_BLOCK];
};

struct table {
        struct table_block **blocks; /* never empty ones */
        size_t n_blocks;
        size_t cap_blocks;
        size_t count;               /* objects */
        struct table_block *spares; /* so that puts after table_reserve() cannot fail */
        size_t n_spares;
};

/* A place in the order; valid until the table changes. */
struct table_cursor {
        size_t block;
        size_t item;
};

/* The object of this key, or NULL. */
struct object *table_get(const struct table *t, const char *namespace_, const char *name);

/* True when n new keys can be put without memory; and makes it so. */
bool table_has_room(const struct table *t, size_t n);
int table_reserve(struct table *t, size_t n, struct err *err);

/* Puts o (takes the caller's reference) in the place of the object of its key, which is answered (NULL when the key is
 * new: table_reserve() must have made room for it). */
struct object *table_put(struct table *t, struct object *o);

/* Takes the object of this key out; NULL when there is none. The reference is the caller's. */
struct object *table_remove(struct table *t, const char *namespace_, const char *name);

/* The first object whose key is not less than (or with `after`, greater than) this one. */
struct table_cursor table_seek(const struct table *t, const char *namespace_, const char *name, bool after);

/* The object at the cursor, NULL at the end; and one step on. */
struct object *table_at(const struct table *t, const struct table_cursor *c);
void table_step(const struct table *t, struct table_cursor *c);

/* How many objects lie between two cursors (from at most to). */
size_t table_distance(const struct table *t, const struct table_cursor *from, const struct table_cursor *to);

void table_done(struct table *t);
