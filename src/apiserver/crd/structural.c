/* SPDX-License-Identifier: Apache-2.0 */
/* Structural schemas: what an openAPIV3Schema must be so that objects can be pruned, defaulted and merged. */
#include "apiserver/crd/definition.h"

#include "data/json/json.h"
#include "lang/regex.h"

enum level { LEVEL_ROOT, LEVEL_ITEM, LEVEL_FIELD };

static const char *const junctors[] = {"anyOf", "allOf", "oneOf"};

static bool flag(const struct value *schema, const char *key) {
        return value_bool_or(value_get(schema, key), false);
}

static bool is_empty(const struct value *v) {
        return value_is_null(v) ||
               ((v->type == VALUE_LIST || v->type == VALUE_MAP || v->type == VALUE_STRING) && !v->len);
}

/* anyOf: [{type: integer}, {type: string}], the one form that may speak of types. */
static bool is_int_or_string(const struct value *list) {
        if (!value_is_list(list) || list->len != 2)
                return false;
        const struct value *first = &list->items[0], *second = &list->items[1];
        return value_is_map(first) && first->len == 1 && value_equals_str(value_get(first, "type"), "integer") &&
               value_is_map(second) && second->len == 1 && value_equals_str(value_get(second, "type"), "string");
}

static void check_nested(struct fields *f, const char *path, const struct value *v, bool skip_any_of);

static void check_values(struct fields *f, const char *path, const struct value *schema, bool skip_any_of,
                         bool skip_first_all_of) {
        for (size_t j = 0; j < ARRAY_LEN(junctors); j++) {
                const struct value *list = value_get(schema, junctors[j]);
                size_t i = 0;
                if (!value_is_list(list) || (skip_any_of && streq(junctors[j], "anyOf")))
                        continue;
                VALUE_EACH_ITEM(item, list) {
                        bool skip = skip_first_all_of && !i && streq(junctors[j], "allOf");
                        check_nested(f, fields_path(f, path, "%s[%zu]", junctors[j], i++), item, skip);
                }
        }
        if (value_is_map(value_get(schema, "not")))
                check_nested(f, fields_path(f, path, "not"), value_get(schema, "not"), false);
        const struct value *pattern = value_get(schema, "pattern");
        if (value_is_string(pattern) && pattern->len) {
                _cleanup_err_ struct err why = ERR_INIT;
                _cleanup_regex_ struct regex *re = NULL;
                if (regex_new(pattern->str, pattern->len, &re, &why) < 0)
                        fields_invalid(f, fields_path(f, path, "pattern"), pattern,
                                       "must be a valid regular expression, but isn't: %s", err_message(&why));
        }
}

/* Inside of anyOf and its like only values may be restricted: no types, defaults, texts or extensions. */
static void check_nested(struct fields *f, const char *path, const struct value *v, bool skip_any_of) {
        static const struct {
                const char *key, *text;
        } forbidden[] = {
                {"type", "must be empty to be structural"},
                {"additionalProperties", "must be undefined to be structural"},
                {"default", "must be undefined to be structural"},
                {"title", "must be empty to be structural"},
                {"description", "must be empty to be structural"},
                {"nullable", "must be false to be structural"},
                {"x-kubernetes-preserve-unknown-fields", "must be false to be structural"},
                {"x-kubernetes-embedded-resource", "must be false to be structural"},
                {"x-kubernetes-int-or-string", "must be false to be structural"},
                {"x-kubernetes-list-map-keys", "must be empty to be structural"},
                {"x-kubernetes-list-type", "must be undefined to be structural"},
                {"x-kubernetes-map-type", "must be undefined to be structural"},
                {"x-kubernetes-validations", "must be empty to be structural"},
        };
        check_values(f, path, v, skip_any_of, false);
        const struct value *items = value_get(v, "items"), *properties = value_get(v, "properties");
        if (value_is_map(items))
                check_nested(f, fields_path(f, path, "items"), items, false);
        if (value_is_map(properties)) {
                VALUE_EACH_MEMBER(m, properties)
                        check_nested(f, fields_path(f, path, "properties[%s]", m->key), &m->value, false);
                if (value_get(properties, "metadata"))
                        fields_forbidden(f, fields_path(f, path, "properties[metadata]"),
                                         "must not be specified in a nested context");
        }
        for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
                const struct value *have = value_get(v, forbidden[i].key);
                bool set = streq(forbidden[i].key, "default") ? have != NULL : !is_empty(have);
                if (set && !(have->type == VALUE_BOOL && !have->boolean))
                        fields_forbidden(f, fields_path(f, path, "%s", forbidden[i].key), "%s", forbidden[i].text);
        }
}

