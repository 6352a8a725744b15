/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "build/kustomize/load/view.h"

struct listing { /* in the arena */
        const char **items;
        size_t len, cap;
};

/* The names in a directory (without symlinks: place.real), sorted by bytes as a walk in Go visits them. ERR_NOT_FOUND,
 * ERR_TOO_LARGE. */
int listing_read(struct arena *a, const struct view *v, const char *dir, struct listing *ret, struct err *err);
