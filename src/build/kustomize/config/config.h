/* SPDX-License-Identifier: Apache-2.0 */
/* Which fields of which kinds a transformer touches: the built-in table (data/kustomize/fieldspecs.tsv), files of
 * `configurations`, and what `crds` imply, merged as kustomize merges them. Frozen once made: merging makes a new one.
 */
#pragma once

#include "build/kustomize/resource/resid.h"

struct fieldspec_part {   /* one name of a path, made once and looked for in every object */
        const char *text; /* as it is written: "containers[]" */
        const char *name; /* without the brackets and white space */
        uint32_t len;     /* of the name */
        uint32_t hash;    /* value_key_hash() of the name */
        bool list;        /* "[]" stands behind the name */
        bool blank;       /* white space alone: stays where it is */
        bool misfit;      /* nothing that a map has: a place in a list ("-", "12", "[name=value]"), or "*" */
};

struct fieldspec {
        struct gvk gvk; /* empty fields match any */
        const char *path;
        const struct fieldspec_part *parts; /* path split at '/', n_parts of them */
        size_t n_parts;
        bool create;
};

struct fieldspecs {
        const struct fieldspec *items;
        size_t len;
        bool merged; /* sorted, and merged with itself: may be shared as it is */
};

struct backref { /* names of resources of kind `target` stand in `referrers` */
        struct gvk target;
        struct fieldspecs referrers;
};

struct backrefs {
        const struct backref *items;
        size_t len;
};

enum config_section {
        CONFIG_NAME_PREFIX,
        CONFIG_NAME_SUFFIX,
        CONFIG_NAMESPACE,
        CONFIG_COMMON_LABELS,
        CONFIG_LABELS,
        CONFIG_TEMPLATE_LABELS,
        CONFIG_COMMON_ANNOTATIONS,
        CONFIG_IMAGES,
        CONFIG_REPLICAS,
        CONFIG_VAR_REFERENCE,
        CONFIG_SECTIONS,
};

struct config {
        struct fieldspecs section[CONFIG_SECTIONS];
        struct backrefs references;
};

/* The built-in one, in the arena. */
int config_builtin(struct arena *a, struct config *ret, struct err *err);

/* From the value of a configuration file (shape_config) or of one section's list (shape_field_spec). */
int config_from_value(struct arena *a, const struct value *v, struct config *ret, struct err *err);
int fieldspecs_from_value(struct arena *a, const struct value *list, struct fieldspecs *ret, struct err *err);

/* ret = a with b merged in, sorted by kind. ERR_CONFLICT "conflicting fieldspecs". */
int config_merge(struct arena *arena, const struct config *a, const struct config *b, struct config *ret,
                 struct err *err);

/* The list with more appended; equal entries once. */
int fieldspecs_merge(struct arena *a, const struct fieldspecs *list, const struct fieldspecs *more,
                     struct fieldspecs *ret, struct err *err);

/* One more spec for a list that nothing else made or shares, its path split. */
int fieldspecs_add(struct arena *a, struct fieldspecs *list, struct fieldspec fs, struct err *err);
int backrefs_add(struct arena *a, struct backrefs *list, const struct gvk *target, const struct fieldspecs *referrers,
                 struct err *err);
