/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches the repositories that the remote bases of one build want, each in a fetch worker of its own, without any
 * credential. For one build and its tenant only: nothing is kept or shared.
 *
 * Bounded by LIMIT_REMOTES, LIMIT_REMOTE_DEPTH, LIMIT_REMOTE_SECONDS, LIMIT_REMOTE_ALL_SECONDS, LIMIT_REMOTE_BYTES. */
#pragma once

#include "data/value.h"

struct broker;

struct remote_fetch {
        struct broker *broker;
        struct arena *a;
        int dir;              /* an empty directory for all of them; borrowed, and removed by the caller */
        struct value fetched; /* what build/kustomize/load/remotes.h takes */
        uint64_t bytes;       /* of files so far */
        int64_t deadline_ns;  /* of all, by the monotonic clock; 0: not begun */
        unsigned rounds;
};

void remote_fetch_init(struct remote_fetch *f, struct broker *broker, struct arena *a, int dir);

/* Fetches what a build wanted (build/kustomize/load/remotes.h; a worker's word, which is checked) and adds it to
 * `fetched`. A remote that cannot be fetched is there with its error, for the next build to tell where it was named;
 * nothing more is fetched after it. -1: the build cannot go on: too much is wanted, or something of ours failed. */
int remote_fetch_all(struct remote_fetch *f, const struct value *wanted, struct err *err);
