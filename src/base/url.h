/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding and query strings of URLs. */
#pragma once

#include "base/arena.h"

/* Decodes %XX of n bytes into the arena, NUL-terminated; plus: '+' is a space, as in queries. 0; -1: an escape that is
 * not one (*ret untouched) or memory is out (*ret NULL). */
int url_decode(struct arena *a, const char *s, size_t n, bool plus, char **ret, size_t *ret_len);

/* The next pair of a raw query, decoded into the arena: start with *cursor = query. Pairs that do not decode and empty
 * ones are skipped, as Go does; a key without "=" has the value "". False at the end or when memory is out. */
bool url_query_next(struct arena *a, const char **cursor, const char **ret_key, const char **ret_value);

/* The first value of that name, or NULL. */
const char *url_query_get(struct arena *a, const char *query, const char *name);
