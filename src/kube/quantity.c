/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/quantity.h"

/* A number as its digits: no leading zeros, value = digits * 10^exponent. Exact for any length. */
struct decimal {
        char *digits; /* NUL-terminated, room for more behind */
        size_t n;
        long exponent;
};

enum format { DECIMAL_SI, BINARY_SI, DECIMAL_EXPONENT };

/* Longer texts are no quantities of anything; it bounds what an exponent of ours may have to write out. */
#define TEXT_MAX 256
#define EXPONENT_MAX 1000000000L
#define NANO (-9)

static int wrong_format(struct err *err) {
        return err_set(err, ERR_SYNTAX,
                       "quantities must match the regular expression "
                       "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

static size_t span_digits(const char *p) {
        return strspn(p, "0123456789");
}

/* ---- reading ---- */

struct parts {
        bool negative, empty; /* empty: not one digit */
        const char *whole, *fraction, *suffix;
        size_t n_whole, n_fraction;
};

static int split(const char *text, struct parts *ret, struct err *err) {
        struct parts p = {.negative = *text == '-'};
        const char *at = text + (*text == '-' || *text == '+');
        if (!*text)
                return wrong_format(err);
        const char *start = at;
        at += strspn(at, "0");
        p.whole = at;
        p.n_whole = span_digits(at);
        at += p.n_whole;
        p.fraction = at;
        if (*at == '.') {
                p.fraction = ++at;
                p.n_fraction = span_digits(at);
                at += p.n_fraction;
        }
        p.empty = *start && p.n_whole + p.n_fraction == 0 && *start != '0';
        p.suffix = at;
        at += strspn(at, "eEinumkKMGTP");
        at += *at == '-' || *at == '+';
        at += span_digits(at);
        *ret = p;
        return *at ? wrong_format(err) : 0;
}

/* The power of ten, or of two for BINARY_SI. False: no such suffix. */
static bool read_suffix(const char *suffix, enum format *ret_format, long *ret_exponent) {
        static const struct {
                const char *text;
                enum format format;
                long exponent;
        } table[] = {{"n", DECIMAL_SI, -9}, {"u", DECIMAL_SI, -6}, {"m", DECIMAL_SI, -3}, {"", DECIMAL_SI, 0},
                     {"k", DECIMAL_SI, 3},  {"M", DECIMAL_SI, 6},  {"G", DECIMAL_SI, 9},  {"T", DECIMAL_SI, 12},
                     {"P", DECIMAL_SI, 15}, {"E", DECIMAL_SI, 18}, {"Ki", BINARY_SI, 10}, {"Mi", BINARY_SI, 20},
                     {"Gi", BINARY_SI, 30}, {"Ti", BINARY_SI, 40}, {"Pi", BINARY_SI, 50}, {"Ei", BINARY_SI, 60}};
        for (size_t i = 0; i < ARRAY_LEN(table); i++)
                if (streq(suffix, table[i].text)) {
                        *ret_format = table[i].format;
                        *ret_exponent = table[i].exponent;
                        return true;
                }
        if (*suffix != 'e' && *suffix != 'E')
                return false;
        const char *digits = suffix + 1 + (suffix[1] == '-' || suffix[1] == '+');
        char *end;
        *ret_format = DECIMAL_EXPONENT;
        *ret_exponent = strtol(suffix + 1, &end, 10);
        return *digits && span_digits(digits) == strlen(digits) &&
               *ret_exponent<EXPONENT_MAX && * ret_exponent> - EXPONENT_MAX;
}

static void strip(struct decimal *d) {
        size_t zeros = strspn(d->digits, "0");
        d->digits += zeros;
        d->n -= zeros;
        while (d->n && d->digits[d->n - 1] == '0') {
                d->n--;
                d->exponent++;
        }
        d->digits[d->n] = '\0';
        if (!d->n)
                d->exponent = 0;
}

/* Adds one to the last digit; the digits have a spare byte in front. */
static void increment(struct decimal *d) {
        size_t i = d->n;
        while (i > 0 && d->digits[i - 1] == '9')
                d->digits[--i] = '0';
        if (i > 0) {
                d->digits[i - 1]++;
                return;
        }
        *--d->digits = '1';
        d->n++;
}

/* Cuts what is finer than 10^limit, rounding up. */
static void round_up(struct decimal *d, long limit) {
        if (!d->n || d->exponent >= limit)
                return;
        long cut = limit - d->exponent;
        d->n = (size_t)cut < d->n ? d->n - (size_t)cut : 0;
        d->exponent = limit;
        increment(d);
        d->digits[d->n] = '\0';
        strip(d);
}

/* ---- binary suffixes ---- */

/* Multiplies by two: 60 times at most, on at most TEXT_MAX digits. */
static void twice(struct decimal *d) {
        int carry = 0;
        for (size_t i = d->n; i-- > 0;) {
                int v = (d->digits[i] - '0') * 2 + carry;
                d->digits[i] = (char)('0' + v % 10);
                carry = v / 10;
        }
        if (carry) {
                *--d->digits = '1';
                d->n++;
        }
}

/* The value as a whole number of at most INT64_MAX; false: it has a fraction. */
static bool to_integer(const struct decimal *d, uint64_t *ret) {
        uint64_t v = 0;
        if (d->exponent < 0)
                return false;
        for (size_t i = 0; i < d->n + (size_t)d->exponent; i++) {
                unsigned digit = i < d->n ? (unsigned)(d->digits[i] - '0') : 0;
                if (v > ((uint64_t)INT64_MAX - digit) / 10) {
                        *ret = INT64_MAX;
                        return true;
                }
                v = v * 10 + digit;
        }
        *ret = v;
        return true;
}

/* Is it more than INT64_MAX? Binary quantities end there. */
static bool is_too_large(const struct decimal *d) {
        static const char max[] = "9223372036854775807";
        long whole = (long)d->n + d->exponent; /* digits before the point */
        if (!d->n || whole < (long)sizeof(max) - 1)
                return false;
        if (whole > (long)sizeof(max) - 1)
                return true;
        int order = strncmp(d->digits, max, d->n);
        return order > 0 || (order == 0 && d->n > sizeof(max) - 1);
}

static const char *print_binary(struct arena *a, bool negative, uint64_t v) {
        static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
        size_t i = 0;
        for (; v && v % 1024 == 0 && i + 1 < ARRAY_LEN(suffixes); i++)
                v /= 1024;
        return arena_printf(a, "%s%llu%s", negative ? "-" : "", (unsigned long long)v, suffixes[i]);
}

/* ---- writing ---- */

/* Go's type keeps the text it was read from when that was quick to read and looks canonical already; so "+1" and "5."
 * stay as they are. */
static bool keeps_text(const struct parts *p, enum format format, long exponent) {
        char shifted[32];
        size_t whole = p->n_whole ? p->n_whole : 1; /* no digit before the point counts as 0 */
        if (format == BINARY_SI) {
                if (p->n_fraction || 15 - (long)whole - (exponent * 3) / 10 - 1 < 0)
                        return false;
                snprintf(shifted, sizeof(shifted), "%.*s", (int)p->n_whole, p->whole);
                return strtoull(shifted, NULL, 10) & 7;
        }
        long scale = exponent - (long)p->n_fraction;
        if (whole + p->n_fraction > 18 || scale < NANO || scale % 3 != 0 || !p->n_whole)
                return false;
        snprintf(shifted, sizeof(shifted), "%.*s%.*s", (int)p->n_whole, p->whole, (int)p->n_fraction, p->fraction);
        return !str_has_suffix(shifted, "000");
}

static const char *print_decimal(struct arena *a, bool negative, const struct decimal *d, enum format format) {
        static const char suffixes[] = "num\0kMGTPE"; /* 10^-9 to 10^18 */
        long exponent = d->exponent - ((d->exponent % 3) + 3) % 3;
        char zeros[] = "00", suffix[32] = "";
        zeros[d->exponent - exponent] = '\0';
        if (format == DECIMAL_EXPONENT && exponent)
                snprintf(suffix, sizeof(suffix), "e%ld", exponent);
        else if (format == DECIMAL_SI && exponent >= NANO && exponent <= 18)
                snprintf(suffix, sizeof(suffix), "%.1s", &suffixes[(exponent - NANO) / 3]);
        return arena_printf(a, "%s%s%s%s", negative ? "-" : "", d->digits, zeros, suffix);
}

static const char *print(struct arena *a, bool negative, struct decimal *d, enum format format) {
        uint64_t v;
        if (!d->n)
                return "0";
        if (format == BINARY_SI) {
                if (to_integer(d, &v) && v >= 1024)
                        return print_binary(a, negative, v);
                format = DECIMAL_SI; /* small or with a fraction: rather another suffix than other digits */
        }
        return print_decimal(a, negative, d, format);
}

int quantity_canonical(struct arena *a, const char *text, const char **ret, struct err *err) {
        struct parts p = {0};
        enum format format;
        long exponent;
        char digits[TEXT_MAX * 2];
        if (strlen(text) >= TEXT_MAX || split(text, &p, err) < 0)
                return strlen(text) >= TEXT_MAX ? wrong_format(err) : -1;
        if (!read_suffix(p.suffix, &format, &exponent))
                return err_set(err, ERR_SYNTAX, "unable to parse quantity's suffix");
        if (p.empty)
                return err_set(err, ERR_SYNTAX, "unable to parse numeric part of quantity");
        if (keeps_text(&p, format, exponent)) {
                *ret = arena_strdup(a, text);
                return *ret ? 0 : err_oom(err);
        }
        /* Room in front for the digits that doubling and rounding may add. */
        struct decimal d = {.digits = digits + 64, .n = p.n_whole + p.n_fraction, .exponent = -(long)p.n_fraction};
        memcpy(d.digits, p.whole, p.n_whole);
        memcpy(d.digits + p.n_whole, p.fraction, p.n_fraction);
        d.digits[d.n] = '\0';
        for (long i = 0; format == BINARY_SI && i < exponent; i++)
                twice(&d);
        if (format != BINARY_SI)
                d.exponent += exponent;
        strip(&d);
        round_up(&d, NANO);
        if (format == BINARY_SI && is_too_large(&d)) {
                snprintf(digits, sizeof(digits), "9223372036854775807");
                d = (struct decimal){.digits = digits, .n = strlen(digits)};
        }
        const char *out = print(a, p.negative, &d, format);
        if (!out)
                return err_oom(err);
        *ret = out;
        return 0;
}
