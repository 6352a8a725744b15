/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that name fields: "spec/template/metadata/labels" of field specs, and what is done at their ends. */
#pragma once

#include "build/kustomize/config/config.h"
#include "build/kustomize/field/scalar.h"

/* Splits at separator; a backslash before it keeps it; one leading separator is ignored. */
int fieldpath_split(struct arena *a, const char *path, char separator, const char *const **ret, size_t *ret_n,
                    struct err *err);

/* What a field spec does to the fields it finds. */
struct field_action {
        /* Called for each field found (in place). */
        int (*set)(struct arena *a, void *context, struct value *field, struct err *err);
        void *context;
        bool creates;         /* missing fields are made when the spec says create */
        struct value created; /* as this value */
};

/* Applies the spec to one object, when the object's kind is the spec's. */
int fieldspec_apply(struct arena *a, const struct fieldspec *fs, const struct field_action *action,
                    struct value *object, struct err *err);
int fieldspecs_apply(struct arena *a, const struct fieldspecs *list, const struct field_action *action,
                     struct value *object, struct err *err);

/* Replaces a scalar by text, keeping its style; a list or a map there is an error. */
int field_set_scalar(struct value *field, struct value v, struct err *err);
