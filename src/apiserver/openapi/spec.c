/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/openapi/spec.h"

void spec_init(struct spec *s, struct arena *a, const struct kind_set *kinds, unsigned version) {
        *s = (struct spec){
                .arena = a, .kinds = kinds, .version = version, .paths = value_map(), .definitions = value_map()};
}

void spec_done(struct spec *s) {
        strmap_done(&s->seen);
        free(s->pending);
}

void spec_put(struct spec *s, struct value *map, const char *key, struct value v) {
        if (!key || !value_set(s->arena, map, key, v))
                s->oom = true;
}

struct value spec_gvk(struct spec *s, const char *group, const char *version, const char *kind) {
        struct value gvk = value_map();
        spec_put(s, &gvk, "group", value_str(group));
        spec_put(s, &gvk, "kind", value_str(kind));
        spec_put(s, &gvk, "version", value_str(version));
        return gvk;
}

static void enqueue(struct spec *s, const struct schema *schema) {
        if (s->n_pending == s->cap_pending) {
                size_t cap = s->cap_pending ? s->cap_pending * 2 : 64;
                const struct schema **grown = realloc(s->pending, cap * sizeof(*grown));
                if (!grown) {
                        s->oom = true;
                        return;
                }
                s->pending = grown;
                s->cap_pending = cap;
        }
        s->pending[s->n_pending++] = schema;
}

static struct value ref_to(struct spec *s, const char *name) {
        struct value ref = value_map();
        struct value target =
                value_strf(s->arena, "#/%s/%s", s->version == 2 ? "definitions" : "components/schemas", name);
        s->oom = s->oom || value_is_null(&target);
        spec_put(s, &ref, "$ref", target);
        return ref;
}

static struct value ref_schema(struct spec *s, const struct schema *schema) {
        int added = strmap_add(&s->seen, schema->name, strlen(schema->name), (void *)schema, NULL);
        if (added < 0)
                s->oom = true;
        else if (added == 0)
                enqueue(s, schema);
        return ref_to(s, schema->name);
}

/* version.Info is no kind's part and in no table: its fields are texts. */
static void define_version(struct spec *s, const char *name) {
        static const char *const fields[] = {"buildDate",
                                             "compiler",
                                             "emulationMajor",
                                             "emulationMinor",
                                             "gitCommit",
                                             "gitTreeState",
                                             "gitVersion",
                                             "goVersion",
                                             "major",
                                             "minCompatibilityMajor",
                                             "minCompatibilityMinor",
                                             "minor",
                                             "platform"};
        struct value definition = value_map(), properties = value_map();
        if (value_get(&s->definitions, name))
                return;
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                struct value type = value_map();
                spec_put(s, &type, "type", value_str("string"));
                spec_put(s, &properties, fields[i], type);
        }
        spec_put(s, &definition, "type", value_str("object"));
        spec_put(s, &definition, "properties", properties);
        spec_put(s, &s->definitions, name, definition);
}

struct value spec_ref(struct spec *s, const char *name) {
        const struct schema *schema = schema_builtin(name);
        if (streq(name, SPEC_VERSION))
                define_version(s, name);
        return schema && schema->name ? ref_schema(s, schema) : ref_to(s, name);
}

/* "example.com" gives "com.example". */
static const char *reversed(struct spec *s, const char *group) {
        size_t n = strlen(group), at = 0;
        char *out = arena_alloc(s->arena, n + 1);
        if (!out) {
                s->oom = true;
                return "";
        }
        for (size_t end = n; end > 0;) {
                size_t start = end;
                while (start > 0 && group[start - 1] != '.')
                        start--;
                memcpy(out + at, group + start, end - start);
                at += end - start;
                end = start ? start - 1 : 0;
                if (end)
                        out[at++] = '.';
        }
        out[at] = '\0';
        return out;
}

const char *spec_name(struct spec *s, const struct kind *k, bool list) {
        const char *name = NULL;
        if (k->custom)
                name = arena_printf(s->arena, "%s.%s.%s", reversed(s, k->group), k->version,
                                    list ? k->list_kind : k->kind);
        else if (k->schema && k->schema->name)
                name = arena_printf(s->arena, "%s%s", k->schema->name, list ? "List" : "");
        if (!name)
                s->oom = true;
        return name ? name : "";
}

static void scalar(struct spec *s, struct value *out, const char *type, const char *format) {
        spec_put(s, out, "type", value_str(type));
        if (format)
                spec_put(s, out, "format", value_str(format));
}

static struct value schema_value(struct spec *s, const struct schema *schema);

