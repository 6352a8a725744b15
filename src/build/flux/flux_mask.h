/* SPDX-License-Identifier: Apache-2.0 */
/* What the flux CLI shows of Secrets that SOPS encrypted: that they are encrypted, and no cipher text.
 * Source: flux 2.9 `build kustomization`, recorded in corpus cli. */
#pragma once

#include "data/value.h"

/* Masks the data and stringData of an encrypted Secret, or those values of a Secret that are encrypted files, in place,
 * and removes its "sops". Other objects stay as they are. -1: memory. */
int flux_mask_secret(struct arena *a, struct value *object, struct err *err);
