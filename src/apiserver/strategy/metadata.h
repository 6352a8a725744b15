/* SPDX-License-Identifier: Apache-2.0 */
/* ObjectMeta: checks that every kind shares (apimachinery api/validation, 1.36). */
#pragma once

#include "apiserver/strategy/names.h"

/* path: "metadata". */
void metadata_validate(struct fields *f, const char *path, const struct value *metadata, bool namespaced,
                       enum name_form form);

/* What an update may not change. */
void metadata_validate_update(struct fields *f, const char *path, const struct value *metadata,
                              const struct value *old);

/* Sizes and keys of an annotations map. */
void metadata_validate_annotations(struct fields *f, const char *path, const struct value *annotations);
