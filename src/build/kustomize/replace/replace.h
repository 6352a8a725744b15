/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the replacements: reading the source, writing the targets. */
#pragma once

#include "build/kustomize/engine.h"
#include "build/kustomize/field/lookup.h"

#define REPLACE_DEFAULT_PATH "metadata.name"

/* Where a value comes from. A field is a node for kustomize, which what was written before may have changed; a piece of
 * one and a constant are values for good, and have no object. */
struct replace_source {
        struct value *object;
        struct path path;
        struct value value;
};

/* Finds what a source {group, version, kind, name, namespace, fieldPath, options} selects. */
int replace_find_source(struct engine *e, struct resmap *m, const struct value *source, struct replace_source *ret,
                        struct err *err);

/* Brings s->value up to date. */
int replace_read_source(struct engine *e, struct replace_source *s, struct err *err);

/* Id i of a resource, the current one first. Replacements see ids without scopes: every namespace counts as written. */
int replace_id(struct engine *e, const struct resource *r, size_t i, struct resid *ret, struct err *err);

/* Puts the source's value into all fields of object that a target {fieldPaths, options} names. */
int replace_copy(struct engine *e, struct value *object, struct replace_source *source, const struct value *target,
                 struct err *err);
