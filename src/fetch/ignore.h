/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries of a tree an artifact leaves out (fluxcd/pkg/sourceignore): version control always; the default
 * exclusions unless a .sourceignore file or spec.ignore holds any pattern; then those patterns, spec.ignore last. */
#pragma once

#include "fetch/walk.h"
#include "lang/gitignore.h"

/* Reads the .sourceignore files of the tree (at any depth, those in ignored directories too, as Flux does).
 * spec_ignore: NULL when absent. The set lives in the arena. */
int ignore_load(struct arena *a, int root, const struct walk *walk, const char *spec_ignore, size_t spec_ignore_len,
                struct gitignore **ret, struct err *err);
