/* SPDX-License-Identifier: Apache-2.0 */
/* Field specs that a kustomization brings along. */
#pragma once

#include "build/kustomize/target.h"

/* The built-in table with the files of `configurations` merged in. */
int configure_from_files(struct target *t, struct config *ret, struct err *err);

/* What the files of `crds` imply (x-kubernetes-* extensions of their definitions). */
int configure_from_crds(struct target *t, struct config *ret, struct err *err);
