/* SPDX-License-Identifier: Apache-2.0 */
/* Revision strings of Git sources: "main@sha1:<hex>", "sha1:<hex>", and the older "main/<hex>" (fluxcd/pkg/git,
 * corpus source: revision). */
#pragma once

#include "base/arena.h"

/* The part before '@' (or before '/<hash>' in the old form); "" when there is none. NULL: memory. */
const char *revision_named(struct arena *a, const char *revision);

/* The hash without its algorithm. NULL: memory. */
const char *revision_hash(struct arena *a, const char *revision);

/* "sha1" for 40 characters, "<unknown>" otherwise: Flux looks at the length only. */
const char *revision_hash_algorithm(const char *hash);

/* The old form turned into the new one; the new one unchanged. NULL: memory. */
const char *revision_transform(struct arena *a, const char *revision);
