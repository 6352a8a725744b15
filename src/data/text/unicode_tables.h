/* SPDX-License-Identifier: Apache-2.0 */
/* Inside unicode.c only: the tables. */
#pragma once

#include "base/util.h"

struct unicode_range {
        uint32_t first, last;
};

/* Every step-th rune from first to last maps to itself plus delta. */
struct unicode_case {
        uint32_t first, last;
        uint32_t step;
        int32_t delta;
};

extern const struct unicode_range unicode_letters[], unicode_digits[], unicode_prints[];
extern const size_t unicode_letters_len, unicode_digits_len, unicode_prints_len;
extern const struct unicode_case unicode_to_lower[], unicode_to_upper[];
extern const size_t unicode_to_lower_len, unicode_to_upper_len;
