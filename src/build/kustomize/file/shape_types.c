/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of kustomize's files (API kustomize.config.k8s.io/v1beta1 of 5.8.1). */
#include "build/kustomize/file/shape.h"

#include "base/util.h"

#define GVK(in)                                                                                                        \
        {"group", SHAPE_STRING, NULL, in}, {"version", SHAPE_STRING, NULL, in}, {                                      \
                "kind", SHAPE_STRING, NULL, in                                                                         \
        }
#define RESID                                                                                                          \
        GVK("ResId.Gvk"), {"name", SHAPE_STRING, NULL, "ResId"}, {                                                     \
                "namespace", SHAPE_STRING, NULL, "ResId"                                                               \
        }

static const struct shape_field field_spec[] = {
        GVK("Gvk"),
        {"path", SHAPE_STRING, NULL},
        {"create", SHAPE_BOOL, NULL},
};
SHAPE(shape_field_spec, "types.FieldSpec", field_spec);

static const struct shape_field selector[] = {
        RESID,
        {"annotationSelector", SHAPE_STRING, NULL},
        {"labelSelector", SHAPE_STRING, NULL},
};
SHAPE(shape_selector, "types.Selector", selector);

static const struct shape_field patch_options[] = {
        {"allowNameChange", SHAPE_BOOL, NULL},
        {"allowKindChange", SHAPE_BOOL, NULL},
};
static SHAPE(shape_patch_options, "types.PatchArgs", patch_options);

static const struct shape_field patch[] = {
        {"path", SHAPE_STRING, NULL},
        {"patch", SHAPE_STRING, NULL},
        {"target", SHAPE_STRUCT, &shape_selector},
        {"options", SHAPE_STRUCT, &shape_patch_options},
};
static SHAPE(shape_patch, "types.Patch", patch);

static const struct shape_field image[] = {
        {"name", SHAPE_STRING, NULL},   {"newName", SHAPE_STRING, NULL}, {"tagSuffix", SHAPE_STRING, NULL},
        {"newTag", SHAPE_STRING, NULL}, {"digest", SHAPE_STRING, NULL},
};
SHAPE(shape_image, "types.Image", image);

static const struct shape_field replica[] = {{"name", SHAPE_STRING, NULL}, {"count", SHAPE_INT, NULL}};
SHAPE(shape_replica, "types.Replica", replica);

static const struct shape_field label[] = {
        {"pairs", SHAPE_STRING_MAP, NULL},
        {"includeSelectors", SHAPE_BOOL, NULL},
        {"includeTemplates", SHAPE_BOOL, NULL},
        {"fields", SHAPE_LIST, &shape_field_spec},
};
static SHAPE(shape_label, "types.Label", label);

static const struct shape_field field_options[] = {
        {"delimiter", SHAPE_STRING, NULL},
        {"index", SHAPE_INT, NULL},
        {"encoding", SHAPE_STRING, NULL},
        {"create", SHAPE_BOOL, NULL},
};
static SHAPE(shape_field_options, "types.FieldOptions", field_options);

static const struct shape_field source[] = {
        RESID,
        {"fieldPath", SHAPE_STRING, NULL},
        {"options", SHAPE_STRUCT, &shape_field_options},
};
static SHAPE(shape_source, "types.SourceSelector", source);

static const struct shape_field target[] = {
        {"select", SHAPE_STRUCT, &shape_selector},
        {"reject", SHAPE_LIST, &shape_selector},
        {"fieldPaths", SHAPE_STRINGS, NULL},
        {"options", SHAPE_STRUCT, &shape_field_options},
};
static SHAPE(shape_target, "types.TargetSelector", target);

#define REPLACEMENT(in)                                                                                                \
        {"source", SHAPE_STRUCT, &shape_source, in}, {"sourceValue", SHAPE_STRING, NULL, in}, {                        \
                "targets", SHAPE_LIST, &shape_target, in                                                               \
        }

static const struct shape_field replacement[] = {REPLACEMENT(NULL)};
SHAPE(shape_replacement, "types.Replacement", replacement);

static const struct shape_field replacement_field[] = {REPLACEMENT("Replacement"), {"path", SHAPE_STRING, NULL}};
SHAPE(shape_replacement_field, "types.ReplacementField", replacement_field);

static const struct shape_field objref[] = {
        {"apiVersion", SHAPE_STRING, NULL},
        GVK("Gvk"),
        {"name", SHAPE_STRING, NULL},
        {"namespace", SHAPE_STRING, NULL},
};
static SHAPE(shape_objref, "types.Target", objref);

static const struct shape_field fieldref[] = {{"fieldPath", SHAPE_STRING, NULL}};
static SHAPE(shape_fieldref, "types.FieldSelector", fieldref);

static const struct shape_field var[] = {
        {"name", SHAPE_STRING, NULL},
        {"objref", SHAPE_STRUCT, &shape_objref},
        {"fieldref", SHAPE_STRUCT, &shape_fieldref},
};
static SHAPE(shape_var, "types.Var", var);

