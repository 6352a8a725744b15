/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two documents, field by field, for people and for drift detection. */
#pragma once

#include "base/buf.h"
#include "data/value.h"

enum diff_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

/* One field. The values are shared with the documents. */
struct diff_entry {
        enum diff_kind kind;
        const char *pointer;           /* JSON Pointer, "/spec/replicas"; "" for the document itself */
        const struct value *old_value; /* NULL when added */
        const struct value *new_value; /* NULL when removed */
};

struct diff {
        struct diff_entry *entries; /* in the arena; maps in the order of their keys, lists by index */
        size_t n, cap;
};

/* Compares. Lists are compared by index: what is longer was added or removed at the end. -1: memory. */
int diff_values(struct arena *a, const struct value *old_value, const struct value *new_value, struct diff *ret,
                struct err *err);

/* Appends one line an entry: "+ /spec/a: 1", "- /spec/b: 2", "~ /spec/c: 1 -> 2", values as JSON cut at max_value bytes
 * (0: whole). */
void diff_write(struct buf *b, const struct diff *d, size_t max_value);
