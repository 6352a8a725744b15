/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml_scalar.h"

#include "base/limits.h"

#include <math.h>

/* Longer texts are never numbers: a number of this many digits overflows every type. */
#define NUMBER_MAX 400

/* So much of a text that is not of its tag's type goes into the error. */
#define SHOWN_MAX 1000

struct word {
        const char *text;
        size_t len;
        struct yaml_scalar scalar;
        bool sigs_only; /* YAML 1.1's booleans, which v3 reads as strings */
};

#define BOOL_WORD(text_, b, sigs_only_)                                                                                \
        { text_, sizeof(text_) - 1, {.type = YAML_SCALAR_BOOL, .boolean = (b)}, sigs_only_ }
#define NULL_WORD(text_)                                                                                               \
        { text_, sizeof(text_) - 1, {.type = YAML_SCALAR_NULL}, false }
#define FLOAT_WORD(text_, f_)                                                                                          \
        { text_, sizeof(text_) - 1, {.type = YAML_SCALAR_FLOAT, .f = (f_)}, false }

static const struct word words[] = {
        BOOL_WORD("true", true, false),
        BOOL_WORD("True", true, false),
        BOOL_WORD("TRUE", true, false),
        BOOL_WORD("false", false, false),
        BOOL_WORD("False", false, false),
        BOOL_WORD("FALSE", false, false),
        BOOL_WORD("y", true, true),
        BOOL_WORD("Y", true, true),
        BOOL_WORD("yes", true, true),
        BOOL_WORD("Yes", true, true),
        BOOL_WORD("YES", true, true),
        BOOL_WORD("on", true, true),
        BOOL_WORD("On", true, true),
        BOOL_WORD("ON", true, true),
        BOOL_WORD("n", false, true),
        BOOL_WORD("N", false, true),
        BOOL_WORD("no", false, true),
        BOOL_WORD("No", false, true),
        BOOL_WORD("NO", false, true),
        BOOL_WORD("off", false, true),
        BOOL_WORD("Off", false, true),
        BOOL_WORD("OFF", false, true),
        NULL_WORD(""),
        NULL_WORD("~"),
        NULL_WORD("null"),
        NULL_WORD("Null"),
        NULL_WORD("NULL"),
        FLOAT_WORD(".nan", NAN),
        FLOAT_WORD(".NaN", NAN),
        FLOAT_WORD(".NAN", NAN),
        FLOAT_WORD(".inf", INFINITY),
        FLOAT_WORD(".Inf", INFINITY),
        FLOAT_WORD(".INF", INFINITY),
        FLOAT_WORD("+.inf", INFINITY),
        FLOAT_WORD("+.Inf", INFINITY),
        FLOAT_WORD("+.INF", INFINITY),
        FLOAT_WORD("-.inf", -INFINITY),
        FLOAT_WORD("-.Inf", -INFINITY),
        FLOAT_WORD("-.INF", -INFINITY),
};

static const bool begins_word[256] = {
        ['y'] = true, ['Y'] = true, ['n'] = true, ['N'] = true, ['t'] = true, ['T'] = true, ['f'] = true,
        ['F'] = true, ['o'] = true, ['O'] = true, ['~'] = true, ['.'] = true, ['+'] = true, ['-'] = true,
};

static bool find_word(const char *text, size_t n, enum yaml_dialect dialect, struct yaml_scalar *ret) {
        if (n > 5 || (n && !begins_word[(uint8_t)*text]))
                return false;
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
                const struct word *w = &words[i];
                if (w->len != n || *w->text != (n ? *text : '\0') || memcmp(w->text, text, n) != 0)
                        continue;
                if (w->sigs_only && dialect != YAML_SIGS)
                        return false;
                *ret = w->scalar;
                return true;
        }
        return false;
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static unsigned digit_value(char c) {
        if (is_digit(c))
                return (unsigned)(c - '0');
        if (c >= 'a' && c <= 'z')
                return (unsigned)(c - 'a') + 10;
        if (c >= 'A' && c <= 'Z')
                return (unsigned)(c - 'A') + 10;
        return 99;
}

/* An integer as strconv.ParseInt and ParseUint read it; base 0 looks at the prefix. */
static bool parse_int(const char *s, unsigned base, struct yaml_scalar *ret) {
        bool negative = *s == '-', sign = negative || *s == '+';
        s += sign;
        if (base == 0) {
                base = 10;
                if (s[0] == '0' && s[1]) {
                        char c = (char)(s[1] | 0x20);
                        base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
                        s += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
                }
        }
        if (!*s)
                return false;
        uint64_t u = 0;
        for (; *s; s++) {
                unsigned d = digit_value(*s);
                if (d >= base || __builtin_mul_overflow(u, base, &u) || __builtin_add_overflow(u, d, &u))
                        return false;
        }
        if (negative && u <= (uint64_t)INT64_MAX + 1)
                *ret = (struct yaml_scalar){.type = YAML_SCALAR_INT, .i = (int64_t)(0 - u)};
        else if (!negative && u <= INT64_MAX)
                *ret = (struct yaml_scalar){.type = YAML_SCALAR_INT, .i = (int64_t)u};
        else if (!sign) /* ParseUint takes no sign */
                *ret = (struct yaml_scalar){.type = YAML_SCALAR_UINT, .u = u};
        else
                return false;
        return true;
}

