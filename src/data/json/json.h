/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON codec. Reads what sigs.k8s.io/json reads (corpus json/decode) and writes what Go's encoding/json writes. */
#pragma once

#include "base/buf.h"
#include "data/value.h"

enum json_flags {
        JSON_KUBERNETES = 0, /* sigs.k8s.io/json: integers in int64 stay integers, everything else is a float */
        JSON_REPORT_DUPLICATES = 1 << 0, /* duplicate keys are collected instead of silently letting the last win */
        JSON_BORROW = 1 << 1, /* strings without escapes point into the input, which must outlive the tree and is
                               * changed in place (a NUL is put behind each string) */
        JSON_FLOATS = 1 << 2, /* encoding/json into `any`: every number is a float (Helm's values, sprig) */
};

/* What a strict reader wants to know beside the tree. */
struct json_report {
        struct arena *arena;     /* where duplicates are kept; the caller sets it */
        struct value duplicates; /* list of strings: paths of duplicate fields, "spec.replicas"; each once, the first
                                  * LIMIT_STRICT_ERRORS in the order of the text */
};

/* Parses one JSON text of n bytes. Trees live in the arena. Errors are ERR_SYNTAX with line and column (bytes, from 1),
 * in the words of Go's decoder ("invalid character 'x' looking for beginning of value"), ERR_TOO_LARGE past LIMIT_DEPTH
 * or 1 GiB of text. report may be NULL.
 *
 * Bad UTF-8 and lone surrogates become U+FFFD. The last of duplicate keys wins, in the place of the first. */
int json_parse(struct arena *a, const char *text, size_t n, unsigned flags, struct json_report *report,
               struct value *ret, struct err *err);

enum json_write_flags {
        JSON_HTML_ESCAPE = 1 << 0, /* as encoding/json: < > & U+2028 U+2029 as \u00XX */
        JSON_SORT_KEYS = 1 << 1,   /* maps by key bytes, without touching the tree */
        JSON_INDENT = 1 << 2,      /* as json.MarshalIndent with four spaces (kubectl -o json) */
        JSON_INDENT2 = 1 << 3,     /* the same with two spaces */
};

/* Appends the JSON text of v. A failure (also a NaN or an infinity in the tree) shows in buf_failed(). */
void json_write(struct buf *b, const struct value *v, unsigned flags);

/* Appends s as a JSON string with its quotes; bad UTF-8 becomes U+FFFD as in Go. */
void json_write_string(struct buf *b, const char *s, size_t n, unsigned flags);

/* A float as Go writes it in JSON: shortest digits, exponent below 1e-6 and from 1e21. NaN and infinities fail. */
void json_write_float(struct buf *b, double f);
