/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648) and hexadecimal text. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* Text of n bytes with + and /, padded (Go's StdEncoding), in the arena and with a NUL. NULL when memory is out. */
char *base64_encode(struct arena *a, const void *p, size_t n, size_t *ret_len);

/* Bytes of such a text as Go's decoder reads it: newlines are skipped, padding must be right, trailing bits are
 * ignored. The result is NUL-terminated. ERR_SYNTAX "illegal base64 data at input byte N". */
int base64_decode(struct arena *a, const char *text, size_t n, char **ret, size_t *ret_len, struct err *err);

/* The other alphabets and paddings; they may be combined. */
enum base64_flags {
        BASE64_URL = 1 << 0,        /* - and _ */
        BASE64_NO_PADDING = 1 << 1, /* JWT and JWK: BASE64_URL | BASE64_NO_PADDING */
};

char *base64_encode_as(struct arena *a, unsigned flags, const void *p, size_t n, size_t *ret_len);
int base64_decode_as(struct arena *a, unsigned flags, const char *text, size_t n, char **ret, size_t *ret_len,
                     struct err *err);

/* Writes n bytes as 2n lower-case hexadecimal digits and a NUL. */
void hex_encode(char *to, const void *p, size_t n);

/* Reads n hexadecimal digits (either case, n even) into n / 2 bytes. -1: something else stands there. */
int hex_decode(uint8_t *to, const char *text, size_t n);
