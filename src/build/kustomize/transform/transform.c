/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/transform/transform.h"

#include "base/limits.h"
#include "build/kustomize/resource/origin.h"
#include "build/kustomize/plugin/plugin.h"
#include "data/yaml/yaml.h"

int steps_add(struct arena *a, struct steps *steps, struct step step, struct err *err) {
        size_t size = steps->len * sizeof(step);
        struct step *grown = arena_grow(a, steps->items, size, size + sizeof(step));
        if (!grown)
                return err_oom(err);
        grown[steps->len++] = step;
        steps->items = grown;
        return 0;
}

int steps_run(struct engine *e, struct resmap *m, const struct steps *steps, struct err *err) {
        for (size_t i = 0; i < steps->len; i++) {
                const struct step *s = &steps->items[i];
                if (engine_charge(e, m->len, err) < 0 || s->run(e, m, s->arg, err) < 0)
                        return -1;
                if (s->origin && origin_note_step(e->arena, m, s->origin, err) < 0)
                        return -1;
                resmap_drop_empty(m);
        }
        return 0;
}

void transform_print_config(struct buf *b, const struct value *config) {
        struct member members[32]; /* no configuration has more fields */
        struct value shown = {.type = VALUE_MAP, .members = members};
        VALUE_EACH_MEMBER(m, config) {
                bool empty = value_equals_str(&m->value, "") || (value_is_list(&m->value) && !m->value.len);
                if (!empty && shown.len < ARRAY_LEN(members))
                        members[shown.len++] = *m;
        }
        yaml_write(b, &shown, YAML_SIGS);
}

int transform_trouble(const char *kind, const struct value *config, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_MESSAGE_VALUE);
        transform_print_config(&text, config);
        return err_wrap(err, "trouble configuring builtin %s with config: `\n%s`", kind, buf_str(&text));
}

static const char *string_at(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

static const struct value no_items;

/* The list, or an empty one. */
static const struct value *list_at(const struct value *map, const char *key) {
        const struct value *v = value_get(map, key);
        return value_is_list(v) ? v : &no_items;
}

static int configure_patches(struct target *t, struct steps *steps, struct err *err) {
        const struct value *spec = &t->file.spec;
        const struct value *merges = list_at(spec, "patchesStrategicMerge");
        if (merges->len && patch_configure_merge(t, merges, NULL, steps, err) < 0) {
                struct value config = value_map();
                if (!value_set(t->e->arena, &config, "paths", *merges))
                        return err_oom(err);
                return transform_trouble("PatchStrategicMergeTransformer", &config, err);
        }
        VALUE_EACH_ITEM(patch, list_at(spec, "patches"))
                if (patch_configure(t, patch, steps, err) < 0)
                        return transform_trouble("PatchTransformer", patch, err);
        return 0;
}

/* The fields that one entry of `labels` touches. */
static int label_fields(struct target *t, const struct config *c, const struct value *entry, struct fieldspecs *ret,
                        struct err *err) {
        struct arena *a = t->e->arena;
        struct fieldspecs metadata = {0};
        struct fieldspec fs = {.gvk = {"", "", ""}, .path = "metadata/labels", .create = true};
        if (fieldspecs_from_value(a, value_get(entry, "fields"), ret, err) < 0 ||
            fieldspecs_add(a, &metadata, fs, err) < 0)
                return -1;
        if (fieldspecs_merge(a, ret, &c->section[CONFIG_LABELS], ret, err) < 0)
                return err_wrap(err, "failed to merge labels");
        if (value_bool_or(value_get(entry, "includeSelectors"), false))
                return fieldspecs_merge(a, ret, &c->section[CONFIG_COMMON_LABELS], ret, err) < 0
                               ? err_wrap(err, "failed to merge labels")
                               : 0;
        if (value_bool_or(value_get(entry, "includeTemplates"), false) &&
            fieldspecs_merge(a, ret, &c->section[CONFIG_TEMPLATE_LABELS], ret, err) < 0)
                return err_wrap(err, "failed to merge template fieldSpec");
        return fieldspecs_merge(a, ret, &metadata, ret, err) < 0 ? err_wrap(err, "failed to merge labels") : 0;
}

static bool has_pairs(const struct value *map) {
        return value_is_map(map) && map->len > 0;
}

static int configure_labels(struct target *t, const struct config *c, struct steps *steps, struct err *err) {
        const struct value *spec = &t->file.spec, *common = value_get(spec, "commonLabels");
        if (!list_at(spec, "labels")->len && !has_pairs(common))
                return 0;
        VALUE_EACH_ITEM(entry, list_at(spec, "labels")) {
                struct fieldspecs fields;
                if (label_fields(t, c, entry, &fields, err) < 0 ||
                    labels_configure(t, value_get(entry, "pairs"), false, &fields, steps, err) < 0)
                        return -1;
        }
        return labels_configure(t, common, false, &c->section[CONFIG_COMMON_LABELS], steps, err);
}

static int configure_names(struct target *t, const struct config *c, struct steps *steps, struct err *err) {
        const struct value *spec = &t->file.spec;
        const char *ns = string_at(spec, "namespace");
        const char *prefix = string_at(spec, "namePrefix"), *suffix = string_at(spec, "nameSuffix");
        if (*ns &&
            namespace_configure(t, ns, &c->section[CONFIG_NAMESPACE], false, SUBJECTS_DEFAULT_ONLY, steps, err) < 0)
                return -1;
        if (*prefix && affix_configure(t, prefix, false, &c->section[CONFIG_NAME_PREFIX], steps, err) < 0)
                return -1;
        return *suffix ? affix_configure(t, suffix, true, &c->section[CONFIG_NAME_SUFFIX], steps, err) : 0;
}

static int configure_values(struct target *t, const struct config *c, struct steps *steps, struct err *err) {
        const struct value *spec = &t->file.spec;
        VALUE_EACH_ITEM(patch, list_at(spec, "patchesJson6902"))
                if (patch_configure_json(t, value_get(patch, "target"), string_at(patch, "path"),
                                         string_at(patch, "patch"), steps, err) < 0)
                        return transform_trouble("PatchJson6902Transformer", patch, err);
        VALUE_EACH_ITEM(replica, list_at(spec, "replicas"))
                if (replicas_configure(t, replica, &c->section[CONFIG_REPLICAS], steps, err) < 0)
                        return -1;
        VALUE_EACH_ITEM(image, list_at(spec, "images"))
                if (images_configure(t, image, &c->section[CONFIG_IMAGES], steps, err) < 0)
                        return -1;
        const struct value *replacements = value_get(spec, "replacements");
        if (!value_is_list(replacements) || !replacements->len)
                return 0;
        if (replacements_configure(t, replacements, steps, err) == 0)
                return 0;
        struct value config = value_map();
        if (!value_set(t->e->arena, &config, "replacements", *replacements))
                return err_oom(err);
        return transform_trouble("ReplacementTransformer", &config, err);
}

/* True when a text holds U+0085, which YAML's writer leaves as it is and its reader takes for the end of a line. */
static bool has_break(const struct value *v) {
        static const char nel[] = "\xC2\x85";
        if (value_is_string(v))
                return memmem(v->str, v->len, nel, 2);
        if (value_is_list(v))
                VALUE_EACH_ITEM(item, v)
                        if (has_break(item))
                                return true;
        if (value_is_map(v))
                VALUE_EACH_MEMBER(m, v)
                        if (memmem(m->key, m->key_len, nel, 2) || has_break(&m->value))
                                return true;
        return false;
}

int transform_hand_on(struct arena *a, struct value *config, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES);
        if (yaml_check(config, err) < 0)
                return -1;
        if (!has_break(config))
                return 0;
        return yaml_marshal(&text, config, YAML_SIGS, err) < 0
                       ? -1
                       : yaml_parse(a, buf_str(&text), text.len, NULL, config, err);
}

