/* SPDX-License-Identifier: Apache-2.0 */
/* `transformers`, `generators` and `validators`: files (or inline text) that configure kustomize's built-in plugins.
 * Plugins that would run a program are refused in kustomize's words. */
#pragma once

#include "build/kustomize/transform/transform.h"

int plugin_transformers(struct target *t, const struct value *list, struct steps *steps, struct err *err);
int plugin_generators(struct target *t, struct accumulator *acc, const struct value *list, struct err *err);
int plugin_validate(struct target *t, struct accumulator *acc, struct err *err);

/* ValueAddTransformer, which no field of a kustomization configures. */
int valueadd_configure(struct target *t, const struct value *config, struct steps *steps, struct err *err);

/* ---- for plugins of all kinds ---- */

/* Reads the resources that configure plugins: each entry is one as text, or the path of a file or a directory. what:
 * "transformer" or "generator", for messages. */
int plugin_load(struct target *t, const struct value *list, const char *what, struct accumulator *acc, struct err *err);

/* Refuses what is not built in. */
int plugin_check(struct target *t, const struct resource *r, struct err *err);

/* The plugin's configuration: what the resource's scalars mean. Refuses characters that YAML's writer does not take. */
int plugin_settle(struct target *t, const struct resource *r, struct value *ret, struct err *err);

/* Says whose configuration failed. Answers -1. */
int plugin_fails(struct target *t, const struct resource *r, struct err *err);
