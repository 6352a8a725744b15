/* SPDX-License-Identifier: Apache-2.0 */
/* How git is run: an environment made from nothing, one configuration in memory, credentials in memory. Nothing secret
 * stands on a command line, in an environment, or (SSH apart, which takes files only) on disk. */
#pragma once

#include "base/proc.h"
#include "fetch/git/request.h"

#define GIT_REPOSITORY "repository" /* the bare repository within the staging directory */
#define GIT_SETUP_FDS 12

struct git_setup {
        struct arena *a;
        const struct git_request *request;
        int staging; /* borrowed */
        int64_t deadline_ns;
        int fds[GIT_SETUP_FDS]; /* memory files that children inherit; owned */
        size_t n_fds;
        const char *env[16];
        const char *anonymous; /* GIT_CONFIG_GLOBAL without credentials, once it was asked for */
};

/* Makes the empty bare repository in staging and everything else git needs. */
int git_setup(struct arena *a, const struct git_request *r, int staging, struct git_setup *ret, struct err *err);

/* A file in memory, which children open under *ret_path (in the arena). Lives as long as the setup. */
int git_setup_memory(struct git_setup *s, const void *p, size_t n, const char **ret_path, struct err *err);

/* Whether anything of the request may go to the request's own server only. */
bool git_setup_has_credentials(const struct git_setup *s);

/* The same setup with a configuration without credentials, for other servers. *ret borrows everything from s: it ends
 * with s and is not given to git_setup_done(). */
int git_setup_without_credentials(struct git_setup *s, struct git_setup *ret, struct err *err);

/* Removes the repository and the SSH files from staging; closes the memory files. */
void git_setup_done(struct git_setup *s);

/* Fills a spec for "git ARGS": args NULL-terminated, argv with room for GIT_MAX_ARGS. */
#define GIT_MAX_ARGS 16
void git_setup_spec(const struct git_setup *s, const char *const *args, const char *argv[GIT_MAX_ARGS],
                    struct proc_spec *ret);

/* Runs "git ARGS" to its end. When it fails the error is the one that git's standard error tells, worded as Flux
 * words it, behind "what 'URL': ". */
int git_run(struct git_setup *s, const char *const *args, const char *what, struct buf *out, struct err *err);
