/* SPDX-License-Identifier: Apache-2.0 */
/* The kustomization that is built: the directory's own or a generated one, under the overlays of the Flux object. */
#include "build/flux/flux_internal.h"

#include "build/kustomize/load/loader.h"
#include "build/kustomize/file/shape.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

const char *const flux_kustomization_names[3] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

/* ---- the base ---- */

static int read_own(struct engine *e, const char *dir, const char *name, struct value *ret, struct err *err) {
        const struct loader l = {.view = &e->source, .root = dir};
        const struct yaml_options options = {.dialect = YAML_SIGS};
        const char *text;
        size_t n;
        struct value v;
        if (loader_read(e, &l, name, &text, &n, err) < 0)
                return -1;
        if (yaml_parse(e->arena, text, n, &options, &v, err) < 0)
                return err_wrap(err, "error converting YAML to JSON");
        if (shape_read(e->arena, &shape_kustomization, &v, SHAPE_COERCE, ret, err) < 0)
                return err_wrap(err, "error unmarshaling JSON: while decoding JSON");
        return 0;
}

/* Names every manifest; an empty directory becomes a kustomization that is not empty, so that kustomize accepts it. */
static int make_one(struct engine *e, const char *dir, const struct gitignore *ignore, struct value *ret,
                    struct err *err) {
        struct value resources;
        const char *name = flux_kustomization_names[0];
        const struct place *place;
        const char *path = loader_join(e->arena, dir, name);
        if (flux_scan(e, dir, ignore, &resources, err) < 0)
                return -1;
        if (!path)
                return err_oom(err);
        if (view_resolve(e, &e->source, path, &place, NULL) == 0)
                return err_set(err, ERR_INVALID, "open %s: is a directory", view_display(e->arena, &e->source, path));
        *ret = value_map();
        const struct value *set = resources.len ? value_set(e->arena, ret, "resources", resources)
                                                : value_set(e->arena, ret, "namespace", value_str("_placeholder"));
        return set ? 0 : err_oom(err);
}

static int read_base(struct engine *e, const char *dir, const struct gitignore *ignore, bool *ret_found,
                     struct value *ret, struct err *err) {
        const char *name = NULL;
        size_t n = 0;
        for (size_t i = 0; i < ARRAY_LEN(flux_kustomization_names); i++)
                if (flux_is_file(e, dir, flux_kustomization_names[i]) && n++ == 0)
                        name = flux_kustomization_names[i];
        *ret_found = n > 0;
        if (!n)
                return make_one(e, dir, ignore, ret, err);
        if (read_own(e, dir, name, ret, err) < 0)
                return -1;
        if (n == 1)
                return 0;
        err_set(err, ERR_INVALID, "Found multiple kustomization files under: %s\n",
                view_display(e->arena, &e->source, dir));
        return err_wrap(err, "kustomize build failed");
}

/* ---- the overlays ---- */

static struct value *obtain_list(struct arena *a, struct value *map, const char *key) {
        struct value *list = value_get(map, key);
        return value_is_list(list) ? list : value_set(a, map, key, value_list());
}

static int overlay_names(struct arena *a, const struct value *spec, struct value *k, struct err *err) {
        static const struct {
                const char *from, *to;
        } fields[] = {{"targetNamespace", "namespace"}, {"namePrefix", "namePrefix"}, {"nameSuffix", "nameSuffix"}};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                const struct value *v = value_get(spec, fields[i].from);
                if (value_is_string(v) && !value_set(a, k, fields[i].to, *v))
                        return err_oom(err);
        }
        return 0;
}

/* A patch of the legacy fields: its text is JSON. */
static int json_text(struct arena *a, const struct value *v, struct value *ret, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(SIZE_MAX / 2);
        json_write(&text, v, JSON_HTML_ESCAPE);
        const char *own = buf_failed(&text) ? NULL : arena_strndup(a, buf_str(&text), text.len);
        if (!own)
                return err_oom(err);
        *ret = value_strn(own, text.len);
        return 0;
}

static int overlay_patches(struct arena *a, const struct value *spec, struct value *k, struct err *err) {
        static const struct {
                const char *from;
                bool json;
        } fields[] = {{"patches", false}, {"patchesJson6902", true}};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                const struct value *from = value_get(spec, fields[i].from), *target;
                struct value *to = value_is_list(from) ? obtain_list(a, k, fields[i].from) : NULL;
                if (!value_is_list(from))
                        continue;
                VALUE_EACH_ITEM(item, from) {
                        struct value patch = value_map(), text = value_str("");
                        const struct value *body = value_get(item, "patch");
                        if (fields[i].json ? json_text(a, body ? body : &text, &text, err) < 0
                                           : value_is_string(body) && (text = *body, false))
                                return -1;
                        if (!to || !value_set(a, &patch, "patch", text) ||
                            ((target = value_get(item, "target")) && !value_set(a, &patch, "target", *target)) ||
                            !value_append(a, to, patch))
                                return err_oom(err);
                }
        }
        const struct value *merges = value_get(spec, "patchesStrategicMerge");
        struct value *to = value_is_list(merges) ? obtain_list(a, k, "patchesStrategicMerge") : NULL;
        if (value_is_list(merges))
                VALUE_EACH_ITEM(item, merges) {
                        struct value text;
                        if (json_text(a, item, &text, err) < 0)
                                return -1;
                        if (!to || !value_append(a, to, text))
                                return err_oom(err);
                }
        return 0;
}

