/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/target.h"

#include "build/kustomize/config/configure.h"
#include "build/kustomize/generate/generate.h"
#include "build/kustomize/load/loader_remote.h"
#include "build/kustomize/config/openapi.h"
#include "build/kustomize/resource/origin.h"
#include "build/kustomize/plugin/plugin.h"
#include "build/kustomize/field/quote.h"
#include "build/kustomize/transform/transform.h"
#include "build/kustomize/replace/vars.h"

int accumulator_init(struct engine *e, struct accumulator *acc, struct err *err) {
        *acc = (struct accumulator){.resources = resmap_new(e->arena, &e->scopes)};
        return acc->resources ? 0 : err_oom(err);
}

void accumulator_done(struct accumulator *acc) {
        resmap_done(acc->resources);
}

/* The error of an id that comes twice: in the file itself, which kustomize looks through first, or elsewhere. */
static int not_unique(struct target *t, const struct resources *file, const char *path, struct err *why,
                      struct err *err) {
        struct resmap *own = resmap_new(t->e->arena, &t->e->scopes);
        if (!own)
                return err_oom(err);
        int failed = 0;
        for (size_t i = 0; i < file->len && !failed; i++)
                failed = resmap_append(own, file->items[i], err);
        resmap_done(own);
        if (failed)
                return err_wrap(err, "accumulating resources from '%s'", path);
        err_move(err, why);
        return err_wrap(err, "merging resources from '%s'", path);
}

static int add_file(struct target *t, struct accumulator *acc, const char *path, struct err *err) {
        struct resources found;
        _cleanup_err_ struct err why = ERR_INIT;
        if (documents_read_file(t->e, &t->loader, path, &found, err) < 0)
                return err_wrap(err, "accumulating resources from '%s'", path);
        const struct value *origin = NULL;
        if (t->origin && !(origin = origin_below(t->e->arena, t->origin, path)))
                return err_oom(err);
        for (size_t i = 0; i < found.len; i++) {
                found.items[i]->origin = origin;
                if (resmap_append(acc->resources, found.items[i], &why) < 0)
                        return not_unique(t, &found, path, &why, err);
        }
        return 0;
}

static int merge_accumulator(struct engine *e, struct accumulator *to, const struct accumulator *from,
                             struct err *err) {
        if (resmap_append_all(to->resources, from->resources, err) < 0 ||
            config_merge(e->arena, &to->config, &from->config, &to->config, err) < 0)
                return -1;
        return vars_merge(e->arena, &to->vars, from->vars.items, from->vars.len, err);
}

static int check_kind(struct target *sub, bool component, struct err *err) {
        const char *root = loader_display(sub->e, &sub->loader);
        bool is = kfile_is_component(&sub->file);
        if (component && !is)
                return err_set(err, ERR_INVALID, "expected kind 'Component' for path '%s' but got '%s'", root,
                               value_string_or(value_get(&sub->file.spec, "kind"), ""));
        if (!component && is)
                return err_set(err, ERR_INVALID, "expected kind != 'Component' for path '%s'", root);
        return 0;
}

/* Builds a directory. A component works on what its parent has so far; a base starts empty and joins at the end. */
static int add_directory(struct target *t, struct accumulator *acc, struct loader *l, const char *path, bool component,
                         struct err *err) {
        struct engine *e = t->e;
        struct target sub = {.e = e, .loader = *l};
        if (kfile_load(e, &sub.loader, &sub.file, err) < 0)
                return err_wrap(err, "couldn't make target for path '%s'", loader_display(e, l));
        if (t->origin && !(sub.origin = origin_below(e->arena, t->origin, path)))
                return err_oom(err);
        if (openapi_set(e, &sub.loader, &sub.file.spec, false, err) < 0 || check_kind(&sub, component, err) < 0)
                return -1;
        const char *root = loader_display(e, l);
        if (component) {
                /* kustomize merges the outcome into an empty one: field specs that contradict each other show then. */
                const struct config none = {0};
                if (target_accumulate(&sub, acc, err) < 0)
                        return err_wrap(err, "recursed accumulation of path '%s'", root);
                if (config_merge(e->arena, &none, &acc->config, &acc->config, err) < 0)
                        return err_wrap(err, "recursed merging from path '%s'", root);
                return resmap_check_unique(acc->resources, err);
        }
        _cleanup_accumulator_ struct accumulator own;
        if (accumulator_init(e, &own, err) < 0)
                return -1;
        if (target_accumulate(&sub, &own, err) < 0)
                return err_wrap(err, "recursed accumulation of path '%s'", root);
        if (merge_accumulator(e, acc, &own, err) < 0)
                return err_wrap(err, "recursed merging from path '%s'", root);
        return 0;
}

