/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/select/selector.h"

#include "base/limits.h"
#include "kube/select/labels.h"
#include "kube/quote.h"
#include "kube/select/selector_private.h"

#include <errno.h>

/* ---- requirements ---- */

static int by_text(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_key(const void *a, const void *b) {
        const struct selector_requirement *x = a, *y = b;
        return strcmp(x->key, y->key);
}

void selector_sort(struct selector_requirement *items, size_t n) {
        if (n > 1)
                qsort(items, n, sizeof(*items), by_key);
}

static bool read_integer(const char *s, int64_t *ret) {
        char *end;
        errno = 0;
        long long i = strtoll(s, &end, 10);
        bool digits = s[0] == '-' || s[0] == '+' ? s[1] >= '0' && s[1] <= '9' : s[0] >= '0' && s[0] <= '9';
        *ret = i;
        return digits && *end == '\0' && errno == 0;
}

/* Ends one problem of the list that kube-apiserver joins as [a, b]. */
static void begin_problem(struct buf *b, unsigned *n) {
        if ((*n)++)
                buf_adds(b, ", ");
}

static void check_values(struct buf *b, unsigned *problems, const char *key, enum selector_operator operator,
                         const char ** values, size_t n) {
        int64_t i;
        if ((operator== SELECTOR_IN || operator== SELECTOR_NOT_IN) && n == 0) {
                begin_problem(b, problems);
                buf_adds(b, "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
        }
        if ((operator== SELECTOR_EXISTS || operator== SELECTOR_ABSENT) && n > 0) {
                begin_problem(b, problems);
                buf_adds(b, "values: Invalid value: [");
                for (size_t j = 0; j < n; j++) {
                        buf_adds(b, j ? "," : "");
                        quote_go(b, values[j]);
                }
                buf_adds(b, "]: values set must be empty for exists and does not exist");
        }
        for (size_t j = 0; j < n && (operator== SELECTOR_GREATER || operator== SELECTOR_LESS); j++)
                if (!read_integer(values[j], &i)) {
                        begin_problem(b, problems);
                        buf_addf(b, "values[%zu]: Invalid value: ", j);
                        quote_go(b, values[j]);
                        buf_adds(b, ": for 'Gt', 'Lt' operators, the value must be an integer");
                }
        for (size_t j = 0; j < n; j++) {
                _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_REQUEST_HEADERS);
                label_value_problems(&text, values[j]);
                if (text.len) {
                        begin_problem(b, problems);
                        buf_addf(b, "values[%zu][%s]: Invalid value: ", j, key);
                        quote_go(b, values[j]);
                        buf_addf(b, ": %s", buf_str(&text));
                }
        }
}

int selector_requirement_make(struct arena *a, const char *key, enum selector_operator operator, const char ** values,
                              size_t n, struct selector_requirement *ret, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20), text = BUF_INIT(LIMIT_REQUEST_HEADERS);
        unsigned problems = 0;
        label_key_problems(&text, key);
        if (text.len) {
                begin_problem(&b, &problems);
                buf_adds(&b, "key: Invalid value: ");
                quote_go(&b, key);
                buf_addf(&b, ": %s", buf_str(&text));
        }
        check_values(&b, &problems, key, operator, values, n);
        if (problems)
                return err_set(err, ERR_BAD_REQUEST, problems > 1 ? "[%s]" : "%s", buf_str(&b));
        if (n > 1)
                qsort(values, n, sizeof(*values), by_text);
        *ret = (struct selector_requirement){.key = key, .operator= operator, .values = values, .n_values = n};
        return 0;
}

/* ---- objects ---- */

static int read_expression(struct arena *a, const struct value *expression, struct selector_requirement *ret,
                           struct err *err) {
        static const char *const operators[] = {
                [SELECTOR_IN] = "In",
                [SELECTOR_NOT_IN] = "NotIn",
                [SELECTOR_EXISTS] = "Exists",
                [SELECTOR_ABSENT] = "DoesNotExist",
        };
        const char *text = value_string_or(value_get(expression, "operator"), "");
        size_t operator= 0;
        while (operator < ARRAY_LEN(operators) && !streq(operators[operator], text))
                operator++;
        if (operator== ARRAY_LEN(operators)) {
                _cleanup_buf_ struct buf quoted = BUF_INIT((size_t)1 << 20);
                quote_go(&quoted, text);
                return err_set(err, ERR_BAD_REQUEST, "%s is not a valid label selector operator", buf_str(&quoted));
        }
        const struct value *list = value_get(expression, "values");
        size_t n = 0, len = value_is_list(list) ? list->len : 0;
        const char **values = arena_alloc(a, len * sizeof(*values));
        if (!values)
                return err_oom(err);
        for (size_t i = 0; i < len; i++)
                if (list->items[i].type == VALUE_STRING)
                        values[n++] = list->items[i].str;
        return selector_requirement_make(a, value_string_or(value_get(expression, "key"), ""),
                                         (enum selector_operator) operator, values, n, ret, err);
}

