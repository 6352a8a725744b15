/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a kustomization file: found, checked, old fields moved to where new ones are. */
#pragma once

#include "build/kustomize/load/loader.h"

struct kfile {
        struct value spec; /* canonical field names; see shape_types.c */
        const char *name;  /* "kustomization.yaml"; of the file found */
};

/* Reads the kustomization of a directory. */
int kfile_load(struct engine *e, const struct loader *l, struct kfile *ret, struct err *err);

/* The same for a kustomization that is there already as a value. */
int kfile_from_value(struct engine *e, const struct loader *l, const struct value *v, struct kfile *ret,
                     struct err *err);

bool kfile_is_component(const struct kfile *k);
