/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions of custom kinds: the CRD's own schema with what every object has. Version 2 cannot say all of it. */
#include "apiserver/openapi/spec.h"

static bool preserves(const struct value *schema) {
        return value_bool_or(value_get(schema, "x-kubernetes-preserve-unknown-fields"), false);
}

/* Swagger knows no nullable and no alternatives; what is preserved or int-or-string has no type there. */
static void simplify(struct value *schema) {
        static const char *const dropped[] = {"nullable", "oneOf", "anyOf", "not", "allOf"};
        static const char *const nested[] = {"items", "additionalProperties"};
        if (!value_is_map(schema))
                return;
        for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
                value_remove(schema, dropped[i]);
        if (value_bool_or(value_get(schema, "x-kubernetes-int-or-string"), false))
                value_remove(schema, "type");
        if (preserves(schema)) {
                value_remove(schema, "properties");
                value_remove(schema, "items");
        }
        value_remove(schema, "default");
        for (size_t i = 0; i < ARRAY_LEN(nested); i++)
                simplify(value_get(schema, nested[i]));
        struct value *properties = value_get(schema, "properties");
        if (value_is_map(properties))
                VALUE_EACH_MEMBER(m, properties)
                        simplify(&m->value);
}

static struct value text_schema(struct spec *s) {
        struct value v = value_map();
        spec_put(s, &v, "type", value_str("string"));
        return v;
}

static void add_kind_mark(struct spec *s, struct value *definition, const struct kind *k, const char *kind) {
        struct value list = value_list();
        s->oom = s->oom || !value_append(s->arena, &list, spec_gvk(s, k->group, k->version, kind));
        spec_put(s, definition, "x-kubernetes-group-version-kind", list);
}

/* The CRD's schema with what every object has. */
static void describe(struct spec *s, const struct value *schema, struct value *definition) {
        if (value_clone(s->arena, schema, definition, NULL) < 0)
                s->oom = true;
        if (s->version == 2)
                simplify(definition);
        struct value *properties = value_obtain_map(s->arena, definition, "properties");
        if (!properties) {
                s->oom = true;
                return;
        }
        spec_put(s, properties, "apiVersion", text_schema(s));
        spec_put(s, properties, "kind", text_schema(s));
        struct value metadata = spec_ref(s, SPEC_META "ObjectMeta");
        if (s->version == 3) {
                struct value wrapped = value_map(), list = value_list();
                s->oom = s->oom || !value_append(s->arena, &list, metadata);
                spec_put(s, &wrapped, "allOf", list);
                metadata = wrapped;
        }
        spec_put(s, properties, "metadata", metadata);
}

/* kubectl before 1.24 takes version 2 at its word, so a kind with any fields has none there: not even metadata, beside
 * which it would refuse all others (kube-apiserver does the same). */
static void add_object(struct spec *s, const struct kind *k) {
        const struct value *schema = value_path(k->crd_version, "schema", "openAPIV3Schema", NULL);
        struct value definition = value_map();
        if (value_is_map(schema) && !(s->version == 2 && preserves(schema)))
                describe(s, schema, &definition);
        spec_put(s, &definition, "type", value_str("object"));
        add_kind_mark(s, &definition, k, k->kind);
        spec_put(s, &s->definitions, spec_name(s, k, false), definition);
}

void spec_add_custom(struct spec *s, const struct kind *k) {
        struct value list = value_map(), properties = value_map(), items = value_map(), required = value_list();
        add_object(s, k);
        spec_put(s, &items, "type", value_str("array"));
        spec_put(s, &items, "items", spec_ref(s, spec_name(s, k, false)));
        spec_put(s, &properties, "apiVersion", text_schema(s));
        spec_put(s, &properties, "items", items);
        spec_put(s, &properties, "kind", text_schema(s));
        spec_put(s, &properties, "metadata", spec_ref(s, SPEC_META "ListMeta"));
        s->oom = s->oom || !value_append(s->arena, &required, value_str("items"));
        spec_put(s, &list, "type", value_str("object"));
        spec_put(s, &list, "required", required);
        spec_put(s, &list, "properties", properties);
        add_kind_mark(s, &list, k, k->list_kind);
        spec_put(s, &s->definitions, spec_name(s, k, true), list);
}
