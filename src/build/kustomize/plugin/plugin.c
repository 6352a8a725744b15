/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/plugin/plugin.h"

#include "build/kustomize/generate/generate.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/resource/origin.h"
#include "build/kustomize/file/shape.h"

static const char *string_at(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

/* ---- loading ---- */

/* Each entry is a resource as text, or the path of a file or a directory with resources. */
int plugin_load(struct target *t, const struct value *list, const char *what, struct accumulator *acc,
                struct err *err) {
        struct value paths = value_list();
        if (!value_is_list(list))
                return 0;
        VALUE_EACH_ITEM(entry, list) {
                struct resources found;
                if (documents_read(t->e, entry->str, entry->len, &found, NULL) < 0) {
                        if (!value_append(t->e->arena, &paths, *entry))
                                return err_oom(err);
                        continue;
                }
                for (size_t i = 0; i < found.len; i++) {
                        if (t->origin && !(found.items[i]->origin = origin_below(t->e->arena, t->origin, t->file.name)))
                                return err_oom(err);
                        if (resmap_append(acc->resources, found.items[i], err) < 0)
                                return err_wrap(err, "configuring external %s", what);
                }
        }
        return target_add_resources(t, acc, &paths, err);
}

int plugin_check(struct target *t, const struct resource *r, struct err *err) {
        if (streq(resource_api_version(t->e->arena, r), "builtin"))
                return 0;
        return err_set(err, ERR_UNSUPPORTED, "external plugins disabled; unable to load external plugin '%s'",
                       resource_kind(t->e->arena, r));
}

static const char *id_of(struct target *t, const struct resource *r) {
        struct resid id;
        const char *text =
                resource_original_id(t->e->arena, &t->e->scopes, r, &id) < 0 ? NULL : resid_string(t->e->arena, &id);
        return text ? text : "";
}

int plugin_settle(struct target *t, const struct resource *r, struct value *ret, struct err *err) {
        struct value settled = r->object;
        if (scalar_settle(t->e->arena, &settled, err) < 0)
                return -1;
        if (transform_hand_on(t->e->arena, &settled, err) < 0)
                return err_wrap(err, "marshalling yaml from res %s", id_of(t, r));
        *ret = settled;
        return 0;
}

int plugin_fails(struct target *t, const struct resource *r, struct err *err) {
        return err_wrap(err, "plugin %s fails configuration", id_of(t, r));
}

/* ---- transformers ---- */

/* The field specs that a plugin's file lists. */
static int own_fields(struct target *t, const struct value *config, struct fieldspecs **ret, struct err *err) {
        struct fieldspecs *fields = arena_make(t->e->arena, struct fieldspecs);
        if (!fields)
                return err_oom(err);
        if (fieldspecs_from_value(t->e->arena, value_get(config, "fieldSpecs"), fields, err) < 0)
                return -1;
        *ret = fields;
        return 0;
}

/* Noted among a resource's transformations all the same. */
static int run_nothing(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        return 0;
}

static int configure_namespace(struct target *t, const struct value *config, const struct fieldspecs *fields,
                               struct steps *steps, struct err *err) {
        const char *ns = string_at(value_get(config, "metadata"), "namespace");
        const char *mode = string_at(config, "setRoleBindingSubjects");
        static const char *const modes[] = {"defaultOnly", "none", "allServiceAccounts"};
        size_t subjects = *mode ? ARRAY_LEN(modes) : SUBJECTS_DEFAULT_ONLY;
        for (size_t i = 0; i < ARRAY_LEN(modes); i++)
                if (streq(mode, modes[i]))
                        subjects = i;
        if (subjects == ARRAY_LEN(modes))
                return err_set(
                        err, ERR_INVALID,
                        "invalid value \"%s\" for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" "
                        "or \"allServiceAccounts\"",
                        mode);
        if (!*ns)
                return steps_add(t->e->arena, steps, (struct step){.run = run_nothing, .kind = "NamespaceTransformer"},
                                 err);
        return namespace_configure(t, ns, fields, value_bool_or(value_get(config, "unsetOnly"), false),
                                   (enum subjects)subjects, steps, err);
}

static int configure_affix(struct target *t, const struct value *config, const struct fieldspecs *fields,
                           struct steps *steps, struct err *err) {
        const char *kind = string_at(config, "kind");
        if (!value_get(config, "fieldSpecs"))
                return err_set(err, ERR_INVALID, "fieldSpecs is not expected to be nil");
        if (!streq(kind, "SuffixTransformer") &&
            affix_configure(t, string_at(config, "prefix"), false, fields, steps, err) < 0)
                return -1;
        return streq(kind, "PrefixTransformer")
                       ? 0
                       : affix_configure(t, string_at(config, "suffix"), true, fields, steps, err);
}

static int configure_labels(struct target *t, const struct value *config, const struct fieldspecs *fields,
                            struct steps *steps, struct err *err) {
        bool annotations = streq(string_at(config, "kind"), "AnnotationsTransformer");
        return labels_configure(t, value_get(config, annotations ? "annotations" : "labels"), annotations, fields,
                                steps, err);
}

static int configure_image(struct target *t, const struct value *config, const struct fieldspecs *fields,
                           struct steps *steps, struct err *err) {
        static const struct value none = {.type = VALUE_MAP};
        const struct value *image = value_get(config, "imageTag");
        return images_configure(t, image ? image : &none, fields, steps, err);
}

static int configure_replica(struct target *t, const struct value *config, const struct fieldspecs *fields,
                             struct steps *steps, struct err *err) {
        return replicas_configure(t, value_get(config, "replica"), fields, steps, err);
}

static int configure_patch(struct target *t, const struct value *config, const struct fieldspecs *fields,
                           struct steps *steps, struct err *err) {
        (void)fields;
        return patch_configure(t, config, steps, err);
}

static int configure_merge(struct target *t, const struct value *config, const struct fieldspecs *fields,
                           struct steps *steps, struct err *err) {
        (void)fields;
        return patch_configure_merge(t, value_get(config, "paths"), string_at(config, "patches"), steps, err);
}

static int configure_json(struct target *t, const struct value *config, const struct fieldspecs *fields,
                          struct steps *steps, struct err *err) {
        (void)fields;
        return patch_configure_json(t, value_get(config, "target"), string_at(config, "path"),
                                    string_at(config, "jsonOp"), steps, err);
}

static int configure_replacements(struct target *t, const struct value *config, const struct fieldspecs *fields,
                                  struct steps *steps, struct err *err) {
        static const struct value none = {.type = VALUE_LIST};
        const struct value *list = value_get(config, "replacements");
        (void)fields;
        return replacements_configure(t, list ? list : &none, steps, err);
}

static int run_hash(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        (void)arg;
        return hash_names(e, m, err);
}

static int configure_hash(struct target *t, const struct value *config, const struct fieldspecs *fields,
                          struct steps *steps, struct err *err) {
        (void)config;
        (void)fields;
        return steps_add(t->e->arena, steps, (struct step){.run = run_hash, .kind = "HashTransformer"}, err);
}

static int configure_valueadd(struct target *t, const struct value *config, const struct fieldspecs *fields,
                              struct steps *steps, struct err *err) {
        (void)fields;
        return valueadd_configure(t, config, steps, err);
}

static const struct {
        const char *kind;
        const struct shape *shape;
        int (*configure)(struct target *t, const struct value *config, const struct fieldspecs *fields,
                         struct steps *steps, struct err *err);
} transformers[] = {
        {"AnnotationsTransformer", &shape_plugin_labels, configure_labels},
        {"HashTransformer", &shape_plugin_none, configure_hash},
        {"ImageTagTransformer", &shape_plugin_image, configure_image},
        {"LabelTransformer", &shape_plugin_labels, configure_labels},
        {"NamespaceTransformer", &shape_plugin_namespace, configure_namespace},
        {"PatchJson6902Transformer", &shape_plugin_json, configure_json},
        {"PatchStrategicMergeTransformer", &shape_plugin_merge, configure_merge},
        {"PatchTransformer", &shape_plugin_patch, configure_patch},
        {"PrefixSuffixTransformer", &shape_plugin_affix, configure_affix},
        {"PrefixTransformer", &shape_plugin_affix, configure_affix},
        {"ReplacementTransformer", &shape_plugin_replacements, configure_replacements},
        {"ReplicaCountTransformer", &shape_plugin_replica, configure_replica},
        {"SuffixTransformer", &shape_plugin_affix, configure_affix},
        {"ValueAddTransformer", &shape_plugin_valueadd, configure_valueadd},
};

static int configure_one(struct target *t, const struct resource *r, struct steps *steps, struct err *err) {
        const char *kind = resource_kind(t->e->arena, r);
        for (size_t i = 0; i < ARRAY_LEN(transformers); i++) {
                if (!streq(kind, transformers[i].kind))
                        continue;
                struct value config, settled;
                struct fieldspecs *fields = NULL;
                if (plugin_settle(t, r, &settled, err) < 0)
                        return -1;
                if (shape_read(t->e->arena, transformers[i].shape, &settled, SHAPE_COERCE, &config, err) < 0) {
                        err_wrap(err, "error unmarshaling JSON: while decoding JSON");
                        return plugin_fails(t, r, err);
                }
                if (own_fields(t, &config, &fields, err) < 0 ||
                    transformers[i].configure(t, &config, fields, steps, err) < 0)
                        return plugin_fails(t, r, err);
                return 0;
        }
        const struct gvk gvk = {.group = "", .version = "builtin", .kind = kind};
        return err_set(err, ERR_INVALID, "unable to load builtin %s", gvk_string(t->e->arena, &gvk));
}

int plugin_transformers(struct target *t, const struct value *list, struct steps *steps, struct err *err) {
        _cleanup_accumulator_ struct accumulator found;
        if (accumulator_init(t->e, &found, err) < 0 || plugin_load(t, list, "transformer", &found, err) < 0)
                return -1;
        for (size_t i = 0; i < found.resources->len; i++) {
                const struct resource *r = found.resources->items[i];
                size_t first = steps->len;
                if (plugin_check(t, r, err) < 0 || configure_one(t, r, steps, err) < 0)
                        return -1;
                /* A plugin of two steps is noted once. */
                if (t->origin && steps->len > first &&
                    !(steps->items[steps->len - 1].origin = origin_plugin(t->e->arena, r)))
                        return err_oom(err);
        }
        return 0;
}

/* ---- validators ---- */

/* Runs a validator on copies: it may look, but a change is an error. */
static int validate(struct target *t, struct accumulator *acc, const struct steps *steps, struct err *err) {
        struct engine *e = t->e;
        struct resmap *copy = resmap_new(e->arena, &e->scopes);
        int failed = copy ? 0 : err_oom(err);
        for (size_t i = 0; i < acc->resources->len && !failed; i++) {
                if (resource_show_notes(e->arena, acc->resources->items[i], err) < 0) { /* as the validator will */
                        failed = -1;
                        break;
                }
                struct resource *r = arena_memdup(e->arena, acc->resources->items[i], sizeof(*r));
                failed = !r ? err_oom(err) : value_clone(e->arena, &acc->resources->items[i]->object, &r->object, err);
                failed = failed || resmap_append(copy, r, err);
        }
        failed = failed || steps_run(e, copy, steps, err);
        bool same = !failed && copy->len == acc->resources->len;
        for (size_t i = 0; same && i < copy->len; i++) {
                struct value *labels = value_path(&copy->items[i]->object, "metadata", "labels", NULL);
                if (value_is_map(labels))
                        value_remove(labels, "validated-by");
                same = value_equal(&copy->items[i]->object, &acc->resources->items[i]->object);
        }
        resmap_done(copy);
        if (failed)
                return -1;
        return same ? 0 : err_set(err, ERR_INVALID, "validator shouldn't modify the resource map");
}

int plugin_validate(struct target *t, struct accumulator *acc, struct err *err) {
        const struct value *list = value_get(&t->file.spec, "validators");
        struct steps steps = {0};
        if (!value_is_list(list) || !list->len)
                return 0;
        if (plugin_transformers(t, list, &steps, err) < 0)
                return -1;
        for (size_t i = 0; i < steps.len; i++)
                steps.items[i].origin = NULL; /* a validator is noted nowhere */
        return validate(t, acc, &steps, err);
}
