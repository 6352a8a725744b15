/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions with Go's syntax and matches, in time linear to the text: RE2 behind a C interface.
 * Where RE2 and Go differ in syntax ((?<name>…), long property names) the pattern is rewritten first (corpus regex). */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct regex;

/* Compiles; the owner calls regex_free(). ERR_SYNTAX "error parsing regexp: …" as Go says it where the kinds of error
 * correspond. One compiled expression may be used by several threads. */
int regex_new(const char *pattern, size_t n, struct regex **ret, struct err *err);
struct regex *regex_free(struct regex *re);

static inline void regex_freep(struct regex **re) {
        *re = regex_free(*re);
}
#define _cleanup_regex_ _cleanup_(regex_freep)

/* Number of capturing groups, and the name of group i (1..n), "" when it has none. */
size_t regex_groups(const struct regex *re);
const char *regex_group_name(const struct regex *re, size_t i);

/* Whether it matches anywhere in the text. */
bool regex_match(const struct regex *re, const char *text, size_t n);

/* A match: byte positions of the whole (0) and of each group, -1 where a group took no part. */
struct regex_span {
        long start, end;
};

/* The leftmost match that begins at or after `from`, with the text before it in view of ^ and \b. spans has room for
 * n_spans (at most regex_groups() + 1 are written). */
bool regex_find(const struct regex *re, const char *text, size_t n, size_t from, struct regex_span *spans,
                size_t n_spans);

/* The next match after one that ended, as Go's FindAll goes on: an empty match right behind a match does not count.
 * Start with {0}. */
struct regex_iterator {
        size_t at;       /* where to look next */
        size_t last_end; /* where the last match ended, with had_match */
        bool had_match, done;
};
bool regex_next(const struct regex *re, const char *text, size_t n, struct regex_iterator *it, struct regex_span *spans,
                size_t n_spans);

/* Appends the text with every match replaced; $1, ${1}, $name and ${name} are expanded, or nothing when literal
 * (Go's ReplaceAllString and ReplaceAllLiteralString). */
void regex_replace_all(const struct regex *re, struct buf *b, const char *text, size_t n, const char *replacement,
                       size_t replacement_len, bool literal);

/* Appends the text so that it matches itself (Go's QuoteMeta). */
void regex_quote(struct buf *b, const char *text, size_t n);
