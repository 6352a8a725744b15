/* SPDX-License-Identifier: Apache-2.0 */
/* buildMetadata: where a resource came from, what changed it, and the marks kustomize leaves and removes at the end. */
#pragma once

#include "build/kustomize/transform/transform.h"

/* An origin below another: its path with one more element. NULL: memory. */
const struct value *origin_below(struct arena *a, const struct value *origin, const char *path);

/* The origin of what a built-in plugin of this layer makes or changes. NULL: memory. */
const struct value *origin_builtin(struct target *t, const char *kind);

/* The same for a plugin with a file of its own. NULL: memory. */
const struct value *origin_plugin(struct arena *a, const struct resource *plugin);

/* Gives each step of the layer its origin. */
int origin_mark_steps(struct target *t, struct steps *steps, struct err *err);

/* Notes on every resource that a step has run. */
int origin_note_step(struct arena *a, struct resmap *m, const struct value *origin, struct err *err);

/* Writes what buildMetadata asks for and removes kustomize's own annotations. */
int origin_finish(struct engine *e, struct resmap *m, struct err *err);

/* True when buildMetadata lists the option. */
bool origin_wants(const struct engine *e, const char *option);