static const struct shape_field legacy_sort[] = {
        {"orderFirst", SHAPE_STRINGS, NULL},
        {"orderLast", SHAPE_STRINGS, NULL},
};
static SHAPE(shape_legacy_sort, "types.LegacySortOptions", legacy_sort);

static const struct shape_field sort_options[] = {
        {"order", SHAPE_STRING, NULL},
        {"legacySortOptions", SHAPE_STRUCT, &shape_legacy_sort},
};
static SHAPE(shape_sort_options, "types.SortOptions", sort_options);

static const struct shape_field generator_options[] = {
        {"labels", SHAPE_STRING_MAP, NULL},
        {"annotations", SHAPE_STRING_MAP, NULL},
        {"disableNameSuffixHash", SHAPE_BOOL, NULL},
        {"immutable", SHAPE_BOOL, NULL},
};
SHAPE(shape_generator_options, "types.GeneratorOptions", generator_options);

static const struct shape_field config_map_args[] = {SHAPE_GENERATOR_ARGS("")};
static SHAPE(shape_config_map_args, "types.ConfigMapArgs", config_map_args);
static const struct shape_field secret_args[] = {SHAPE_GENERATOR_ARGS(""), {"type", SHAPE_STRING, NULL}};
static SHAPE(shape_secret_args, "types.SecretArgs", secret_args);

static const struct shape_field metadata[] = {
        {"name", SHAPE_STRING, NULL},
        {"namespace", SHAPE_STRING, NULL},
        {"labels", SHAPE_STRING_MAP, NULL},
        {"annotations", SHAPE_STRING_MAP, NULL},
};
static SHAPE(shape_metadata, "types.ObjectMeta", metadata);

static const struct shape_field kustomization[] = {
        {"apiVersion", SHAPE_STRING, NULL, "TypeMeta"},
        {"kind", SHAPE_STRING, NULL, "TypeMeta"},
        {"metadata", SHAPE_STRUCT, &shape_metadata},
        {"openapi", SHAPE_STRING_MAP, NULL},
        {"namePrefix", SHAPE_STRING, NULL},
        {"nameSuffix", SHAPE_STRING, NULL},
        {"namespace", SHAPE_STRING, NULL},
        {"commonLabels", SHAPE_STRING_MAP, NULL},
        {"labels", SHAPE_LIST, &shape_label},
        {"commonAnnotations", SHAPE_STRING_MAP, NULL},
        {"patchesStrategicMerge", SHAPE_STRINGS, NULL},
        {"patchesJson6902", SHAPE_LIST, &shape_patch},
        {"patches", SHAPE_LIST, &shape_patch},
        {"images", SHAPE_LIST, &shape_image},
        {"imageTags", SHAPE_LIST, &shape_image},
        {"replacements", SHAPE_LIST, &shape_replacement_field},
        {"replicas", SHAPE_LIST, &shape_replica},
        {"vars", SHAPE_LIST, &shape_var},
        {"sortOptions", SHAPE_STRUCT, &shape_sort_options},
        {"resources", SHAPE_STRINGS, NULL},
        {"components", SHAPE_STRINGS, NULL},
        {"crds", SHAPE_STRINGS, NULL},
        {"bases", SHAPE_STRINGS, NULL},
        {"configMapGenerator", SHAPE_LIST, &shape_config_map_args},
        {"secretGenerator", SHAPE_LIST, &shape_secret_args},
        {"helmGlobals", SHAPE_STRUCT, &shape_helm_globals},
        {"helmCharts", SHAPE_LIST, &shape_helm_chart},
        {"helmChartInflationGenerator", SHAPE_LIST, &shape_helm_chart_args},
        {"generatorOptions", SHAPE_STRUCT, &shape_generator_options},
        {"configurations", SHAPE_STRINGS, NULL},
        {"generators", SHAPE_STRINGS, NULL},
        {"transformers", SHAPE_STRINGS, NULL},
        {"validators", SHAPE_STRINGS, NULL},
        {"buildMetadata", SHAPE_STRINGS, NULL},
};
SHAPE(shape_kustomization, "types.Kustomization", kustomization);

static const struct shape_field name_reference[] = {
        GVK("Gvk"),
        {"fieldSpecs", SHAPE_LIST, &shape_field_spec},
};
static SHAPE(shape_name_reference, "builtinconfig.NameBackReferences", name_reference);

static const struct shape_field config[] = {
        {"namePrefix", SHAPE_LIST, &shape_field_spec},
        {"nameSuffix", SHAPE_LIST, &shape_field_spec},
        {"namespace", SHAPE_LIST, &shape_field_spec},
        {"commonLabels", SHAPE_LIST, &shape_field_spec},
        {"labels", SHAPE_LIST, &shape_field_spec},
        {"templateLabels", SHAPE_LIST, &shape_field_spec},
        {"commonAnnotations", SHAPE_LIST, &shape_field_spec},
        {"nameReference", SHAPE_LIST, &shape_name_reference},
        {"varReference", SHAPE_LIST, &shape_field_spec},
        {"images", SHAPE_LIST, &shape_field_spec},
        {"replicas", SHAPE_LIST, &shape_field_spec},
};
SHAPE(shape_config, "builtinconfig.TransformerConfig", config);
