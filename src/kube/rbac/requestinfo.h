/* SPDX-License-Identifier: Apache-2.0 */
/* What a request asks for, read from its method and URL: the verb and the resource, or a path that is no resource.
 * The rules are kube-apiserver 1.36's RequestInfo (corpus extracted/rbac, table request_info). */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct request_info {
        bool is_resource;
        const char *path;       /* as given */
        const char *verb;       /* "list", "deletecollection", ...; the method in lower case when no resource */
        const char *api_prefix; /* "api", "apis" or "" */
        const char *group;      /* "" is core */
        const char *version;
        const char *namespace_; /* of a namespace itself: its own name */
        const char *resource;
        const char *subresource;
        const char *name;
        const char *const *parts; /* path segments from the resource on */
        size_t n_parts;
        const char *field_selector; /* raw, decoded; only of list, watch and deletecollection */
        const char *label_selector;
};

/* path: percent-decoded; query: raw. The strings live in the arena or are constant; none is NULL. ERR_MEMORY only:
 * what does not parse as a resource is a path. */
int request_info_parse(struct arena *a, const char *method, const char *path, const char *query,
                       struct request_info *ret, struct err *err);
