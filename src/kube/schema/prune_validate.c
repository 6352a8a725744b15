/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of custom objects by the raw JSONSchemaProps of their CRD, in the order of kube-openapi's validators:
 * type, logic, strings, numbers, lists, enum, objects; then embedded objects, list sets and maps (apiextensions;
 * golden/errors/invalid_cr*; corpus crd). Rules in CEL are checked by their own module. */
#include "kube/schema/prune_check.h"

#include "base/limits.h"
#include "data/json/json.h"
#include "lang/regex.h"

/* ---- errors and paths ---- */

static void add(struct check *c, const char *reason, const char *field, const char *fmt, va_list ap) {
        _cleanup_buf_ struct buf message = BUF_INIT(LIMIT_ERROR_TEXT);
        c->found++;
        if (c->quiet || (c->err && c->err->n_causes >= LIMIT_INVALID_CAUSES))
                return;
        buf_vaddf(&message, fmt, ap);
        err_add_cause(c->err, reason, field, "%s", buf_str(&message));
}

void check_add(struct check *c, const char *reason, const char *fmt, ...) {
        va_list ap;
        c->blocking |= !streq(reason, "FieldValueInvalid") && !streq(reason, "FieldValueDuplicate");
        va_start(ap, fmt);
        add(c, reason, c->path.len ? buf_str(&c->path) : "<nil>", fmt, ap);
        va_end(ap);
}

void check_add_fieldless(struct check *c, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        add(c, "FieldValueInvalid", "<nil>", fmt, ap);
        va_end(ap);
}

size_t check_enter(struct check *c, const char *name, size_t n) {
        size_t mark = c->path.len;
        if (mark)
                buf_addc(&c->path, '.');
        buf_add(&c->path, name, n);
        return mark;
}

size_t check_enter_key(struct check *c, const char *name, size_t n) {
        size_t mark = c->path.len;
        buf_addc(&c->path, '[');
        buf_add(&c->path, name, n);
        buf_addc(&c->path, ']');
        return mark;
}

size_t check_enter_index(struct check *c, uint32_t i) {
        size_t mark = c->path.len;
        buf_addf(&c->path, "[%u]", i);
        return mark;
}

void check_leave(struct check *c, size_t mark) {
        if (c->path.len < mark)
                return;
        c->path.len = mark;
        if (c->path.data)
                c->path.data[mark] = '\0';
}

/* ---- types ---- */

/* The formats that numbers have in Go. */
static const char *number_format(const struct value *v) {
        return v->type == VALUE_FLOAT ? "float64" : value_is_number(v) ? "int64" : "";
}

/* A schema of numbers with a format: the server then compares formats, and names them. */
static bool compares_formats(const struct value *props, const char *want, const struct value *v) {
        bool numbers = streq(want, "integer") || streq(want, "number");
        return numbers && value_get_str(props, "format") &&
               (value_is_number(v) || v->type == VALUE_BOOL || v->type == VALUE_MAP);
}

/* The value's type is what the schema says, or the error is told. */
static void check_type(struct check *c, const struct value *props, const struct value *v) {
        const char *want = value_string_or(value_get(props, "type"), ""), *is = check_type_of(v);
        bool int_or_string = value_bool_or(value_get(props, "x-kubernetes-int-or-string"), false);
        if (v->type == VALUE_NULL && (value_bool_or(value_get(props, "nullable"), false) || (!*want && !int_or_string)))
                return;
        bool good = int_or_string ? streq(is, "integer") || streq(is, "string")
                                  : !*want || streq(want, is) || (streq(want, "number") && streq(is, "integer"));
        if (!good && compares_formats(props, want, v)) {
                want = value_get_str(props, "format");
                is = number_format(v);
        }
        if (!good)
                check_add(c, "FieldValueTypeInvalid", "Invalid value: \"%s\": %s in body must be of type %s: \"%s\"",
                          is, buf_str(&c->path), int_or_string ? "integer,string" : want, is);
}

static void check_enum(struct check *c, const struct value *props, const struct value *v) {
        const struct value *allowed = value_get(props, "enum");
        if (!value_is_list(allowed) || !allowed->len)
                return;
        VALUE_EACH_ITEM(item, allowed)
                if (value_equal(item, v))
                        return;
        _cleanup_buf_ struct buf shown = BUF_INIT(0), list = BUF_INIT(LIMIT_ERROR_TEXT);
        VALUE_EACH_ITEM(item, allowed) {
                const char *quote = item->type == VALUE_STRING ? "" : "\"";
                buf_addf(&list, "%s%s", list.len ? ", " : "", quote);
                json_write(&list, item, 0);
                buf_adds(&list, quote);
        }
        check_shown(&shown, v);
        check_add(c, "FieldValueNotSupported", "Unsupported value: %s: supported values: %s", buf_str(&shown),
                  buf_str(&list));
}

/* ---- lists and objects ---- */

