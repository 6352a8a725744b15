/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>

enum statement {
        BEGIN,
        COMMIT,
        ROLLBACK,
        ADD_KEY,
        REMOVE_KEY,
        ADD_ROW,
        REMOVE_ROW,
        SET_RV,
        LOAD,
        GET_RV,
        STATEMENTS,
};

static const char *const texts[STATEMENTS] = {
        [BEGIN] = "BEGIN IMMEDIATE",
        [COMMIT] = "COMMIT",
        [ROLLBACK] = "ROLLBACK",
        [ADD_KEY] = "INSERT INTO keys(api_group, resource, namespace, name) VALUES(?1, ?2, ?3, ?4)",
        [REMOVE_KEY] = "DELETE FROM keys WHERE id = ?1",
        [ADD_ROW] = "INSERT INTO log(rv, id, type, value) VALUES(?1, ?2, 0, ?3)",
        [REMOVE_ROW] = "DELETE FROM log WHERE rv = ?1",
        [SET_RV] = "UPDATE meta SET value = ?1 WHERE name = 'rv'",
        [LOAD] = "SELECT log.rv, keys.id, api_group, resource, namespace, name, value FROM log JOIN keys USING(id)",
        [GET_RV] = "SELECT max(value, (SELECT ifnull(max(rv), 0) FROM log)) FROM meta WHERE name = 'rv'",
};

/* The checkpoint runs in the writer: a thread of its own halves the throughput, and 1,000 pages keep a commit short. */
static const char schema[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;"
        "CREATE TABLE IF NOT EXISTS log(rv INTEGER PRIMARY KEY, id INTEGER NOT NULL, type INTEGER NOT NULL, value "
        "BLOB);"
        "CREATE TABLE IF NOT EXISTS keys(id INTEGER PRIMARY KEY, api_group TEXT NOT NULL, resource TEXT NOT NULL,"
        " namespace TEXT NOT NULL, name TEXT NOT NULL);"
        "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;"
        "INSERT OR IGNORE INTO meta VALUES('rv', 0);";

struct db {
        sqlite3 *handle;
        sqlite3_stmt *statements[STATEMENTS];
        uint64_t newest; /* the newest row that this transaction leaves in the log; 0: none */
};

static int fail(struct db *db, struct err *err, const char *what) {
        return err_set(err, ERR_IO, "state.db: %s: %s", what, sqlite3_errmsg(db->handle));
}

struct db *db_close(struct db *db) {
        if (!db)
                return NULL;
        for (size_t i = 0; i < STATEMENTS; i++)
                sqlite3_finalize(db->statements[i]);
        sqlite3_close(db->handle);
        free(db);
        return NULL;
}

static void db_closep(struct db **db) {
        *db = db_close(*db);
}

int db_open(const char *dir, struct db **ret, struct err *err) {
        _cleanup_(db_closep) struct db *db = calloc(1, sizeof(*db));
        char path[4096];
        if (!db)
                return err_oom(err);
        if ((size_t)snprintf(path, sizeof(path), "%s/state.db", dir) >= sizeof(path))
                return err_set(err, ERR_INVALID, "the name of the data directory is too long");
        /* Secrets live here: SQLite gives its other files the mode of this one. */
        _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
                return err_errno(err, errno, "%s", path);
        close_fd(&fd); /* before SQLite locks it: closing any descriptor of a file drops the locks of all */
        int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
        if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
                return fail(db, err, "open");
        if (sqlite3_exec(db->handle, schema, NULL, NULL, NULL) != SQLITE_OK)
                return fail(db, err, "schema");
        for (size_t i = 0; i < STATEMENTS; i++)
                if (sqlite3_prepare_v3(db->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[i], NULL) !=
                    SQLITE_OK)
                        return fail(db, err, "prepare");
        *ret = TAKE_PTR(db);
        return 0;
}

int db_set_durable(struct db *db, bool on, struct err *err) {
        const char *text =
                on ? "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);" : "PRAGMA synchronous = OFF;";
        return sqlite3_exec(db->handle, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(db, err, "synchronous");
}

/* Steps a statement that gives no rows, and makes it ready for the next time. */
static int run(struct db *db, enum statement which, const char *what, struct err *err) {
        int code = sqlite3_step(db->statements[which]);
        int status = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : fail(db, err, what);
        sqlite3_reset(db->statements[which]);
        return status;
}

static int read_rv(struct db *db, uint64_t *ret, struct err *err) {
        sqlite3_stmt *s = db->statements[GET_RV];
        int code = sqlite3_step(s);
        if (code == SQLITE_ROW)
                *ret = (uint64_t)sqlite3_column_int64(s, 0);
        int status = code == SQLITE_ROW ? 0 : fail(db, err, "read");
        sqlite3_reset(s);
        return status;
}

int db_load(struct db *db, int (*each)(void *context, const struct db_row *row, struct err *err), void *context,
            uint64_t *ret_rv, struct err *err) {
        sqlite3_stmt *s = db->statements[LOAD];
        int code = SQLITE_DONE, status = 0;
        while (status == 0 && (code = sqlite3_step(s)) == SQLITE_ROW) {
                struct db_row row = {
                        .rv = (uint64_t)sqlite3_column_int64(s, 0),
                        .id = (uint64_t)sqlite3_column_int64(s, 1),
                        .group = (const char *)sqlite3_column_text(s, 2),
                        .resource = (const char *)sqlite3_column_text(s, 3),
                        .namespace_ = (const char *)sqlite3_column_text(s, 4),
                        .name = (const char *)sqlite3_column_text(s, 5),
                        .json = sqlite3_column_blob(s, 6),
                        .json_len = (size_t)sqlite3_column_bytes(s, 6),
                };
                status = row.group && row.resource && row.namespace_ && row.name && row.json
                                 ? each(context, &row, err)
                                 : err_set(err, ERR_INTERNAL, "state.db: a row without a key or value");
        }
        if (status == 0 && code != SQLITE_DONE)
                status = fail(db, err, "load");
        sqlite3_reset(s);
        return status < 0 ? -1 : read_rv(db, ret_rv, err);
}

int db_begin(struct db *db, struct err *err) {
        db->newest = 0;
        return run(db, BEGIN, "begin", err);
}

static int add_row(struct db *db, const struct object *o, uint64_t id, struct err *err) {
        sqlite3_stmt *s = db->statements[ADD_ROW];
        db->newest = o->rv;
        sqlite3_bind_int64(s, 1, (sqlite3_int64)o->rv);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)id);
        sqlite3_bind_blob64(s, 3, o->json, o->json_len, SQLITE_STATIC);
        return run(db, ADD_ROW, "write", err);
}

