/* SPDX-License-Identifier: Apache-2.0 */
/* What kustomize-controller adds around kustomize: a kustomization for a directory that has none, the overlays of a Flux
 * Kustomization's spec, postBuild substitution. Nothing is written to the tree: the overlay is made in memory.
 * Source: Flux 2.9 kustomize-controller, recorded in corpus build/. */
#pragma once

#include "data/value.h"

/* Builds path ("./apps", "" and "." are the root) beneath root_fd for a Flux Kustomization.
 * kustomization: the whole object, of which metadata and spec are read.
 * vars: a map of strings, or NULL without postBuild; the caller has resolved substituteFrom in its order.
 * *ret is a list of objects in apply order of the build; commonMetadata and owner labels are the applier's.
 * Errors: reason "BuildFailed" with Flux's texts ("kustomize build failed: ..."); a path that is not there is
 * ERR_NOT_FOUND, reason "ArtifactFailed", "kustomization path not found: stat PATH: no such file or directory".
 * allow_remote: --no-remote-bases=false; see struct kustomize_options. */
int flux_build(struct arena *a, int root_fd, const char *path, const struct value *kustomization,
               const struct value *vars, bool allow_remote, struct value *ret, struct err *err);
