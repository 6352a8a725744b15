/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the strategic merge: what merge.c and merge_list.c share. */
#pragma once

#include "build/kustomize/merge/merge.h"

#define MERGE_KEYS_MAX 8 /* keys of one list; further ones are not looked at */

/* A shared scalar of the object that the patch replaces: see shared.h. */
struct merge_shared {
        struct value was, now;
        struct merge_shared *next;
};

struct merger {
        struct arena *arena;
        struct merge_schema *schema;
        struct merge_shared *shared; /* what happened to shared scalars, the last first */
};

enum directive { DIRECTIVE_MERGE, DIRECTIVE_REPLACE, DIRECTIVE_DELETE };

/* Merges src over dest; either may be NULL (absent). 1: *ret is the result; 0: the field goes away; -1: an error.
 * dest is used up. Both may be the same value, as in kyaml, where what a patch brings is one node on both sides: what
 * the merge takes from the one is gone from the other. */
int merge_walk(struct merger *m, struct value *dest, const struct value *src, struct merge_field field,
               struct value *ret, struct err *err);

/* The same for lists that the schema calls mergeable; dest is a list, src one or NULL. */
int merge_list(struct merger *m, struct value *dest, const struct value *src, struct merge_field field,
               struct value *ret, struct err *err);

/* The same when there are several keys: see merge_several.c. */
int merge_several(struct merger *m, const char *const *keys, size_t n_keys, struct value *dest, const struct value *src,
                  struct merge_field field, struct value *ret, struct err *err);

/* Reads "$patch: X". ERR_INVALID "unknown patch strategy 'X'". */
int merge_directive(struct arena *a, const struct value *v, enum directive *ret, struct err *err);
