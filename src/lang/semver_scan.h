/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the semver engine only: the shape of a version, in versions and in constraints. */
#pragma once

#include "base/limits.h"
#include "lang/semver.h"

struct semver_slice {
        const char *s;
        size_t n; /* 0: not there */
};

struct semver_scan {
        struct semver_slice parts[3];   /* without dots */
        struct semver_slice prerelease; /* without the hyphen */
        struct semver_slice metadata;   /* without the plus */
};

bool semver_is_identifier_char(char c);

/* Reads the longest v?N(.N)?(.N)?(-pre)?(+meta)? at p and answers where it ends, or NULL when there is none. In a
 * constraint a part may also be made of x, X, * and, as the library's expression has it, '|'. */
const char *semver_scan(const char *p, const char *end, bool constraint, struct semver_scan *ret);

/* The order of two pre-releases, neither of them empty. */
int semver_compare_prerelease(const char *x, const char *y);
