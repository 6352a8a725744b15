/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml_text.h"

#include "data/text/unicode.h"
#include "data/text/utf8.h"
#include "data/yaml/yaml_scalar.h"

const bool yaml_word_bytes[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true, ['/'] = true,
        ['-'] = true,         ['.'] = true,         ['='] = true,         ['+'] = true,
};

bool yaml_printable(const char *s, size_t n) {
        uint32_t rune;
        if (!utf8_decode(s, s + n, &rune))
                return false;
        if (rune < 0x80)
                return rune == '\n' || (rune >= 0x20 && rune <= 0x7E);
        return rune >= 0xA0 && rune <= 0xFFFD && rune != 0xFEFF;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

/* Which indicators a text holds, by position. */
struct indicators {
        bool flow, block;
};

static void look_at_first(char c, bool before_space, struct indicators *found) {
        if (strchr("#,[]{}&*!|>'\"%@`", c))
                found->flow = found->block = true;
        else if (c == '?' || c == ':') {
                found->flow = true;
                found->block = found->block || before_space;
        } else if (c == '-' && before_space)
                found->flow = found->block = true;
}

static void look_at(char c, bool after_space, bool before_space, struct indicators *found) {
        if (strchr(",?[]{}", c))
                found->flow = true;
        else if (c == ':') {
                found->flow = true;
                found->block = found->block || before_space;
        } else if (c == '#' && after_space)
                found->flow = found->block = true;
}

static struct indicators find_indicators(const char *s, size_t n) {
        struct indicators found = {false, false};
        if (n >= 3 && (memcmp(s, "---", 3) == 0 || memcmp(s, "...", 3) == 0))
                found.flow = found.block = true;
        bool after_space = true;
        for (size_t i = 0, len; i < n; i += len) {
                len = yaml_rune_len(s[i]);
                bool before_space = i + len >= n || is_blank(s[i + len]);
                if (s[i] && i == 0)
                        look_at_first(s[i], before_space, &found);
                else if (s[i])
                        look_at(s[i], after_space, before_space, &found);
                after_space = is_blank(s[i]) || !s[i] || yaml_break_len(s + i, n - i);
        }
        return found;
}

/* Where a text holds spaces and line breaks, and whether it holds what must be escaped. */
struct spacing {
        bool breaks, special, tabs;
        bool first_space, first_break, last_space, last_break;
        bool break_space, space_break; /* one right after the other */
};

static struct spacing find_spacing(const char *s, size_t n, enum yaml_dialect dialect) {
        struct spacing f = {false};
        bool after_space = false, after_break = false;
        for (size_t i = 0, len; i < n; i += len) {
                len = yaml_rune_len(s[i]);
                bool space = s[i] == ' ', line_break = yaml_break_len(s + i, n - i);
                if (s[i] == '\t' && dialect == YAML_KYAML)
                        f.tabs = true;
                else if (!yaml_printable(s + i, n - i))
                        f.special = true;
                f.breaks = f.breaks || line_break;
                f.break_space = f.break_space || (space && after_break);
                f.space_break = f.space_break || (line_break && after_space);
                if (i == 0) {
                        f.first_space = space;
                        f.first_break = line_break;
                }
                f.last_space = space;
                f.last_break = line_break;
                after_space = space;
                after_break = line_break;
        }
        return f;
}

struct yaml_analysis yaml_analyze(const char *s, size_t n, enum yaml_dialect dialect) {
        if (!n)
                return (struct yaml_analysis){.block_plain = true, .single_quoted = true};
        if (yaml_is_word(s, n))
                return (struct yaml_analysis){
                        .flow_plain = true, .block_plain = true, .single_quoted = true, .block = true};
        struct indicators found = find_indicators(s, n);
        struct spacing f = find_spacing(s, n, dialect);
        bool escapes = f.space_break || f.special;
        bool plain =
                !f.first_space && !f.first_break && !f.last_space && !f.last_break && !f.breaks && !f.tabs && !escapes;
        return (struct yaml_analysis){
                .multiline = f.breaks,
                .flow_plain = plain && !found.flow,
                .block_plain = plain && !found.block,
                .single_quoted = !f.break_space && !f.tabs && !escapes,
                .block = !f.last_space && !escapes,
        };
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *s, const char *end, bool underscores) {
        while (s < end && (is_digit(*s) || (underscores && *s == '_')))
                s++;
        return s;
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? : YAML 1.1's numbers of base 60, which go-yaml never reads as such. */
static bool is_base60(const char *s, size_t n) {
        const char *end = s + n;
        if (s < end && (*s == '-' || *s == '+'))
                s++;
        if (s == end || !is_digit(*s))
                return false;
        s = skip_digits(s, end, true);
        if (s == end || *s != ':')
                return false;
        while (s < end && *s == ':') {
                const char *group = ++s;
                s = skip_digits(s, end, false);
                if (s == group || s - group > 2 || (s - group == 2 && *group > '5'))
                        return false;
        }
        if (s < end && *s == '.')
                s = skip_digits(s + 1, end, true);
        return s == end;
}

bool yaml_plain_is_string(const char *s, size_t n, enum yaml_dialect dialect) {
        /* v3 reads "yes" as a string, but still quotes it: the booleans of v2 serve both. */
        enum yaml_scalar_type type = yaml_scalar_resolve(s, n, YAML_SIGS).type;
        if (type == YAML_SCALAR_STRING && dialect == YAML_KYAML)
                type = yaml_scalar_resolve(s, n, dialect).type;
        return type == YAML_SCALAR_STRING && !is_base60(s, n);
}

/* ---- the order of keys ---- */

/* The number that begins at s, which wraps as int64 does, and where it ends. */
static int64_t number_at(const char **s, const char *end, int64_t start) {
        uint64_t n = (uint64_t)start;
        for (; *s < end && is_digit(**s); (*s)++)
                n = n * 10 + (uint64_t)(**s - '0');
        return (int64_t)n;
}

/* Two runes differ and not both are letters: numbers are compared by value, then by length. */
static int compare_others(const char *a_start, const char *a, const char *a_end, const char *b, const char *b_end,
                          uint32_t ar, uint32_t br) {
        int64_t lead = 0;
        if (ar == '0' || br == '0') { /* a zero that follows other digits counts as part of their number */
                for (const char *p = a - 1; p >= a_start && is_digit(*p); p--) {
                        if (*p != '0') {
                                lead = 1;
                                break;
                        }
                }
        }
        const char *a_at = a, *b_at = b;
        int64_t an = number_at(&a_at, a_end, lead), bn = number_at(&b_at, b_end, lead);
        if (an != bn)
                return an < bn ? -1 : 1;
        if (a_at - a != b_at - b)
                return a_at - a < b_at - b ? -1 : 1;
        return ar < br ? -1 : 1;
}

int yaml_compare_keys(const char *a, size_t a_len, const char *b, size_t b_len, enum yaml_dialect dialect) {
        const char *a_start = a, *a_end = a + a_len, *b_end = b + b_len;
        bool digits = false;
        while (a < a_end && b < b_end) {
                uint32_t ar, br;
                unsigned an = utf8_decode(a, a_end, &ar), bn = utf8_decode(b, b_end, &br);
                if (ar == br) {
                        digits = unicode_is_digit(ar);
                        a += an ? an : 1;
                        b += bn ? bn : 1;
                        continue;
                }
                bool al = unicode_is_letter(ar), bl = unicode_is_letter(br);
                if (al && bl)
                        return ar < br ? -1 : 1;
                if (al || bl) /* v3: after digits a letter comes first, so that "a1b" stands before "a10" */
                        return (digits && dialect == YAML_KYAML ? al : bl) ? -1 : 1;
                return compare_others(a_start, a, a_end, b, b_end, ar, br);
        }
        return (a < a_end) - (b < b_end);
}
