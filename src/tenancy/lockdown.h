/* SPDX-License-Identifier: Apache-2.0 */
/* Lockdown: who may refer to what. Every controller asks here and nowhere else.
 *
 * Pure: what exists is handed in as a view. On by default; the flags bear Flux's names (flux.md 2.2) and restore Flux's
 * open behaviour when set to false (or to an empty account). Refusals carry Flux's texts and the reason AccessDenied.
 */
#pragma once

#include "data/value.h"

struct lockdown {
        bool no_cross_namespace_refs;        /* --no-cross-namespace-refs, default true */
        bool no_remote_bases;                /* --no-remote-bases, default true */
        const char *default_service_account; /* --default-service-account, "default"; "" acts as the controller */
};

#define LOCKDOWN_DEFAULT                                                                                               \
        ((struct lockdown){                                                                                            \
                .no_cross_namespace_refs = true, .no_remote_bases = true, .default_service_account = "default"})

/* A reference from an object to a source. */
struct source_ref {
        const char *from_namespace; /* of the object that refers */
        const char *kind;
        const char *namespace_; /* as written, or NULL */
        const char *name;
};

/* What the decision needs to know. */
struct lockdown_view {
        const struct value *grants;           /* list of SourceGrant objects, of all namespaces */
        const struct value *namespace_labels; /* labels of from_namespace (map), or NULL */
        bool (*source_exists)(void *context, const char *kind, const char *namespace_, const char *name);
        void *context;
};

/* A decision: the source to read and the paths that may be seen of it. */
struct source_access {
        const char *namespace_;
        const char *name;
        const char *grant;         /* "namespace/name" of the grant, or NULL: the object's own source or flag off */
        const struct value *paths; /* list of strings; NULL: everything */
};

/* Decides. ERR_ACCESS_DENIED (reason AccessDenied): a foreign namespace without a grant, worded the same whether or not
 * the source exists, or two grants that offer the same name. A reference without a namespace that nothing answers
 * resolves to the object's own namespace, where the caller finds nothing. Strings borrow from ref and view. */
int lockdown_resolve_source(struct arena *a, const struct lockdown *l, const struct lockdown_view *view,
                            const struct source_ref *ref, struct source_access *ret, struct err *err);

/* What a build of `path` may see of the source (relative; "./" and a trailing "/" do not matter; "" or "." is the
 * root). *ret_folders lists the granted folders as clean paths, none beneath another; without a grant's paths it is
 * ".". *ret_path is the path, cleaned. Both are in the arena or borrow from access. ERR_NOT_FOUND: no granted folder
 * holds the path, worded as a path that is not there. ERR_TOO_LARGE past LIMIT_GRANTED_FOLDERS. */
int lockdown_limit_path(struct arena *a, const struct source_access *access, const char *path,
                        struct value *ret_folders, const char **ret_path, struct err *err);

/* The user to impersonate, "system:serviceaccount:NAMESPACE:ACCOUNT", or NULL in *ret: act as the controller (only when
 * the default account is empty). account: spec.serviceAccountName or NULL. */
int lockdown_impersonate(struct arena *a, const struct lockdown *l, const char *namespace_, const char *account,
                         const char **ret, struct err *err);

/* May an object in `from` name another object of its kind in `to` (dependsOn)? ERR_ACCESS_DENIED. */
int lockdown_check_reference(const struct lockdown *l, const char *from, const char *kind, const char *to,
                             const char *name, struct err *err);
