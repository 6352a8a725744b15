/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/file/kfile.h"

#include "build/kustomize/generate/helm.h"
#include "build/kustomize/file/shape.h"
#include "data/yaml/yaml.h"

static const char *const file_names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

/* Warns about fields that kustomize calls deprecated, in its order. */
static void warn(struct engine *e, const struct value *spec) {
        static const struct {
                const char *old, *new, *note;
        } fields[] = {
                {"bases", "resources", ""},
                {"commonLabels", "labels", ""},
                {"imageTags", "images", ""},
                {"patchesJson6902", "patches", ""},
                {"patchesStrategicMerge", "patches", ""},
                {"vars", "replacements", "[EXPERIMENTAL] "},
        };
        for (size_t i = 0; e->options.warnings && i < ARRAY_LEN(fields); i++)
                if (value_get(spec, fields[i].old))
                        buf_addf(
                                e->options.warnings,
                                "# Warning: '%s' is deprecated. Please use '%s' instead. %sRun 'kustomize edit fix' to "
                                "update your Kustomization automatically.\n",
                                fields[i].old, fields[i].new, fields[i].note);
}

/* Appends the list `from` to the list `to` and removes it. */
static int move_list(struct engine *e, struct value *spec, const char *from, const char *to, struct err *err) {
        struct value *old = value_get(spec, from);
        if (!old)
                return 0;
        struct value items = *old;
        value_remove(spec, from);
        struct value *list = value_get(spec, to);
        if (!list)
                list = value_set(e->arena, spec, to, value_list());
        if (!list)
                return err_oom(err);
        VALUE_EACH_ITEM(item, &items)
                if (!value_append(e->arena, list, *item))
                        return err_oom(err);
        return 0;
}

/* `env: x` of generators joins envs. */
static int move_env(struct engine *e, struct value *generators, struct err *err) {
        if (!generators)
                return 0;
        VALUE_EACH_ITEM(g, generators) {
                const char *env = value_get_str(g, "env");
                if (!env || !*env)
                        continue;
                struct value *envs = value_get(g, "envs");
                if (!envs)
                        envs = value_set(e->arena, g, "envs", value_list());
                if (!envs || !value_append(e->arena, envs, value_str(env)))
                        return err_oom(err);
                value_remove(g, "env");
        }
        return 0;
}

static int migrate(struct engine *e, struct value *spec, struct err *err) {
        const char *kind = value_get_str(spec, "kind");
        if (!kind || !*kind)
                kind = "Kustomization";
        if (!value_set(e->arena, spec, "kind", value_str(kind)))
                return err_oom(err);
        const char *version = value_get_str(spec, "apiVersion");
        if (!version || !*version)
                version = streq(kind, "Component") ? "kustomize.config.k8s.io/v1alpha1"
                                                   : "kustomize.config.k8s.io/v1beta1";
        if (!value_set(e->arena, spec, "apiVersion", value_str(version)))
                return err_oom(err);
        if (move_list(e, spec, "bases", "resources", err) < 0 || move_list(e, spec, "imageTags", "images", err) < 0 ||
            move_env(e, value_get(spec, "configMapGenerator"), err) < 0 ||
            move_env(e, value_get(spec, "secretGenerator"), err) < 0)
                return -1;
        return helm_migrate(e->arena, spec, err);
}

static int check(struct engine *e, const struct loader *l, const struct value *spec, struct err *err) {
        const char *kind = value_get_str(spec, "kind"), *version = value_get_str(spec, "apiVersion");
        if (spec->len <= 2)
                return err_set(err, ERR_INVALID, "kustomization.yaml is empty");
        bool component = streq(kind, "Component");
        bool known = component || streq(kind, "Kustomization");
        const char *required = component ? "kustomize.config.k8s.io/v1alpha1" : "kustomize.config.k8s.io/v1beta1";
        bool current = streq(version, required);
        if (known && current)
                return 0;
        _cleanup_buf_ struct buf text = BUF_INIT(4096);
        if (!known)
                buf_addf(&text, "\nkind should be Kustomization or Component");
        if (!current)
                buf_addf(&text, "\napiVersion for %s should be %s", kind, required);
        return err_set(err, ERR_INVALID, "Failed to read kustomization file under %s:%s", loader_display(e, l),
                       buf_str(&text));
}

int kfile_from_value(struct engine *e, const struct loader *l, const struct value *v, struct kfile *ret,
                     struct err *err) {
        struct value spec;
        if (shape_read(e->arena, &shape_kustomization, v, SHAPE_STRICT, &spec, err) < 0)
                return err_wrap(err, "invalid Kustomization");
        warn(e, &spec);
        if (migrate(e, &spec, err) < 0 || check(e, l, &spec, err) < 0)
                return -1;
        ret->spec = spec;
        return 0;
}

/* Puts file and line before a hint that begins with the field's path. */
static int say_where(struct engine *e, const struct loader *l, const char *name, const char *text, size_t n,
                     struct err *err) {
        if (!err || !err->hint)
                return -1;
        const char *path = arena_strndup(e->arena, err->hint, strcspn(err->hint, ":"));
        unsigned line = path ? yaml_line_of(text, n, path) : 0;
        return line ? err_hint(err, "%s/%s:%u", loader_display(e, l), name, line)
                    : err_hint(err, "%s/%s", loader_display(e, l), name);
}

int kfile_load(struct engine *e, const struct loader *l, struct kfile *ret, struct err *err) {
        const char *text = NULL, *name = NULL;
        size_t n = 0;
        for (size_t i = 0; i < ARRAY_LEN(file_names); i++) {
                const char *found;
                size_t found_n;
                _cleanup_err_ struct err why = ERR_INIT;
                if (loader_read(e, l, file_names[i], &found, &found_n, &why) < 0) {
                        if (why.class == ERR_MEMORY || why.class == ERR_TOO_LARGE)
                                return err_move(err, &why);
                        continue;
                }
                if (text)
                        return err_set(err, ERR_INVALID, "Found multiple kustomization files under: %s\n",
                                       loader_display(e, l));
                text = found;
                n = found_n;
                name = file_names[i];
        }
        if (!text)
                return err_set(err, ERR_NOT_FOUND,
                               "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in "
                               "directory '%s'",
                               loader_display(e, l));
        struct value v;
        const struct yaml_options options = {.dialect = YAML_SIGS};
        if (yaml_parse(e->arena, text, n, &options, &v, err) < 0)
                return err_wrap(err, "invalid Kustomization");
        ret->name = name;
        return kfile_from_value(e, l, &v, ret, err) < 0 ? say_where(e, l, name, text, n, err) : 0;
}

bool kfile_is_component(const struct kfile *k) {
        return value_equals_str(value_get(&k->spec, "kind"), "Component");
}
