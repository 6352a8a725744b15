/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Pointer (RFC 6901): "/spec/containers/0/image". */
#pragma once

#include "base/buf.h"
#include "data/value.h"

/* One reference token, unescaped. */
struct pointer_token {
        const char *text; /* NUL-terminated */
        size_t len;
};

struct pointer {
        struct pointer_token *tokens; /* in the arena */
        size_t n;
};

/* Splits and unescapes. The empty text points at the whole document. ERR_BAD_REQUEST when it neither is empty nor
 * begins with a slash, or has a '~' that is neither ~0 nor ~1. */
int pointer_parse(struct arena *a, const char *text, size_t n, struct pointer *ret, struct err *err);

/* Splits and unescapes as JSON Patch libraries do: what stands before the first slash is ignored (no slash: no tokens),
 * an unknown escape stays as it is. -1: memory. */
int pointer_split(struct arena *a, const char *text, size_t n, struct pointer *ret, struct err *err);

/* The value it points at, or NULL. List indexes are decimal without leading zeros; "-" is never there. */
struct value *pointer_get(const struct value *document, const struct pointer *p);

/* Parses and looks up in one go; NULL too for a text that is no pointer. */
struct value *pointer_find(const struct value *document, const char *text);

/* Appends "/" and the escaped key. */
void pointer_add_token(struct buf *b, const char *key, size_t n);
