/* SPDX-License-Identifier: Apache-2.0 */
/* Accumulating: one kustomization and everything below it becomes one list of resources. */
#pragma once

#include "build/kustomize/load/documents.h"
#include "build/kustomize/file/kfile.h"
#include "build/kustomize/resource/resmap.h"

struct var { /* an entry of `vars` */
        const char *name;
        const struct value *spec;
};

struct vars {
        struct var *items;
        size_t len;
};

/* What a layer hands up. */
struct accumulator {
        struct resmap *resources;
        struct config config;
        struct vars vars;
};

/* One directory being built. */
struct target {
        struct engine *e;
        struct loader loader;
        struct kfile file;
        const struct value *origin; /* of what this layer adds, as a map; NULL when nobody asked */
};

int accumulator_init(struct engine *e, struct accumulator *acc, struct err *err);
void accumulator_done(struct accumulator *acc);

#define _cleanup_accumulator_ _cleanup_(accumulator_done)

/* Builds the target into acc, which is empty, or the parent's when the target is a component. */
int target_accumulate(struct target *t, struct accumulator *acc, struct err *err);

/* Adds what paths name: files, else directories. */
int target_add_resources(struct target *t, struct accumulator *acc, const struct value *paths, struct err *err);
