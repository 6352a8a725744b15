/* SPDX-License-Identifier: Apache-2.0 */
#include "data/blake3.h"

#include <endian.h>
#include <string.h>

#include "base/util.h"

#define BLOCK sizeof(((struct blake3 *)0)->block)
#define CHUNK_BLOCKS 16
#define ROUNDS 7

enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

static const uint32_t initial[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

/* What a node of the tree is made of, before it is known whether it is the root. */
struct node {
        uint32_t value[8];
        uint8_t block[64];
        uint64_t counter;
        uint32_t block_len, flags;
};

static uint32_t rotate(uint32_t v, unsigned n) {
        return v >> n | v << (32 - n);
}

static void mix(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d, uint32_t x, uint32_t y) {
        s[a] += s[b] + x;
        s[d] = rotate(s[d] ^ s[a], 16);
        s[c] += s[d];
        s[b] = rotate(s[b] ^ s[c], 12);
        s[a] += s[b] + y;
        s[d] = rotate(s[d] ^ s[a], 8);
        s[c] += s[d];
        s[b] = rotate(s[b] ^ s[c], 7);
}

static void round_over(uint32_t *s, const uint32_t *m) {
        for (unsigned i = 0; i < 4; i++) /* columns */
                mix(s, i, 4 + i, 8 + i, 12 + i, m[2 * i], m[2 * i + 1]);
        for (unsigned i = 0; i < 4; i++) /* diagonals */
                mix(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[8 + 2 * i], m[9 + 2 * i]);
}

/* The first half of the compression function's output: a chaining value, or the digest when the flags hold ROOT. */
static void compress(const struct node *n, uint32_t flags, uint32_t ret[static 8]) {
        static const uint8_t order[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
        uint32_t m[16], next[16], s[16];
        for (size_t i = 0; i < 16; i++) {
                memcpy(&m[i], n->block + 4 * i, 4);
                m[i] = le32toh(m[i]);
        }
        memcpy(s, n->value, 32);
        memcpy(s + 8, initial, 16);
        s[12] = (uint32_t)n->counter;
        s[13] = (uint32_t)(n->counter >> 32);
        s[14] = n->block_len;
        s[15] = n->flags | flags;
        for (unsigned r = 0; r < ROUNDS; r++) {
                round_over(s, m);
                for (size_t i = 0; i < 16; i++)
                        next[i] = m[order[i]];
                memcpy(m, next, sizeof(m));
        }
        for (size_t i = 0; i < 8; i++)
                ret[i] = s[i] ^ s[i + 8];
}

/* The chunk's last block, zeros behind its bytes. */
static struct node block_node(const struct blake3 *b, uint32_t flags) {
        struct node n = {.counter = b->chunk,
                         .block_len = (uint32_t)b->block_len,
                         .flags = flags | (b->n_blocks == 0 ? CHUNK_START : 0)};
        memcpy(n.value, b->value, sizeof(n.value));
        memcpy(n.block, b->block, b->block_len);
        return n;
}

static struct node parent_node(const uint32_t left[static 8], const uint32_t right[static 8]) {
        struct node n = {.block_len = BLOCK, .flags = PARENT};
        memcpy(n.value, initial, sizeof(n.value));
        for (size_t i = 0; i < 8; i++) {
                uint32_t l = htole32(left[i]), r = htole32(right[i]);
                memcpy(n.block + 4 * i, &l, 4);
                memcpy(n.block + 32 + 4 * i, &r, 4);
        }
        return n;
}

static void begin_chunk(struct blake3 *b, uint64_t number) {
        memcpy(b->value, initial, sizeof(b->value));
        b->chunk = number;
        b->block_len = b->n_blocks = 0;
}

void blake3_begin(struct blake3 *b) {
        *b = (struct blake3){0};
        begin_chunk(b, 0);
}

/* A whole chunk: joins the subtrees that it completes, as many as the number of chunks has zeros at its end. */
static void end_chunk(struct blake3 *b) {
        struct node n = block_node(b, CHUNK_END);
        uint32_t value[8];
        compress(&n, 0, value);
        for (uint64_t total = b->chunk + 1; (total & 1) == 0; total >>= 1) {
                n = parent_node(b->stack[--b->depth], value);
                compress(&n, 0, value);
        }
        memcpy(b->stack[b->depth++], value, sizeof(value));
        begin_chunk(b, b->chunk + 1);
}

/* The block is full and more follows. */
static void end_block(struct blake3 *b) {
        if (b->n_blocks == CHUNK_BLOCKS - 1) {
                end_chunk(b);
                return;
        }
        struct node n = block_node(b, 0);
        compress(&n, 0, b->value);
        b->n_blocks++;
        b->block_len = 0;
}

void blake3_add(struct blake3 *b, const void *p, size_t n) {
        for (const uint8_t *from = p; n > 0;) {
                if (b->block_len == BLOCK)
                        end_block(b);
                size_t take = BLOCK - b->block_len < n ? BLOCK - b->block_len : n;
                memcpy(b->block + b->block_len, from, take);
                b->block_len += take;
                from += take;
                n -= take;
        }
}

void blake3_end(const struct blake3 *b, uint8_t ret[static BLAKE3_SIZE]) {
        struct node n = block_node(b, CHUNK_END);
        uint32_t value[8];
        for (size_t i = b->depth; i-- > 0;) {
                compress(&n, 0, value);
                n = parent_node(b->stack[i], value);
        }
        compress(&n, ROOT, value);
        for (size_t i = 0; i < 8; i++) {
                uint32_t word = htole32(value[i]);
                memcpy(ret + 4 * i, &word, 4);
        }
}
