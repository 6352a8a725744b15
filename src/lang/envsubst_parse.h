/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the substitution engine only: the parsed text. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct envsubst_node;

struct envsubst_list {
        struct envsubst_node *nodes; /* in the arena */
        size_t n, cap;
};

struct envsubst_node {
        const char *text; /* the text; of an expansion its variable's name */
        size_t len;
        bool expansion;
        char op[3];                /* expansion: "", ":=", "//", … */
        struct envsubst_list args; /* expansion */
};

/* Parses text up to its first NUL. ERR_SYNTAX in the words of Flux's parser, ERR_TOO_LARGE past LIMIT_SUBST_DEPTH. */
int envsubst_parse(struct arena *a, const char *text, size_t n, struct envsubst_list *ret, struct err *err);
