/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and their operations. An operation says what a client needs to know of it: its kind, its parameters, its body
 * and its answer. */
#include "apiserver/openapi/spec.h"

static const char *const media[] = {"application/json", "application/yaml", "application/vnd.kubernetes.protobuf"};
static const char *const patches[] = {"application/json-patch+json", "application/merge-patch+json",
                                      "application/apply-patch+yaml", "application/strategic-merge-patch+json"};

static struct value strings(struct spec *s, const char *const *texts, size_t n) {
        struct value list = value_list();
        for (size_t i = 0; i < n; i++)
                s->oom = s->oom || !value_append(s->arena, &list, value_str(texts[i]));
        return list;
}

/* Version 3 holds the type of a parameter and of a body one level deeper than version 2. */
static void add_parameter(struct spec *s, struct value *list, const char *name, const char *in, const char *type) {
        struct value p = value_map(), schema = value_map();
        spec_put(s, &p, "name", value_str(name));
        spec_put(s, &p, "in", value_str(in));
        if (streq(in, "path"))
                spec_put(s, &p, "required", value_bool(true));
        struct value *typed = s->version == 2 ? &p : &schema;
        spec_put(s, typed, "type", value_str(type));
        spec_put(s, typed, "uniqueItems", value_bool(true));
        if (s->version == 3)
                spec_put(s, &p, "schema", schema);
        s->oom = s->oom || !value_append(s->arena, list, p);
}

static struct value content(struct spec *s, const char *const *types, size_t n, struct value schema) {
        struct value map = value_map();
        for (size_t i = 0; i < n; i++) {
                struct value entry = value_map();
                spec_put(s, &entry, "schema", schema);
                spec_put(s, &map, types[i], entry);
        }
        return map;
}

static void add_body(struct spec *s, struct value *operation, struct value *parameters, struct value schema, bool patch,
                     bool custom) {
        struct value body = value_map();
        /* custom objects know no strategic merge patch */
        size_t n = patch ? ARRAY_LEN(patches) - custom : ARRAY_LEN(media);
        if (s->version == 2) {
                spec_put(s, &body, "name", value_str("body"));
                spec_put(s, &body, "in", value_str("body"));
                spec_put(s, &body, "required", value_bool(true));
                spec_put(s, &body, "schema", schema);
                s->oom = s->oom || !value_append(s->arena, parameters, body);
                spec_put(s, operation, "consumes", strings(s, patch ? patches : media, n));
                return;
        }
        spec_put(s, &body, "content", content(s, patch ? patches : media, n, schema));
        spec_put(s, &body, "required", value_bool(true));
        spec_put(s, operation, "requestBody", body);
}

static void add_response(struct spec *s, struct value *operation, const struct value *schema) {
        struct value ok = value_map(), denied = value_map(), responses = value_map();
        spec_put(s, &ok, "description", value_str("OK"));
        if (schema && s->version == 2)
                spec_put(s, &ok, "schema", *schema);
        else if (schema)
                spec_put(s, &ok, "content", content(s, media, ARRAY_LEN(media), *schema));
        spec_put(s, &denied, "description", value_str("Unauthorized"));
        spec_put(s, &responses, "200", ok);
        spec_put(s, &responses, "401", denied);
        spec_put(s, operation, "responses", responses);
}

/* What an operation takes beside path and body. */
static void add_queries(struct spec *s, struct value *list, const char *action) {
        static const char *const reading[] = {"continue", "fieldSelector", "labelSelector", "resourceVersion",
                                              "resourceVersionMatch"};
        bool write = streq(action, "post") || streq(action, "put") || streq(action, "patch");
        bool many = streq(action, "list") || streq(action, "deletecollection");
        if (write || streq(action, "delete") || streq(action, "deletecollection"))
                add_parameter(s, list, "dryRun", "query", "string");
        if (write) {
                add_parameter(s, list, "fieldManager", "query", "string");
                add_parameter(s, list, "fieldValidation", "query", "string");
        }
        if (streq(action, "patch"))
                add_parameter(s, list, "force", "query", "boolean");
        for (size_t i = 0; many && i < ARRAY_LEN(reading); i++)
                add_parameter(s, list, reading[i], "query", "string");
        if (many) {
                add_parameter(s, list, "limit", "query", "integer");
                add_parameter(s, list, "timeoutSeconds", "query", "integer");
        }
        if (streq(action, "list"))
                add_parameter(s, list, "watch", "query", "boolean");
        if (streq(action, "delete") || streq(action, "deletecollection")) {
                add_parameter(s, list, "gracePeriodSeconds", "query", "integer");
                add_parameter(s, list, "propagationPolicy", "query", "string");
        }
}

