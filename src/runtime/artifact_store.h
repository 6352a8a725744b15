/* SPDX-License-Identifier: Apache-2.0 */
/* The artifact store: what sources produce, on disk.
 *
 *   DIR/artifacts/KIND/NAMESPACE/NAME/FILE   served over HTTP to other processes, laid out as source-controller does
 *   DIR/trees/KIND/NAMESPACE/NAME/HASH/      the same files unpacked once per revision, read-only: builds get a
 *                                            directory descriptor of it (or of the granted folder of it)
 *   DIR/staging/                             where workers write; emptied at start, renamed into place when complete
 *
 * A revision appears whole or not at all: files and trees are renamed into place after they are complete. */
#pragma once

#include "base/err.h"

struct artifact_store;
struct arena;

struct artifact_store_options {
        const char *dir;            /* --storage-path */
        const char *listen;         /* --storage-addr as HOST:PORT; port 0: a free one */
        const char *advertise;      /* --storage-adv-addr as HOST:PORT; NULL: where it listens */
        unsigned retention_records; /* --artifact-retention-records; 0: 2 */
};

int artifact_store_open(const struct artifact_store_options *options, struct artifact_store **ret, struct err *err);
struct artifact_store *artifact_store_close(struct artifact_store *s);

/* HOST:PORT as consumers reach it. Lives as long as the store. */
const char *artifact_store_address(const struct artifact_store *s);

/* True for 40 or 64 lower-case hexadecimal digits. What a worker answered or a status says is checked with this before
 * it becomes a path. */
bool artifact_store_is_hash(const char *hash);

/* One source's place. kind in lower case. */
struct artifact_place {
        const char *kind;
        const char *namespace_;
        const char *name;
};

/* A new empty staging directory; *ret_path is malloc'ed. The caller removes it with fs_remove_tree(). */
int artifact_store_stage(struct artifact_store *s, char **ret_path, int *ret_fd, struct err *err);

/* Moves a complete archive and tree into place under file name and hash, and drops older revisions beyond the
 * retention. *ret_url and *ret_path (of the status's artifact) live in the arena. */
int artifact_store_commit(struct artifact_store *s, struct arena *a, const struct artifact_place *place,
                          const char *archive, const char *file, const char *tree, const char *hash,
                          const char **ret_path, const char **ret_url, struct err *err);

/* Is the archive of that name there, with its tree? */
bool artifact_store_has(struct artifact_store *s, const struct artifact_place *place, const char *file,
                        const char *hash);

/* The URL of a stored file, in the arena. NULL: memory. */
const char *artifact_store_url(struct artifact_store *s, struct arena *a, const struct artifact_place *place,
                               const char *file);

/* Opens the tree of a revision. ERR_NOT_FOUND. */
int artifact_store_open_tree(struct artifact_store *s, const struct artifact_place *place, const char *hash,
                             struct err *err);

/* Removes everything of a source that was deleted. */
int artifact_store_remove(struct artifact_store *s, const struct artifact_place *place, struct err *err);
