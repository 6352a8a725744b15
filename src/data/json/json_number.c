/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of JSON: text to value, and floats to text. */
#include "data/json/json_number.h"

#include "data/text/decimal.h"

#include <math.h>

/* Powers of ten that a double holds exactly. */
static const double exact_tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

int json_number_convert(const struct json_number *num, bool floats, struct value *ret) {
        if (num->integer && !floats && !num->long_digits) {
                if (num->digits <= INT64_MAX) {
                        *ret = value_int(num->negative ? -(int64_t)num->digits : (int64_t)num->digits);
                        return 0;
                }
                if (num->negative && num->digits == (uint64_t)INT64_MAX + 1) {
                        *ret = value_int(INT64_MIN);
                        return 0;
                }
        }
        double f;
        int ten = num->exponent;
        if (!num->long_digits && num->digits < UINT64_C(1) << 53 && ten >= -22 && ten <= 22) {
                f = (double)num->digits; /* exact, and so is the power: one rounding */
                f = ten < 0 ? f / exact_tens[-ten] : f * exact_tens[ten];
                f = num->negative ? -f : f;
        } else {
                f = strtod(num->text, NULL);
                if (!isfinite(f))
                        return -1;
        }
        *ret = value_float(f);
        return 0;
}

size_t json_format_float(char to[static JSON_FLOAT_MAX], double f) {
        size_t len = 0;
        if (signbit(f)) {
                to[len++] = '-';
                f = -f;
        }
        if (f == 0) {
                to[len++] = '0';
                return len;
        }
        struct decimal d;
        decimal_shortest(&d, f);
        if (f < 1e-6 || f >= 1e21)
                return len + decimal_write_scientific(to + len, &d, 1);
        return len + decimal_write_plain(to + len, &d);
}
