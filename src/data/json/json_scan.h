/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the JSON codec only: finding the next byte that needs a second look, eight bytes at a time. */
#pragma once

#include "base/util.h"

#define SCAN_ONES UINT64_C(0x0101010101010101)
#define SCAN_HIGHS UINT64_C(0x8080808080808080)

static inline uint64_t scan_load(const char *p) {
        uint64_t w;
        memcpy(&w, p, sizeof(w));
        return w;
}

/* A word whose high bits mark the bytes of w that are zero; exact up to and including the first of them. */
static inline uint64_t scan_zeros(uint64_t w) {
        return (w - SCAN_ONES) & ~w & SCAN_HIGHS;
}

/* Marks '"', '\\', control characters and bytes of 0x80 and above. */
static inline uint64_t scan_special(uint64_t w) {
        return scan_zeros(w ^ SCAN_ONES * '"') | scan_zeros(w ^ SCAN_ONES * '\\') |
               ((w - SCAN_ONES * 0x20) & ~w & SCAN_HIGHS) | (w & SCAN_HIGHS);
}

/* The place of the first marked byte in memory order. */
static inline unsigned scan_first(uint64_t marks) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return (unsigned)__builtin_ctzll(marks) / 8;
#else
        return (unsigned)__builtin_clzll(marks) / 8;
#endif
}

static inline bool scan_is_special(char c) {
        return c == '"' || c == '\\' || (uint8_t)c < 0x20 || (uint8_t)c >= 0x80;
}