static void list_marks(struct spec *s, struct value *out, const struct schema *schema,
                       const struct schema_field *field) {
        static const char *const types[] = {[SCHEMA_ATOMIC] = "atomic", [SCHEMA_SET] = "set", [SCHEMA_KEYED] = "map"};
        bool merged = field && (field->patch & SCHEMA_PATCH_MERGE);
        if (schema->type == SCHEMA_LIST && schema->topology < ARRAY_LEN(types) && types[schema->topology] &&
            !(schema->topology == SCHEMA_ATOMIC && merged))
                spec_put(s, out, "x-kubernetes-list-type", value_str(types[schema->topology]));
        if (schema->type == SCHEMA_LIST && schema->topology == SCHEMA_KEYED) {
                struct value keys = value_list();
                for (const char *const *key = schema->keys; key && *key; key++)
                        s->oom = s->oom || !value_append(s->arena, &keys, value_str(*key));
                spec_put(s, out, "x-kubernetes-list-map-keys", keys);
        }
        if (schema->type != SCHEMA_LIST && schema->topology == SCHEMA_ATOMIC && !schema->name)
                spec_put(s, out, "x-kubernetes-map-type", value_str("atomic"));
}

static void patch_marks(struct spec *s, struct value *out, const struct schema_field *field) {
        static const struct {
                unsigned bit;
                const char *name;
        } strategies[] = {{SCHEMA_PATCH_MERGE, "merge"},
                          {SCHEMA_PATCH_REPLACE, "replace"},
                          {SCHEMA_PATCH_RETAIN_KEYS, "retainKeys"}};
        const char *text = "";
        if (field->patch_key)
                spec_put(s, out, "x-kubernetes-patch-merge-key", value_str(field->patch_key));
        for (size_t i = 0; i < ARRAY_LEN(strategies); i++)
                if (field->patch & strategies[i].bit) {
                        text = arena_printf(s->arena, "%s%s%s", text, text[0] ? "," : "", strategies[i].name);
                        if (!text) {
                                s->oom = true;
                                return;
                        }
                }
        if (text[0])
                spec_put(s, out, "x-kubernetes-patch-strategy", value_str(text));
}

/* What stands at a field: its type, and how it merges. OpenAPI 3.0 wants nothing beside a $ref, hence allOf there. */
static struct value field_value(struct spec *s, const struct schema_field *field) {
        struct value marks = value_map(), out = schema_value(s, field->schema);
        list_marks(s, &marks, field->schema, field);
        patch_marks(s, &marks, field);
        if (s->version == 3 && field->fallback)
                spec_put(s, &marks, "default", *field->fallback);
        if (!marks.len)
                return out;
        if (value_get(&out, "$ref") && s->version == 3) {
                struct value wrapped = value_map(), list = value_list();
                s->oom = s->oom || !value_append(s->arena, &list, out);
                spec_put(s, &wrapped, "allOf", list);
                out = wrapped;
        }
        VALUE_EACH_MEMBER(m, &marks)
                spec_put(s, &out, m->key, m->value);
        return out;
}

static struct value schema_value(struct spec *s, const struct schema *schema) {
        struct value out = value_map();
        if (schema->name)
                return ref_schema(s, schema);
        switch (schema->type) {
        case SCHEMA_STRING:
                scalar(s, &out, "string", schema->format);
                break;
        case SCHEMA_INTEGER:
                scalar(s, &out, "integer", schema->format);
                break;
        case SCHEMA_NUMBER:
                scalar(s, &out, "number", schema->format);
                break;
        case SCHEMA_BOOLEAN:
                scalar(s, &out, "boolean", NULL);
                break;
        case SCHEMA_LIST:
                scalar(s, &out, "array", NULL);
                spec_put(s, &out, "items", schema->element ? schema_value(s, schema->element) : value_map());
                break;
        case SCHEMA_MAP:
                scalar(s, &out, "object", NULL);
                spec_put(s, &out, "additionalProperties",
                         schema->element ? schema_value(s, schema->element) : value_map());
                break;
        case SCHEMA_STRUCT:
                scalar(s, &out, "object", NULL);
                break;
        default:
                break;
        }
        return out;
}

/* int-or-string and quantities: version 3 says what they may be, version 2 can only say string. */
static struct value special_definition(struct spec *s, const struct schema *schema) {
        struct value out = value_map(), first = value_map(), second = value_map(), list = value_list();
        bool number = schema->type == SCHEMA_QUANTITY;
        if (schema->type == SCHEMA_TIME) {
                scalar(s, &out, "string", "date-time");
        } else if (schema->type != SCHEMA_INT_OR_STRING && !number) {
                /* raw JSON: an object for RawExtension and FieldsV1, anything for the rest */
                if (str_has_suffix(schema->name, ".RawExtension") || str_has_suffix(schema->name, ".FieldsV1"))
                        scalar(s, &out, "object", NULL);
        } else if (s->version == 2) {
                scalar(s, &out, "string", number ? NULL : "int-or-string");
        } else {
                scalar(s, number ? &second : &first, number ? "number" : "integer", NULL);
                scalar(s, number ? &first : &second, "string", NULL);
                s->oom = s->oom || !value_append(s->arena, &list, first) || !value_append(s->arena, &list, second);
                if (!number)
                        spec_put(s, &out, "format", value_str("int-or-string"));
                spec_put(s, &out, "oneOf", list);
        }
        return out;
}

