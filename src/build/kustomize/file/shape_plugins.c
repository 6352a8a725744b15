/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of plugins' configuration files (kind *Transformer, apiVersion builtin). */
#include "build/kustomize/file/shape.h"

#include "base/util.h"

#define PLUGIN                                                                                                         \
        {"apiVersion", SHAPE_STRING, NULL}, {"kind", SHAPE_STRING, NULL}, {                                            \
                "metadata", SHAPE_ANY, NULL                                                                            \
        }
#define FIELD_SPECS                                                                                                    \
        { "fieldSpecs", SHAPE_LIST, &shape_field_spec }

static const struct shape_field none[] = {PLUGIN};
SHAPE(shape_plugin_none, "builtins.HashTransformerPlugin", none);

static const struct shape_field labels[] = {
        PLUGIN, FIELD_SPECS, {"labels", SHAPE_STRING_MAP, NULL}, {"annotations", SHAPE_STRING_MAP, NULL}};
SHAPE(shape_plugin_labels, "builtins.LabelTransformerPlugin", labels);

static const struct shape_field image[] = {PLUGIN, FIELD_SPECS, {"imageTag", SHAPE_STRUCT, &shape_image}};
SHAPE(shape_plugin_image, "builtins.ImageTagTransformerPlugin", image);

static const struct shape_field namespaces[] = {
        PLUGIN, FIELD_SPECS, {"unsetOnly", SHAPE_BOOL, NULL}, {"setRoleBindingSubjects", SHAPE_STRING, NULL}};
SHAPE(shape_plugin_namespace, "builtins.NamespaceTransformerPlugin", namespaces);

static const struct shape_field json[] = {PLUGIN,
                                          {"target", SHAPE_STRUCT, &shape_selector},
                                          {"path", SHAPE_STRING, NULL},
                                          {"jsonOp", SHAPE_STRING, NULL}};
SHAPE(shape_plugin_json, "builtins.PatchJson6902TransformerPlugin", json);

static const struct shape_field merge[] = {PLUGIN, {"paths", SHAPE_STRINGS, NULL}, {"patches", SHAPE_STRING, NULL}};
SHAPE(shape_plugin_merge, "builtins.PatchStrategicMergeTransformerPlugin", merge);

static const struct shape_field patch[] = {
        PLUGIN,
        {"path", SHAPE_STRING, NULL},
        {"patch", SHAPE_STRING, NULL},
        {"target", SHAPE_STRUCT, &shape_selector},
        {"options", SHAPE_ANY, NULL},
};
SHAPE(shape_plugin_patch, "builtins.PatchTransformerPlugin", patch);

static const struct shape_field affix[] = {
        PLUGIN, FIELD_SPECS, {"prefix", SHAPE_STRING, NULL}, {"suffix", SHAPE_STRING, NULL}};
SHAPE(shape_plugin_affix, "builtins.PrefixTransformerPlugin", affix);

static const struct shape_field replacements[] = {PLUGIN, {"replacements", SHAPE_LIST, &shape_replacement_field}};
SHAPE(shape_plugin_replacements, "builtins.ReplacementTransformerPlugin", replacements);

static const struct shape_field config_map[] = {PLUGIN, SHAPE_GENERATOR_ARGS("ConfigMapArgs.")};
SHAPE(shape_plugin_config_map, "builtins.ConfigMapGeneratorPlugin", config_map);

static const struct shape_field secret[] = {
        PLUGIN, SHAPE_GENERATOR_ARGS("SecretArgs."), {"type", SHAPE_STRING, NULL, "SecretArgs"}};
SHAPE(shape_plugin_secret, "builtins.SecretGeneratorPlugin", secret);

static const struct shape_field replica[] = {PLUGIN, FIELD_SPECS, {"replica", SHAPE_STRUCT, &shape_replica}};
SHAPE(shape_plugin_replica, "builtins.ReplicaCountTransformerPlugin", replica);

static const struct shape_field valueadd_target[] = {
        {"selector", SHAPE_STRUCT, &shape_selector},
        {"fieldPath", SHAPE_STRING, NULL},
        {"filePathPosition", SHAPE_INT, NULL},
};
static SHAPE(shape_valueadd_target, "builtins.Target", valueadd_target);

static const struct shape_field valueadd[] = {
        PLUGIN,
        {"value", SHAPE_STRING, NULL},
        {"targets", SHAPE_LIST, &shape_valueadd_target},
        {"targetFilePath", SHAPE_STRING, NULL},
};
SHAPE(shape_plugin_valueadd, "builtins.ValueAddTransformerPlugin", valueadd);

static const struct shape_field valueadd_targets[] = {{"targets", SHAPE_LIST, &shape_valueadd_target}};
SHAPE(shape_valueadd_targets, "builtins.Targets", valueadd_targets);
