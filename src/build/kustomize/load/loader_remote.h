/* SPDX-License-Identifier: Apache-2.0 */
/* Bases in repositories elsewhere. Whoever builds says where fetched repositories are (struct kustomize_remotes); each
 * becomes a view of its own, which nothing leads out of. */
#pragma once

#include "build/kustomize/load/loader.h"
#include "build/kustomize/load/remote.h"

/* A repository that the build has entered. */
struct remote_view {
        struct remote_view *next;
        const struct remote *remote; /* of the entry that named it first */
        struct kustomize_folder whole;
        struct view view;
};

enum loader_remote {
        LOADER_LOCAL,   /* the entry is a path of the tree: loader_enter() and loader_read() are for it */
        LOADER_ENTERED, /* *ret is the folder of the repository */
        LOADER_LATER,   /* not fetched yet: to be left out, the build fails in the end */
};

/* A folder of a repository that an entry of `from` names. ERR_ACCESS_DENIED: lockdown refuses remote bases;
 * ERR_UNSUPPORTED: a form that is never fetched (files over http, ssh, file:); ERR_INVALID: a cycle. */
int loader_enter_remote(struct engine *e, const struct loader *from, const char *entry, enum loader_remote *ret_kind,
                        struct loader *ret, struct err *err);

/* The error for a file over http. */
int loader_refuse_http(struct engine *e, const struct loader *from, const char *entry, struct err *err);

/* True for what kustomize would get with a plain request. */
bool loader_is_http(const char *entry);

void loader_done_remotes(struct engine *e);
