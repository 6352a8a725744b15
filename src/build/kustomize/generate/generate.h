/* SPDX-License-Identifier: Apache-2.0 */
/* configMapGenerator and secretGenerator, and the hash that ends their names. */
#pragma once

#include "build/kustomize/target.h"

/* Runs all generators of a layer; each result joins acc by its behavior. */
int generate_all(struct target *t, struct accumulator *acc, struct err *err);

/* One ConfigMap or Secret from generator arguments (read in their shapes; options merged in). */
int generate_one(struct target *t, const struct value *args, bool secret, struct resource **ret, struct err *err);

/* A generated resource joins, worded as kustomize words failures. */
int generate_absorb(struct accumulator *acc, struct resource *r, struct err *err);

/* Key and value pairs of one generator: env files, literals, files, in this order; a map of strings. */
int kv_load(struct target *t, const struct value *args, struct value *ret, struct err *err);

/* Appends the hash to the names of all resources that asked for one. */
int hash_names(struct engine *e, struct resmap *m, struct err *err);
