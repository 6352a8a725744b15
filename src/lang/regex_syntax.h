/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the regex engine only: from Go's syntax to RE2's. */
#pragma once

#include "base/buf.h"
#include "lang/re2.h"

/* What Go refuses and RE2 would not, or not with the same words. */
struct regex_complaint {
        enum re2_error error;
        const char *part; /* of the pattern, or all of it */
        size_t len;
};

/* Appends the pattern with the few forms that Go has and RE2 has not, written as RE2 has them: (?<name>…), the long
 * names of categories and scripts in any case, \\p{ASCII}, \\p{LC}, \\p{Cn}, \\p{Assigned}. -1: ret is set. */
int regex_rewrite(struct buf *b, const char *pattern, size_t n, struct regex_complaint *ret);
