/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of tables: the columns of a kind. */
#pragma once

#include "data/jsonpath/jsonpath.h"
#include "kube/schema/kind.h"

struct column {
        const char *name;
        const char *type;
        const char *format;
        const char *description;
        int64_t priority;
        const char *cell;      /* specification of a built-in column (cells.h), or NULL */
        struct jsonpath *path; /* of a custom column */
};

struct columns {
        struct column *items;
        size_t n;
};

/* The columns of a kind; scale: those of a Scale instead. In the arena. */
int columns_of(struct arena *a, const struct kind *k, bool scale, struct columns *ret, struct err *err);
