/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/regex_syntax.h"

#include "data/text/utf8.h"

#include <strings.h>

#define MAX_NESTING 1000    /* of parentheses, as Go */
#define MAX_REPEAT_DIGITS 8 /* longer numbers are no repeat count to RE2, but one that is too large to Go */

/* Long names of general categories (Unicode's PropertyValueAliases) and what RE2 calls them. */
static const struct {
        const char *name, *code;
} categories[] = {
        {"other", "C"},
        {"control", "Cc"},
        {"cntrl", "Cc"},
        {"format", "Cf"},
        {"privateuse", "Co"},
        {"surrogate", "Cs"},
        {"letter", "L"},
        {"lowercaseletter", "Ll"},
        {"modifierletter", "Lm"},
        {"otherletter", "Lo"},
        {"titlecaseletter", "Lt"},
        {"uppercaseletter", "Lu"},
        {"mark", "M"},
        {"combiningmark", "M"},
        {"spacingmark", "Mc"},
        {"enclosingmark", "Me"},
        {"nonspacingmark", "Mn"},
        {"number", "N"},
        {"decimalnumber", "Nd"},
        {"digit", "Nd"},
        {"letternumber", "Nl"},
        {"othernumber", "No"},
        {"punctuation", "P"},
        {"punct", "P"},
        {"connectorpunctuation", "Pc"},
        {"dashpunctuation", "Pd"},
        {"closepunctuation", "Pe"},
        {"finalpunctuation", "Pf"},
        {"initialpunctuation", "Pi"},
        {"otherpunctuation", "Po"},
        {"openpunctuation", "Ps"},
        {"symbol", "S"},
        {"currencysymbol", "Sc"},
        {"modifiersymbol", "Sk"},
        {"mathsymbol", "Sm"},
        {"othersymbol", "So"},
        {"separator", "Z"},
        {"lineseparator", "Zl"},
        {"paragraphseparator", "Zp"},
        {"spaceseparator", "Zs"},
};

/* The code of a category's long name, in which case, spaces, hyphens and underscores do not count; NULL for others. */
static const char *category_code(const char *name, size_t n) {
        char folded[32];
        size_t len = 0;
        for (size_t i = 0; i < n; i++) {
                if (strchr(" -_", name[i]))
                        continue;
                if (len + 1 >= sizeof(folded))
                        return NULL;
                folded[len++] = name[i];
        }
        folded[len] = '\0';
        for (size_t i = 0; i < ARRAY_LEN(categories); i++)
                if (strcasecmp(folded, categories[i].name) == 0)
                        return categories[i].code;
        return NULL;
}

/* Properties that RE2 does not know, as the members of a class. */
static const struct {
        const char *name, *members, *inverse; /* inverse: NULL when it cannot be said by members */
} properties[] = {
        {"ascii", "\\x00-\\x7F", "\\x{80}-\\x{10FFFF}"},
        {"lc", "\\p{Lu}\\p{Ll}\\p{Lt}", NULL},
        {"casedletter", "\\p{Lu}\\p{Ll}\\p{Lt}", NULL},
        {"assigned", "\\pL\\pM\\pN\\pP\\pS\\pZ\\pC", NULL},
};

struct rewriter {
        struct buf *out;
        const char *pattern, *end;
        const char *class_start; /* inside brackets: where a ']' would still be a member; NULL outside */
        size_t depth;            /* open parentheses */
        struct regex_complaint *complaint;
};

static int complain(struct rewriter *w, enum re2_error error, const char *part, const char *end) {
        *w->complaint = (struct regex_complaint){error, part, (size_t)(end - part)};
        return -1;
}

/* Writes members as a class of its own, or inside the one that is open. False when they cannot be said there. */
static bool add_class(struct rewriter *w, const char *members, const char *inverse, bool negated) {
        if (!w->class_start)
                buf_addf(w->out, "[%s%s]", negated ? "^" : "", members);
        else if (!negated || inverse)
                buf_adds(w->out, negated ? inverse : members);
        else
                return false;
        return true;
}

/* A script's name with a capital in front of each word: "old_italic" is "Old_Italic" to RE2. */
static void add_name(struct buf *b, const char *name, size_t n) {
        for (size_t i = 0; i < n; i++) {
                bool first = !i || name[i - 1] == '_';
                bool lower = name[i] >= 'a' && name[i] <= 'z';
                buf_addc(b, (char)(first && lower ? name[i] - 'a' + 'A' : name[i]));
        }
}