int transform_hand_on_field(struct arena *a, const char *kind, struct value *config, struct err *err) {
        return transform_hand_on(a, config, err) < 0 ? err_wrap(err, "builtin %s marshal", kind) : 0;
}

static int hand_on_fields(struct arena *a, struct value *spec, struct err *err) {
        static const struct {
                const char *field, *kind;
        } fields[] = {
                {"patchesStrategicMerge", "PatchStrategicMergeTransformer"},
                {"patches", "PatchTransformer"},
                {"namespace", "NamespaceTransformer"},
                {"namePrefix", "PrefixTransformer"},
                {"nameSuffix", "SuffixTransformer"},
                {"labels", "LabelTransformer"},
                {"commonLabels", "LabelTransformer"},
                {"commonAnnotations", "AnnotationsTransformer"},
                {"patchesJson6902", "PatchJson6902Transformer"},
                {"replicas", "ReplicaCountTransformer"},
                {"images", "ImageTagTransformer"},
                {"replacements", "ReplacementTransformer"},
        };
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                struct value *v = value_get(spec, fields[i].field);
                if (v && transform_hand_on_field(a, fields[i].kind, v, err) < 0)
                        return -1;
        }
        return 0;
}

int transform_all(struct target *t, struct accumulator *acc, struct err *err) {
        const struct config *c = &acc->config;
        const struct value *annotations = value_get(&t->file.spec, "commonAnnotations");
        struct steps steps = {0};
        if (hand_on_fields(t->e->arena, &t->file.spec, err) < 0 || configure_patches(t, &steps, err) < 0 ||
            configure_names(t, c, &steps, err) < 0 || configure_labels(t, c, &steps, err) < 0)
                return -1;
        if (has_pairs(annotations) &&
            labels_configure(t, annotations, true, &c->section[CONFIG_COMMON_ANNOTATIONS], &steps, err) < 0)
                return -1;
        if (configure_values(t, c, &steps, err) < 0)
                return -1;
        if (t->origin && origin_mark_steps(t, &steps, err) < 0)
                return -1;
        if (plugin_transformers(t, value_get(&t->file.spec, "transformers"), &steps, err) < 0)
                return -1;
        return steps_run(t->e, acc->resources, &steps, err);
}
