/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/config/openapi.h"

#include "base/limits.h"
#include "build/kustomize/config/definition.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

#define REF_PREFIX "#/definitions/"

struct reader {
        struct arena *arena;
        struct merge_schema *schema;
};

static int read_properties(const struct reader *r, const struct value *schema, struct merge_type *type, unsigned depth);

/* The type of values of this schema: a definition, or one made for an inline schema. */
static struct merge_type *read_type(const struct reader *r, const struct value *schema, unsigned depth) {
        const char *ref = value_get_str(schema, "$ref");
        if (ref)
                return merge_schema_obtain_type(r->arena, r->schema,
                                                str_has_prefix(ref, REF_PREFIX) ? ref + strlen(REF_PREFIX) : ref);
        struct merge_type *type = merge_schema_new_type(r->arena, r->schema);
        return type && read_properties(r, schema, type, depth) == 0 ? type : NULL;
}

static bool has_strategy(const char *strategies, const char *wanted) {
        for (const char *p = strategies; *p;) {
                size_t n = strcspn(p, ",");
                if (n == strlen(wanted) && strncmp(p, wanted, n) == 0)
                        return true;
                p += n + (p[n] == ',');
        }
        return false;
}

static int read_keys(const struct reader *r, const struct value *schema, struct merge_field *f) {
        const struct value *list = value_get(schema, "x-kubernetes-list-map-keys");
        const char *one = value_get_str(schema, "x-kubernetes-patch-merge-key");
        size_t n = value_is_list(list) ? list->len : one != NULL, at = 0;
        const char **keys = arena_zalloc(r->arena, n + 1, sizeof(*keys));
        if (!keys)
                return -1;
        if (value_is_list(list)) {
                VALUE_EACH_ITEM(item, list)
                        if (value_is_string(item))
                                keys[at++] = item->str;
        } else if (one) {
                keys[0] = one;
        }
        f->keys = keys;
        return 0;
}

static int read_field(const struct reader *r, const struct value *schema, struct merge_field *f, unsigned depth) {
        const struct value *items = value_get(schema, "items");
        bool list = value_equals_str(value_get(schema, "type"), "array") && items;
        *f = (struct merge_field){.type = read_type(r, list ? items : schema, depth)};
        if (!f->type)
                return -1;
        f->merges = !value_get(schema, "$ref") &&
                    has_strategy(value_string_or(value_get(schema, "x-kubernetes-patch-strategy"), ""), "merge");
        return read_keys(r, schema, f);
}

static int read_properties(const struct reader *r, const struct value *schema, struct merge_type *type,
                           unsigned depth) {
        const struct value *properties = value_get(schema, "properties");
        const struct value *additional = value_get(schema, "additionalProperties");
        if (depth > LIMIT_KUSTOMIZE_DEPTH)
                return 0; /* inline schemas so deep say nothing about lists anyone patches */
        if (value_is_map(properties))
                VALUE_EACH_MEMBER(m, properties) {
                        struct merge_field *f = arena_make(r->arena, struct merge_field);
                        if (!f || read_field(r, &m->value, f, depth + 1) < 0 ||
                            strmap_set(&type->fields, m->key, m->key_len, f) < 0)
                                return -1;
                }
        return value_is_map(additional) ? read_field(r, additional, &type->additional, depth + 1) : 0;
}

/* "group version kind" of an extension to "apiVersion kind". */
static int read_gvk(struct arena *a, const struct value *gvk, const char **ret_version, const char **ret_kind) {
        const char *group = value_get_str(gvk, "group"), *version = value_get_str(gvk, "version");
        const char *kind = value_get_str(gvk, "kind");
        *ret_kind = kind;
        *ret_version = version;
        if (version && group && *group)
                *ret_version = arena_printf(a, "%s/%s", group, version);
        return version && kind && *ret_version ? 1 : 0;
}

static int read_definition(const struct reader *r, const struct member *m, struct err *err) {
        struct merge_type *type = merge_schema_obtain_type(r->arena, r->schema, m->key);
        const struct value *kinds = value_get(&m->value, "x-kubernetes-group-version-kind");
        if (!type)
                return err_oom(err);
        if (type->fields.len)
                return 0; /* what is built in stays */
        if (read_properties(r, &m->value, type, 0) < 0)
                return err_oom(err);
        if (!value_is_list(kinds))
                return 0;
        VALUE_EACH_ITEM(gvk, kinds) {
                const char *version, *kind;
                if (!read_gvk(r->arena, gvk, &version, &kind))
                        continue;
                const char *key = arena_printf(r->arena, "%s %s", version, kind);
                if (!key || strmap_set(&r->schema->kinds, key, strlen(key), type) < 0)
                        return err_oom(err);
        }
        return 0;
}

/* Paths say which kinds are namespaced: those served below a namespace. */
static int read_scopes(struct arena *a, struct scopes *scopes, const struct value *paths, struct err *err) {
        struct scopes found = {0};
        int failed = 0;
        for (int pass = 0; value_is_map(paths) && pass < 2 && !failed; pass++)
                VALUE_EACH_MEMBER(m, paths) {
                        const struct value *gvk = value_path(&m->value, "get", "x-kubernetes-group-version-kind", NULL);
                        const char *version, *kind;
                        bool namespaced = strstr(m->key, "namespaces/{namespace}") != NULL;
                        if (!read_gvk(a, gvk, &version, &kind) || namespaced != (pass == 1))
                                continue;
                        failed = failed || scopes_set(a, &found, version, kind, pass == 0, err) < 0;
                }
        size_t at = 0;
        for (const struct strmap_entry *entry; !failed && (entry = strmap_next(&found.map, &at));)
                /* What is built in is not up for change. */
                if (!strmap_get(&scopes->map, entry->key, entry->key_len) &&
                    strmap_set(&scopes->map, entry->key, entry->key_len, entry->value) < 0)
                        failed = err_oom(err);
        scopes_done(&found);
        return failed ? -1 : 0;
}

