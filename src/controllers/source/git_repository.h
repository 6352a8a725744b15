/* SPDX-License-Identifier: Apache-2.0 */
/* The GitRepository controller: fetches a revision, stores it as an artifact, says so in the status.
 * Conditions, reasons, messages and events are source-controller 1.9's (flux-crds.md 1.2). */
#pragma once

#include "runtime/manager.h"

struct git_controller;

struct git_controller_options {
        struct manager *manager;
        /* Called on the informer's thread when a repository's artifact changes or the repository comes or goes. */
        void (*artifact_changed)(void *context, const char *namespace_, const char *name);
        void *context;
};

int git_controller_start(const struct git_controller_options *options, struct git_controller **ret, struct err *err);

/* The repository as the controller last saw it; a reference or NULL. */
struct cached_object *git_controller_get(struct git_controller *g, const char *namespace_, const char *name);

/* Reconciles at once every repository whose spec.url is url (a push to the local forge). */
void git_controller_wake_url(struct git_controller *g, const char *url);

struct git_controller *git_controller_stop(struct git_controller *g);
