/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories that kustomizations name: resolved in a view of a tree, checked against kustomize's own rules
 * (files in or below the kustomization's directory, no cycles), worded as kustomize words them. */
#pragma once

#include "build/kustomize/engine.h"

/* The text that stands for the loader's directory in messages. */
const char *loader_display(struct engine *e, const struct loader *l);

/* The top directory. */
int loader_top(struct engine *e, const char *path, struct loader *ret, struct err *err);

/* Makes a clean path of l->view the loader's directory, symlinks resolved: it exists and is one. */
int loader_confirm(struct engine *e, const char *clean, struct loader *l, struct err *err);

/* A directory that a kustomization in `from` names: exists, is no ancestor of one that is being built. */
int loader_enter(struct engine *e, const struct loader *from, const char *path, struct loader *ret, struct err *err);

/* A whole file named in `from`, in the arena, NUL-terminated. */
int loader_read(struct engine *e, const struct loader *from, const char *path, const char **ret, size_t *ret_len,
                struct err *err);

/* The same in memory that the caller frees: for what is parsed and then done with. */
int loader_read_once(struct engine *e, const struct loader *from, const char *path, char **ret, size_t *ret_len,
                     struct err *err);

/* path as seen from the directory base, cleaned as Go's path.Join does; may begin with "..". NULL: memory. */
const char *loader_join(struct arena *a, const char *base, const char *path);
