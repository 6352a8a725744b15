/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/amount.h"

static bool suffix_factor(const char *text, long double *ret) {
        static const struct {
                const char *suffix;
                long double factor;
        } suffixes[] = {
                {"", 1.0L},      {"n", 1e-9L},    {"u", 1e-6L},    {"m", 1e-3L},    {"k", 1e3L},     {"M", 1e6L},
                {"G", 1e9L},     {"T", 1e12L},    {"P", 1e15L},    {"E", 1e18L},    {"Ki", 0x1p10L}, {"Mi", 0x1p20L},
                {"Gi", 0x1p30L}, {"Ti", 0x1p40L}, {"Pi", 0x1p50L}, {"Ei", 0x1p60L},
        };
        for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
                if (streq(suffixes[i].suffix, text)) {
                        *ret = suffixes[i].factor;
                        return true;
                }
        return false;
}

/* A decimal exponent behind the number: e3, E-2. */
static bool exponent_factor(const char *text, long double *ret) {
        if (*text != 'e' && *text != 'E')
                return false;
        char *end = NULL;
        long exponent = strtol(text + 1, &end, 10);
        if (end == text + 1 || *end || exponent < -30 || exponent > 30)
                return false;
        long double factor = 1;
        for (long i = 0; i < exponent; i++)
                factor *= 10;
        for (long i = 0; i > exponent; i--)
                factor /= 10;
        *ret = factor;
        return true;
}

bool amount_parse(const char *text, long double *ret) {
        bool negative = *text == '-';
        const char *p = text + (*text == '-' || *text == '+');
        long double number = 0, place = 0;
        size_t digits = 0;
        for (; (*p >= '0' && *p <= '9') || (*p == '.' && place == 0); p++) {
                if (*p == '.') {
                        place = 1;
                        continue;
                }
                digits++;
                number = number * 10 + (*p - '0');
                place *= 10;
        }
        long double factor;
        if (!digits || (!suffix_factor(p, &factor) && !exponent_factor(p, &factor)))
                return false;
        if (place > 1)
                number /= place;
        *ret = (negative ? -number : number) * factor;
        return true;
}
