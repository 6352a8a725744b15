/* SPDX-License-Identifier: Apache-2.0 */
/* A commit object taken apart. */
#pragma once

#include "data/value.h"

struct git_signature {
        const char *name;
        const char *email;
        int64_t when; /* seconds since 1970 */
};

struct git_commit {
        const char *tree; /* hash */
        struct git_signature author;
        struct git_signature committer;
        const char *message;
        bool is_signed;
};

/* Parses the text of a commit object in place; the result points into it. ERR_INVALID. */
int git_commit_parse(char *text, struct git_commit *ret, struct err *err);
