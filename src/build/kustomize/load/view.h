/* SPDX-License-Identifier: Apache-2.0 */
/* What one build may see of one tree: all of it, or some of its folders, each by a descriptor of its own. What is not
 * in a folder that may be seen is not there: no word of a message tells whether it exists.
 *
 * Paths are clean ("a/b", "." is the root) and are resolved component by component beneath the folders' descriptors;
 * symlinks are followed by hand, so that one from a folder into another works and one to elsewhere finds nothing. */
#pragma once

#include "base/strmap.h"
#include "build/kustomize/kustomize.h"

struct engine;
struct reads;

struct view {
        const struct kustomize_folder *folders;
        size_t n_folders;
        const char *display_root; /* stands for the tree's root in messages; "": its paths begin with "/" */
        struct strmap paths;      /* clean path to the struct place that was found there */
        struct reads *reads;      /* is told of each look; NULL: nobody wants to know */
};

/* What stands at a clean path: where it really is once symlinks are followed. */
struct place {
        const char *real; /* clean path without symlinks */
        bool directory;
};

/* The text that stands for a path in messages. */
const char *view_display(struct arena *a, const struct view *v, const char *path);

/* ERR_NOT_FOUND "lstat PATH: no such file or directory"; ERR_ACCESS_DENIED when it leads out of the tree. */
int view_resolve(struct engine *e, struct view *v, const char *path, const struct place **ret, struct err *err);

/* Opens what stands at a path without symlinks (place.real). */
int view_open(const struct view *v, const char *real, int flags, struct err *err);

/* The whole file at a path without symlinks, malloc'ed. */
int view_read(const struct view *v, const char *real, char **ret, size_t *ret_len, struct err *err);

/* The path leads out of the tree; operation is the word that kustomize has for what was tried. Answers -1. */
int view_outside(struct engine *e, const struct view *v, const char *operation, const char *path, struct err *err);

void view_done(struct view *v);
