/* SPDX-License-Identifier: Apache-2.0 */
/* One build: load the top, accumulate, then what happens once at the end: hashes, name references, vars, order. */
#include "build/kustomize/kustomize.h"

#include "base/limits.h"
#include "build/kustomize/load/documents.h"
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/generate/generate.h"
#include "build/kustomize/load/loader_remote.h"
#include "build/kustomize/nameref/nameref.h"
#include "build/kustomize/config/openapi.h"
#include "build/kustomize/resource/origin.h"
#include "build/kustomize/resource/sort.h"
#include "build/kustomize/replace/vars.h"
#include "data/yaml/yaml.h"

/* What kustomize calls itself in the managed-by label where it is built into another program, as into Flux. */
#define MANAGED_BY "kustomize-(devel)"

int engine_init(struct engine *e, struct arena *a, int root_fd, const struct kustomize_options *options,
                struct err *err) {
        *e = (struct engine){.arena = a, .whole = {.at = ".", .fd = root_fd}, .odd_keys = value_map()};
        if (options)
                e->options = *options;
        bool parts = e->options.folders != NULL;
        e->source = (struct view){
                .folders = parts ? e->options.folders : &e->whole,
                .n_folders = parts ? e->options.n_folders : 1,
                .display_root = e->options.display_root ? e->options.display_root : "",
                .reads = e->options.reads,
        };
        struct config *defaults = arena_make(a, struct config);
        e->pool = arena_make(a, struct yaml_pool);
        if (!defaults || !e->pool)
                return err_oom(err);
        e->defaults = defaults;
        return config_builtin(a, defaults, err) < 0 ? -1 : scopes_init(a, &e->scopes, err);
}

struct merge_schema *engine_schema(struct engine *e, struct err *err) {
        if (e->bad_schema) {
                err_set(err, ERR_INVALID, "%s", e->bad_schema);
                return NULL;
        }
        if (!e->has_schema && merge_schema_builtin(e->arena, &e->schema, err) < 0)
                return NULL;
        e->has_schema = true;
        return &e->schema;
}

void engine_done(struct engine *e) {
        scopes_done(&e->scopes);
        merge_schema_done(&e->schema);
        view_done(&e->source);
        loader_done_remotes(e);
}

int engine_charge(struct engine *e, size_t n, struct err *err) {
        e->work += n;
        if (e->work <= LIMIT_KUSTOMIZE_WORK)
                return 0;
        return err_set(err, ERR_TOO_LARGE, "the build takes more than %zu steps", LIMIT_KUSTOMIZE_WORK);
}

int engine_add_key(struct engine *e, const char *key, struct err *err) {
        if (scalar_check_key(key, NULL) == 0)
                return 0;
        return value_set(e->arena, &e->odd_keys, key, value_bool(true)) ? 0 : err_oom(err);
}

int engine_check_keys(const struct engine *e, const struct value *object, struct err *err) {
        if (!e->odd_keys.len)
                return 0;
        if (value_is_list(object))
                VALUE_EACH_ITEM(item, object)
                        if (engine_check_keys(e, item, err) < 0)
                                return -1;
        if (value_is_map(object))
                VALUE_EACH_MEMBER(m, object)
                        if ((value_getn(&e->odd_keys, m->key, m->key_len) && scalar_check_key(m->key, err) < 0) ||
                            engine_check_keys(e, &m->value, err) < 0)
                                return -1;
        return 0;
}

/* Resources that are only there to be read by others. What is left must still be objects. */
static int drop_local(struct engine *e, struct resmap *m, struct err *err) {
        for (size_t i = 0; i < m->len; i++) {
                if (!resource_is_empty(m->items[i]) && documents_check(e->arena, &m->items[i]->object, err) < 0)
                        return -1;
                const struct value *annotations = value_path(&m->items[i]->object, "metadata", "annotations", NULL);
                const struct value *local = value_get(annotations, "config.kubernetes.io/local-config");
                if (local && !streq(scalar_text(e->arena, local), "false"))
                        m->items[i]->object = value_null();
        }
        resmap_drop_empty(m);
        return 0;
}

static int order(struct engine *e, struct resmap *m, const struct value *spec, struct err *err) {
        const struct value *options = value_get(spec, "sortOptions");
        if (options) {
                if (e->options.reorder != KUSTOMIZE_REORDER_DEFAULT && e->options.warnings)
                        buf_adds(e->options.warnings,
                                 "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a "
                                 "CLI "
                                 "flag ('--reorder'). Using the kustomization file over the CLI flag.\n");
                return sort_resources(e, m, options, err);
        }
        return e->options.reorder == KUSTOMIZE_REORDER_NONE ? 0 : sort_resources(e, m, NULL, err);
}

static int set_managed_by(struct arena *a, void *context, struct value *field, struct err *err) {
        (void)context;
        if (field->type == VALUE_NULL)
                *field = value_map();
        if (!value_is_map(field))
                return scalar_wrong_kind("MappingNode", field, err);
        return value_set(a, field, "app.kubernetes.io/managed-by", value_str(MANAGED_BY)) ? 0 : err_oom(err);
}

