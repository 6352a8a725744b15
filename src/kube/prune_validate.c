/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of custom objects by the raw JSONSchemaProps of their CRD: types, required fields, bounds, logic, then
 * list sets and maps and embedded objects (golden/errors/invalid_cr*). Rules in CEL are not built: when an object is
 * valid otherwise, they are not checked, and the CRD's writer was warned. */
#include "kube/prune_check.h"

#include "base/limits.h"
#include "base/strmap.h"
#include "data/json.h"

#include <stdarg.h>

/* ---- errors and paths ---- */

void check_add(struct check *c, const char *reason, const char *fmt, ...) {
        c->found++;
        if (c->quiet || c->full)
                return;
        if (c->err && c->err->n_causes >= LIMIT_INVALID_CAUSES) {
                c->full = true;
                return;
        }
        _cleanup_free_ char *message = NULL;
        va_list ap;
        va_start(ap, fmt);
        if (vasprintf(&message, fmt, ap) < 0)
                message = NULL;
        va_end(ap);
        err_add_cause(c->err, reason, c->path.len ? buf_str(&c->path) : "<nil>", "%s", message ? message : "out of memory");
}

size_t check_enter(struct check *c, const char *name, size_t n) {
        size_t mark = c->path.len;
        if (mark)
                buf_addc(&c->path, '.');
        buf_add(&c->path, name, n);
        return mark;
}

size_t check_enter_index(struct check *c, uint32_t i) {
        size_t mark = c->path.len;
        buf_addf(&c->path, "[%u]", i);
        return mark;
}

void check_leave(struct check *c, size_t mark) {
        c->path.len = mark;
        if (c->path.data)
                c->path.data[mark] = '\0';
}

/* ---- types ---- */

static void check_any(struct check *c, const struct value *props, const struct value *v);

/* The value's type is what the schema says, or the error is told. */
static bool check_type(struct check *c, const struct value *props, const struct value *v) {
        const char *want = value_string_or(value_get(props, "type"), ""), *is = check_type_of(v);
        bool int_or_string = value_bool_or(value_get(props, "x-kubernetes-int-or-string"), false);
        if (v->type == VALUE_NULL && (value_bool_or(value_get(props, "nullable"), false) || (!*want && !int_or_string)))
                return false;
        bool good = int_or_string ? streq(is, "integer") || streq(is, "string")
                                  : !*want || streq(want, is) || (streq(want, "number") && streq(is, "integer"));
        if (!good)
                check_add(c, "FieldValueTypeInvalid", "Invalid value: \"%s\": %s in body must be of type %s: \"%s\"", is,
                          buf_str(&c->path), int_or_string ? "integer,string" : want, is);
        return good;
}

static void check_enum(struct check *c, const struct value *props, const struct value *v) {
        const struct value *allowed = value_get(props, "enum");
        if (!value_is_list(allowed))
                return;
        VALUE_EACH_ITEM(item, allowed)
                if (value_equal(item, v))
                        return;
        _cleanup_buf_ struct buf shown, list = BUF_INIT((size_t)1 << 16);
        VALUE_EACH_ITEM(item, allowed) {
                buf_adds(&list, list.len ? ", " : "");
                if (item->type == VALUE_STRING)
                        json_write(&list, item, 0);
                else {
                        buf_addc(&list, '"');
                        json_write(&list, item, 0);
                        buf_addc(&list, '"');
                }
        }
        check_shown(&shown, v);
        check_add(c, "FieldValueNotSupported", "Unsupported value: %s: supported values: %s", buf_str(&shown),
                  buf_str(&list));
}

/* ---- lists and objects ---- */

static void check_count(struct check *c, const struct value *props, const struct value *v, const char *what) {
        char least[32], most[32];
        snprintf(least, sizeof(least), "min%s", what);
        snprintf(most, sizeof(most), "max%s", what);
        int64_t max = value_int_or(value_get(props, most), INT64_MAX), min = value_int_or(value_get(props, least), 0);
        const char *noun = streq(what, "Items") ? "items" : "properties";
        if (v->len > max)
                check_add(c, "FieldValueTooMany", "Too many: %u: must have at most %lld items", v->len, (long long)max);
        if (v->len < min)
                check_add(c, "FieldValueInvalid", "Invalid value: %u: %s in body should have at least %lld %s", v->len,
                          buf_str(&c->path), (long long)min, noun);
}

static void check_list(struct check *c, const struct value *props, const struct value *v) {
        const struct value *items = value_get(props, "items");
        check_count(c, props, v, "Items");
        for (uint32_t i = 0; value_is_map(items) && i < v->len; i++) {
                size_t mark = check_enter_index(c, i);
                check_any(c, items, &v->items[i]);
                check_leave(c, mark);
        }
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
        check_count(c, props, v, "Properties");
        VALUE_EACH_MEMBER(m, v) {
                const struct value *sub = value_getn(properties, m->key, m->key_len);
                if (!sub && value_is_map(additional))
                        sub = additional;
                if (!sub)
                        continue;
                size_t mark = check_enter(c, m->key, m->key_len);
                check_any(c, sub, &m->value);
                check_leave(c, mark);
        }
        check_required(c, props, v);
}

/* ---- logic ---- */

/* How many of the schemas the value satisfies. */
static unsigned satisfied(struct check *c, const struct value *schemas, const struct value *v) {
        unsigned n = 0;
        VALUE_EACH_ITEM(s, schemas) {
                struct check quiet = {.path = c->path, .quiet = true};
                check_any(&quiet, s, v);
                c->path = quiet.path; /* its memory may have moved */
                n += quiet.found == 0;
        }
        return n;
}

