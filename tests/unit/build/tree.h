/* SPDX-License-Identifier: Apache-2.0 */
/* Small source trees for the tests of builds. */
#pragma once

#include "base/buf.h"

struct tree {
        char top[64];
        int fd;
};

/* A new empty directory beneath /tmp; tree_done() removes it. */
void tree_init(struct tree *t);
void tree_done(struct tree *t);

#define _cleanup_tree_ _cleanup_(tree_done)

/* A file with its directories; a symlink. */
void tree_add(struct tree *t, const char *path, const char *text);
void tree_link(struct tree *t, const char *path, const char *target);

/* Builds the kustomization at path as `kustomize build --reorder none` prints it. The answer (malloc'ed) is the output,
 * or "error: " and the message. Paths in messages begin with "/src".
 * With the real kustomize's path in WEIR_KUSTOMIZE that one builds: tests/peers/kustomize so shows that what the tests
 * expect is what kustomize does. */
char *tree_build(struct tree *t, const char *path);

/* What the kustomization at path builds is text; has part in it. */
void tree_expect(struct tree *t, const char *path, const char *text);
void tree_expect_part(struct tree *t, const char *path, const char *part);

/* weir's build fails with this hint. */
void tree_expect_hint(struct tree *t, const char *path, const char *hint);
