/* SPDX-License-Identifier: Apache-2.0 */
/* For tests with a real git: a temporary directory and git commands in it. A failing helper fails the test. */
#pragma once

#include "base/buf.h"

struct place {
        char path[64];
};

void place_make(struct place *p);
void place_done(struct place *p);

/* Runs a shell script in the directory, with PATH, a fixed author and no configuration; answers its exit status. What
 * it prints goes to out (may be NULL), with its standard error behind it when it fails. */
int place_run(const struct place *p, const char *script, struct buf *out);

/* The same, and it must succeed. */
void place_must(const struct place *p, const char *script);
