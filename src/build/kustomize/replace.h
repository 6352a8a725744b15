/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the replacements: reading the source, writing the targets. */
#pragma once

#include "build/kustomize/engine.h"

#define REPLACE_DEFAULT_PATH "metadata.name"

/* The value that a source {group, version, kind, name, namespace, fieldPath, options} selects. */
int replace_read_source(struct engine *e, struct resmap *m, const struct value *source, struct value *ret,
                        struct err *err);

/* Id i of a resource, the current one first. Replacements see ids without scopes: every namespace counts as written. */
int replace_id(struct engine *e, const struct resource *r, size_t i, struct resid *ret, struct err *err);

/* Puts the value into all fields of object that a target {fieldPaths, options} names. */
int replace_copy(struct engine *e, struct value *object, const struct value *value, const struct value *target,
                 struct err *err);
