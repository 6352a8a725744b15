/* SPDX-License-Identifier: Apache-2.0 */
/* Semantic versions and ranges as Masterminds/semver 3.5 understands them (Flux, Helm), and Flux's choice of a version
 * (corpus semver). */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct semver {
        uint64_t major, minor, patch;
        const char *prerelease; /* "" when there is none */
        const char *metadata;   /* "" when there is none */
        const char *original;   /* the text it was read from */
};

/* All texts are copied into the arena. Errors are ERR_SYNTAX in the library's words. */
int semver_parse(struct arena *a, const char *text, struct semver *ret, struct err *err); /* NewVersion: "v1.2" too */
int semver_parse_strict(struct arena *a, const char *text, struct semver *ret, struct err *err); /* StrictNewVersion */
int semver_parse_flux(struct arena *a, const char *text, struct semver *ret,
                      struct err *err); /* three parts at least */

/* Below, equal or above; metadata does not count. */
int semver_compare(const struct semver *x, const struct semver *y);

/* "1.2.3-rc.1+build" in the arena; NULL when memory is out. */
char *semver_string(struct arena *a, const struct semver *v);

struct semver_range;

/* Parses a constraint: ">=1.2 <2 || ~3.1". ERR_SYNTAX "improper constraint: …". */
int semver_range_parse(struct arena *a, const char *text, struct semver_range **ret, struct err *err);

/* Whether the version is within the range. Pre-releases are only where the constraint names one, or with
 * include_prerelease. */
bool semver_range_contains(const struct semver_range *r, const struct semver *v, bool include_prerelease);

/* The reasons why it is not: texts in the arena, NULL-terminated, empty when it is within. NULL when memory is out. */
const char *const *semver_range_explain(struct arena *a, const struct semver_range *r, const struct semver *v);

/* The constraint as the library prints it. NULL when memory is out. */
char *semver_range_string(struct arena *a, const struct semver_range *r);

/* Flux: the indexes of the texts that are versions of three parts within the range, highest first, ties in the order
 * of the input. Answers how many; -1: memory. ret_indexes has room for n. */
long semver_sort_flux(const struct semver_range *r, const char *const *texts, size_t n, size_t *ret_indexes,
                      struct err *err);
