/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml_scalar.h"

#include <float.h>
#include <math.h>

static bool reads_back(const char *text, double f, unsigned bits) {
        return bits == 32 ? strtof(text, NULL) == (float)f : strtod(text, NULL) == f;
}

/* The shortest digits that read back as f: "d.ddde±x" of printf. Up to 15 (float: 6) digits are exact in both
 * directions, so a shorter number shows as trailing zeros there; only then longer forms are tried. Subnormal numbers
 * have fewer digits than that. */
static void shortest(char to[static YAML_FLOAT_MAX], double f, unsigned bits) {
        int precision = bits == 32 ? 5 : 14, last = bits == 32 ? 8 : 16;
        if (fabs(f) < (bits == 32 ? (double)FLT_MIN : DBL_MIN))
                precision = 0;
        do
                snprintf(to, YAML_FLOAT_MAX, "%.*e", precision, f);
        while (!reads_back(to, f, bits) && precision++ < last);
}

size_t yaml_format_float(char to[static YAML_FLOAT_MAX], double f, unsigned bits) {
        if (bits == 32)
                f = (double)(float)f;
        if (isnan(f) || isinf(f))
                return (size_t)snprintf(to, YAML_FLOAT_MAX, "%s", isnan(f) ? ".nan" : f < 0 ? "-.inf" : ".inf");
        char text[YAML_FLOAT_MAX], digits[20];
        shortest(text, f, bits);
        const char *s = text + (*text == '-');
        int n = 0;
        for (; *s && *s != 'e'; s++)
                if (*s != '.')
                        digits[n++] = *s;
        while (n > 1 && digits[n - 1] == '0')
                n--;
        int exponent = (int)strtol(s + 1, NULL, 10);
        size_t at = 0;
        if (*text == '-')
                to[at++] = '-';
        if (exponent < -4 || exponent >= 6) {
                to[at++] = digits[0];
                if (n > 1)
                        to[at++] = '.';
                memcpy(to + at, digits + 1, (size_t)n - 1);
                at += (size_t)n - 1;
                return at + (size_t)snprintf(to + at, YAML_FLOAT_MAX - at, "e%c%02d", exponent < 0 ? '-' : '+',
                                             abs(exponent));
        }
        if (exponent < 0) {
                at += (size_t)snprintf(to + at, YAML_FLOAT_MAX - at, "0.%.*s", -exponent - 1, "0000");
                memcpy(to + at, digits, (size_t)n);
                at += (size_t)n;
        } else {
                for (int i = 0; i <= exponent || i < n; i++) {
                        if (i == exponent + 1)
                                to[at++] = '.';
                        to[at++] = i < n ? digits[i] : '0';
                }
        }
        to[at] = '\0';
        return at;
}
