/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds, lengths, patterns and formats of scalars, in the words of kube-openapi's validator. */
#include "kube/prune_check.h"

#include "base/clock.h"
#include "data/json.h"
#include "lang/regex.h"

#define SHOWN_MAX 256

const char *check_type_of(const struct value *v) {
        switch ((enum value_type)v->type) {
        case VALUE_NULL:
                return "null";
        case VALUE_BOOL:
                return "boolean";
        case VALUE_INT:
        case VALUE_UINT:
                return "integer";
        case VALUE_FLOAT:
                return v->f == (double)(int64_t)v->f && v->f > -9e15 && v->f < 9e15 ? "integer" : "number";
        case VALUE_STRING:
                return "string";
        case VALUE_LIST:
                return "array";
        case VALUE_MAP:
                return "object";
        }
        return "null";
}

const char *check_shown(struct buf *b, const struct value *v) {
        *b = BUF_INIT((size_t)1 << 20);
        json_write(b, v, 0);
        if (b->len > SHOWN_MAX)
                b->data[SHOWN_MAX] = '\0';
        return buf_str(b);
}

static double number_of(const struct value *v) {
        return v->type == VALUE_FLOAT ? v->f : v->type == VALUE_UINT ? (double)v->u : (double)v->i;
}

/* "10" or "0.5": a bound as Go prints it. */
static const char *bound_text(struct buf *b, const struct value *v) {
        *b = BUF_INIT(64);
        json_write(b, v, 0);
        return buf_str(b);
}

static void check_bound(struct check *c, const struct value *props, const struct value *v, bool upper) {
        const struct value *bound = value_get(props, upper ? "maximum" : "minimum");
        if (!value_is_number(bound))
                return;
        bool exclusive = value_bool_or(value_get(props, upper ? "exclusiveMaximum" : "exclusiveMinimum"), false);
        double n = number_of(v), limit = number_of(bound);
        bool good = upper ? (exclusive ? n < limit : n <= limit) : (exclusive ? n > limit : n >= limit);
        if (good)
                return;
        _cleanup_buf_ struct buf shown, text;
        check_shown(&shown, v);
        check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body should be %s than %s%s", buf_str(&shown),
                  buf_str(&c->path), upper ? "less" : "greater", exclusive ? "" : "or equal to ",
                  bound_text(&text, bound));
}

void check_number(struct check *c, const struct value *props, const struct value *v) {
        const struct value *multiple = value_get(props, "multipleOf");
        check_bound(c, props, v, true);
        check_bound(c, props, v, false);
        if (!value_is_number(multiple) || number_of(multiple) <= 0)
                return;
        double q = number_of(v) / number_of(multiple);
        if (q == (double)(int64_t)q)
                return;
        _cleanup_buf_ struct buf shown, text;
        check_shown(&shown, v);
        check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body should be a multiple of %s", buf_str(&shown),
                  buf_str(&c->path), bound_text(&text, multiple));
}

static int64_t characters(const struct value *v) {
        int64_t n = 0;
        for (uint32_t i = 0; i < v->len; i++)
                n += ((unsigned char)v->str[i] & 0xc0) != 0x80;
        return n;
}

static void check_pattern(struct check *c, const char *pattern, const struct value *v) {
        _cleanup_regex_ struct regex *re = NULL;
        _cleanup_err_ struct err why = ERR_INIT;
        _cleanup_buf_ struct buf shown;
        check_shown(&shown, v);
        if (regex_new(pattern, strlen(pattern), &re, &why) < 0)
                check_add(c, "FieldValueInvalid",
                          "Invalid value: %s: %s in body should match '%s, but pattern is invalid: %s'", buf_str(&shown),
                          buf_str(&c->path), pattern, err_message(&why));
        else if (!regex_match(re, v->str, v->len))
                check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body should match '%s'", buf_str(&shown),
                          buf_str(&c->path), pattern);
}

/* Formats that the API server knows and that objects of users name; an unknown one is no rule. */
static bool has_format(const char *format, const struct value *v) {
        int64_t ns;
        if (streq(format, "date-time"))
                return time_parse_rfc3339(v->str, &ns, NULL) == 0;
        if (streq(format, "duration"))
                return duration_parse(v->str, &ns, NULL) == 0;
        const char *pattern = streq(format, "date")   ? "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
                              : streq(format, "uuid") ? "(?i)^[0-9A-F]{8}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{12}$"
                              : streq(format, "byte") ? "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
                              : streq(format, "ipv4") ? "^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\\.|$)){4}$"
                                                      : NULL;
        _cleanup_regex_ struct regex *re = NULL;
        if (!pattern || regex_new(pattern, strlen(pattern), &re, NULL) < 0)
                return true;
        return regex_match(re, v->str, v->len);
}

void check_string(struct check *c, const struct value *props, const struct value *v) {
        const struct value *longest = value_get(props, "maxLength"), *shortest = value_get(props, "minLength");
        const char *pattern = value_get_str(props, "pattern"), *format = value_get_str(props, "format");
        _cleanup_buf_ struct buf shown;
        check_shown(&shown, v);
        if (longest && characters(v) > value_int_or(longest, INT64_MAX))
                check_add(c, "FieldValueTooLong", "Too long: may not be more than %lld bytes",
                          (long long)value_int_or(longest, 0));
        if (shortest && characters(v) < value_int_or(shortest, 0))
                check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body should be at least %lld chars long",
                          buf_str(&shown), buf_str(&c->path), (long long)value_int_or(shortest, 0));
        if (pattern)
                check_pattern(c, pattern, v);
        if (format && !has_format(format, v))
                check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body must be of type %s: %s", buf_str(&shown),
                          buf_str(&c->path), format, buf_str(&shown));
}
