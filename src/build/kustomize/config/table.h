/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of data/kustomize, embedded into the program: lines of tab-separated columns. */
#pragma once

#include "base/arena.h"

#define TABLE_DECLARE(symbol) extern const char symbol[], symbol##_end[]

TABLE_DECLARE(kustomize_fieldspecs); /* section, target group, version, kind, group, version, kind, path, "create" */
TABLE_DECLARE(kustomize_kinds);      /* apiVersion, kind, definition */
TABLE_DECLARE(kustomize_schema);     /* definition, field, "" or [] or {}, definition of it, "merge" or "", keys */
TABLE_DECLARE(kustomize_scopes);     /* apiVersion, kind, "cluster" or "namespaced" */

struct table {
        const char *at, *end;
};

#define TABLE(symbol) ((struct table){.at = symbol, .end = symbol##_end})

/* The next line's columns, copied into the arena; missing ones are "". False at the end, and when memory is out. */
bool table_next(struct table *t, struct arena *a, const char **column, size_t n);
