/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of structured-merge-diff 6.3.2, which kube-apiserver 1.36 has, where the corpus has those of an older one:
 * smd-6.3.2.jsonl, written by tests/peers/ssa-replay. */
#pragma once

#include "corpus.h"

/* What changed in a row: {"ops": {index: {member: answer}}} or {member: answer}, and "more": whether that is more than
 * empty maps and lists where null was recorded. NULL when the recorded answers hold. Counts the row. */
const struct value *smd_replayed(struct corpus_case *c);

/* The answer of step i of a row, which is op: the one of changed, or else the recorded one. */
const struct value *smd_answer(const struct value *changed, const struct value *op, size_t i, const char *key);

/* Prints the counts as a comment, and frees what was read. */
void smd_replayed_done(void);