/* What anyOf and its like mention must be specified outside. */
static void check_complete(struct fields *f, const char *path, const struct value *schema, const char *nested_path,
                           const struct value *nested) {
        if (!schema) {
                fields_required(f, path, fields_path(f, "", "because it is defined in %s", nested_path));
                return;
        }
        for (size_t j = 0; j < ARRAY_LEN(junctors); j++) {
                const struct value *list = value_get(nested, junctors[j]);
                size_t i = 0;
                if (value_is_list(list))
                        VALUE_EACH_ITEM(item, list)
                                check_complete(f, path, schema,
                                               fields_path(f, nested_path, "%s[%zu]", junctors[j], i++), item);
        }
        if (value_is_map(value_get(nested, "not")))
                check_complete(f, path, schema, fields_path(f, nested_path, "not"), value_get(nested, "not"));
        if (nested == schema)
                return;
        const struct value *items = value_get(nested, "items"), *properties = value_get(nested, "properties");
        if (value_is_map(items))
                check_complete(f, fields_path(f, path, "items"), value_get(schema, "items"),
                               fields_path(f, nested_path, "items"), items);
        if (!value_is_map(properties))
                return;
        const struct value *additional = value_get(schema, "additionalProperties");
        VALUE_EACH_MEMBER(m, properties) {
                const struct value *outer = value_get(value_get(schema, "properties"), m->key);
                if (!outer && value_is_map(additional))
                        outer = additional;
                check_complete(f, fields_path(f, path, "properties[%s]", m->key), outer,
                               fields_path(f, nested_path, "properties[%s]", m->key), &m->value);
        }
}

static void check_type(struct fields *f, const char *path, const struct value *schema, enum level level) {
        static const char *const missing[] = {"must not be empty at the root",
                                              "must not be empty for specified array items",
                                              "must not be empty for specified object fields"};
        const struct value *type = value_get(schema, "type");
        bool embedded = flag(schema, "x-kubernetes-embedded-resource");
        const char *at = fields_path(f, path, "type");
        if (embedded && !value_equals_str(type, "object")) {
                if (is_empty(type))
                        fields_required(f, at, "must be object if x-kubernetes-embedded-resource is true");
                else
                        fields_invalid(f, at, type, "must be object if x-kubernetes-embedded-resource is true");
        } else if (is_empty(type) && !flag(schema, "x-kubernetes-int-or-string") &&
                   !flag(schema, "x-kubernetes-preserve-unknown-fields")) {
                fields_required(f, at, missing[level]);
        }
        if (level == LEVEL_ROOT && !is_empty(type) && !value_equals_str(type, "object"))
                fields_invalid(f, at, type, "must be object at the root");
}

static void check_metadata(struct fields *f, const char *path, const struct value *schema, enum level level) {
        const struct value *properties = value_get(schema, "properties");
        bool checked = level == LEVEL_ROOT || flag(schema, "x-kubernetes-embedded-resource");
        static const char *const strings[] = {"kind", "apiVersion"};
        for (size_t i = 0; checked && i < ARRAY_LEN(strings); i++) {
                const struct value *p = value_get(properties, strings[i]);
                if (p && !value_equals_str(value_get(p, "type"), "string"))
                        fields_invalid(f, fields_path(f, path, "properties[%s].type", strings[i]), value_get(p, "type"),
                                       "must be string");
        }
        const struct value *metadata = value_get(properties, "metadata");
        const char *at = fields_path(f, path, "properties[metadata]");
        if (!metadata)
                return;
        if (checked && !value_equals_str(value_get(metadata, "type"), "object"))
                fields_invalid(f, fields_path(f, at, "type"), value_get(metadata, "type"), "must be object");
        if (level != LEVEL_ROOT)
                return;
        VALUE_EACH_MEMBER(m, metadata) {
                bool names = streq(m->key, "properties") && value_is_map(&m->value);
                if (names)
                        VALUE_EACH_MEMBER(p, &m->value)
                                names = names && (streq(p->key, "name") || streq(p->key, "generateName"));
                if (names || streq(m->key, "type") || streq(m->key, "default") || is_empty(&m->value))
                        continue;
                fields_forbidden(f, at,
                                 "must not specify anything other than name and generateName, but metadata is "
                                 "implicitly specified");
                return;
        }
}