/* The kinds a definition stands for. */
static void add_gvk(struct spec *s, struct value *out, const char *name) {
        struct value list = value_list();
        bool every = streq(name, SPEC_META "DeleteOptions") || streq(name, SPEC_META "WatchEvent");
        const char *short_name = strrchr(name, '.') + 1;
        const char *last_group = "-", *last_version = "-";
        if (streq(name, SPEC_META "Status"))
                s->oom = s->oom || !value_append(s->arena, &list, spec_gvk(s, "", "v1", "Status"));
        for (size_t i = 0; i < kind_count(s->kinds); i++) {
                const struct kind *k = kind_at(s->kinds, i);
                bool again = streq(k->group, last_group) && streq(k->version, last_version);
                last_group = k->group;
                last_version = k->version;
                const struct schema *own = k->custom ? NULL : k->schema;
                size_t n = own && own->name ? strlen(own->name) : 0;
                if (every && !again)
                        s->oom =
                                s->oom || !value_append(s->arena, &list, spec_gvk(s, k->group, k->version, short_name));
                if (!n || strncmp(own->name, name, n) != 0)
                        continue;
                if (!name[n])
                        s->oom = s->oom || !value_append(s->arena, &list, spec_gvk(s, k->group, k->version, k->kind));
                else if (streq(name + n, "List"))
                        s->oom = s->oom ||
                                 !value_append(s->arena, &list, spec_gvk(s, k->group, k->version, k->list_kind));
        }
        static const char *const apart[][4] = {
                {"io.k8s.api.autoscaling.v1.Scale", "autoscaling", "v1", "Scale"},
                {"io.k8s.api.policy.v1.Eviction", "policy", "v1", "Eviction"},
                {"io.k8s.api.authentication.v1.TokenRequest", "authentication.k8s.io", "v1", "TokenRequest"}};
        for (size_t i = 0; i < ARRAY_LEN(apart); i++)
                if (streq(name, apart[i][0]))
                        s->oom = s->oom ||
                                 !value_append(s->arena, &list, spec_gvk(s, apart[i][1], apart[i][2], apart[i][3]));
        if (list.len)
                spec_put(s, out, "x-kubernetes-group-version-kind", list);
}

static struct value struct_definition(struct spec *s, const struct schema *schema) {
        struct value out = value_map(), required = value_list(), properties = value_map();
        spec_put(s, &out, "type", value_str("object"));
        for (size_t i = 0; i < schema->n_fields; i++) {
                const struct schema_field *field = &schema->fields[i];
                if (field->required)
                        s->oom = s->oom || !value_append(s->arena, &required, value_str(field->name));
                if (!value_add(s->arena, &properties, field->name, strlen(field->name), field_value(s, field)))
                        s->oom = true;
        }
        if (required.len)
                spec_put(s, &out, "required", required);
        if (properties.len)
                spec_put(s, &out, "properties", properties);
        add_gvk(s, &out, schema->name);
        if (schema->topology == SCHEMA_ATOMIC)
                spec_put(s, &out, "x-kubernetes-map-type", value_str("atomic"));
        return out;
}

void spec_complete(struct spec *s) {
        while (s->n_pending && !s->oom) {
                const struct schema *schema = s->pending[--s->n_pending];
                struct value made =
                        schema->type == SCHEMA_STRUCT ? struct_definition(s, schema) : special_definition(s, schema);
                if (!value_add(s->arena, &s->definitions, schema->name, strlen(schema->name), made))
                        s->oom = true;
        }
}

static int by_key(const void *a, const void *b) {
        const struct member *x = a, *y = b;
        return strcmp(x->key, y->key);
}

static void sort_members(struct value *map) {
        if (map->len)
                qsort(map->members, map->len, sizeof(*map->members), by_key);
}

int spec_finish(struct spec *s, struct value *ret, struct err *err) {
        struct value info = value_map(), token = value_map(), schemes = value_map(), components = value_map();
        *ret = value_map();
        spec_complete(s);
        sort_members(&s->paths);
        sort_members(&s->definitions);
        spec_put(s, &info, "title", value_str("Kubernetes"));
        spec_put(s, &info, "version", value_str("1.36"));
        spec_put(s, &token, "type", value_str("apiKey"));
        spec_put(s, &token, "name", value_str("authorization"));
        spec_put(s, &token, "in", value_str("header"));
        spec_put(s, &schemes, "BearerToken", token);
        spec_put(s, ret, s->version == 2 ? "swagger" : "openapi", value_str(s->version == 2 ? "2.0" : "3.0.0"));
        spec_put(s, ret, "info", info);
        spec_put(s, ret, "paths", s->paths);
        if (s->version == 2) {
                spec_put(s, ret, "definitions", s->definitions);
                spec_put(s, ret, "securityDefinitions", schemes);
        } else {
                spec_put(s, &components, "schemas", s->definitions);
                spec_put(s, &components, "securitySchemes", schemes);
                spec_put(s, ret, "components", components);
        }
        return s->oom ? err_oom(err) : 0;
}
