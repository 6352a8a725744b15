/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3, 256 bits, without a key: Flux offers it for artifacts, and OpenSSL 3.0 lacks it. Plain C, one lane.
 * Source: the BLAKE3 specification (2020), sections 2.1 to 2.6. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BLAKE3_SIZE 32
#define BLAKE3_DEPTH_MAX 54 /* of the tree over 2^64 bytes in chunks of 1,024 */

struct blake3 {
        uint32_t value[8]; /* chaining value of the chunk so far */
        uint64_t chunk;    /* its number */
        uint8_t block[64]; /* the last one, compressed only once it is known whether more follows */
        size_t block_len;
        size_t n_blocks;                     /* of the chunk that are compressed */
        uint32_t stack[BLAKE3_DEPTH_MAX][8]; /* chaining values of whole subtrees, the largest first */
        size_t depth;
};

void blake3_begin(struct blake3 *b);
void blake3_add(struct blake3 *b, const void *p, size_t n);

/* The digest of what was added; b may go on. */
void blake3_end(const struct blake3 *b, uint8_t ret[static BLAKE3_SIZE]);
