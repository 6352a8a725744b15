/* SPDX-License-Identifier: Apache-2.0 */
/* The remote bases of one build: those that are fetched, and those that the build asked for and did not find.
 *
 * Whoever builds repeats until nothing new is asked for: build, fetch what is wanted, build again with it. The lists
 * travel between the processes as values:
 *
 *   wanted   [{url, ref, submodules, seconds}]                 what to fetch
 *   fetched  [{url, ref, submodules, directory}], or, of one that failed, {url, ref, submodules, class, message} */
#pragma once

#include "base/limits.h"
#include "build/kustomize/kustomize.h"

struct remotes {
        struct arena *a;
        int fd;                      /* fetched[].directory is beneath this directory; borrowed; -1: none is fetched */
        const struct value *fetched; /* borrowed; may be NULL */
        struct value wanted;
        bool failed; /* one could not be fetched: the build's error says so, and more need not be fetched */
        struct {
                const struct value *entry;
                int fd;
        } open[LIMIT_REMOTES];
        size_t n_open;
};

/* remotes_done() also when it was never used. */
void remotes_init(struct remotes *r, struct arena *a, int fd, const struct value *fetched);
void remotes_done(struct remotes *r);

#define _cleanup_remotes_ _cleanup_(remotes_done)

/* kustomize_remotes.find, with a struct remotes as context. */
int remotes_find(void *context, const struct remote *remote, int *ret_fd, struct err *err);

/* Are both about the same repository, at the same ref? */
bool remotes_same(const struct value *a, const struct value *b);
