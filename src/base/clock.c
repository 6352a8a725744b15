/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static int64_t now(clockid_t id) {
        struct timespec ts;
        clock_gettime(id, &ts);
        return (int64_t)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

int64_t clock_realtime_ns(void) {
        return now(CLOCK_REALTIME);
}

int64_t clock_monotonic_ns(void) {
        return now(CLOCK_MONOTONIC);
}

bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_ns) {
        struct timespec at = {.tv_sec = until_ns / NSEC_PER_SEC, .tv_nsec = until_ns % NSEC_PER_SEC};
        return pthread_cond_clockwait(c, lock, CLOCK_MONOTONIC, &at) == 0;
}

char *time_format_rfc3339(char text[static TIME_TEXT_MAX], int64_t seconds) {
        struct tm tm;
        time_t t = (time_t)seconds;
        if (!gmtime_r(&t, &tm) || strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
                text[0] = '\0';
        return text;
}

char *time_format_rfc3339_micro(char text[static TIME_TEXT_MAX], int64_t ns) {
        int64_t seconds = ns / NSEC_PER_SEC;
        time_format_rfc3339(text, seconds);
        size_t n = strlen(text);
        if (n == 0)
                return text;
        snprintf(text + n - 1, TIME_TEXT_MAX - n + 1, ".%06uZ", (unsigned)(ns % NSEC_PER_SEC / 1000) % 1000000u);
        return text;
}

/* Reads exactly n digits; -1 when there are fewer. */
static int digits(const char **p, int n) {
        int value = 0;
        for (int i = 0; i < n; i++, (*p)++) {
                if (**p < '0' || **p > '9')
                        return -1;
                value = value * 10 + (**p - '0');
        }
        return value;
}

static bool expect(const char **p, char c) {
        if (**p != c)
                return false;
        (*p)++;
        return true;
}

/* The fraction after the seconds, in nanoseconds; -1 when a dot has no digit behind it. */
static int64_t fraction(const char **p) {
        if (**p != '.')
                return 0;
        (*p)++;
        int64_t ns = 0, unit = NSEC_PER_SEC / 10;
        if (**p < '0' || **p > '9')
                return -1;
        for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
                ns += (**p - '0') * unit;
        return ns;
}

/* "Z" or "+hh:mm" to seconds; false when neither. */
static bool zone(const char **p, int64_t *ret) {
        *ret = 0;
        if (expect(p, 'Z'))
                return true;
        int sign = **p == '-' ? -1 : **p == '+' ? 1 : 0;
        if (!sign)
                return false;
        (*p)++;
        int h = digits(p, 2);
        bool colon = expect(p, ':');
        int m = digits(p, 2);
        if (h < 0 || h > 23 || !colon || m < 0 || m > 59)
                return false;
        *ret = sign * (h * 3600 + m * 60);
        return true;
}

static bool valid_date(const struct tm *tm) {
        static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        int year = tm->tm_year + 1900, month = tm->tm_mon;
        if (tm->tm_year < -1900 || month < 0 || month > 11)
                return false;
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int last = days[month] + (month == 1 && leap);
        return tm->tm_mday >= 1 && tm->tm_mday <= last && tm->tm_hour >= 0 && tm->tm_hour <= 23 && tm->tm_min >= 0 &&
               tm->tm_min <= 59 && tm->tm_sec >= 0 && tm->tm_sec <= 59;
}

int time_parse_rfc3339(const char *text, int64_t *ret_ns, struct err *err) {
        const char *p = text;
        struct tm tm = {0};
        tm.tm_year = digits(&p, 4) - 1900;
        bool ok = expect(&p, '-');
        tm.tm_mon = ok ? digits(&p, 2) - 1 : -1;
        ok = ok && expect(&p, '-');
        tm.tm_mday = ok ? digits(&p, 2) : -1;
        ok = ok && expect(&p, 'T');
        tm.tm_hour = ok ? digits(&p, 2) : -1;
        ok = ok && expect(&p, ':');
        tm.tm_min = ok ? digits(&p, 2) : -1;
        ok = ok && expect(&p, ':');
        tm.tm_sec = ok ? digits(&p, 2) : -1;
        ok = ok && valid_date(&tm);
        int64_t ns = ok ? fraction(&p) : -1, offset = 0;
        if (!ok || ns < 0 || !zone(&p, &offset) || *p)
                return err_set(err, ERR_SYNTAX, "expected a time like 2026-01-02T15:04:05Z (RFC 3339), found \"%s\"",
                               text);
        *ret_ns = ((int64_t)timegm(&tm) - offset) * NSEC_PER_SEC + ns;
        return 0;
}

static const struct {
        const char *name;
        int64_t ns;
} units[] = {
        {"ns", 1},
        {"us", 1000},
        {"\xc2\xb5s", 1000},
        {"\xce\xbcs", 1000},
        {"ms", NSEC_PER_MSEC},
        {"s", NSEC_PER_SEC},
        {"m", 60 * NSEC_PER_SEC},
        {"h", 3600 * NSEC_PER_SEC},
};

/* The unit at *p, longest name first ("ms" before "m"); 0 when there is none. */
static int64_t take_unit(const char **p) {
        for (size_t i = 0; i < ARRAY_LEN(units); i++) {
                size_t n = strlen(units[i].name);
                if (strncmp(*p, units[i].name, n) == 0) {
                        *p += n;
                        return units[i].ns;
                }
        }
        return 0;
}

/* One "12.5h" of a duration, added to *total. False on bad syntax or overflow. */
static bool add_part(const char **p, int64_t *total) {
        int64_t whole = 0;
        double frac = 0, scale = 0.1;
        bool any = false;
        for (; **p >= '0' && **p <= '9'; (*p)++, any = true)
                if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, **p - '0', &whole))
                        return false;
        if (**p == '.')
                for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, any = true, scale /= 10)
                        frac += (**p - '0') * scale;
        int64_t unit = any ? take_unit(p) : 0, part;
        return unit && !__builtin_mul_overflow(whole, unit, &part) && !__builtin_add_overflow(*total, part, total) &&
               !__builtin_add_overflow(*total, (int64_t)(frac * (double)unit + 0.5), total);
}