static int add_managed_by(struct engine *e, struct resmap *m, struct err *err) {
        const struct field_action action = {.set = set_managed_by, .creates = true, .created = value_map()};
        struct fieldspecs labels = {0};
        if (!e->options.managed_by_label && !origin_wants(e, "managedByLabel"))
                return 0;
        if (fieldspecs_add(e->arena, &labels,
                           (struct fieldspec){.gvk = {"", "", ""}, .path = "metadata/labels", .create = true}, err) < 0)
                return -1;
        for (size_t i = 0; i < m->len; i++)
                if (fieldspecs_apply(e->arena, &labels, &action, &m->items[i]->object, err) < 0)
                        return -1;
        return 0;
}

/* kustomize does not say which object it cannot decode. */
static int not_decoded(struct engine *e, const struct resource *r, struct err *err) {
        struct resid id;
        if (resource_current_id(e->arena, &e->scopes, r, &id) < 0)
                return err_oom(err);
        return err_wrap(err, "%s", resid_string(e->arena, &id));
}

static int finish(struct engine *e, struct accumulator *acc, const struct value *spec, struct value *ret,
                  struct err *err) {
        struct resmap *m = acc->resources;
        if (hash_names(e, m, err) < 0 || nameref_fix(e, m, &acc->config.references, err) < 0 ||
            vars_resolve(e, acc, err) < 0 || drop_local(e, m, err) < 0)
                return -1;
        /* A replacement may have given two resources one name. */
        if (resmap_check_unique(m, err) < 0 || order(e, m, spec, err) < 0 || add_managed_by(e, m, err) < 0 ||
            origin_finish(e, m, err) < 0)
                return -1;
        /* A base's schema may have been read behind the last document that asks for it; kustomize asks again. */
        if (e->bad_schema && e->asked_scope)
                return err_set(err, ERR_INVALID, "%s", e->bad_schema);
        if (e->late_error)
                return err_set(err, ERR_INVALID, "%s", e->late_error);
        struct value out = value_list();
        for (size_t i = 0; i < m->len; i++)
                if (engine_check_keys(e, &m->items[i]->object, err) < 0 ||
                    scalar_settle(e->arena, &m->items[i]->object, err) < 0)
                        return not_decoded(e, m->items[i], err);
                else if (!value_append(e->arena, &out, m->items[i]->object))
                        return err_oom(err);
        *ret = out;
        return 0;
}

static int enter_top(struct engine *e, const char *path, struct loader *ret, struct err *err) {
        const struct loader from = {.view = &e->source, .root = "."};
        enum loader_remote kind;
        if (!e->options.entry)
                return loader_top(e, path, ret, err);
        if (loader_enter_remote(e, &from, e->options.entry, &kind, ret, err) < 0)
                return -1;
        if (kind != LOADER_ENTERED)
                return err_set(err, ERR_UNAVAILABLE, "'%s' is not fetched yet", e->options.entry);
        ret->parent = NULL;
        return 0;
}

static int build(struct engine *e, const char *path, struct value *ret, struct err *err) {
        struct target top = {.e = e};
        static const struct value no_origin = {.type = VALUE_MAP};
        if (enter_top(e, path, &top.loader, err) < 0)
                return -1;
        int failed = e->options.top ? kfile_from_value(e, &top.loader, e->options.top, &top.file, err)
                                    : kfile_load(e, &top.loader, &top.file, err);
        if (failed || openapi_set(e, &top.loader, &top.file.spec, true, err) < 0)
                return -1;
        e->build_metadata = value_get(&top.file.spec, "buildMetadata");
        if (value_is_list(e->build_metadata) && e->build_metadata->len)
                top.origin = &no_origin;
        _cleanup_accumulator_ struct accumulator acc;
        if (accumulator_init(e, &acc, err) < 0 || target_accumulate(&top, &acc, err) < 0)
                return -1;
        return finish(e, &acc, &top.file.spec, ret, err);
}

int kustomize_build(struct arena *a, int root_fd, const char *path, const struct kustomize_options *options,
                    struct value *ret, struct err *err) {
        _cleanup_engine_ struct engine e;
        if (engine_init(&e, a, root_fd, options, err) < 0 || build(&e, path, ret, err) < 0)
                return -1;
        if (e.remotes_missing)
                return err_set(err, ERR_UNAVAILABLE, "remote bases are not fetched yet");
        return 0;
}

void kustomize_emit(struct buf *b, const struct value *objects) {
        VALUE_EACH_ITEM(object, objects) {
                if (object != objects->items)
                        buf_adds(b, "---\n");
                yaml_write(b, object, YAML_SIGS);
        }
}

/* kustomize shows the object it cannot print as a Go value. */
static int not_printable(const struct value *object, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_KUSTOMIZE_OUTPUT), shown = BUF_INIT(LIMIT_MESSAGE_VALUE);
        yaml_write(&text, object, YAML_KYAML);
        if (!buf_failed(&text) && yaml_describe(&shown, buf_str(&text), text.len, YAML_KYAML, NULL) == 0)
                err_wrap(err, "%s", buf_str(&shown));
        return -1;
}

int kustomize_print(struct buf *b, const struct value *objects, struct err *err) {
        VALUE_EACH_ITEM(object, objects) {
                if (object != objects->items)
                        buf_adds(b, "---\n");
                if (yaml_marshal(b, object, YAML_SIGS, err) < 0)
                        return not_printable(object, err);
        }
        return 0;
}
