/* SPDX-License-Identifier: Apache-2.0 */
/* Structural schemas of CRDs as struct schema. The raw JSONSchemaProps stays reachable from each node (rules), for
 * validation and defaulting. What makes a schema structural is checked where CRDs are written; here unknown forms are
 * taken leniently, as values of any type. */
#include "kube/schema/schema.h"

#include "base/limits.h"

static const struct schema any = {.type = SCHEMA_ANY, .preserve_unknown = true};
static const struct schema unspecified = {.type = SCHEMA_ANY}; /* scalars stay, what objects hold is pruned */
static const struct schema plain_string = {.type = SCHEMA_STRING};

struct converter {
        struct arena *a;
        struct err *err;
        bool preserving; /* inside x-kubernetes-preserve-unknown-fields: an apply may name unknown fields here too */
};

static int convert(struct converter *c, const struct value *props, unsigned depth, const struct schema **ret);

static bool marked(const struct value *props, const char *key) {
        return value_bool_or(value_get(props, key), false);
}

static int compare_fields(const void *x, const void *y) {
        return strcmp(((const struct schema_field *)x)->name, ((const struct schema_field *)y)->name);
}

static bool is_required(const struct value *required, const struct value *name) {
        VALUE_EACH_ITEM(r, required)
                if (value_is_string(r) && r->len == name->len && memcmp(r->str, name->str, r->len) == 0)
                        return true;
        return false;
}

static bool has_field(const struct schema_field *fields, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (streq(fields[i].name, name))
                        return true;
        return false;
}

/* apiVersion, kind and metadata of the root and of embedded resources. metadata always means ObjectMeta. */
static size_t add_type_meta(struct schema_field *fields, size_t n) {
        static const char *const names[] = {"apiVersion", "kind", "metadata"};
        const struct schema *meta = schema_builtin("meta.v1.ObjectMeta");
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                const struct schema *s = i == 2 ? (meta ? meta : &any) : &plain_string;
                if (!has_field(fields, n, names[i]))
                        fields[n++] = (struct schema_field){.name = names[i], .schema = s};
        }
        if (meta)
                for (size_t i = 0; i < n; i++)
                        if (streq(fields[i].name, "metadata"))
                                fields[i].schema = meta;
        return n;
}

static int convert_properties(struct converter *c, const struct value *props, bool resource, unsigned depth,
                              struct schema *s) {
        static const struct value none = {.type = VALUE_MAP};
        const struct value *properties = value_get(props, "properties"), *required = value_get(props, "required");
        if (!value_is_map(properties))
                properties = &none;
        struct schema_field *fields = arena_zalloc(c->a, (size_t)properties->len + 3, sizeof(*fields));
        if (!fields)
                return err_oom(c->err);
        size_t n = 0;
        VALUE_EACH_MEMBER(m, properties) {
                struct value name = value_strn(m->key, m->key_len);
                fields[n].name = m->key;
                fields[n].fallback = value_get(&m->value, "default");
                fields[n].required = value_is_list(required) && is_required(required, &name);
                if (convert(c, &m->value, depth + 1, &fields[n++].schema) < 0)
                        return err_wrap(c->err, "properties[%s]", m->key);
        }
        if (resource)
                n = add_type_meta(fields, n);
        qsort(fields, n, sizeof(*fields), compare_fields);
        s->fields = fields;
        s->n_fields = n;
        return 0;
}

static int convert_object(struct converter *c, const struct value *props, bool root, unsigned depth, struct schema *s) {
        const struct value *additional = value_get(props, "additionalProperties");
        bool resource = root || s->embedded_resource;
        if (value_equals_str(value_get(props, "x-kubernetes-map-type"), "atomic"))
                s->topology = SCHEMA_ATOMIC;
        if (value_is_map(additional) && !resource) {
                s->type = SCHEMA_MAP;
                return convert(c, additional, depth + 1, &s->element);
        }
        if (additional && additional->type == VALUE_BOOL && !resource) {
                s->type = SCHEMA_MAP;
                s->element = s->preserve_unknown ? &any : &unspecified;
                return 0;
        }
        s->type = SCHEMA_STRUCT;
        if (c->preserving)
                s->element = &any;
        return convert_properties(c, props, resource, depth, s);
}

