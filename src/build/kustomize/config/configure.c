/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/config/configure.h"

#include "base/limits.h"
#include "build/kustomize/config/definition.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/file/shape.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

/* Definitions that begin as a JSON object must be JSON, configurations are always YAML. kustomize panics when there are
 * no definitions at all. */
static int load(struct target *t, const char *path, bool definitions, struct value *ret, struct err *err) {
        const struct yaml_options options = {.dialect = YAML_SIGS, .strict = !definitions};
        const char *text;
        size_t n;
        if (loader_read(t->e, &t->loader, path, &text, &n, err) < 0)
                return -1;
        if (definitions && !n)
                return err_set(err, ERR_INVALID,
                               "unable to parse open API definition from '%s': the file is empty, expected a map of "
                               "definitions",
                               path);
        if (definitions && *text == '{')
                return json_parse(t->e->arena, text, n, JSON_KUBERNETES, NULL, ret, err) < 0
                               ? err_wrap(err, "unable to parse open API definition from '%s'", path)
                               : 0;
        if (yaml_parse(t->e->arena, text, n, &options, ret, err) < 0)
                return err_wrap(err, "error converting YAML to JSON");
        return 0;
}

int configure_from_files(struct target *t, struct config *ret, struct err *err) {
        struct arena *a = t->e->arena;
        const struct value *paths = value_get(&t->file.spec, "configurations");
        struct config all = {0};
        if (!value_is_list(paths) || !paths->len) {
                *ret = *t->e->defaults;
                return 0;
        }
        VALUE_EACH_ITEM(path, paths) {
                struct value v, shaped;
                struct config one;
                if (load(t, path->str, false, &v, err) < 0)
                        return -1;
                if (shape_read(a, &shape_config, &v, SHAPE_STRICT | SHAPE_COERCE, &shaped, err) < 0)
                        return err_wrap(err, "error unmarshaling JSON: while decoding JSON");
                if (config_from_value(a, &shaped, &one, err) < 0 || config_merge(a, &all, &one, &all, err) < 0)
                        return -1;
        }
        return config_merge(a, t->e->defaults, &all, ret, err);
}

/* ---- crds ---- */

struct crd_walk {
        struct engine *e;
        struct arena *arena;
        const struct value *definitions;
        struct gvk gvk;
        struct config *config;
};

static int add_field(const struct crd_walk *w, enum config_section section, const char *path, struct err *err) {
        struct fieldspecs one = {0};
        const struct fieldspec fs = {.gvk = w->gvk, .path = path};
        if (fieldspecs_add(w->arena, &one, fs, err) < 0)
                return -1;
        return fieldspecs_merge(w->arena, &w->config->section[section], &one, &w->config->section[section], err);
}

static int add_reference(const struct crd_walk *w, const struct value *property, const char *path, struct err *err) {
        const char *version = value_get_str(property, "x-kubernetes-object-ref-api-version");
        const char *kind = value_get_str(property, "x-kubernetes-object-ref-kind");
        const char *key = value_get_str(property, "x-kubernetes-object-ref-name-key");
        if (!version || !kind)
                return 0;
        struct fieldspecs one = {0};
        const char *full = arena_printf(w->arena, "%s/%s", path, key ? key : "name");
        if (!full)
                return err_oom(err);
        const struct fieldspec fs = {.gvk = w->gvk, .path = full};
        const struct gvk target = {.group = "", .version = version, .kind = kind};
        if (fieldspecs_add(w->arena, &one, fs, err) < 0)
                return -1;
        return backrefs_add(w->arena, &w->config->references, &target, &one, err);
}

