/* SPDX-License-Identifier: Apache-2.0 */
/* Inside regex.c only: RE2 as C sees it. No exception leaves these functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a pattern does not compile, as RE2 counts them. */
enum re2_error {
        RE2_OK,
        RE2_INTERNAL,
        RE2_BAD_ESCAPE,
        RE2_BAD_CLASS,
        RE2_BAD_RANGE,
        RE2_MISSING_BRACKET,
        RE2_MISSING_PAREN,
        RE2_UNEXPECTED_PAREN,
        RE2_TRAILING_BACKSLASH,
        RE2_REPEAT_ARGUMENT,
        RE2_REPEAT_SIZE,
        RE2_REPEAT_OPERATOR,
        RE2_BAD_PERL,
        RE2_BAD_UTF8,
        RE2_BAD_NAME,
        RE2_TOO_LARGE,
        RE2_NO_MEMORY,
};

struct re2_span {
        long start, end; /* -1: took no part */
};

/* Compiles; on failure answers NULL, the error, and the offending part of the pattern cut to arg_size bytes. */
void *re2_compile(const char *pattern, size_t n, enum re2_error *ret_error, char *arg, size_t arg_size);
void re2_destroy(void *re);

/* Number of groups; calls each(context, index, name) for the named ones. */
size_t re2_groups(const void *re);
bool re2_each_name(const void *re, bool (*each)(void *context, size_t index, const char *name), void *context);

/* The leftmost match within text[from..n), text before `from` in view. At most n_spans spans are written. */
bool re2_search(const void *re, const char *text, size_t n, size_t from, struct re2_span *spans, size_t n_spans);

#ifdef __cplusplus
}
#endif
