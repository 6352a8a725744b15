/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a temporary directory with a tree and a file for the archive. A failing helper fails the test. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct tree {
        char path[64];
        int top;
        int root; /* top/tree */
        int file; /* top/archive, empty */
};

void tree_make(struct tree *t);
void tree_done(struct tree *t);
#define _cleanup_tree_ _cleanup_(tree_done)

/* Writes a file, making the directories above it. */
void tree_write(struct tree *t, const char *path, const char *content);

bool tree_has(const struct tree *t, const char *path);

/* The content of a file of the tree, malloc'ed. */
char *tree_read(const struct tree *t, const char *path);

/* Replaces the archive by a gzip of the bytes. */
void tree_gzip(struct tree *t, const void *p, size_t n);

/* Runs a job function on (first, second) and answers as it does; out may be NULL. */
typedef int tree_job(const char *request, size_t len, const int *fds, size_t n_fds, struct buf *out, struct err *err);
int tree_run(tree_job *job, const char *request, int first, int second, struct buf *out, struct err *err);
