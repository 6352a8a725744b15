/* SPDX-License-Identifier: Apache-2.0 */
/* Submodules: what .gitmodules says about the links of a tree, fetched and exported in their places. */
#pragma once

#include "fetch/git/export.h"

/* Fills the empty directories that *done lists for the commit, which came from url and was exported beneath dir. Their
 * own submodules follow, up to LIMIT_GIT_SUBMODULE_DEPTH. Other servers than the request's get no credentials. A link
 * that .gitmodules does not name stays an empty directory, as in go-git. */
int git_submodules(struct git_setup *s, struct git_objects *o, const char *commit, const char *url, int dir,
                   struct git_export *done, struct err *err);

/* A submodule's URL: "./" and "../" are relative to the parent's. NULL: memory, or more "../" than the path has parts.
 */
const char *git_submodule_url(struct arena *a, const char *parent, const char *url);
