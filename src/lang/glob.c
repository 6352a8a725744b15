/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/glob.h"

#include "data/text/utf8.h"

/* What stands between two stars. */
struct chunk {
        const char *s;
        size_t n;
        bool after_star;
};

#define NO_MATCH SIZE_MAX

/* Takes the next chunk off the pattern. Stars inside brackets are literal. */
static struct chunk next_chunk(const char **pattern, const char *end) {
        struct chunk c = {0};
        const char *p = *pattern;
        while (p < end && *p == '*') {
                p++;
                c.after_star = true;
        }
        c.s = p;
        bool in_brackets = false;
        for (; p < end && (*p != '*' || in_brackets); p++) {
                if (*p == '\\' && p + 1 < end)
                        p++;
                else if (*p == '[')
                        in_brackets = true;
                else if (*p == ']')
                        in_brackets = false;
        }
        c.n = (size_t)(p - c.s);
        *pattern = p;
        return c;
}

/* One character of a class, perhaps escaped. NULL: malformed. */
static const char *class_rune(const char *p, const char *end, uint32_t *ret) {
        if (p >= end || *p == '-' || *p == ']')
                return NULL;
        if (*p == '\\' && ++p >= end)
                return NULL;
        unsigned len = utf8_decode(p, end, ret);
        return len && p + len < end ? p + len : NULL;
}

/* Matches one rune against the class behind '['; answers where the class ends, or NULL when it does not match or is
 * malformed. */
static const char *match_class(const char *p, const char *end, uint32_t rune) {
        bool negated = p < end && *p == '^', match = false;
        p += negated;
        for (size_t ranges = 0; p >= end || *p != ']' || !ranges; ranges++) {
                uint32_t low, high;
                p = class_rune(p, end, &low);
                if (!p)
                        return NULL;
                high = low;
                if (*p == '-' && !(p = class_rune(p + 1, end, &high)))
                        return NULL;
                match = match || (low <= rune && rune <= high);
        }
        return match != negated ? p + 1 : NULL;
}

/* Matches a chunk at `at`; answers where the match ends, or NO_MATCH. */
static size_t match_chunk(const struct chunk *c, const char *name, size_t n, size_t at) {
        const char *p = c->s, *end = c->s + c->n;
        while (p < end) {
                if (at >= n)
                        return NO_MATCH;
                uint32_t rune;
                unsigned len = utf8_decode(name + at, name + n, &rune);
                len = len ? len : 1;
                if (*p == '[') {
                        p = match_class(p + 1, end, rune);
                        if (!p)
                                return NO_MATCH;
                        at += len;
                } else if (*p == '?') {
                        at += len;
                        p++;
                } else {
                        if (*p == '\\' && ++p >= end)
                                return NO_MATCH;
                        if (*p++ != name[at++])
                                return NO_MATCH;
                }
        }
        return at;
}

/* The first or last place at or after `at` where the chunk matches and, if the match must end somewhere, ends there. */
static size_t find_chunk(const struct chunk *c, const char *name, size_t n, size_t at, size_t must_end, bool last) {
        size_t found = NO_MATCH;
        for (; at <= n; at++) {
                size_t end = match_chunk(c, name, n, at);
                if (end != NO_MATCH && (must_end == NO_MATCH || end == must_end)) {
                        found = end;
                        if (!last)
                                break;
                }
                if (!c->after_star)
                        break;
        }
        return found;
}

bool glob_match(const char *pattern, size_t pattern_len, const char *name, size_t n) {
        const char *end = pattern + pattern_len;
        size_t at = 0;
        while (pattern < end) {
                struct chunk c = next_chunk(&pattern, end);
                if (c.after_star && !c.n)
                        return true;
                at = find_chunk(&c, name, n, at, pattern == end ? n : NO_MATCH, false);
                if (at == NO_MATCH)
                        return false;
        }
        return at == n;
}

size_t glob_prefix(const char *pattern, size_t pattern_len, const char *name, size_t n, bool longest) {
        const char *p = pattern, *end = pattern + pattern_len;
        size_t at = 0;
        while (p < end) {
                struct chunk c = next_chunk(&p, end);
                if (c.after_star && !c.n)
                        return longest ? n : at ? at : n > 0;
                at = find_chunk(&c, name, n, at, NO_MATCH, longest && p == end);
                if (at == NO_MATCH)
                        return 0;
        }
        /* The shortest prefix may end inside the rune that the last '?' took. */
        for (size_t cut = at > UTF8_MAX ? at - UTF8_MAX + 1 : 1; !longest && cut < at; cut++)
                if (((uint8_t)name[cut] & 0xC0) == 0x80 && glob_match(pattern, pattern_len, name, cut))
                        return cut;
        return at;
}