static bool is_scalar(const struct value *schema) {
        const struct value *type = value_get(schema, "type");
        return !value_equals_str(type, "object") && !value_equals_str(type, "array");
}

/* x-kubernetes-list-type: map keys must be properties that are always there. */
static void check_list_type(struct fields *f, const char *path, const struct value *schema) {
        static const char *const types[] = {"atomic", "set", "map", NULL};
        const struct value *type = value_get(schema, "x-kubernetes-list-type");
        const struct value *keys = value_get(schema, "x-kubernetes-list-map-keys");
        const char *at = fields_path(f, path, "x-kubernetes-list-map-keys");
        bool map = value_equals_str(type, "map");
        if (type && !value_equals_str(value_get(schema, "type"), "array"))
                fields_invalid(f, fields_path(f, path, "type"), value_get(schema, "type"),
                               "must be array if x-kubernetes-list-type is specified");
        if (type && !map && !value_equals_str(type, "set") && !value_equals_str(type, "atomic"))
                fields_unsupported(f, fields_path(f, path, "x-kubernetes-list-type"), type, types);
        if (!is_empty(keys) && !map)
                fields_required(f, fields_path(f, path, "x-kubernetes-list-type"),
                                "must be map if x-kubernetes-list-map-keys is non-empty");
        if (!map)
                return;
        const struct value *items = value_get(schema, "items"), *properties = value_get(items, "properties");
        if (is_empty(keys)) {
                fields_required(f, at, "must not be empty if x-kubernetes-list-type is map");
                return;
        }
        if (!value_equals_str(value_get(items, "type"), "object"))
                fields_invalid(f, fields_path(f, path, "items.type"), value_get(items, "type"),
                               "must be object if parent array's x-kubernetes-list-type is map");
        VALUE_EACH_ITEM(key, keys) {
                const char *name = value_string_or(key, "");
                const struct value *property = value_get(properties, name);
                if (!property)
                        fields_invalid(f, at, keys, "entries must all be names of item properties");
                else if (!is_scalar(property))
                        fields_invalid(f, fields_path(f, path, "items.properties[%s].type", name),
                                       value_get(property, "type"),
                                       "must be a scalar type if parent array's x-kubernetes-list-type is map");
                else if (!value_get(property, "default") && !value_list_has(value_get(items, "required"), name))
                        fields_required(f, fields_path(f, path, "items.properties[%s].default", name),
                                        "this property is in x-kubernetes-list-map-keys, so it must have a default or "
                                        "be a required property");
        }
}

