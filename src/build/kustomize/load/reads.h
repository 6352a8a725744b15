/* SPDX-License-Identifier: Apache-2.0 */
/* What a build looked at in its source: every path with what stood there (also nothing), every file and every directory
 * listing with its digest. While all that is the same in another revision, so is what is built from it, however far
 * apart the files lie: bases, components, patches, generators' inputs, and files that are new in a directory. */
#pragma once

#include "build/kustomize/load/view.h"

/* Filled by a build whose options name it. Begins with READS_INIT; lives in the arena of the build. */
struct reads {
        struct arena *arena;
        struct value list;  /* for reads_same(): entries [what, path, answer...] */
        struct strmap seen; /* what and path of the entries */
        size_t bytes;       /* of the files */
        bool lost;          /* something was not recorded: the list is good for nothing */
};

#define READS_INIT(a) ((struct reads){.arena = (a), .list = {.type = VALUE_LIST}})

void reads_done(struct reads *r);
#define _cleanup_reads_ _cleanup_(reads_done)

/* To be called at each look; r may be NULL. Failing, and what is too much (limits.h), makes it lost. */
void reads_path(struct reads *r, const char *path, const struct place *found);
void reads_file(struct reads *r, const char *real, const char *text, size_t n);
void reads_listing(struct reads *r, const char *dir, const char *const *names, size_t n);
void reads_lose(struct reads *r);

/* Whether a build that may see these folders would find all that is in the list as it was. The list may come from
 * anywhere: what is not well formed is not the same. Reads at most what the limits allow. */
bool reads_same(const struct kustomize_folder *folders, size_t n_folders, const struct value *list);
