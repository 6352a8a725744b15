/* SPDX-License-Identifier: Apache-2.0 */
/* Expands the text of data/kubernetes/schema.txt (its README is the format's description) into schemas. */
#pragma once

#include "base/strmap.h"
#include "kube/schema/schema.h"

struct schema_table {
        struct strmap by_name; /* "core.v1.Pod" to struct schema */
        struct strmap by_kind; /* "apps/v1/Deployment", "v1/Pod" to struct schema */
};

/* Everything that the table points at lives in the arena, but for the maps, which schema_table_done() frees.
 * ERR_INTERNAL names the line that breaks the format. */
int schema_table_load(struct arena *a, const char *text, size_t n, struct schema_table *ret, struct err *err);
void schema_table_done(struct schema_table *t);

/* "io.k8s.api.core.v1.Pod" as "core.v1.Pod"; short names are copied as they are. NULL: too long. */
const char *schema_short_name(const char *name, char *text, size_t size);

/* The reverse, in the arena. NULL: memory. */
const char *schema_long_name(struct arena *a, const char *short_name);
