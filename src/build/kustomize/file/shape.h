/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a value into a known shape, as Go's encoding/json reads a struct: names match whatever their case, null
 * leaves a field unset, unknown fields may be errors. The result has the canonical names only, so that the rest of the
 * engine asks for plain map members. */
#pragma once

#include "data/value.h"

enum shape_type {
        SHAPE_STRING,
        SHAPE_BOOL,
        SHAPE_INT,
        SHAPE_STRINGS,    /* list of strings */
        SHAPE_STRING_MAP, /* map of strings */
        SHAPE_MAP,        /* map of anything, kept as it is */
        SHAPE_LIST,       /* list of structs of shape `of` */
        SHAPE_STRUCT,     /* struct of shape `of` */
        SHAPE_ANY,        /* kept as it is */
};

struct shape;

struct shape_field {
        const char *name;
        enum shape_type type;
        const struct shape *of;
        const char *in; /* the embedded Go structs that hold it ("ResId.Gvk"); NULL: none. sigs.k8s.io/yaml looks for
                         * the field's type in the first of these, and so makes no strings here or below */
};

struct shape {
        const char *go_type; /* "types.Patch": for messages */
        const struct shape_field *fields;
        size_t n;
};

/* Defines the shape of Go's struct `go` from an array of fields. */
#define SHAPE(name, go, array) const struct shape name = {go, array, ARRAY_LEN(array)}

/* What both generators read, in structs that `outer` ("SecretArgs.") embeds. */
#define SHAPE_GENERATOR_ARGS(outer)                                                                                    \
        {"namespace", SHAPE_STRING, NULL, outer "GeneratorArgs"}, {"name", SHAPE_STRING, NULL, outer "GeneratorArgs"}, \
                {"behavior", SHAPE_STRING, NULL, outer "GeneratorArgs"},                                               \
                {"literals", SHAPE_STRINGS, NULL, outer "GeneratorArgs.KvPairSources"},                                \
                {"files", SHAPE_STRINGS, NULL, outer "GeneratorArgs.KvPairSources"},                                   \
                {"envs", SHAPE_STRINGS, NULL, outer "GeneratorArgs.KvPairSources"},                                    \
                {"env", SHAPE_STRING, NULL, outer "GeneratorArgs.KvPairSources"}, {                                    \
                "options", SHAPE_STRUCT, &shape_generator_options, outer "GeneratorArgs"                               \
        }

enum shape_flags {
        SHAPE_STRICT = 1 << 0, /* unknown fields: json: unknown field "x" */
        SHAPE_COERCE = 1 << 1, /* numbers and bools become strings where strings belong, as sigs.k8s.io/yaml does */
};

/* ERR_INVALID in encoding/json's words for the first fault in its order (keys sorted). The hint says where it is, what
 * was found and what was expected; it begins with a path for yaml_line_of(). */
int shape_read(struct arena *a, const struct shape *shape, const struct value *in, unsigned flags, struct value *ret,
               struct err *err);

extern const struct shape shape_kustomization;
extern const struct shape shape_config;      /* a file of `configurations` */
extern const struct shape shape_replacement; /* one element of a replacements file */
extern const struct shape shape_replacement_field;
extern const struct shape shape_generator_options;
extern const struct shape shape_selector;
extern const struct shape shape_field_spec;
extern const struct shape shape_image;
extern const struct shape shape_replica;
extern const struct shape shape_helm_globals, shape_helm_chart, shape_helm_chart_args;

/* Files of built-in plugins, by what they configure. */
extern const struct shape shape_plugin_labels, shape_plugin_none, shape_plugin_image, shape_plugin_namespace,
        shape_plugin_json, shape_plugin_merge, shape_plugin_patch, shape_plugin_affix, shape_plugin_replacements,
        shape_plugin_config_map, shape_plugin_secret, shape_plugin_replica, shape_plugin_valueadd,
        shape_valueadd_targets;
