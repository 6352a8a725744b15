/* SPDX-License-Identifier: Apache-2.0 */
#include "build/flux/flux_build.h"

#include "build/flux/flux_internal.h"
#include "build/kustomize/kustomize.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/field/scalar.h"
#include "data/json/json.h"

/* The path beneath the root, as a scoped join: ".." stops at the root, a leading slash means the root. */
static const char *scoped(struct arena *a, const char *path) {
        const char *clean = loader_join(a, "", path);
        while (clean && str_has_prefix(clean, ".."))
                clean = clean[2] ? clean + 3 : ".";
        return clean && !*clean ? "." : clean;
}

static int find_path(struct engine *e, const char *path, const char **ret, struct err *err) {
        const char *clean = scoped(e->arena, path);
        const struct place *place;
        _cleanup_err_ struct err why = ERR_INIT;
        if (!clean)
                return err_oom(err);
        if (view_resolve(e, &e->source, clean, &place, &why) < 0)
                return err_set_reason(err, ERR_NOT_FOUND, "ArtifactFailed",
                                      "kustomization path not found: stat %s: no such file or directory",
                                      view_display(e->arena, &e->source, clean));
        if (!place->directory)
                return err_set(err, ERR_INVALID, "open %s/kustomization.yaml: not a directory",
                               view_display(e->arena, &e->source, clean));
        *ret = place->real;
        return 0;
}

/* Everything applied needs these three. */
static int check_objects(struct arena *a, const struct value *objects, struct err *err) {
        VALUE_EACH_ITEM(object, objects) {
                const struct value *name = value_path(object, "metadata", "name", NULL);
                if (*scalar_text(a, value_get(object, "apiVersion")) && *scalar_text(a, value_get(object, "kind")) &&
                    *scalar_text(a, name))
                        continue;
                _cleanup_buf_ struct buf text = BUF_INIT(65536);
                json_write(&text, object, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
                return err_set(err, ERR_INVALID, "failed to decode Kubernetes apiVersion, kind and name from: %s",
                               buf_str(&text));
        }
        return 0;
}

static bool is_kustomize_file(const struct value *object) {
        return value_equals_str(value_get(object, "kind"), "Kustomization") &&
               str_has_prefix(value_string_or(value_get(object, "apiVersion"), ""), "kustomize.config.k8s.io/");
}

/* Lists give way to their items; what is kustomize's own, or no object at all, is left out. */
static int expand(struct arena *a, const struct value *objects, struct value *ret, struct err *err) {
        *ret = value_list();
        VALUE_EACH_ITEM(object, objects) {
                const struct value *items = value_get(object, "items");
                if (value_is_list(items)) {
                        VALUE_EACH_ITEM(item, items)
                                if (!value_append(a, ret, *item))
                                        return err_oom(err);
                        continue;
                }
                if (!is_kustomize_file(object) && !value_append(a, ret, *object))
                        return err_oom(err);
        }
        return 0;
}

static int build(struct arena *a, int root_fd, const char *path, const struct value *spec,
                 const struct flux_build_options *o, struct value *ret, struct err *err) {
        struct kustomize_options options = {
                .load_restrictions_none = true,
                .remotes = o->remotes,
                .reorder = KUSTOMIZE_REORDER_NONE,
                .folders = o->folders,
                .n_folders = o->n_folders,
                .reads = o->reads,
                .display_root = o->display_root,
        };
        _cleanup_engine_ struct engine e;
        struct value kustomization, objects;
        const char *dir = NULL;
        if (engine_init(&e, a, root_fd, &options, err) < 0 || find_path(&e, path, &dir, err) < 0 ||
            flux_generate(&e, dir, spec, o->ignore, &kustomization, err) < 0)
                return -1;
        options.top = &kustomization;
        if (kustomize_build(a, root_fd, dir, &options, &objects, err) < 0)
                return err_wrap(err, "kustomize build failed");
        if (check_objects(a, &objects, err) < 0)
                return -1;
        const struct value *post = value_get(spec, "postBuild");
        bool always = value_equals_str(value_get(post, "substituteStrategy"), "Always");
        static const struct value none = {.type = VALUE_MAP};
        const struct value *vars = value_is_map(o->vars) ? o->vars : &none;
        if ((vars->len || (post && always)) && flux_substitute(a, vars, o->strict, &objects, err) < 0)
                return -1;
        if (o->ret_built)
                *o->ret_built = objects;
        return expand(a, &objects, ret, err);
}

int flux_build_with(struct arena *a, int root_fd, const char *path, const struct value *kustomization,
                    const struct flux_build_options *options, struct value *ret, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        if (build(a, root_fd, path, value_get(kustomization, "spec"), options, ret, &why) == 0)
                return 0;
        if (!why.reason[0])
                snprintf(why.reason, sizeof(why.reason), "BuildFailed");
        return err_move(err, &why);
}

int flux_build(struct arena *a, int root_fd, const char *path, const struct value *kustomization,
               const struct value *vars, struct value *ret, struct err *err) {
        const struct flux_build_options options = {.vars = vars};
        return flux_build_with(a, root_fd, path, kustomization, &options, ret, err);
}
