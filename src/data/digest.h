/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: SHA-2, BLAKE3, and SHA-1 and MD5 where a format asks for them. OpenSSL does the work, but for BLAKE3, which
 * it lacks. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "data/base64.h" /* the texts that digests are written in */

enum digest_kind { DIGEST_SHA256, DIGEST_SHA1, DIGEST_SHA384, DIGEST_SHA512, DIGEST_MD5, DIGEST_BLAKE3 };

#define DIGEST_MAX 64                       /* bytes of the largest digest */
#define DIGEST_HEX_MAX (2 * DIGEST_MAX + 1) /* its lower-case hexadecimal text and a NUL */

/* Bytes of a digest of this kind. */
size_t digest_size(enum digest_kind kind);

/* "sha256"; and back: -1 for a name that is none. */
const char *digest_name(enum digest_kind kind);
int digest_kind_of(const char *name, size_t n, enum digest_kind *ret);

/* Digest of n bytes, raw or as hexadecimal text. -1 (ERR_INTERNAL): OpenSSL refuses the kind. */
int digest_raw(enum digest_kind kind, const void *p, size_t n, uint8_t ret[static DIGEST_MAX], struct err *err);
int digest_hex(enum digest_kind kind, const void *p, size_t n, char ret[static DIGEST_HEX_MAX], struct err *err);

/* HMAC of n bytes with a key, raw; answers digest_size() bytes in ret. ERR_INTERNAL also for BLAKE3. */
int digest_hmac(enum digest_kind kind, const void *key, size_t key_len, const void *p, size_t n,
                uint8_t ret[static DIGEST_MAX], struct err *err);

/* The same piece by piece. A failed update shows at the end. */
struct digest;
struct digest *digest_new(enum digest_kind kind, struct err *err);
void digest_add(struct digest *d, const void *p, size_t n);
/* The digest of what was added; d may only be freed afterwards. */
int digest_end_raw(struct digest *d, uint8_t ret[static DIGEST_MAX], struct err *err);
int digest_end_hex(struct digest *d, char ret[static DIGEST_HEX_MAX], struct err *err);
struct digest *digest_free(struct digest *d);

static inline void digest_freep(struct digest **d) {
        *d = digest_free(*d);
}
#define _cleanup_digest_ _cleanup_(digest_freep)
