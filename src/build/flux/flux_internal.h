/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the Flux build: its steps. */
#pragma once

#include "build/kustomize/engine.h"

/* The kustomization to build at dir: its own file or one that names all manifests below, with the overlays of spec. */
int flux_generate(struct engine *e, const char *dir, const struct value *spec, struct value *ret, struct err *err);

/* The paths of all manifests below dir, "./a.yaml", in the order of a walk; directories with a kustomization of their
 * own stand for themselves. */
int flux_scan(struct engine *e, const char *dir, struct value *ret, struct err *err);

/* True when dir/name is there and is no directory. */
bool flux_is_file(struct engine *e, const char *dir, const char *name);

/* Replaces variables in one object. *ret_skipped: a label or annotation forbids it. */
int flux_substitute_object(struct arena *a, const struct value *vars, bool strict, struct value *object,
                           bool *ret_skipped, struct err *err);

/* Replaces variables in every object; vars is a map of strings. */
int flux_substitute(struct arena *a, const struct value *vars, bool strict, struct value *objects, struct err *err);

extern const char *const flux_kustomization_names[3];
