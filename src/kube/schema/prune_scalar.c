/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds, lengths, patterns and formats of scalars, in the words of kube-openapi's validator. */
#include "kube/schema/prune_check.h"

#include <float.h>
#include <math.h>

#include "base/clock.h"
#include "base/limits.h"
#include "data/json/json.h"
#include "lang/regex.h"

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
                return v->f > -9e15 && v->f < 9e15 && v->f == (double)(int64_t)v->f ? "integer" : "number";
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
        *b = BUF_INIT(LIMIT_ERROR_TEXT);
        json_write(b, v, 0);
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
        _cleanup_buf_ struct buf shown = BUF_INIT(0), text = BUF_INIT(0);
        check_shown(&shown, v);
        check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body should be %s than %s%s", buf_str(&shown),
                  buf_str(&c->path), upper ? "less" : "greater", exclusive ? "" : "or equal to ",
                  bound_text(&text, bound));
}

/* Whether an integer is one, and a number of the size its format says. */
static void check_range(struct check *c, const struct value *props, const struct value *v) {
        const char *format = value_string_or(value_get(props, "format"), "");
        const char *type = value_string_or(value_get(props, "type"), "");
        double n = number_of(v);
        bool good = true;
        if (streq(type, "integer"))
                good = streq(check_type_of(v), "integer") &&
                       !(streq(format, "int32") && (n > INT32_MAX || n < INT32_MIN));
        else if (streq(type, "number") && streq(format, "float"))
                good = fabs(n) <= (double)FLT_MAX;
        if (good)
                return;
        _cleanup_buf_ struct buf named = BUF_INIT(LIMIT_ERROR_TEXT);
        if (*format)
                buf_addf(&named, "with format %s", format);
        else
                buf_adds(&named, "(default format)");
        check_add_fieldless(c, "Invalid value: \"\": Checked value must be of type %s %s in %s", type, buf_str(&named),
                            buf_str(&c->path));
}

void check_number(struct check *c, const struct value *props, const struct value *v) {
        const struct value *multiple = value_get(props, "multipleOf");
        check_range(c, props, v);
        check_bound(c, props, v, true);
        check_bound(c, props, v, false);
        if (!value_is_number(multiple) || number_of(multiple) <= 0)
                return;
        double q = number_of(v) / number_of(multiple);
        if (fabs(q) >= 9e15 || q == (double)(int64_t)q)
                return;
        _cleanup_buf_ struct buf shown = BUF_INIT(0), text = BUF_INIT(0);
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

/* The compiled pattern, made once for each validation; NULL and why when it is none or memory is out. */
static const struct regex *compiled(struct check *c, const char *pattern, struct err *why) {
        struct regex *re = strmap_get(c->patterns, pattern, strlen(pattern));
        if (re || regex_new(pattern, strlen(pattern), &re, why) < 0)
                return re;
        if (strmap_set(c->patterns, pattern, strlen(pattern), re) == 0)
                return re;
        regex_free(re);
        err_oom(why);
        return NULL;
}

static void check_pattern(struct check *c, const char *pattern, const struct value *v) {
        _cleanup_err_ struct err why = ERR_INIT;
        _cleanup_buf_ struct buf shown = BUF_INIT(0);
        const struct regex *re = compiled(c, pattern, &why);
        if (!re)
                check_add(c, "FieldValueInvalid",
                          "Invalid value: %s: %s in body should match '%s, but pattern is invalid: %s'",
                          check_shown(&shown, v), buf_str(&c->path), pattern, err_message(&why));
        else if (!regex_match(re, v->str, v->len))
                check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body should match '%s'",
                          check_shown(&shown, v), buf_str(&c->path), pattern);
}

/* Formats that the API server knows and that objects of users name; an unknown one is no rule. */
static bool has_format(struct check *c, const char *format, const struct value *v) {
        static const struct {
                const char *format, *pattern;
                uint32_t longest;
        } patterns[] = {
                {"date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 10},
                {"uuid", "(?i)^[0-9A-F]{8}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{12}$", 36},
                {"byte", "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", UINT32_MAX},
                {"ipv4", "^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\\.|$)){4}$", 15},
                {"k8s-short-name", "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 63},
                {"k8s-long-name", "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", 253},
        };
        int64_t ns;
        if (streq(format, "date-time"))
                return time_parse_rfc3339(v->str, &ns, NULL) == 0;
        if (streq(format, "duration"))
                return duration_parse(v->str, &ns, NULL) == 0;
        for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
                if (streq(format, patterns[i].format)) {
                        const struct regex *re = compiled(c, patterns[i].pattern, NULL);
                        return v->len <= patterns[i].longest && (!re || regex_match(re, v->str, v->len));
                }
        return true;
}

/* Length and pattern: the first that fails is told. */
static void check_text(struct check *c, const struct value *props, const struct value *v) {
        int64_t longest = value_int_or(value_get(props, "maxLength"), INT64_MAX);
        int64_t shortest = value_int_or(value_get(props, "minLength"), 0), n = characters(v);
        const char *pattern = value_get_str(props, "pattern");
        _cleanup_buf_ struct buf shown = BUF_INIT(0);
        if (n > longest)
                check_add(c, "FieldValueTooLong", "Too long: may not be more than %lld bytes", (long long)longest);
        else if (n < shortest)
                check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body should be at least %lld chars long",
                          check_shown(&shown, v), buf_str(&c->path), (long long)shortest);
        else if (pattern && *pattern)
                check_pattern(c, pattern, v);
}

void check_string(struct check *c, const struct value *props, const struct value *v) {
        const char *format = value_get_str(props, "format");
        _cleanup_buf_ struct buf shown = BUF_INIT(0);
        check_text(c, props, v);
        if (!format || has_format(c, format, v))
                return;
        check_shown(&shown, v);
        check_add(c, "FieldValueInvalid", "Invalid value: %s: %s in body must be of type %s: %s", buf_str(&shown),
                  buf_str(&c->path), format, buf_str(&shown));
}
