/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/config/definition.h"

enum kind {
        KIND_STRING,
        KIND_BOOL,
        KIND_NUMBER,
        KIND_INTEGER,
        KIND_LIST,
        KIND_STRINGS,
        KIND_STRING_OR_STRINGS,
        KIND_OBJECT,
        KIND_SCHEMA,
        KIND_SCHEMAS,        /* list */
        KIND_SCHEMA_OR_LIST, /* a schema, or a list of schemas; others pass, and count for nothing */
        KIND_SCHEMA_OR_BOOL,
        KIND_SCHEMA_MAP,
};

static const char *const expected[] = {
        [KIND_STRING] = "a string",
        [KIND_BOOL] = "true or false",
        [KIND_NUMBER] = "a number",
        [KIND_INTEGER] = "an integer",
        [KIND_LIST] = "a list",
        [KIND_STRINGS] = "a list of strings",
        [KIND_STRING_OR_STRINGS] = "a string or a list of strings",
        [KIND_OBJECT] = "a map",
        [KIND_SCHEMA] = "a schema, which is a map",
        [KIND_SCHEMAS] = "a list of schemas",
        [KIND_SCHEMA_OR_BOOL] = "a schema, true or false",
        [KIND_SCHEMA_MAP] = "a map of schemas",
};

static const struct {
        const char *name;
        enum kind kind;
} fields[] = {
        {"additionalItems", KIND_SCHEMA_OR_BOOL},
        {"additionalProperties", KIND_SCHEMA_OR_BOOL},
        {"allOf", KIND_SCHEMAS},
        {"anyOf", KIND_SCHEMAS},
        {"definitions", KIND_SCHEMA_MAP},
        {"dependencies", KIND_OBJECT},
        {"description", KIND_STRING},
        {"discriminator", KIND_STRING},
        {"enum", KIND_LIST},
        {"exclusiveMaximum", KIND_BOOL},
        {"exclusiveMinimum", KIND_BOOL},
        {"externalDocs", KIND_OBJECT},
        {"format", KIND_STRING},
        {"id", KIND_STRING},
        {"items", KIND_SCHEMA_OR_LIST},
        {"maxItems", KIND_INTEGER},
        {"maxLength", KIND_INTEGER},
        {"maxProperties", KIND_INTEGER},
        {"maximum", KIND_NUMBER},
        {"minItems", KIND_INTEGER},
        {"minLength", KIND_INTEGER},
        {"minProperties", KIND_INTEGER},
        {"minimum", KIND_NUMBER},
        {"multipleOf", KIND_NUMBER},
        {"not", KIND_SCHEMA},
        {"nullable", KIND_BOOL},
        {"oneOf", KIND_SCHEMAS},
        {"pattern", KIND_STRING},
        {"patternProperties", KIND_SCHEMA_MAP},
        {"properties", KIND_SCHEMA_MAP},
        {"readOnly", KIND_BOOL},
        {"required", KIND_STRINGS},
        {"title", KIND_STRING},
        {"type", KIND_STRING_OR_STRINGS},
        {"uniqueItems", KIND_BOOL},
};

static bool is_strings(const struct value *v) {
        if (!value_is_list(v))
                return false;
        VALUE_EACH_ITEM(item, v)
                if (!value_is_string(item) && !value_is_null(item))
                        return false;
        return true;
}

static bool has_kind(const struct value *v, enum kind kind) {
        switch (kind) {
        case KIND_STRING:
                return value_is_string(v);
        case KIND_BOOL:
                return v->type == VALUE_BOOL;
        case KIND_NUMBER:
                return v->type == VALUE_INT || v->type == VALUE_UINT || v->type == VALUE_FLOAT;
        case KIND_INTEGER:
                return v->type == VALUE_INT;
        case KIND_LIST:
        case KIND_SCHEMAS:
                return value_is_list(v);
        case KIND_STRINGS:
                return is_strings(v);
        case KIND_STRING_OR_STRINGS:
                return value_is_string(v) || is_strings(v);
        case KIND_SCHEMA_OR_LIST:
                return true;
        case KIND_SCHEMA_OR_BOOL:
                return value_is_map(v) || v->type == VALUE_BOOL;
        case KIND_OBJECT:
        case KIND_SCHEMA:
        case KIND_SCHEMA_MAP:
                break;
        }
        return value_is_map(v);
}

/* The schemas inside a field that has its kind. Recursion: the readers bound the depth. */
static int check_inner(const struct value *v, enum kind kind, const char *name, struct err *err) {
        if (kind == KIND_SCHEMA_MAP)
                return definition_check_all(v, name, err);
        if ((kind == KIND_SCHEMAS || kind == KIND_SCHEMA_OR_LIST) && value_is_list(v)) {
                VALUE_EACH_ITEM(item, v)
                        if (definition_check(item, err) < 0)
                                return err_wrap(err, "%s[%zu]", name, (size_t)(item - v->items));
                return 0;
        }
        if ((kind == KIND_SCHEMA || kind == KIND_SCHEMA_OR_LIST || kind == KIND_SCHEMA_OR_BOOL) && value_is_map(v) &&
            definition_check(v, err) < 0)
                return err_wrap(err, "%s", name);
        return 0;
}

int definition_check(const struct value *schema, struct err *err) {
        if (value_is_null(schema))
                return 0;
        if (!value_is_map(schema))
                return err_set(err, ERR_INVALID, "found %s, expected %s", value_type_name(schema),
                               expected[KIND_SCHEMA]);
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                const struct value *v = value_get(schema, fields[i].name);
                if (!v || value_is_null(v))
                        continue;
                if (!has_kind(v, fields[i].kind))
                        return err_set(err, ERR_INVALID, "%s: found %s, expected %s", fields[i].name,
                                       value_type_name(v), expected[fields[i].kind]);
                if (check_inner(v, fields[i].kind, fields[i].name, err) < 0)
                        return -1;
        }
        return 0;
}

int definition_check_all(const struct value *schemas, const char *what, struct err *err) {
        VALUE_EACH_MEMBER(m, schemas)
                if (definition_check(&m->value, err) < 0)
                        return err_wrap(err, "%s %s", what, m->key);
        return 0;
}

static int check_map(const struct value *v, const char *what, const char *of, struct err *err) {
        if (!v || value_is_null(v) || value_is_map(v))
                return 0;
        return err_set(err, ERR_INVALID, "%s: found %s, expected a map%s", what, value_type_name(v), of);
}

static int check_paths(const struct value *paths, struct err *err) {
        if (value_is_map(paths))
                VALUE_EACH_MEMBER(m, paths)
                        if (m->key[0] == '/' && (check_map(&m->value, m->key, " of operations", err) < 0 ||
                                                 check_map(value_get(&m->value, "get"), "get", "", err) < 0))
                                return err_wrap(err, "paths");
        return 0;
}

int definition_check_document(const struct value *document, struct err *err) {
        const struct value *definitions = value_get(document, "definitions"), *paths = value_get(document, "paths");
        if (check_map(document, "the document", "", err) < 0 ||
            check_map(definitions, "definitions", " of schemas", err) < 0 ||
            check_map(paths, "paths", " of paths", err) < 0 || check_paths(paths, err) < 0)
                return -1;
        return value_is_map(definitions) ? definition_check_all(definitions, "definition", err) : 0;
}
