/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over many names: what makes two trees or two buckets equal. */
#pragma once

#include "data/value.h"

/* golang.org/x/mod's dirhash.Hash1 of the regular files beneath a directory, with an empty prefix: "h1:<base64>".
 * A name with a newline is an error in the library's words. */
int sums_tree(struct arena *a, int root, const char **ret, struct err *err);

/* The revision of a bucket: "sha256:<hex>" over the sorted lines "<key> <etag>\n". objects: a map of strings. */
int sums_bucket(struct arena *a, const struct value *objects, const char **ret, struct err *err);
