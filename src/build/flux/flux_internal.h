/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the Flux build: its steps. */
#pragma once

#include "build/kustomize/engine.h"

struct gitignore;

/* The kustomization to build at dir: its own file or one that names all manifests below, with the overlays of spec.
 * ignore: see struct flux_build_options. */
int flux_generate(struct engine *e, const char *dir, const struct value *spec, const char *ignore, struct value *ret,
                  struct err *err);

/* The paths of all manifests below dir, "./a.yaml", in the order of a walk; directories with a kustomization of their
 * own stand for themselves. Files that ignore (may be NULL) takes are left out unread. */
int flux_scan(struct engine *e, const char *dir, const struct gitignore *ignore, struct value *ret, struct err *err);

/* Reads all ignore files below dir; lines come last and so win. */
int flux_ignore_load(struct engine *e, const char *dir, const char *lines, struct gitignore **ret, struct err *err);

/* Takes what is ignored out of a kustomization's resources, components and crds. */
int flux_ignore_filter(struct engine *e, const char *dir, const struct gitignore *set, struct value *kustomization,
                       struct err *err);

/* True when dir/name is there and is no directory. */
bool flux_is_file(struct engine *e, const char *dir, const char *name);

/* Replaces variables in one object. *ret_skipped: a label or annotation forbids it. */
int flux_substitute_object(struct arena *a, const struct value *vars, bool strict, struct value *object,
                           bool *ret_skipped, struct err *err);

/* Replaces variables in every object; vars is a map of strings. */
int flux_substitute(struct arena *a, const struct value *vars, bool strict, struct value *objects, struct err *err);

extern const char *const flux_kustomization_names[3];