static void check_forbidden_words(struct fields *f, const char *path, const struct value *schema) {
        static const struct {
                const char *key, *text;
        } forbidden[] = {{"definitions", "definitions is not supported"},
                         {"dependencies", "dependencies is not supported"},
                         {"patternProperties", "patternProperties is not supported"},
                         {"additionalItems", "additionalItems is not supported"},
                         {"id", "id is not supported"},
                         {"$ref", "$ref is not supported"}};
        for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
                if (!is_empty(value_get(schema, forbidden[i].key)))
                        fields_forbidden(f, fields_path(f, path, "%s", forbidden[i].key), "%s", forbidden[i].text);
        if (flag(schema, "uniqueItems"))
                fields_forbidden(f, fields_path(f, path, "uniqueItems"),
                                 "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        const struct value *additional = value_get(schema, "additionalProperties");
        if (!value_is_null(additional) && !(additional->type == VALUE_BOOL && !additional->boolean) &&
            !is_empty(value_get(schema, "properties")))
                fields_forbidden(f, fields_path(f, path, "additionalProperties"),
                                 "additionalProperties and properties are mutual exclusive");
        const struct value *rules = value_get(schema, "x-kubernetes-validations");
        size_t i = 0;
        if (value_is_list(rules))
                VALUE_EACH_ITEM(rule, rules) {
                        const char *at = fields_path(f, path, "x-kubernetes-validations[%zu].rule", i++);
                        const char *text = value_string_or(value_get(rule, "rule"), "");
                        if (!text[strspn(text, " \t\n")])
                                fields_required(f, at, "rule is not specified");
                }
}

static const char *json_type(const struct value *v) {
        switch (v->type) {
        case VALUE_STRING:
                return "string";
        case VALUE_BOOL:
                return "boolean";
        case VALUE_INT:
        case VALUE_UINT:
                return "integer";
        case VALUE_FLOAT:
                return "number";
        case VALUE_LIST:
                return "array";
        case VALUE_MAP:
                return "object";
        default:
                return "null";
        }
}

/* A default fits its schema: its type, and no field that would be pruned. */
static void check_default(struct fields *f, const char *path, const struct value *schema, const struct value *v) {
        const char *type = value_string_or(value_get(schema, "type"), "");
        const char *have = json_type(v);
        struct value shown = value_str(have);
        if (streq(have, "null") || (streq(type, "number") && streq(have, "integer")))
                return;
        if (type[0] && !streq(type, have)) {
                fields_add(f, path, "FieldValueTypeInvalid",
                           "Invalid value: \"%s\":  in body must be of type %s: \"%s\"", shown.str, type, have);
                return;
        }
        const struct value *properties = value_get(schema, "properties");
        if (!value_is_map(v) || flag(schema, "x-kubernetes-preserve-unknown-fields") ||
            value_get(schema, "additionalProperties"))
                return;
        VALUE_EACH_MEMBER(m, v)
                if (!value_getn(properties, m->key, m->key_len)) {
                        fields_invalid(f, path, v, "must not have unknown fields");
                        return;
                }
}

static void check_schema(struct fields *f, const char *path, const struct value *schema, enum level level) {
        const struct value *items = value_get(schema, "items"), *properties = value_get(schema, "properties");
        const struct value *additional = value_get(schema, "additionalProperties");
        if (value_equals_str(value_get(schema, "type"), "array") && !value_is_map(items))
                fields_required(f, fields_path(f, path, "items"), "must be specified");
        if (value_is_map(items))
                check_schema(f, fields_path(f, path, "items"), items, LEVEL_ITEM);
        if (value_is_map(properties))
                VALUE_EACH_MEMBER(m, properties) {
                        /* the root's metadata has rules of its own and may not restrict anything else */
                        if (level == LEVEL_ROOT && streq(m->key, "metadata"))
                                continue;
                        check_schema(f, fields_path(f, path, "properties[%s]", m->key), &m->value, LEVEL_FIELD);
                }
        if (!value_is_null(additional) && level == LEVEL_ROOT)
                fields_forbidden(f, fields_path(f, path, "additionalProperties"), "must not be used at the root");
        if (value_is_map(additional))
                check_schema(f, fields_path(f, path, "additionalProperties"), additional, LEVEL_FIELD);
        const struct value *all_of = value_get(schema, "allOf");
        bool first_all_of =
                value_is_list(all_of) && all_of->len && is_int_or_string(value_get(&all_of->items[0], "anyOf"));
        check_values(f, path, schema, is_int_or_string(value_get(schema, "anyOf")), first_all_of);
        check_complete(f, path, schema, path, schema);
        check_type(f, path, schema, level);
        check_metadata(f, path, schema, level);
        check_list_type(f, path, schema);
        check_forbidden_words(f, path, schema);
        const struct value *fallback = value_get(schema, "default");
        if (fallback)
                check_default(f, fields_path(f, path, "default"), schema, fallback);
}

void crd_validate_schema(struct fields *f, const char *path, const struct value *schema) {
        check_schema(f, path, schema, LEVEL_ROOT);
}
