/* SPDX-License-Identifier: Apache-2.0 */
#include "data/text/decimal.h"

#include <math.h>

/* Rounds f to n digits. */
static void round_to(struct decimal *d, double f, int n) {
        char text[40];
        snprintf(text, sizeof(text), "%.*e", n - 1, f);
        d->n = 0;
        const char *p = text;
        for (; *p != 'e'; p++)
                if (*p != '.')
                        d->digits[d->n++] = *p;
        d->point = (int)strtol(p + 1, NULL, 10) + 1;
        while (d->n > 1 && d->digits[d->n - 1] == '0')
                d->n--;
}

static bool reads_back(const struct decimal *d, double f) {
        char text[48];
        snprintf(text, sizeof(text), "%.*se%d", d->n, d->digits, d->point - d->n);
        return strtod(text, NULL) == f;
}

/* One unit more in the last of n digits; false when that carries into a new digit (then fewer digits do as well). */
static bool step_up(struct decimal *d, int n) {
        while (d->n < n)
                d->digits[d->n++] = '0';
        if (d->digits[n - 1] == '9')
                return false;
        d->digits[n - 1]++;
        return true;
}

/* Most floats that people write have few decimals: the fewest decimals whose digits, as an integer that a double holds
 * exactly, divided by a power of ten that it holds too (one rounding, the one that reading does), give f. */
static bool few_decimals(struct decimal *d, double f) {
        static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
        for (int decimals = 0; decimals < (int)ARRAY_LEN(tens); decimals++) {
                double scaled = f * tens[decimals];
                if (scaled >= 1e15)
                        return false;
                uint64_t digits = (uint64_t)(scaled + 0.5);
                if (!digits || (double)digits / tens[decimals] != f)
                        continue;
                char text[24];
                size_t at = sizeof(text);
                d->n = 0;
                for (; digits; digits /= 10)
                        text[--at] = (char)('0' + digits % 10);
                for (size_t i = at; i < sizeof(text); i++)
                        d->digits[d->n++] = text[i];
                d->point = d->n - decimals;
                while (d->n > 1 && d->digits[d->n - 1] == '0')
                        d->n--;
                return true;
        }
        return false;
}

/* Fifteen digits always survive a normal double, so rounding to them and dropping zeros finds every shorter form.
 * Subnormals, and the powers of two, whose neighbours below are nearer than those above, are searched digit by digit.
 */
void decimal_shortest(struct decimal *ret, double f) {
        int exponent;
        if (few_decimals(ret, f))
                return;
        bool power_of_two = frexp(f, &exponent) == 0.5;
        for (int n = power_of_two || exponent < -1021 ? 1 : 15; n < 17; n++) {
                round_to(ret, f, n);
                if (reads_back(ret, f))
                        return;
                if (power_of_two && step_up(ret, n) && reads_back(ret, f))
                        return;
        }
        round_to(ret, f, 17);
}

static size_t put_zeros(char *to, int n) {
        if (n <= 0)
                return 0;
        memset(to, '0', (size_t)n);
        return (size_t)n;
}

static size_t put_digits(char *to, const char *digits, int n) {
        memcpy(to, digits, (size_t)n);
        return (size_t)n;
}

size_t decimal_write_plain(char *to, const struct decimal *d) {
        size_t len = 0;
        int before = d->point > 0 ? d->point : 0; /* digits in front of the point */
        if (before >= d->n) {
                len += put_digits(to, d->digits, d->n);
                return len + put_zeros(to + len, before - d->n);
        }
        if (before)
                len += put_digits(to, d->digits, before);
        else
                to[len++] = '0';
        to[len++] = '.';
        len += put_zeros(to + len, -d->point);
        return len + put_digits(to + len, d->digits + before, d->n - before);
}

size_t decimal_write_scientific(char *to, const struct decimal *d, int min_exponent_digits) {
        size_t len = 0;
        to[len++] = d->digits[0];
        if (d->n > 1) {
                to[len++] = '.';
                len += put_digits(to + len, d->digits + 1, d->n - 1);
        }
        int exponent = d->point - 1;
        return len +
               (size_t)snprintf(to + len, 8, "e%c%0*d", exponent < 0 ? '-' : '+', min_exponent_digits, abs(exponent));
}

size_t decimal_format_go(char to[static DECIMAL_TEXT_MAX], double f) {
        if (!isfinite(f))
                return (size_t)snprintf(to, DECIMAL_TEXT_MAX, "%s", isnan(f) ? "NaN" : f < 0 ? "-Inf" : "+Inf");
        size_t len = 0;
        if (signbit(f))
                to[len++] = '-';
        if (f == 0) {
                to[len++] = '0';
        } else {
                struct decimal d;
                decimal_shortest(&d, fabs(f));
                if (d.point - 1 < -4 || d.point - 1 >= 6)
                        len += decimal_write_scientific(to + len, &d, 2);
                else
                        len += decimal_write_plain(to + len, &d);
        }
        to[len] = '\0';
        return len;
}