int merge_schema_load(struct arena *a, struct merge_schema *s, struct scopes *scopes, const struct value *document,
                      bool add, struct err *err) {
        const struct value *definitions = value_get(document, "definitions");
        const struct reader r = {.arena = a, .schema = s};
        if (!add)
                merge_schema_reset(s);
        s->custom = true;
        if (value_is_map(definitions))
                VALUE_EACH_MEMBER(m, definitions)
                        if (read_definition(&r, m, err) < 0)
                                return -1;
        return read_scopes(a, scopes, value_get(document, "paths"), err);
}

/* ---- comments ---- */

/* Parses the object that the text begins with; whatever follows it does not count. */
static int parse_comment(struct arena *a, const char *text, struct value *ret, struct err *err) {
        struct json_report report = {.arena = a};
        size_t n = strlen(text);
        for (int tries = 0; tries < 2; tries++) {
                _cleanup_err_ struct err why = ERR_INIT;
                if (json_parse(a, text, n, JSON_REPORT_DUPLICATES, &report, ret, &why) == 0)
                        return report.duplicates.len == 0;
                if (why.class == ERR_MEMORY)
                        return err_move(err, &why);
                if (!strstr(err_message(&why), "after top-level value"))
                        return 0;
                n = why.column - 1;
        }
        return 0;
}

/* A schema that says nothing is none, and one with a fault in it neither. */
static bool is_schema(const struct value *v) {
        bool says = false;
        VALUE_EACH_MEMBER(m, v)
                says = says || !(value_is_null(&m->value) || value_equals_str(&m->value, ""));
        return says && definition_check(v, NULL) == 0;
}

int merge_schema_noted(struct arena *a, struct merge_schema *s, const struct member *m, struct merge_field *ret,
                       struct err *err) {
        static const struct merge_field no_schema;
        const char *text = s->notes.len ? strmap_get(&s->notes, (const char *)&m->key, sizeof(m->key)) : NULL;
        if (!text)
                return 0;
        const struct merge_field *known = strmap_get(&s->comments, text, strlen(text));
        if (!known) {
                const struct reader r = {.arena = a, .schema = s};
                struct merge_field *made = arena_make(a, struct merge_field);
                struct value schema;
                int there = made ? parse_comment(a, text, &schema, err) : err_oom(err);
                if (there < 0)
                        return -1;
                known = there && is_schema(&schema) ? made : &no_schema;
                if ((known == made && read_field(&r, &schema, made, 0) < 0) ||
                    strmap_set(&s->comments, text, strlen(text), (void *)known) < 0)
                        return err_oom(err);
        }
        *ret = *known;
        return known != &no_schema;
}

static int read_file(struct arena *a, const char *path, const char *text, size_t n, struct value *ret,
                     struct err *err) {
        const struct yaml_options options = {.dialect = YAML_SIGS};
        if (!n)
                return err_set(err, ERR_SYNTAX, "'%s' is empty, expected an OpenAPI document", path);
        if ((*text == '{' ? json_parse(a, text, n, JSON_KUBERNETES, NULL, ret, err)
                          : yaml_parse(a, text, n, &options, ret, err)) < 0)
                return -1;
        return definition_check_document(ret, err);
}

int openapi_set(struct engine *e, const struct loader *l, const struct value *spec, bool top, struct err *err) {
        const struct value *field = value_get(spec, "openapi");
        const char *path = value_get_str(field, "path"), *version = value_get_str(field, "version");
        const char *text = NULL;
        size_t n = 0;
        if (path && loader_read(e, l, path, &text, &n, err) < 0)
                return -1;
        if (e->schema.custom && !top)
                return 0;
        if (path && version)
                return err_set(err, ERR_INVALID, "builtin version and custom schema provided, cannot use both");
        if (!path) {
                if (!version || !*version)
                        return 0;
                if (!streq(version, "v1.21.2"))
                        return err_set(err, ERR_INVALID, "the specified OpenAPI version is not built in");
                e->schema.custom = true;
                return 0;
        }
        struct value document;
        _cleanup_err_ struct err bad = ERR_INIT;
        if (read_file(e->arena, path, text, n, &document, &bad) < 0) {
                if (bad.class == ERR_MEMORY || bad.class == ERR_TOO_LARGE)
                        return err_move(err, &bad);
                e->schema.custom = true;
                e->bad_schema = arena_printf(e->arena, "invalid schema file: %s", err_message(&bad));
                return e->bad_schema ? 0 : err_oom(err);
        }
        e->bad_schema = NULL;
        /* kustomize puts a file's schema in the place of its own unless it has used that before, for a merge or for the
         * scope of a kind: then it adds what is new. */
        bool add = e->asked_scope || e->has_schema;
        struct merge_schema *schema = engine_schema(e, err);
        return schema ? merge_schema_load(e->arena, schema, &e->scopes, &document, add, err) : -1;
}
