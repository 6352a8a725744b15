/* SPDX-License-Identifier: Apache-2.0 */
/* The Kustomization controller: builds a folder of an artifact and keeps the cluster as it says. */
#pragma once

#include "controllers/source/git_repository.h"
#include "runtime/manager.h"
#include "tenancy/lockdown.h"

struct kustomize_controller;

/* Made before the source controller, so that it can be told of artifacts; it starts to work with _start(). */
int kustomize_controller_new(struct manager *m, const struct lockdown *lockdown, struct kustomize_controller **ret,
                             struct err *err);
int kustomize_controller_start(struct kustomize_controller *c, struct git_controller *git, struct err *err);

/* For git_controller_options.artifact_changed; context is the controller. */
void kustomize_controller_artifact_changed(void *context, const char *namespace_, const char *name);

/* Ends the workers: no reconcile runs after this, so that the source controller may be stopped. */
void kustomize_controller_stop_work(struct kustomize_controller *c);

/* Stops the rest and frees. */
struct kustomize_controller *kustomize_controller_stop(struct kustomize_controller *c);
