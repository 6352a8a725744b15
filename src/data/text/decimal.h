/* SPDX-License-Identifier: Apache-2.0 */
/* Floats as decimal text: the shortest digits that read back as the same double, in the forms Go writes them. */
#pragma once

#include "base/util.h"

/* 0.d1d2…dn × 10^point */
struct decimal {
        char digits[24]; /* n digits, no NUL */
        int n;
        int point;
};

/* The shortest digits of f (finite, positive), the nearest of them. */
void decimal_shortest(struct decimal *ret, double f);

#define DECIMAL_TEXT_MAX 400 /* bytes of the longest text without an exponent and its NUL */

/* "123.5", whatever the size; "1.235e2" with an exponent of at least min_exponent_digits. Both answer their bytes, no
 * NUL. */
size_t decimal_write_plain(char *to, const struct decimal *d);
size_t decimal_write_scientific(char *to, const struct decimal *d, int min_exponent_digits);

/* f as Go's fmt prints it with %v: exponent below 1e-4 and from 1e6; "NaN", "+Inf", "-Inf". Answers the bytes; with a
 * NUL. */
size_t decimal_format_go(char to[static DECIMAL_TEXT_MAX], double f);
