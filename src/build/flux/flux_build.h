/* SPDX-License-Identifier: Apache-2.0 */
/* What kustomize-controller adds around kustomize: a kustomization for a directory that has none, the overlays of a
 * Flux Kustomization's spec, postBuild substitution. Nothing is written to the tree: the overlay is made in memory.
 * Source: Flux 2.9 kustomize-controller, recorded in corpus build/. */
#pragma once

#include "build/kustomize/kustomize.h"

/* Builds path ("./apps", "" and "." are the root) beneath root_fd for a Flux Kustomization.
 * kustomization: the whole object, of which spec is read.
 * vars: a map of strings, or NULL without postBuild; the caller has resolved substituteFrom and substitute in order.
 * *ret is a list of objects in the build's order, Lists taken apart; commonMetadata and owner labels are the applier's.
 * Errors: reason "BuildFailed" with Flux's texts ("kustomize build failed: ..."); a path that is not there is
 * ERR_NOT_FOUND, reason "ArtifactFailed", "kustomization path not found: stat PATH: no such file or directory".
 * Remote bases are refused. */
int flux_build(struct arena *a, int root_fd, const char *path, const struct value *kustomization,
               const struct value *vars, struct value *ret, struct err *err);

/* The same with everything that may be chosen. All zero: as Flux without flags, remote bases refused. */
struct flux_build_options {
        const struct value *vars;
        const struct kustomize_remotes *remotes; /* where remote bases are; NULL: refused (--no-remote-bases) */
        /* As the flux CLI: .sourceignore files count, and these lines ("" is none); NULL: neither. */
        const char *ignore;
        bool strict; /* StrictPostBuildSubstitutions: a variable without value and default is an error */
        const struct kustomize_folder *folders; /* all that may be seen of the tree, in place of root_fd; may be NULL */
        size_t n_folders;
        struct reads *reads;      /* gets what was looked at in the tree; may be NULL */
        const char *display_root; /* stands for the tree's root in messages; NULL: "" */
        struct value *ret_built;  /* gets the objects as kustomize's text has them, Lists whole; may be NULL */
};

int flux_build_with(struct arena *a, int root_fd, const char *path, const struct value *kustomization,
                    const struct flux_build_options *options, struct value *ret, struct err *err);