struct operation {
        const char *method;
        const char *action;
        const struct value *gvk;
        const struct value *body;     /* NULL: none */
        const struct value *response; /* NULL: says nothing */
        bool custom;
};

static void add_operation(struct spec *s, struct value *item, const struct operation *o) {
        struct value operation = value_map(), parameters = value_list();
        if (s->version == 2)
                spec_put(s, &operation, "produces", strings(s, media, ARRAY_LEN(media)));
        if (o->body)
                add_body(s, &operation, &parameters, *o->body, streq(o->method, "patch"), o->custom);
        if (o->gvk)
                add_queries(s, &parameters, o->action);
        if (parameters.len)
                spec_put(s, &operation, "parameters", parameters);
        add_response(s, &operation, o->response);
        if (o->action)
                spec_put(s, &operation, "x-kubernetes-action", value_str(o->action));
        if (o->gvk)
                spec_put(s, &operation, "x-kubernetes-group-version-kind", *o->gvk);
        spec_put(s, item, o->method, operation);
}

static void add_path(struct spec *s, const char *path, struct value item, bool namespaced, bool named) {
        struct value parameters = value_list();
        if (!item.len)
                return;
        if (named)
                add_parameter(s, &parameters, "name", "path", "string");
        if (namespaced)
                add_parameter(s, &parameters, "namespace", "path", "string");
        if (path && strstr(path, "{path}"))
                add_parameter(s, &parameters, "path", "path", "string");
        add_parameter(s, &parameters, "pretty", "query", "string");
        spec_put(s, &item, "parameters", parameters);
        spec_put(s, &s->paths, path, item);
}

static void collection(struct spec *s, const struct kind *k, const char *base, const struct value *gvk) {
        struct value item = value_map(), everywhere = value_map();
        struct value object = spec_ref(s, spec_name(s, k, false)), list = value_map();
        struct value options = spec_ref(s, SPEC_META "DeleteOptions"), status = spec_ref(s, SPEC_META "Status");
        if (k->verbs & VERB_LIST) {
                list = spec_ref(s, spec_name(s, k, true));
                struct operation get = {"get", "list", gvk, NULL, &list, k->custom};
                add_operation(s, &item, &get);
                add_operation(s, &everywhere, &get);
        }
        if (k->verbs & VERB_CREATE)
                add_operation(s, &item, &(struct operation){"post", "post", gvk, &object, &object, k->custom});
        if (k->verbs & VERB_DELETE_COLLECTION)
                add_operation(s, &item,
                              &(struct operation){"delete", "deletecollection", gvk, &options, &status, k->custom});
        const char *scope = k->namespaced ? "/namespaces/{namespace}" : "";
        add_path(s, arena_printf(s->arena, "%s%s/%s", base, scope, k->resource), item, k->namespaced, false);
        if (k->namespaced)
                add_path(s, arena_printf(s->arena, "%s/%s", base, k->resource), everywhere, false, false);
}

static void one_object(struct spec *s, const struct kind *k, const char *path, const struct value *gvk) {
        struct value item = value_map(), object = spec_ref(s, spec_name(s, k, false));
        struct value options = spec_ref(s, SPEC_META "DeleteOptions"), status = spec_ref(s, SPEC_META "Status");
        struct value patch = spec_ref(s, SPEC_META "Patch");
        if (k->verbs & VERB_GET)
                add_operation(s, &item, &(struct operation){"get", "get", gvk, NULL, &object, k->custom});
        if (k->verbs & VERB_UPDATE)
                add_operation(s, &item, &(struct operation){"put", "put", gvk, &object, &object, k->custom});
        if (k->verbs & VERB_DELETE)
                add_operation(s, &item, &(struct operation){"delete", "delete", gvk, &options, &status, k->custom});
        if (k->verbs & VERB_PATCH)
                add_operation(s, &item, &(struct operation){"patch", "patch", gvk, &patch, &object, k->custom});
        add_path(s, path, item, k->namespaced, true);
}

/* Subresources that forward to a pod or node take any method and any path behind them. */
static void forwarding(struct spec *s, const struct kind *k, const struct kind_subresource *sub, const char *path,
                       const struct value *gvk) {
        static const char *const all[] = {"get", "put", "post", "delete", "options", "head", "patch"};
        bool proxy = streq(sub->name, "proxy");
        struct value item = value_map();
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
                if (proxy || streq(all[i], "get") || streq(all[i], "post"))
                        add_operation(s, &item, &(struct operation){all[i], "connect", gvk, NULL, NULL, false});
        add_path(s, path, item, k->namespaced, true);
        if (proxy)
                add_path(s, arena_printf(s->arena, "%s/{path}", path), item, k->namespaced, true);
}