/* \p{name}: answers whether it was written. */
static bool add_property(struct rewriter *w, bool negated, const char *name, size_t n) {
        const char *code = category_code(name, n);
        if (code) {
                buf_addf(w->out, "\\%c{%s}", negated ? 'P' : 'p', code);
                return true;
        }
        if (n == 2 && strncasecmp(name, "cn", 2) == 0) /* what is not assigned */
                return add_class(w, properties[3].members, NULL, !negated);
        for (size_t i = 0; i < ARRAY_LEN(properties); i++)
                if (strlen(properties[i].name) == n && strncasecmp(name, properties[i].name, n) == 0)
                        return add_class(w, properties[i].members, properties[i].inverse, negated);
        buf_addf(w->out, "\\%c{", negated ? 'P' : 'p');
        add_name(w->out, name, n);
        buf_addc(w->out, '}');
        return true;
}

/* The escape at p (a backslash); answers where it ends. */
static const char *rewrite_escape(struct rewriter *w, const char *p) {
        size_t left = (size_t)(w->end - p);
        if (left >= 2 && p[1] == 'Q' && !w->class_start) {
                const char *close = memmem(p, left, "\\E", 2);
                const char *end = close ? close + 2 : w->end;
                buf_add(w->out, p, (size_t)(end - p));
                return end;
        }
        if (left >= 4 && (p[1] == 'p' || p[1] == 'P') && p[2] == '{') {
                const char *close = memchr(p, '}', left);
                bool caret = p[3] == '^';
                const char *name = p + 3 + caret;
                size_t n = close > name ? (size_t)(close - name) : 0;
                if (n && (uint8_t)((*name | 0x20) - 'a') < 26 && add_property(w, (p[1] == 'P') != caret, name, n))
                        return close + 1;
        }
        uint32_t rune;
        size_t n = left < 2 ? 1 : 1 + utf8_decode(p + 1, w->end, &rune);
        buf_add(w->out, p, n);
        return p + n;
}

/* (?<name> or (?P<name>; NULL after a complaint. */
static const char *rewrite_name(struct rewriter *w, const char *p) {
        const char *name = strchr(p, '<') + 1;
        const char *close = memchr(name, '>', (size_t)(w->end - name));
        for (const char *s = name; close && s < close; s++) {
                if ((uint8_t)*s >= 0x80) {
                        complain(w, RE2_BAD_NAME, p, close + 1);
                        return NULL;
                }
        }
        buf_adds(w->out, "(?P<");
        return name;
}

/* {n,m} with numbers that RE2 would take for text. */
static int check_repeat(struct rewriter *w, const char *p) {
        const char *s = p + 1;
        size_t digits = strspn(s, "0123456789"), longest = digits;
        s += digits;
        if (digits && *s == ',') {
                digits = strspn(s + 1, "0123456789");
                longest = digits > longest ? digits : longest;
                s += 1 + digits;
        }
        return *s == '}' && longest > MAX_REPEAT_DIGITS ? complain(w, RE2_REPEAT_SIZE, p, s + 1) : 0;
}

/* Bytes that are no UTF-8, which Go's parser comes upon first: in a name it quotes the name, elsewhere the rest. */
static int check_utf8(struct rewriter *w) {
        for (const char *p = w->pattern, *name = NULL; p < w->end;) {
                uint32_t rune;
                unsigned len = utf8_decode(p, w->end, &rune);
                if (*p == '<')
                        name = p + 1;
                if (!len) {
                        const char *close = name ? memchr(name, '>', (size_t)(w->end - name)) : NULL;
                        return complain(w, RE2_BAD_UTF8, close ? name : p, close ? close : w->end);
                }
                p += len;
        }
        return 0;
}

/* Inside brackets: named classes are copied whole, so that their own brackets do not count. */
static const char *rewrite_in_class(struct rewriter *w, const char *p) {
        if (*p == ']' && p > w->class_start)
                w->class_start = NULL;
        const char *close = *p == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;
        size_t n = close ? (size_t)(close - p) + 2 : 1;
        buf_add(w->out, p, n);
        return p + n;
}

int regex_rewrite(struct buf *b, const char *pattern, size_t n, struct regex_complaint *ret) {
        struct rewriter w = {.out = b, .pattern = pattern, .end = pattern + n, .complaint = ret};
        if (check_utf8(&w) < 0)
                return -1;
        for (const char *p = pattern; p && p < w.end;) {
                if (*p == '\\') {
                        p = rewrite_escape(&w, p);
                } else if (w.class_start) {
                        p = rewrite_in_class(&w, p);
                } else if ((strncmp(p, "(?<", 3) == 0 && p[3]) || strncmp(p, "(?P<", 4) == 0) {
                        if (!(p = rewrite_name(&w, p)))
                                return -1;
                        w.depth++;
                } else {
                        if (*p == '[')
                                w.class_start = p + 1 + (p[1] == '^');
                        else if (*p == '(' && ++w.depth >= MAX_NESTING)
                                return complain(&w, RE2_INTERNAL, pattern, w.end);
                        else if (*p == ')' && w.depth)
                                w.depth--;
                        else if (*p == '{' && check_repeat(&w, p) < 0)
                                return -1;
                        buf_addc(b, *p++);
                }
        }
        return 0;
}
