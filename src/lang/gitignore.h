/* SPDX-License-Identifier: Apache-2.0 */
/* Ignore files (.sourceignore, spec.ignore) with go-git's semantics, which differ from git's: a pattern that matches a
 * directory matches everything below it, "!x" brings back what an earlier line took (corpus gitignore). */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct gitignore;

/* An empty set of patterns in the arena. NULL when memory is out. */
struct gitignore *gitignore_new(struct arena *a);

/* Adds the lines of an ignore file that stands in the directory `domain` ("" at the root, "a/b"); later lines win.
 * -1: memory, or ERR_TOO_LARGE past LIMIT_IGNORE_PATTERNS. */
int gitignore_add(struct gitignore *g, const char *text, size_t n, const char *domain, struct err *err);

/* Adds what Flux ignores without being told: version control, and then archives, images, CI files. */
int gitignore_add_vcs(struct gitignore *g, struct err *err);
int gitignore_add_defaults(struct gitignore *g, struct err *err);

/* Whether a path ("a/b/c", relative to the root) is ignored. A path whose directory is ignored is asked like any
 * other; callers that walk a tree do not enter ignored directories. */
bool gitignore_match(const struct gitignore *g, const char *path, bool is_dir);
