/* SPDX-License-Identifier: Apache-2.0 */
/* What Flux does to an object before it applies it: ports get their default protocol, a Secret's stringData becomes
 * data, status goes (a CRD's stays), the creation timestamp becomes null. Built-in kinds lose fields that their type
 * does not know and zero values that their type leaves out, for Flux sends them through Go's types.
 * Source: fluxcd/pkg/ssa 0.76 normalize, recorded in corpus apply/ (normalize, sanitize). */
#pragma once

#include "data/value.h"

/* In place. A field of a wrong type leaves the object as it is but for status and timestamp, as there. -1: memory. */
int normalize_object(struct arena *a, struct value *object, struct err *err);

/* Masks the data of a Secret before it is shown: "***", or "*** (before)" and "*** (after)" where both objects hold a
 * key with different values. In place; either may be NULL. ERR_INVALID when data is no map. */
int normalize_mask_secret(struct arena *a, struct value *old_object, struct value *new_object, struct err *err);
