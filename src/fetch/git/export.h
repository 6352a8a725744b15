/* SPDX-License-Identifier: Apache-2.0 */
/* From a commit's tree to files beneath a directory. No checkout: no index, no attributes, no filters, no line ending
 * conversion, no hooks. Symlinks are counted and left out; a submodule becomes an empty directory and a link in the
 * list. */
#pragma once

#include "fetch/git/objects.h"

/* A submodule: where it belongs and its commit. */
struct git_link {
        const char *path;
        char hash[41];
};

struct git_export {
        uint64_t files;
        uint64_t directories;
        uint64_t bytes;
        uint64_t max_bytes; /* set by the caller */
        uint64_t symlinks;
        struct git_link *links; /* in the arena; of the last tree only */
        size_t n_links;         /* may be more than LIMIT_GIT_SUBMODULES, of which that many are listed */
};

/* Writes the tree of that hash beneath dir, which is empty. *done holds what was exported before, which counts for the
 * limits, and is added to. ERR_TOO_LARGE past LIMIT_TREE_FILES, _BYTES, _PATH, _DEPTH;
 * ERR_INVALID for a name that no honest repository has ("..", ".git", a slash). */
int git_export_tree(struct arena *a, struct git_objects *o, const char *tree_hash, const struct value *sparse, int dir,
                    struct git_export *done, struct err *err);