/* "Items" or "Properties": how many there may be. */
static void check_count(struct check *c, const struct value *props, const struct value *v, const char *least,
                        const char *most, const char *noun) {
        int64_t max = value_int_or(value_get(props, most), INT64_MAX), min = value_int_or(value_get(props, least), 0);
        if (v->len > max)
                check_add(c, "FieldValueTooMany", "Too many: %u: must have at most %lld items", v->len, (long long)max);
        if (v->len < min)
                check_add(c, "FieldValueInvalid", "Invalid value: %u: %s in body should have at least %lld %s", v->len,
                          buf_str(&c->path), (long long)min, noun);
}

static void check_list(struct check *c, const struct value *props, const struct value *v) {
        const struct value *items = value_get(props, "items");
        for (uint32_t i = 0; value_is_map(items) && i < v->len; i++) {
                size_t mark = check_enter_index(c, i);
                check_value(c, items, &v->items[i]);
                check_leave(c, mark);
        }
        check_count(c, props, v, "minItems", "maxItems", "items");
}

static void check_required(struct check *c, const struct value *props, const struct value *v) {
        const struct value *required = value_get(props, "required");
        if (!value_is_list(required))
                return;
        VALUE_EACH_ITEM(name, required) {
                if (name->type != VALUE_STRING || value_getn(v, name->str, name->len))
                        continue;
                size_t mark = check_enter(c, name->str, name->len);
                check_add(c, "FieldValueRequired", "Required value");
                check_leave(c, mark);
        }
}

static void check_object(struct check *c, const struct value *props, const struct value *v) {
        const struct value *properties = value_get(props, "properties");
        const struct value *additional = value_get(props, "additionalProperties");
        check_count(c, props, v, "minProperties", "maxProperties", "properties");
        VALUE_EACH_MEMBER(m, v) {
                const struct value *sub = value_getn(properties, m->key, m->key_len);
                size_t mark = check_enter(c, m->key, m->key_len);
                if (!sub && value_is_map(additional))
                        sub = additional;
                if (value_is_map(sub))
                        check_value(c, sub, &m->value);
                check_leave(c, mark);
        }
        check_required(c, props, v);
}

void check_value(struct check *c, const struct value *props, const struct value *v) {
        if (c->depth >= LIMIT_SCHEMA_DEPTH) {
                check_add(c, "FieldValueInvalid", "Invalid value: \"\": schema is nested deeper than %d levels",
                          LIMIT_SCHEMA_DEPTH);
                return;
        }
        c->depth++;
        check_type(c, props, v);
        if (v->type != VALUE_NULL)
                check_logic(c, props, v);
        if (v->type == VALUE_STRING)
                check_string(c, props, v);
        else if (value_is_number(v))
                check_number(c, props, v);
        else if (v->type == VALUE_LIST)
                check_list(c, props, v);
        check_enum(c, props, v);
        if (v->type == VALUE_MAP)
                check_object(c, props, v);
        c->depth--;
}

/* ---- the whole ---- */

static bool has_rules(const struct value *v, unsigned depth) {
        if (depth > LIMIT_SCHEMA_DEPTH)
                return false;
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (has_rules(item, depth + 1))
                                return true;
        if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        if (streq(m->key, "x-kubernetes-validations") || has_rules(&m->value, depth + 1))
                                return true;
        return false;
}

/* "[a: x, b: y]", or "a: x" when there is one. */
static int summarize(const struct err *found, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)LIMIT_INVALID_CAUSES * LIMIT_ERROR_TEXT);
        buf_adds(&b, found->n_causes > 1 ? "[" : "");
        for (size_t i = 0; i < found->n_causes; i++)
                buf_addf(&b, "%s%s: %s", i ? ", " : "", found->causes[i].field, found->causes[i].message);
        buf_adds(&b, found->n_causes > 1 ? "]" : "");
        err_set(err, ERR_INVALID, "%s", buf_str(&b));
        for (size_t i = 0; i < found->n_causes; i++)
                err_add_cause(err, found->causes[i].reason, found->causes[i].field, "%s", found->causes[i].message);
        return -1;
}

static void forget_patterns(struct strmap *patterns) {
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(patterns, &at));)
                regex_free(e->value);
        strmap_done(patterns);
}

int prune_validate(struct arena *a, const struct schema *schema, const struct value *object, struct err *err) {
        __attribute__((__cleanup__(forget_patterns))) struct strmap patterns = STRMAP_INIT;
        _cleanup_err_ struct err found = ERR_INIT;
        if (!schema->rules)
                return 0;
        struct check c = {.err = &found, .patterns = &patterns, .path = BUF_INIT(LIMIT_ERROR_TEXT)};
        err_set(&found, ERR_INVALID, "%s", "");
        check_value(&c, schema->rules, object);
        check_embedded(&c, schema, object);
        check_lists(&c, schema, object);
        if (c.blocking && has_rules(schema->rules, 0))
                check_add_fieldless(&c,
                                    "Invalid value: null: some validation rules were not checked because the object "
                                    "was invalid; correct the existing errors to complete validation");
        buf_done(&c.path);
        return c.found ? summarize(&found, err) : 0;
}