static void subresource(struct spec *s, const struct kind *k, const struct kind_subresource *sub, const char *object) {
        const struct schema *schema = schema_of_kind(sub->group, sub->version, sub->kind);
        const char *path = arena_printf(s->arena, "%s/%s", object, sub->name);
        struct value gvk = spec_gvk(s, sub->group, sub->version, sub->kind), item = value_map();
        struct value shown, patch = spec_ref(s, SPEC_META "Patch");
        if (str_has_suffix(sub->kind, "Options")) {
                forwarding(s, k, sub, path, &gvk);
                return;
        }
        shown = spec_ref(s, k->custom && streq(sub->kind, k->kind) ? spec_name(s, k, false)
                            : schema && schema->name               ? schema->name
                                                                   : spec_name(s, k, false));
        if (sub->verbs & VERB_GET)
                add_operation(s, &item, &(struct operation){"get", "get", &gvk, NULL, &shown, k->custom});
        if (sub->verbs & VERB_UPDATE)
                add_operation(s, &item, &(struct operation){"put", "put", &gvk, &shown, &shown, k->custom});
        if (sub->verbs & VERB_PATCH)
                add_operation(s, &item, &(struct operation){"patch", "patch", &gvk, &patch, &shown, k->custom});
        if (sub->verbs & VERB_CREATE)
                add_operation(s, &item, &(struct operation){"post", "post", &gvk, &shown, &shown, k->custom});
        add_path(s, path, item, k->namespaced, true);
}

/* The old way to watch, still served: /watch/ before the resource. */
static void watching(struct spec *s, const struct kind *k, const char *base, const struct value *gvk) {
        struct value event = spec_ref(s, SPEC_META "WatchEvent"), item = value_map(), one = value_map();
        const char *scope = k->namespaced ? "/namespaces/{namespace}" : "";
        if (!(k->verbs & VERB_WATCH) || k->custom)
                return;
        add_operation(s, &item, &(struct operation){"get", "watchlist", gvk, NULL, &event, false});
        add_operation(s, &one, &(struct operation){"get", "watch", gvk, NULL, &event, false});
        add_path(s, arena_printf(s->arena, "%s/watch%s/%s", base, scope, k->resource), item, k->namespaced, false);
        add_path(s, arena_printf(s->arena, "%s/watch%s/%s/{name}", base, scope, k->resource), one, k->namespaced, true);
        if (k->namespaced)
                add_path(s, arena_printf(s->arena, "%s/watch/%s", base, k->resource), item, false, false);
}

void spec_add_kind_paths(struct spec *s, const struct kind *k) {
        const char *base = k->group[0] ? arena_printf(s->arena, "/apis/%s/%s", k->group, k->version)
                                       : arena_printf(s->arena, "/api/%s", k->version);
        const char *scope = k->namespaced ? "/namespaces/{namespace}" : "";
        const char *object = base ? arena_printf(s->arena, "%s%s/%s/{name}", base, scope, k->resource) : NULL;
        struct value gvk = spec_gvk(s, k->group, k->version, k->kind);
        if (!object) {
                s->oom = true;
                return;
        }
        collection(s, k, base, &gvk);
        one_object(s, k, object, &gvk);
        watching(s, k, base, &gvk);
        for (size_t i = 0; i < k->n_subresources; i++)
                subresource(s, k, &k->subresources[i], object);
}

static void describe(struct spec *s, const char *path, const char *definition) {
        struct value item = value_map(), shown = value_map();
        if (definition)
                shown = spec_ref(s, definition);
        else
                spec_put(s, &shown, "type", value_str("string"));
        add_operation(s, &item, &(struct operation){"get", NULL, NULL, NULL, &shown, false});
        spec_put(s, &s->paths, path, item);
}

void spec_add_group_paths(struct spec *s, const char *group, const char *version) {
        if (!version)
                describe(s, arena_printf(s->arena, "/apis/%s/", group), SPEC_META "APIGroup");
        else if (!group[0])
                describe(s, arena_printf(s->arena, "/api/%s/", version), SPEC_META "APIResourceList");
        else
                describe(s, arena_printf(s->arena, "/apis/%s/%s/", group, version), SPEC_META "APIResourceList");
}

void spec_add_server_path(struct spec *s, const char *name) {
        static const char *const rows[][2] = {{"api", SPEC_META "APIVersions"},
                                              {"apis", SPEC_META "APIGroupList"},
                                              {"version", SPEC_VERSION},
                                              {".well-known/openid-configuration", NULL},
                                              {"openid/v1/jwks", NULL}};
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (streq(rows[i][0], name))
                        describe(s, arena_printf(s->arena, "/%s/", name), rows[i][1]);
}
