/* SPDX-License-Identifier: Apache-2.0 */
/* How git is run: an environment made from nothing, one configuration in memory, credentials in memory. Nothing secret
 * stands on a command line, in an environment, or (SSH apart, which takes files only) on disk. */
#pragma once

#include "base/proc.h"
#include "fetch/git/request.h"

#define GIT_REPOSITORY "repository" /* the bare repository within the staging directory */
#define GIT_SETUP_FDS 4

struct git_setup {
        struct arena *a;
        const struct git_request *request;
        int staging; /* borrowed */
        int64_t deadline_ns;
        int fds[GIT_SETUP_FDS]; /* memory files that children inherit; owned */
        size_t n_fds;
        const char *env[16];
};

/* Makes the empty bare repository in staging and everything else git needs. */
int git_setup(struct arena *a, const struct git_request *r, int staging, struct git_setup *ret, struct err *err);

/* Removes the repository and the SSH files from staging; closes the memory files. */
void git_setup_done(struct git_setup *s);

/* Fills a spec for "git ARGS": args NULL-terminated, argv with room for GIT_MAX_ARGS. */
#define GIT_MAX_ARGS 16
void git_setup_spec(const struct git_setup *s, const char *const *args, const char *argv[GIT_MAX_ARGS],
                    struct proc_spec *ret);

/* Runs "git ARGS" to its end. When it fails the error is the one that git's standard error tells, worded as Flux
 * words it, behind "what 'URL': ". */
int git_run(struct git_setup *s, const char *const *args, const char *what, struct buf *out, struct err *err);