static int walk_type(const struct crd_walk *w, const char *name, const char *path, unsigned depth, struct err *err) {
        const struct value *definition = value_get(w->definitions, name);
        const struct value *properties = value_path(definition, "Schema", "properties", NULL);
        static const struct {
                const char *extension;
                enum config_section section;
        } marks[] = {
                {"x-kubernetes-annotation", CONFIG_COMMON_ANNOTATIONS},
                {"x-kubernetes-label-selector", CONFIG_COMMON_LABELS},
                {"x-kubernetes-identity", CONFIG_NAME_PREFIX},
        };
        if (!value_is_map(properties))
                return 0;
        if (depth > LIMIT_KUSTOMIZE_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "definitions refer to each other more than %d deep",
                               LIMIT_KUSTOMIZE_DEPTH);
        VALUE_EACH_MEMBER(m, properties) {
                /* Definitions may refer to each other in circles, and each circle has its own paths. */
                if (engine_charge(w->e, 1, err) < 0)
                        return -1;
                const char *at = *path ? arena_printf(w->arena, "%s/%s", path, m->key) : m->key;
                if (!at)
                        return err_oom(err);
                for (size_t i = 0; i < ARRAY_LEN(marks); i++)
                        if (value_get_str(&m->value, marks[i].extension) && add_field(w, marks[i].section, at, err) < 0)
                                return -1;
                const char *ref = value_get_str(&m->value, "$ref");
                if (add_reference(w, &m->value, at, err) < 0 || (ref && walk_type(w, ref, at, depth + 1, err) < 0))
                        return -1;
        }
        return 0;
}

/* A file of `crds`: a map of {Schema, Dependencies}. */
static int check_definitions(const struct value *definitions, const char *path, struct err *err) {
        if (!value_is_map(definitions))
                return value_is_null(definitions)
                               ? 0
                               : err_set(err, ERR_INVALID,
                                         "unable to parse open API definition from '%s': found %s, expected a map of "
                                         "definitions",
                                         path, value_type_name(definitions));
        VALUE_EACH_MEMBER(m, definitions) {
                const struct value *schema = value_get(&m->value, "Schema");
                const struct value *dependencies = value_get(&m->value, "Dependencies");
                if (!value_is_map(&m->value) && !value_is_null(&m->value))
                        err_set(err, ERR_INVALID, "found %s, expected a map with a Schema", value_type_name(&m->value));
                else if (dependencies && !value_is_list(dependencies) && !value_is_null(dependencies))
                        err_set(err, ERR_INVALID, "Dependencies: found %s, expected a list of strings",
                                value_type_name(dependencies));
                else if (!schema || definition_check(schema, err) == 0)
                        continue;
                return err_wrap(err, "unable to parse open API definition from '%s': definition %s", path, m->key);
        }
        return 0;
}

static int add_definitions(struct engine *e, const struct value *definitions, struct config *config, struct err *err) {
        VALUE_EACH_MEMBER(m, definitions) {
                const struct value *properties = value_path(&m->value, "Schema", "properties", NULL);
                const char *dot = strrchr(m->key, '.');
                if (!value_get(properties, "kind") || !value_get(properties, "apiVersion") ||
                    !value_get(properties, "metadata"))
                        continue;
                const struct crd_walk w = {
                        .e = e,
                        .arena = e->arena,
                        .definitions = definitions,
                        .gvk = {.group = "", .version = "", .kind = dot ? dot + 1 : m->key},
                        .config = config,
                };
                if (walk_type(&w, m->key, "", 0, err) < 0)
                        return -1;
        }
        return 0;
}

int configure_from_crds(struct target *t, struct config *ret, struct err *err) {
        const struct value *paths = value_get(&t->file.spec, "crds");
        _cleanup_buf_ struct buf all = BUF_INIT(65536);
        struct config out = {0};
        *ret = out;
        if (!value_is_list(paths))
                return 0;
        VALUE_EACH_ITEM(path, paths)
                buf_addf(&all, "%s%s", path == paths->items ? "" : " ", path->str);
        VALUE_EACH_ITEM(path, paths) {
                struct value v;
                if (load(t, path->str, true, &v, err) < 0 || check_definitions(&v, path->str, err) < 0 ||
                    (value_is_map(&v) && add_definitions(t->e, &v, &out, err) < 0))
                        return err_wrap(err, "loading CRDs [%s]", buf_str(&all));
        }
        *ret = out;
        return 0;
}
