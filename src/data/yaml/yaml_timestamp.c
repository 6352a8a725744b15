/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml_scalar.h"

struct stamp {
        unsigned year, month, day, hour, minute, second;
        char fraction[10]; /* up to nine digits, without trailing zeros */
        bool has_offset;
        int offset; /* seconds east of Greenwich */
};

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* One or two digits (exactly two when fixed); false when there is none or the value is above max. */
static bool number(const char **at, const char *end, bool fixed, unsigned max, unsigned *ret) {
        const char *s = *at;
        if (s == end || !is_digit(*s))
                return false;
        *ret = (unsigned)(*s++ - '0');
        if (s < end && is_digit(*s))
                *ret = *ret * 10 + (unsigned)(*s++ - '0');
        else if (fixed)
                return false;
        *at = s;
        return *ret <= max;
}

static bool character(const char **at, const char *end, char c) {
        if (*at == end || **at != c)
                return false;
        (*at)++;
        return true;
}

static unsigned days_in(unsigned year, unsigned month) {
        if (month == 2)
                return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool date(const char **at, const char *end, struct stamp *t) {
        for (int i = 0; i < 4; i++) {
                if (*at == end || !is_digit(**at))
                        return false;
                t->year = t->year * 10 + (unsigned)(*(*at)++ - '0');
        }
        return character(at, end, '-') && number(at, end, false, 12, &t->month) && t->month > 0 &&
               character(at, end, '-') && number(at, end, false, 31, &t->day) && t->day > 0 &&
               t->day <= days_in(t->year, t->month);
}

static bool clock_time(const char **at, const char *end, struct stamp *t) {
        if (!number(at, end, false, 23, &t->hour) || !character(at, end, ':') ||
            !number(at, end, false, 59, &t->minute) || !character(at, end, ':') ||
            !number(at, end, false, 59, &t->second))
                return false;
        if (end - *at < 2 || (**at != '.' && **at != ',') || !is_digit((*at)[1]))
                return true;
        size_t n = 0;
        for ((*at)++; *at < end && is_digit(**at); (*at)++)
                if (n < 9)
                        t->fraction[n++] = **at;
        while (n && t->fraction[n - 1] == '0')
                n--;
        t->fraction[n] = '\0';
        return true;
}

static bool offset(const char **at, const char *end, struct stamp *t) {
        if (character(at, end, 'Z'))
                return true;
        unsigned hours, minutes;
        bool west = *at < end && **at == '-';
        if (!west && (*at == end || **at != '+'))
                return false;
        (*at)++;
        if (!number(at, end, true, 24, &hours) || !character(at, end, ':') || !number(at, end, true, 60, &minutes))
                return false;
        t->offset = (int)(hours * 60 + minutes) * 60 * (west ? -1 : 1);
        t->has_offset = t->offset != 0;
        return true;
}

static bool parse(const char *text, size_t n, struct stamp *t) {
        const char *at = text, *end = text + n;
        if (!date(&at, end, t))
                return false;
        if (at == end)
                return true;
        char separator = *at++;
        if (separator != 'T' && separator != 't' && separator != ' ')
                return false;
        while (separator == ' ' && at < end && *at == ' ')
                at++; /* Go's time.Parse takes any run of spaces for one */
        return clock_time(&at, end, t) && (separator == ' ' || offset(&at, end, t)) && at == end;
}

bool yaml_timestamp(const char *text, size_t n, char *text_out) {
        struct stamp t = {0};
        if (!parse(text, n, &t))
                return false;
        if (!text_out)
                return true;
        int len = snprintf(text_out, TIME_NANO_MAX, "%04u-%02u-%02uT%02u:%02u:%02u%s%s", t.year, t.month, t.day, t.hour,
                           t.minute, t.second, *t.fraction ? "." : "", t.fraction);
        unsigned east = (unsigned)abs(t.offset) / 60;
        if (t.has_offset)
                snprintf(text_out + len, TIME_NANO_MAX - (size_t)len, "%c%02u:%02u", t.offset < 0 ? '-' : '+',
                         east / 60, east % 60);
        else
                snprintf(text_out + len, TIME_NANO_MAX - (size_t)len, "Z");
        return true;
}

void yaml_timestamp_go(struct buf *b, const char *text, size_t n) {
        static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                             "July",    "August",   "September", "October", "November", "December"};
        struct stamp t = {0};
        if (!parse(text, n, &t))
                return;
        unsigned long nanoseconds = strtoul(t.fraction, NULL, 10);
        for (size_t i = strlen(t.fraction); i < 9; i++)
                nanoseconds *= 10;
        buf_addf(b, "time.Date(%u, time.%s, %u, %u, %u, %u, %lu, %s)", t.year, months[t.month - 1], t.day, t.hour,
                 t.minute, t.second, nanoseconds, t.has_offset ? "time.Location(\"\")" : "time.UTC");
}
