/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl's JSONPath templates, as client-go's util/jsonpath reads and prints them (corpus jsonpath):
 * "{range .items[*]}{.metadata.name}{'\n'}{end}". */
#pragma once

#include "base/buf.h"
#include "data/value.h"

struct jsonpath;

/* Parses a template. The tree lives in the arena and borrows nothing from the text. ERR_SYNTAX in client-go's words. */
int jsonpath_parse(struct arena *a, const char *text, size_t n, struct jsonpath **ret, struct err *err);

enum jsonpath_flags {
        JSONPATH_ALLOW_MISSING = 1 << 0, /* a missing key gives nothing instead of an error (kubectl get -o jsonpath) */
};

/* Executes the template and appends its output, nothing after an error. Lists and maps
 * print as JSON, strings as they are. ERR_NOT_FOUND for missing keys and indexes, ERR_BAD_REQUEST for the rest.
 * Members of maps are visited in the order of their keys (client-go: at random). */
int jsonpath_execute(struct arena *a, const struct jsonpath *path, const struct value *document, unsigned flags,
                     struct buf *out, struct err *err);

/* The values that the template's single action finds, shared with the document; for custom columns, sorting and waits.
 */
struct jsonpath_results {
        const struct value **values; /* in the arena */
        size_t n;
};
int jsonpath_find(struct arena *a, const struct jsonpath *path, const struct value *document, unsigned flags,
                  struct jsonpath_results *ret, struct err *err);

/* kubectl's relaxed form ("metadata.name", ".a", "{a}") as a template: "{.metadata.name}". ERR_SYNTAX. */
int jsonpath_relaxed(struct arena *a, const char *text, const char **ret, struct err *err);
