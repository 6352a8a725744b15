/* SPDX-License-Identifier: Apache-2.0 */
/* From a commit's tree to files beneath a directory. No checkout: no index, no attributes, no filters, no line ending
 * conversion, no hooks. Symlinks are counted and left out; a submodule is an empty directory. */
#pragma once

#include "fetch/git/objects.h"

struct git_export {
        uint64_t files;
        uint64_t directories;
        uint64_t bytes;
        uint64_t symlinks;
};

/* Writes the tree of that hash beneath dir, which is empty. ERR_TOO_LARGE past LIMIT_TREE_FILES, _BYTES, _PATH, _DEPTH;
 * ERR_INVALID for a name that no honest repository has ("..", ".git", a slash). */
int git_export_tree(struct arena *a, struct git_objects *o, const char *tree_hash, const struct value *sparse, int dir,
                    struct git_export *ret, struct err *err);