static const char *skip_digits(const char *s) {
        while (is_digit(*s))
                s++;
        return s;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_decimal_float(const char *s) {
        s += *s == '-' || *s == '+';
        const char *digits = s;
        s = skip_digits(s);
        bool any = s > digits;
        if (*s == '.') {
                const char *fraction = s + 1;
                s = skip_digits(fraction);
                any = any || s > fraction;
        }
        if (!any)
                return false;
        if (*s == 'e' || *s == 'E') {
                s++;
                s += *s == '-' || *s == '+';
                if (!is_digit(*s))
                        return false;
                s = skip_digits(s);
        }
        return !*s;
}

/* A float out of range is no float for Go's ParseFloat, and so stays a string. */
static bool parse_float(const char *s, struct yaml_scalar *ret) {
        if (!is_decimal_float(s))
                return false;
        double f = strtod(s, NULL);
        if (isinf(f))
                return false;
        *ret = (struct yaml_scalar){.type = YAML_SCALAR_FLOAT, .f = f};
        return true;
}

/* "0b" and a binary number with a sign of its own, "-0b" and a binary number; v3 knows the same for octals. Plain
 * prefixes have been read before; what is left are oddities such as 0b-1. */
static bool parse_prefixed(const char *s, enum yaml_dialect dialect, struct yaml_scalar *ret) {
        bool negative = *s == '-';
        s += negative;
        if (s[0] != '0' || (s[1] != 'b' && (s[1] != 'o' || dialect == YAML_SIGS)))
                return false;
        if (negative && (s[2] == '-' || s[2] == '+'))
                return false;
        if (!parse_int(s + 2, s[1] == 'b' ? 2 : 8, ret))
                return false;
        if (negative)
                ret->i = -ret->i;
        return true;
}

static bool parse_number(const char *text, size_t n, enum yaml_dialect dialect, struct yaml_scalar *ret) {
        char plain[NUMBER_MAX + 1];
        size_t len = 0;
        if (n > NUMBER_MAX || memchr(text, '\0', n))
                return false;
        for (size_t i = 0; i < n; i++)
                if (text[i] != '_')
                        plain[len++] = text[i];
        plain[len] = '\0';
        return parse_int(plain, 0, ret) || parse_float(plain, ret) || parse_prefixed(plain, dialect, ret);
}

/* ".5": here Go does not drop underscores first, and takes none. */
static bool parse_dotted(const char *text, size_t n, struct yaml_scalar *ret) {
        char plain[NUMBER_MAX + 1];
        if (n > NUMBER_MAX || memchr(text, '\0', n))
                return false;
        memcpy(plain, text, n);
        plain[n] = '\0';
        return parse_float(plain, ret);
}

static struct yaml_scalar resolve(const char *text, size_t n, enum yaml_dialect dialect, bool timestamps) {
        struct yaml_scalar s = {.type = YAML_SCALAR_STRING};
        char c = n ? *text : '\0';
        if (find_word(text, n, dialect, &s))
                return s;
        if (c == '.')
                parse_dotted(text, n, &s);
        else if (is_digit(c) || c == '-' || c == '+') {
                if (timestamps && yaml_timestamp(text, n, NULL))
                        s.type = YAML_SCALAR_TIMESTAMP;
                else
                        parse_number(text, n, dialect, &s);
        }
        return s;
}

struct yaml_scalar yaml_scalar_resolve(const char *text, size_t n, enum yaml_dialect dialect) {
        return resolve(text, n, dialect, true);
}

static const char *type_tag(enum yaml_scalar_type type) {
        switch (type) {
        case YAML_SCALAR_NULL:
                return "null";
        case YAML_SCALAR_BOOL:
                return "bool";
        case YAML_SCALAR_INT:
        case YAML_SCALAR_UINT:
                return "int";
        case YAML_SCALAR_FLOAT:
                return "float";
        case YAML_SCALAR_TIMESTAMP:
                return "timestamp";
        case YAML_SCALAR_BINARY:
                return "binary";
        case YAML_SCALAR_STRING:
                break;
        }
        return "str";
}

int yaml_scalar_resolve_tagged(const char *tag, const char *text, size_t n, enum yaml_dialect dialect,
                               struct yaml_scalar *ret, struct err *err) {
        if (!*tag) {
                *ret = yaml_scalar_resolve(text, n, dialect);
                return 0;
        }
        const char *name = str_has_prefix(tag, YAML_TAG_PREFIX) ? tag + strlen(YAML_TAG_PREFIX) : "";
        *ret = (struct yaml_scalar){.type = YAML_SCALAR_STRING};
        if (streq(name, "binary"))
                ret->type = YAML_SCALAR_BINARY;
        if (!streq(name, "bool") && !streq(name, "int") && !streq(name, "float") && !streq(name, "null") &&
            !streq(name, "timestamp"))
                return 0; /* !!str, !!binary and every foreign tag take any text */
        struct yaml_scalar s = resolve(text, n, dialect, streq(name, "timestamp"));
        if (streq(name, "float") && s.type == YAML_SCALAR_INT)
                s = (struct yaml_scalar){.type = YAML_SCALAR_FLOAT, .f = (double)s.i};
        if (!streq(type_tag(s.type), name))
                return err_set(err, ERR_SYNTAX, "cannot decode !!%s `%.*s` as a !!%s", type_tag(s.type),
                               (int)(n < SHOWN_MAX ? n : SHOWN_MAX), text, name);
        *ret = s;
        return 0;
}
