/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzz target: one parser, fed with any bytes. It aborts when an invariant breaks.
 *
 * Each fuzz_NAME.c defines what stands here. Linked with libFuzzer (clang -fsanitize=fuzzer,address,undefined) it
 * fuzzes; linked with driver.c it replays tests/fuzz/corpus/NAME/ and mutates its seeds, the same way on each run. */
#pragma once

#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* NULL-terminated; where the driver's mutations begin. */
extern const char *const fuzz_seeds[];

/* Splits the input at its first newline: two texts for targets that take two. */
static inline void fuzz_split(const uint8_t *data, size_t n, const char **first, size_t *first_len, const char **second,
                              size_t *second_len) {
        const uint8_t *nl = n ? memchr(data, '\n', n) : NULL;
        *first = n ? (const char *)data : "";
        *first_len = nl ? (size_t)(nl - data) : n;
        *second = nl ? (const char *)nl + 1 : "";
        *second_len = nl ? n - *first_len - 1 : 0;
}