/* A path that is no file of resources must be a directory; the message tells both stories. */
static int add_resource(struct target *t, struct accumulator *acc, const char *path, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        enum loader_remote remote;
        struct loader l;
        if (loader_enter_remote(t->e, &t->loader, path, &remote, &l, err) < 0)
                return -1;
        if (remote != LOADER_LOCAL)
                return remote == LOADER_ENTERED ? add_directory(t, acc, &l, path, false, err) : 0;
        if (add_file(t, acc, path, &why) == 0)
                return 0;
        if (why.class == ERR_MEMORY || why.class == ERR_TOO_LARGE)
                return err_move(err, &why);
        if (loader_enter(t->e, &t->loader, path, &l, err) < 0) {
                if (documents_malformed(&why))
                        return err_move(err, &why);
        } else if (add_directory(t, acc, &l, path, false, err) == 0) {
                return 0;
        }
        return err_wrap(err, "accumulation err='%s'", err_message(&why));
}

int target_add_resources(struct target *t, struct accumulator *acc, const struct value *paths, struct err *err) {
        if (!value_is_list(paths))
                return 0;
        VALUE_EACH_ITEM(path, paths)
                if (add_resource(t, acc, path->str, err) < 0)
                        return -1;
        return 0;
}

/* Go's %q around the error of a component. */
static int quote_error(struct target *t, const char *what, struct err *err) {
        const char *quoted = quote_text(t->e->arena, err_message(err));
        return err ? err_set(err, err->class, "%s %s", what, quoted ? quoted : "") : -1;
}

static int add_components(struct target *t, struct accumulator *acc, struct err *err) {
        const struct value *paths = value_get(&t->file.spec, "components");
        if (!value_is_list(paths))
                return 0;
        VALUE_EACH_ITEM(path, paths) {
                struct loader l;
                enum loader_remote remote;
                if (loader_enter_remote(t->e, &t->loader, path->str, &remote, &l, err) < 0 ||
                    (remote == LOADER_LOCAL && loader_enter(t->e, &t->loader, path->str, &l, err) < 0))
                        return quote_error(t, "loader.New", err);
                if (remote == LOADER_LATER)
                        continue;
                if (add_directory(t, acc, &l, path->str, true, err) < 0)
                        return quote_error(t, "accumulateDirectory:", err);
        }
        return 0;
}

static int add_config(struct target *t, struct accumulator *acc, struct err *err) {
        struct config own;
        if (configure_from_files(t, &own, err) < 0 ||
            config_merge(t->e->arena, &acc->config, &own, &acc->config, err) < 0)
                return -1;
        if (configure_from_crds(t, &own, err) < 0)
                return -1;
        return config_merge(t->e->arena, &acc->config, &own, &acc->config, err);
}

int target_accumulate(struct target *t, struct accumulator *acc, struct err *err) {
        const struct value *spec = &t->file.spec;
        if (target_add_resources(t, acc, value_get(spec, "resources"), err) < 0)
                return err_wrap(err, "accumulating resources");
        if (add_config(t, acc, err) < 0 || generate_all(t, acc, err) < 0)
                return -1;
        if (add_components(t, acc, err) < 0)
                return err_wrap(err, "accumulating components");
        if (transform_all(t, acc, err) < 0 || plugin_validate(t, acc, err) < 0)
                return -1;
        return vars_collect(t, acc, err);
}