/* Components come from the same tree, whatever kustomize would fetch. */
static bool is_local(const char *path) {
        static const char *const prefixes[] = {"git::",   "gh:",  "ssh://",      "https://",
                                               "http://", "git@", "github.com:", "github.com/"};
        for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
                if (strlen(path) > strlen(prefixes[i]) && strncasecmp(path, prefixes[i], strlen(prefixes[i])) == 0)
                        return false;
        return path[0] != '/' && strncasecmp(path, "file:///", 8) != 0;
}

static int overlay_components(struct engine *e, const char *dir, const struct value *spec, struct value *k,
                              struct err *err) {
        const struct value *components = value_get(spec, "components");
        bool ignore = value_bool_or(value_get(spec, "ignoreMissingComponents"), false);
        if (!value_is_list(components))
                return 0;
        VALUE_EACH_ITEM(item, components) {
                const char *path = value_string_or(item, "");
                const char *joined = loader_join(e->arena, dir, path);
                const struct place *place;
                if (!joined)
                        return err_oom(err);
                if (!is_local(path))
                        return err_set(err, ERR_ACCESS_DENIED, "component path '%s' must be local and relative", path);
                if (ignore && view_resolve(e, &e->source, joined, &place, NULL) < 0)
                        continue;
                struct value *to = obtain_list(e->arena, k, "components");
                if (!to || !value_append(e->arena, to, value_str(path)))
                        return err_oom(err);
        }
        return 0;
}

static int overlay_image(struct arena *a, const struct value *image, struct value *list, struct err *err) {
        static const char *const fields[] = {"name", "newName", "newTag", "digest"};
        struct value *own = NULL;
        VALUE_EACH_ITEM(item, list)
                if (!own &&
                    streq(value_string_or(value_get(item, "name"), ""), value_string_or(value_get(image, "name"), "")))
                        own = item;
        if (!own && !(own = value_append(a, list, value_map())))
                return err_oom(err);
        /* A new tag or digest takes the place of both; a name alone leaves them. */
        bool moves =
                *value_string_or(value_get(image, "newTag"), "") || *value_string_or(value_get(image, "digest"), "");
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                const char *text = value_string_or(value_get(image, fields[i]), "");
                if (!*text && !(moves && i >= 2))
                        continue;
                if (!value_set(a, own, fields[i], value_str(text)))
                        return err_oom(err);
        }
        return 0;
}

static int overlay_images(struct arena *a, const struct value *spec, struct value *k, struct err *err) {
        const struct value *images = value_get(spec, "images");
        if (!value_is_list(images) || !images->len)
                return 0;
        struct value *list = obtain_list(a, k, "images");
        if (!list)
                return err_oom(err);
        VALUE_EACH_ITEM(image, images)
                if (overlay_image(a, image, list, err) < 0)
                        return -1;
        return 0;
}

static int overlay(struct engine *e, const char *dir, const struct value *spec, const struct gitignore *ignore,
                   bool found, struct value *kustomization, struct err *err) {
        struct arena *a = e->arena;
        const struct value *resources = value_get(kustomization, "resources");
        const struct value *metadata = value_get(spec, "buildMetadata");
        struct value origin = value_list();
        if (found && (!value_is_list(resources) || !resources->len) &&
            (!value_append(a, &origin, value_str("originAnnotations")) ||
             !value_set(a, kustomization, "buildMetadata", origin)))
                return err_oom(err);
        if (ignore && flux_ignore_filter(e, dir, ignore, kustomization, err) < 0)
                return -1;
        if (overlay_names(a, spec, kustomization, err) < 0 || overlay_patches(a, spec, kustomization, err) < 0 ||
            overlay_components(e, dir, spec, kustomization, err) < 0 || overlay_images(a, spec, kustomization, err) < 0)
                return -1;
        if (value_is_list(metadata) && metadata->len && !value_set(a, kustomization, "buildMetadata", *metadata))
                return err_oom(err);
        return 0;
}

int flux_generate(struct engine *e, const char *dir, const struct value *spec, const char *ignore, struct value *ret,
                  struct err *err) {
        bool found;
        struct gitignore *set = NULL;
        if (ignore && flux_ignore_load(e, dir, ignore, &set, err) < 0)
                return -1;
        if (read_base(e, dir, set, &found, ret, err) < 0)
                return -1;
        return overlay(e, dir, spec, set, found, ret, err);
}