int duration_parse(const char *text, int64_t *ret_ns, struct err *err) {
        const char *p = text;
        bool negative = *p == '-';
        if (*p == '-' || *p == '+')
                p++;
        int64_t total = 0;
        bool ok = *p != '\0';
        if (streq(p, "0"))
                p++;
        while (ok && *p)
                ok = add_part(&p, &total);
        if (!ok)
                return err_set(err, ERR_SYNTAX, "expected a duration like 30s, 5m or 1h30m, found \"%s\"", text);
        *ret_ns = negative ? -total : total;
        return 0;
}

/* "1.5" without trailing zeros: value / unit with up to `places` decimals. */
static void add_decimal(char *text, size_t size, uint64_t value, uint64_t unit, int places, const char *suffix) {
        char frac[16];
        snprintf(frac, sizeof(frac), "%0*llu", places, (unsigned long long)(value % unit));
        size_t n = places ? strlen(frac) : 0;
        while (n && frac[n - 1] == '0')
                n--;
        frac[n] = '\0';
        snprintf(text, size, "%llu%s%s%s", (unsigned long long)(value / unit), n ? "." : "", frac, suffix);
}

char *duration_format(char text[static TIME_TEXT_MAX], int64_t ns) {
        uint64_t u = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
        char *p = text;
        if (ns < 0)
                *p++ = '-';
        size_t size = TIME_TEXT_MAX - (size_t)(p - text);
        if (u == 0) {
                snprintf(p, size, "0s");
        } else if (u < 1000) {
                add_decimal(p, size, u, 1, 0, "ns");
        } else if (u < 1000000) {
                add_decimal(p, size, u, 1000, 3, "\xc2\xb5s");
        } else if (u < (uint64_t)NSEC_PER_SEC) {
                add_decimal(p, size, u, 1000000, 6, "ms");
        } else {
                uint64_t minutes = u / (60 * (uint64_t)NSEC_PER_SEC), rest = u % (60 * (uint64_t)NSEC_PER_SEC);
                int n = 0;
                if (minutes >= 60)
                        n = snprintf(p, size, "%lluh%llum", (unsigned long long)(minutes / 60),
                                     (unsigned long long)(minutes % 60));
                else if (minutes)
                        n = snprintf(p, size, "%llum", (unsigned long long)minutes);
                add_decimal(p + n, size - (size_t)n, rest, (uint64_t)NSEC_PER_SEC, 9, "s");
        }
        return text;
}
