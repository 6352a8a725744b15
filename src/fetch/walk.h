/* SPDX-License-Identifier: Apache-2.0 */
/* A source tree as a list: every entry beneath a directory, parents first, siblings by the bytes of their names, as
 * Go's filepath.Walk visits them. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum walk_type { WALK_DIRECTORY, WALK_FILE, WALK_OTHER };

struct walk_entry {
        const char *path; /* relative to the root */
        enum walk_type type;
        bool executable; /* any of the three bits */
        uint64_t size;
};

struct walk {
        struct walk_entry *entries;
        size_t n;
        uint64_t bytes; /* of all files */
};

/* Lists everything beneath the directory; symlinks are not followed. ERR_TOO_LARGE past LIMIT_TREE_FILES,
 * LIMIT_TREE_BYTES, LIMIT_TREE_PATH or LIMIT_TREE_DEPTH. */
int walk_tree(struct arena *a, int root, struct walk *ret, struct err *err);