static int convert_list(struct converter *c, const struct value *props, unsigned depth, struct schema *s) {
        const char *list_type = value_get_str(props, "x-kubernetes-list-type");
        const struct value *items = value_get(props, "items"), *keys = value_get(props, "x-kubernetes-list-map-keys");
        s->type = SCHEMA_LIST;
        s->topology = SCHEMA_ATOMIC;
        s->element = &any;
        if (list_type && streq(list_type, "set"))
                s->topology = SCHEMA_SET;
        if (list_type && streq(list_type, "map") && value_is_list(keys) && keys->len) {
                const char **names = arena_zalloc(c->a, (size_t)keys->len + 1, sizeof(*names));
                if (!names)
                        return err_oom(c->err);
                for (size_t i = 0; i < keys->len; i++)
                        names[i] = value_string_or(&keys->items[i], "");
                s->topology = SCHEMA_KEYED;
                s->keys = names;
        }
        return value_is_map(items) ? convert(c, items, depth + 1, &s->element) : 0;
}

static int convert_typed(struct converter *c, const struct value *props, bool root, unsigned depth, struct schema *s) {
        const char *type = value_string_or(value_get(props, "type"), "");
        if (root || streq(type, "object") || (!*type && s->embedded_resource))
                return convert_object(c, props, root, depth, s);
        if (streq(type, "array"))
                return convert_list(c, props, depth, s);
        if (marked(props, "x-kubernetes-int-or-string"))
                s->type = SCHEMA_INT_OR_STRING;
        else if (streq(type, "string"))
                s->type = SCHEMA_STRING;
        else if (streq(type, "integer"))
                s->type = SCHEMA_INTEGER;
        else if (streq(type, "number"))
                s->type = SCHEMA_NUMBER;
        else if (streq(type, "boolean"))
                s->type = SCHEMA_BOOLEAN;
        else if (value_is_map(value_get(props, "properties"))) /* preserved, with some fields named */
                return convert_object(c, props, root, depth, s);
        return 0; /* SCHEMA_ANY */
}

static int convert_node(struct converter *c, const struct value *props, bool root, unsigned depth, struct schema *s) {
        bool preserving = c->preserving;
        s->rules = props;
        s->format = value_get_str(props, "format");
        s->nullable = marked(props, "nullable");
        s->preserve_unknown = marked(props, "x-kubernetes-preserve-unknown-fields");
        s->embedded_resource = marked(props, "x-kubernetes-embedded-resource");
        c->preserving |= s->preserve_unknown;
        int r = convert_typed(c, props, root, depth, s);
        c->preserving = preserving;
        return r;
}

static int convert(struct converter *c, const struct value *props, unsigned depth, const struct schema **ret) {
        if (depth > LIMIT_SCHEMA_DEPTH)
                return err_set(c->err, ERR_INVALID, "schema is nested deeper than %d levels", LIMIT_SCHEMA_DEPTH);
        if (!value_is_map(props)) {
                *ret = &any;
                return 0;
        }
        struct schema *s = arena_make(c->a, struct schema);
        if (!s)
                return err_oom(c->err);
        *ret = s;
        return convert_node(c, props, false, depth, s);
}

int schema_from_crd(struct arena *a, const struct value *open_api_v3_schema, const struct schema **ret,
                    struct err *err) {
        static const struct value preserved = {.type = VALUE_MAP};
        struct converter c = {.a = a, .err = err};
        struct schema *root = arena_make(a, struct schema);
        if (!root)
                return err_oom(err);
        bool known = value_is_map(open_api_v3_schema);
        if (convert_node(&c, known ? open_api_v3_schema : &preserved, true, 0, root) < 0)
                return -1;
        if (!known) {
                root->rules = NULL;
                root->preserve_unknown = true;
        }
        *ret = root;
        return 0;
}