static int remove_row(struct db *db, uint64_t rv, struct err *err) {
        sqlite3_bind_int64(db->statements[REMOVE_ROW], 1, (sqlite3_int64)rv);
        return run(db, REMOVE_ROW, "trim", err);
}

int db_insert(struct db *db, const char *group, const char *resource, const struct object *o, uint64_t *ret_id,
              struct err *err) {
        sqlite3_stmt *s = db->statements[ADD_KEY];
        const char *const columns[] = {group, resource, o->namespace_, o->name};
        for (int i = 0; i < (int)ARRAY_LEN(columns); i++)
                sqlite3_bind_text(s, i + 1, columns[i], -1, SQLITE_STATIC);
        if (run(db, ADD_KEY, "write", err) < 0)
                return -1;
        *ret_id = (uint64_t)sqlite3_last_insert_rowid(db->handle);
        return add_row(db, o, *ret_id, err);
}

int db_replace(struct db *db, const struct object *o, uint64_t id, uint64_t old_rv, struct err *err) {
        return add_row(db, o, id, err) < 0 ? -1 : remove_row(db, old_rv, err);
}

int db_remove(struct db *db, uint64_t id, uint64_t old_rv, struct err *err) {
        sqlite3_bind_int64(db->statements[REMOVE_KEY], 1, (sqlite3_int64)id);
        return run(db, REMOVE_KEY, "write", err) < 0 ? -1 : remove_row(db, old_rv, err);
}

static int set_rv(struct db *db, uint64_t rv, struct err *err) {
        sqlite3_bind_int64(db->statements[SET_RV], 1, (sqlite3_int64)rv);
        return run(db, SET_RV, "write", err);
}

int db_commit(struct db *db, uint64_t rv, struct err *err) {
        if ((db->newest < rv && set_rv(db, rv, err) < 0) || run(db, COMMIT, "commit", err) < 0) {
                db_rollback(db);
                return -1;
        }
        return 0;
}

void db_rollback(struct db *db) {
        /* SQLite rolls back by itself after some failures; a second rollback is an error that says only that. */
        if (!sqlite3_get_autocommit(db->handle))
                run(db, ROLLBACK, "rollback", NULL);
}
