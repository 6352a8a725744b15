/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the JSON codec only: a scanned number and its conversion. */
#pragma once

#include "data/value.h"

/* What the scanner saw: ±digits × 10^exponent, unless long_digits, and the text itself. */
struct json_number {
        const char *text; /* the number and behind it a byte that is part of no number */
        uint64_t digits;
        int exponent;
        bool negative;
        bool integer;     /* neither fraction nor exponent */
        bool long_digits; /* more than 19 digits or a huge exponent: digits and exponent do not hold them */
};

/* int64 where the text is an integer that fits and floats is false, a float otherwise. -1: out of a double's range. */
int json_number_convert(const struct json_number *num, bool floats, struct value *ret);

#define JSON_FLOAT_MAX 40 /* bytes of the longest float */

/* Writes f (finite) and answers its bytes; no NUL. */
size_t json_format_float(char to[static JSON_FLOAT_MAX], double f);
