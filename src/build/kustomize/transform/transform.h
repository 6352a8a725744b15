/* SPDX-License-Identifier: Apache-2.0 */
/* Transformers. Each entry of a kustomization that changes resources becomes one step; first all are configured (that
 * is where their faults show), then all run in kustomize's order. Plugins' files add steps of the same kinds. */
#pragma once

#include "build/kustomize/target.h"

struct step {
        int (*run)(struct engine *e, struct resmap *m, const void *arg, struct err *err);
        const void *arg;
        const char *kind;           /* "PatchTransformer": for transformation annotations */
        const struct value *origin; /* set by whoever configured it, or NULL */
};

struct steps {
        struct step *items;
        size_t len;
};

int steps_add(struct arena *a, struct steps *steps, struct step step, struct err *err);

/* Runs the steps; after each, deleted resources are dropped and the step is noted where that was asked for. */
int steps_run(struct engine *e, struct resmap *m, const struct steps *steps, struct err *err);

/* All transformers of one layer. */
int transform_all(struct target *t, struct accumulator *acc, struct err *err);

/* What a built-in plugin gets of its configuration: kustomize hands that on as YAML, which does not take every
 * character, and folds the line break U+0085. */
int transform_hand_on(struct arena *a, struct value *config, struct err *err);

/* The same for what a kustomization file configures. kind: the plugin's, for messages. */
int transform_hand_on_field(struct arena *a, const char *kind, struct value *config, struct err *err);

/* A configuration as kustomize echoes it: unset fields left out. */
void transform_print_config(struct buf *b, const struct value *config);

/* Puts kustomize's "trouble configuring builtin KIND with config" before the error. */
int transform_trouble(const char *kind, const struct value *config, struct err *err);

/* ---- one function a kind: adds steps ---- */

/* {path|patch, target, options} of `patches`. */
int patch_configure(struct target *t, const struct value *patch, struct steps *steps, struct err *err);
/* `patchesStrategicMerge`: each a path or a patch; or one text of patches. Either may be NULL. */
int patch_configure_merge(struct target *t, const struct value *paths, const char *text, struct steps *steps,
                          struct err *err);
/* `patchesJson6902`. */
int patch_configure_json(struct target *t, const struct value *target, const char *path, const char *operations,
                         struct steps *steps, struct err *err);

enum subjects { SUBJECTS_DEFAULT_ONLY, SUBJECTS_NONE, SUBJECTS_ALL };
int namespace_configure(struct target *t, const char *ns, const struct fieldspecs *fields, bool unset_only,
                        enum subjects subjects, struct steps *steps, struct err *err);
int affix_configure(struct target *t, const char *text, bool suffix, const struct fieldspecs *fields,
                    struct steps *steps, struct err *err);
/* Labels and annotations: sets members of maps. pairs may be NULL: a step that changes nothing is noted all the same.
 */
int labels_configure(struct target *t, const struct value *pairs, bool annotations, const struct fieldspecs *fields,
                     struct steps *steps, struct err *err);
int images_configure(struct target *t, const struct value *image, const struct fieldspecs *fields, struct steps *steps,
                     struct err *err);
int replicas_configure(struct target *t, const struct value *replica, const struct fieldspecs *fields,
                       struct steps *steps, struct err *err);
int replacements_configure(struct target *t, const struct value *list, struct steps *steps, struct err *err);