int label_selector_from_object(struct arena *a, const struct value *object, struct label_selector *ret,
                               struct err *err) {
        if (value_is_null(object)) {
                *ret = (struct label_selector){.nothing = true};
                return 0;
        }
        const struct value *labels = value_get(object, "matchLabels"),
                           *expressions = value_get(object, "matchExpressions");
        size_t n = (value_is_map(labels) ? labels->len : 0) + (value_is_list(expressions) ? expressions->len : 0);
        struct selector_requirement *items = arena_zalloc(a, n, sizeof(*items));
        if (!items)
                return err_oom(err);
        size_t i = 0;
        if (value_is_map(labels))
                VALUE_EACH_MEMBER(m, labels) {
                        const char **value = arena_alloc(a, sizeof(*value));
                        if (!value)
                                return err_oom(err);
                        *value = value_string_or(&m->value, "");
                        if (selector_requirement_make(a, m->key, SELECTOR_IN, value, 1, &items[i++], err) < 0)
                                return -1;
                }
        if (value_is_list(expressions))
                VALUE_EACH_ITEM(item, expressions)
                        if (read_expression(a, item, &items[i++], err) < 0)
                                return -1;
        selector_sort(items, n);
        *ret = (struct label_selector){.items = items, .n = n};
        return 0;
}

/* ---- matching ---- */

static bool has_value(const struct selector_requirement *r, const char *value) {
        for (size_t i = 0; i < r->n_values; i++)
                if (streq(r->values[i], value))
                        return true;
        return false;
}

static bool requirement_matches(const struct selector_requirement *r, const char *value) {
        int64_t is, bound;
        switch (r->operator) {
        case SELECTOR_EXISTS:
                return value != NULL;
        case SELECTOR_ABSENT:
                return value == NULL;
        case SELECTOR_IN:
                return value && has_value(r, value);
        case SELECTOR_NOT_IN:
                return !value || !has_value(r, value);
        case SELECTOR_GREATER:
        case SELECTOR_LESS:
                if (!value || r->n_values != 1 || !read_integer(value, &is) || !read_integer(r->values[0], &bound))
                        return false;
                return r->operator== SELECTOR_GREATER ? is > bound : is<bound;
        }
        return false;
}

bool label_selector_matches(const struct label_selector *s, selector_lookup lookup, const void *context) {
        for (size_t i = 0; i < s->n; i++)
                if (!requirement_matches(&s->items[i], lookup(context, s->items[i].key)))
                        return false;
        return !s->nothing;
}

static const char *map_lookup(const void *labels, const char *key) {
        return value_string_or(value_get(labels, key), NULL);
}

bool label_selector_matches_map(const struct label_selector *s, const struct value *labels) {
        return label_selector_matches(s, map_lookup, labels);
}

/* ---- text ---- */

static void requirement_text(struct buf *b, const struct selector_requirement *r) {
        static const char *const single[] = {
                [SELECTOR_IN] = "=",
                [SELECTOR_NOT_IN] = "!=",
                [SELECTOR_GREATER] = ">",
                [SELECTOR_LESS] = "<",
        };
        if (r->operator== SELECTOR_ABSENT)
                buf_addc(b, '!');
        buf_adds(b, r->key);
        if (r->operator== SELECTOR_EXISTS || r->operator== SELECTOR_ABSENT)
                return;
        if (r->n_values == 1 && !r->set) {
                buf_addf(b, "%s%s", single[r->operator], r->values[0]);
                return;
        }
        buf_adds(b, r->operator== SELECTOR_IN ? " in (" : " notin (");
        for (size_t i = 0; i < r->n_values; i++)
                buf_addf(b, "%s%s", i ? "," : "", r->values[i]);
        buf_addc(b, ')');
}

const char *label_selector_text(struct arena *a, const struct label_selector *s) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        for (size_t i = 0; i < s->n; i++) {
                if (i)
                        buf_addc(&b, ',');
                requirement_text(&b, &s->items[i]);
        }
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}
