/* SPDX-License-Identifier: Apache-2.0 */
/* The file: SQLite in WAL mode with synchronous=FULL, used by one thread (measured-choices 2).
 *
 * log(rv, id, type, value) holds one row for each live object, whose key is in keys(id, ...). A write adds the new row
 * and trims the one it supersedes in the same transaction. The high-water mark is the newest row's version, or that in
 * meta, which is written when the last write of a transaction leaves no row: no version is ever given twice. */
#pragma once

#include "apiserver/object.h"

struct db;

/* Opens or makes DIR/state.db. ERR_IO. */
int db_open(const char *dir, struct db **ret, struct err *err);
struct db *db_close(struct db *db);

/* on: each commit is on the disk when it is answered (the default). Off: it may be lost with the machine's power;
 * turning it on again writes everything down. */
int db_set_durable(struct db *db, bool on, struct err *err);

/* Calls each() for every live object; the strings and bytes are good during the call. *ret_rv: the high-water mark. */
struct db_row {
        uint64_t rv, id;
        const char *group, *resource, *namespace_, *name;
        const char *json;
        size_t json_len;
};
int db_load(struct db *db, int (*each)(void *context, const struct db_row *row, struct err *err), void *context,
            uint64_t *ret_rv, struct err *err);

/* One transaction: begin, any number of writes, then commit; or rollback after any failure. */
int db_begin(struct db *db, struct err *err);

/* Adds the state of a key that has no row; *ret_id names the key from now on. */
int db_insert(struct db *db, const char *group, const char *resource, const struct object *o, uint64_t *ret_id,
              struct err *err);

/* Puts o (version o->rv, key id) in the place of the row old_rv. */
int db_replace(struct db *db, const struct object *o, uint64_t id, uint64_t old_rv, struct err *err);

/* Removes the key and its row. */
int db_remove(struct db *db, uint64_t id, uint64_t old_rv, struct err *err);

/* Commits with the new high-water mark; on failure the transaction has been rolled back. */
int db_commit(struct db *db, uint64_t rv, struct err *err);
void db_rollback(struct db *db);
