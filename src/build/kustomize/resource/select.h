/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors of patches and replacements: anchored regular expressions over ids, Kubernetes selectors over labels and
 * annotations. */
#pragma once

#include "build/kustomize/engine.h"

struct select;

/* Compiles {group, version, kind, name, namespace, labelSelector, annotationSelector}. The owner calls select_free().
 */
int select_new(struct engine *e, const struct value *selector, struct select **ret, struct err *err);
struct select *select_free(struct select *s);

static inline void select_freep(struct select **s) {
        *s = select_free(*s);
}
#define _cleanup_select_ _cleanup_(select_freep)

/* Whether a patch's target takes this resource: its name and namespace now or originally. */
int select_resource(struct engine *e, const struct select *s, const struct resource *r, bool *ret, struct err *err);

/* Whether the id matches; whether labels and annotations do; whether the selector says anything about either. */
bool select_id(const struct select *s, const struct resid *id);
int select_metadata(struct engine *e, const struct select *s, const struct value *object, bool *ret, struct err *err);
bool select_has_id(const struct select *s);
bool select_has_metadata(const struct select *s);
