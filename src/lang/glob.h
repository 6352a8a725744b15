/* SPDX-License-Identifier: Apache-2.0 */
/* Shell patterns as Go's path.Match knows them: * ? [a-z] [^a] \c. No byte is special in the name: a star also matches
 * slashes; callers that must not, match one path element at a time. A malformed pattern matches nothing. */
#pragma once

#include "base/util.h"

/* Whether the whole name matches. Costs at most the product of both lengths. */
bool glob_match(const char *pattern, size_t pattern_len, const char *name, size_t n);

/* The length of the shortest or longest prefix of the name that matches and is not empty; 0: none. */
size_t glob_prefix(const char *pattern, size_t pattern_len, const char *name, size_t n, bool longest);
