/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the semver engine only: a parsed constraint. */
#pragma once

#include "lang/semver.h"

enum semver_operator {
        OP_NONE, /* "1.2": a tilde when parts are missing, else equality */
        OP_EQUAL,
        OP_NOT_EQUAL,
        OP_GREATER,
        OP_GREATER_EQUAL,
        OP_LESS,
        OP_LESS_EQUAL,
        OP_TILDE,
        OP_CARET,
};

struct semver_comparison {
        enum semver_operator op;
        const char *op_text;
        const char *text; /* the version as it was written */
        struct semver version;
        bool no_minor; /* "1": minor and patch are open */
        bool no_patch; /* "1.2": the patch is open */
        bool open;     /* any part is open */
};

struct semver_group {
        struct semver_comparison *comparisons;
        size_t n, cap;
        bool has_prerelease;
};

struct semver_range {
        struct semver_group *groups;
        size_t n;
};