static void logic_error(struct check *c, const char *text, const char *name) {
        _cleanup_free_ char *field = strdup(buf_str(&c->path));
        size_t mark = c->path.len;
        check_leave(c, 0); /* these errors name no field */
        check_add(c, "FieldValueInvalid", "Invalid value: \"\": \"%s\" %s (%s)%s", field ? field : "", text, name,
                  streq(name, "allOf") ? ". None validated" : "");
        c->path.len = mark;
        if (c->path.data && field)
                memcpy(c->path.data, field, mark + 1);
}

static void check_logic(struct check *c, const struct value *props, const struct value *v) {
        const struct value *all = value_get(props, "allOf"), *any = value_get(props, "anyOf");
        const struct value *one = value_get(props, "oneOf"), *not_ = value_get(props, "not");
        if (value_is_list(any) && any->len && satisfied(c, any, v) == 0) {
                logic_error(c, "must validate at least one schema", "anyOf");
                check_any(c, &any->items[0], v); /* the best match explains it */
        }
        if (value_is_list(one) && one->len && satisfied(c, one, v) != 1)
                logic_error(c, "must validate one and only one schema", "oneOf");
        if (value_is_list(all))
                VALUE_EACH_ITEM(s, all)
                        check_any(c, s, v);
        if (value_is_map(not_)) {
                struct value list = {.type = VALUE_LIST, .len = 1, .items = (struct value *)not_};
                if (satisfied(c, &list, v))
                        logic_error(c, "must not validate the schema", "not");
        }
}

static void check_any(struct check *c, const struct value *props, const struct value *v) {
        if (!check_type(c, props, v))
                return;
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
}

/* ---- sets, maps, embedded objects: after the schema itself ---- */

/* The keys of a list-map item, or the item itself of a set, as JSON. */
static char *identity(const struct schema *s, const struct value *item, struct arena *a) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        if (s->topology == SCHEMA_SET) {
                json_write(&b, item, JSON_SORT_KEYS);
        } else {
                struct value keys = value_map();
                for (const char *const *k = s->keys; *k; k++) {
                        const struct value *v = value_get(item, *k);
                        if (v && !value_set(a, &keys, *k, *v))
                                return NULL;
                }
                json_write(&b, &keys, JSON_SORT_KEYS);
        }
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}

static void check_unique(struct check *c, const struct schema *s, const struct value *list) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        for (uint32_t i = 0; a && i < list->len; i++) {
                char *id = identity(s, &list->items[i], a);
                if (!id || strmap_add(&seen, id, strlen(id), id, NULL) != 1)
                        continue;
                size_t mark = check_enter_index(c, i);
                check_add(c, "FieldValueDuplicate", "Duplicate value: %s", id);
                check_leave(c, mark);
        }
}

static void require_text(struct check *c, const struct value *v, const char *name) {
        const char *text = value_get_str(v, name);
        size_t mark = check_enter(c, name, strlen(name));
        if (!text || !*text)
                check_add(c, "FieldValueRequired", "Required value");
        check_leave(c, mark);
}

static void check_shapes(struct check *c, const struct schema *s, const struct value *v) {
        if (!s->rules)
                return;
        if (s->embedded_resource && v->type == VALUE_MAP) {
                require_text(c, v, "apiVersion");
                require_text(c, v, "kind");
        }
        if (v->type == VALUE_LIST && s->type == SCHEMA_LIST) {
                if (s->topology == SCHEMA_SET || s->topology == SCHEMA_KEYED)
                        check_unique(c, s, v);
                for (uint32_t i = 0; i < v->len; i++) {
                        size_t mark = check_enter_index(c, i);
                        check_shapes(c, s->element, &v->items[i]);
                        check_leave(c, mark);
                }
        } else if (v->type == VALUE_MAP && (s->type == SCHEMA_STRUCT || s->type == SCHEMA_MAP)) {
                VALUE_EACH_MEMBER(m, v) {
                        const struct schema_field *f =
                                s->type == SCHEMA_STRUCT ? schema_field(s, m->key, m->key_len) : NULL;
                        const struct schema *sub = f ? f->schema : s->element;
                        if (!sub)
                                continue;
                        size_t mark = check_enter(c, m->key, m->key_len);
                        check_shapes(c, sub, &m->value);
                        check_leave(c, mark);
                }
        }
}

/* ---- the whole ---- */

static bool has_cel_rules(const struct value *v) {
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (has_cel_rules(item))
                                return true;
        if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        if (streq(m->key, "x-kubernetes-validations") || has_cel_rules(&m->value))
                                return true;
        return false;
}

/* "[a: x, b: y]", or "a: x" when there is one. */
static void summarize(struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 22);
        buf_adds(&b, err->n_causes > 1 ? "[" : "");
        for (size_t i = 0; i < err->n_causes; i++)
                buf_addf(&b, "%s%s: %s", i ? ", " : "", err->causes[i].field, err->causes[i].message);
        buf_adds(&b, err->n_causes > 1 ? "]" : "");
        err->class = ERR_INVALID;
        free(err->message);
        err->message = buf_take(&b);
}

int prune_validate(struct arena *a, const struct schema *schema, const struct value *object, struct err *err) {
        (void)a;
        if (!schema->rules)
                return 0;
        _cleanup_err_ struct err found = ERR_INIT;
        struct check c = {.err = &found, .path = BUF_INIT((size_t)1 << 16)};
        check_any(&c, schema->rules, object);
        check_shapes(&c, schema, object);
        if (c.found && has_cel_rules(schema->rules)) {
                check_leave(&c, 0);
                check_add(&c, "FieldValueInvalid",
                          "Invalid value: null: some validation rules were not checked because the object was invalid; "
                          "correct the existing errors to complete validation");
        }
        buf_done(&c.path);
        if (!c.found)
                return 0;
        summarize(&found);
        return err_move(err, &found);
}
