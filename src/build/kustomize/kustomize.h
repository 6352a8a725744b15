/* SPDX-License-Identifier: Apache-2.0 */
/* The kustomize engine: a source tree to objects, byte-equal to kustomize 5.8 (spec/kustomize/kustomize.md).
 * Separate steps over the one value type: load, accumulate, transform, emit. Reads beneath one directory descriptor and
 * does no other I/O; no clock, no log. Costs grow linearly with resources, not with their square. */
#pragma once

#include "base/buf.h"
#include "data/value.h"

struct reads;  /* kustomize/reads.h */
struct remote; /* kustomize/remote.h */

enum kustomize_reorder {
        KUSTOMIZE_REORDER_DEFAULT, /* the file's sortOptions, else legacy */
        KUSTOMIZE_REORDER_LEGACY,  /* --reorder legacy */
        KUSTOMIZE_REORDER_NONE,    /* --reorder none: input order */
};

/* A folder that a build may see. */
struct kustomize_folder {
        const char *at; /* clean path in the tree; "." is all of it */
        int fd;
};

/* Where the repositories of remote bases are. The engine asks and never fetches. */
struct kustomize_remotes {
        /* 1: *ret_fd is the root directory of the repository, borrowed for as long as the build lives. 0: it is not
         * fetched yet; the build goes on without it, to ask for all that it needs, and fails in the end. -1: it cannot
         * be fetched, and err says why. */
        int (*find)(void *context, const struct remote *remote, int *ret_fd, struct err *err);
        void *context;
};

/* All zero is `kustomize build` without flags, remote bases refused. */
struct kustomize_options {
        bool load_restrictions_none; /* --load-restrictor LoadRestrictionsNone: still never outside of the tree */
        bool managed_by_label;       /* --enable-managedby-label */
        enum kustomize_reorder reorder;
        const struct kustomize_folder *folders; /* all that may be seen of the tree, in place of root_fd; may be NULL */
        size_t n_folders;
        struct reads *reads;      /* gets what was looked at in the tree; may be NULL */
        const char *display_root; /* what stands before paths in messages for root_fd ("/src"); NULL: "" */
        const struct kustomize_remotes *remotes; /* where remote bases are; NULL: refused with the lockdown's message */
        const char *entry;                       /* a remote entry to build, in place of a path; NULL: the path */
        const struct value *top; /* the kustomization of the top directory, in place of its file; NULL: read the file */
        struct buf *warnings;    /* gets the lines kustomize writes to stderr; NULL: dropped */
};

/* Builds the kustomization at path (relative, "." for the root) beneath root_fd. options may be NULL. *ret is a list of
 * objects in output order. Errors are worded as kustomize words them, first line equal where the corpus marks it
 * stable. */
int kustomize_build(struct arena *a, int root_fd, const char *path, const struct kustomize_options *options,
                    struct value *ret, struct err *err);

/* Writes objects as `kustomize build` prints them. */
void kustomize_emit(struct buf *b, const struct value *objects);

/* The same, but refuses what kustomize refuses only when it prints (control characters in a string). */
int kustomize_print(struct buf *b, const struct value *objects, struct err *err);
