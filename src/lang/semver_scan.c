/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/semver_scan.h"

bool semver_is_identifier_char(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static size_t scan_number(const char *p, const char *end, bool constraint) {
        size_t n = 0;
        while (p + n < end && ((p[n] >= '0' && p[n] <= '9') ||
                               (constraint && (p[n] == 'x' || p[n] == 'X' || p[n] == '*' || p[n] == '|'))))
                n++;
        return n;
}

/* Identifiers with dots between them: what follows a hyphen or a plus. */
static size_t scan_identifiers(const char *p, const char *end) {
        size_t n = 0;
        for (;;) {
                size_t part = n;
                while (p + n < end && semver_is_identifier_char(p[n]))
                        n++;
                if (n == part)
                        return n ? n - 1 : 0; /* a dot with nothing behind it does not belong */
                if (p + n >= end || p[n] != '.')
                        return n;
                n++;
        }
}

const char *semver_scan(const char *p, const char *end, bool constraint, struct semver_scan *ret) {
        *ret = (struct semver_scan){.prerelease.s = "", .metadata.s = ""};
        if (p < end && *p == 'v')
                p++;
        for (size_t i = 0; i < 3; i++) {
                const char *start = p + (i > 0);
                size_t n = start <= end && (!i || (p < end && *p == '.')) ? scan_number(start, end, constraint) : 0;
                if (!n && !i)
                        return NULL;
                if (!n)
                        break;
                ret->parts[i] = (struct semver_slice){start, n};
                p = start + n;
        }
        struct semver_slice *tails[] = {&ret->prerelease, &ret->metadata};
        for (size_t i = 0; i < 2; i++) {
                size_t n = p < end && *p == "-+"[i] ? scan_identifiers(p + 1, end) : 0;
                if (!n)
                        continue;
                *tails[i] = (struct semver_slice){p + 1, n};
                p += 1 + n;
        }
        return p;
}
