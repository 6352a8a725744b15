/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make strategic merge patches share. */
#pragma once

#include "kube/smp/smp_internal.h"

struct smp_diff_options {
        bool set_order;        /* write $setElementOrder */
        bool ignore_changes;   /* only deletions */
        bool ignore_deletions; /* only changes and additions */
        bool retain_keys;      /* write $retainKeys in this map */
        bool sort_original;    /* leave the sets of the original sorted: the caller owns it */
};

/* The patch from one map to another; empty when they are equal. */
int smp_diff_maps(struct smp *s, const struct value *original, const struct value *modified,
                  const struct schema *schema, struct smp_diff_options o, unsigned depth, struct value *ret);

/* Adds "prefix/key". NULL: memory. */
struct value *smp_add(struct smp *s, struct value *map, const char *prefix, const char *key, size_t n, struct value v);

/* Do two patches change the same field differently? */
int smp_conflicts(struct smp *s, const struct value *left, const struct value *right, const struct schema *schema,
                  unsigned depth, bool *ret);
