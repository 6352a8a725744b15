/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of discovery: the documents as values. */
#pragma once

#include "apiserver/discovery/discovery.h"

/* APIVersions of /api. */
int discovery_versions(struct arena *a, const char *server_address, struct value *ret, struct err *err);

/* APIGroupList of /apis. */
int discovery_groups(struct arena *a, const struct kind_set *kinds, struct value *ret, struct err *err);

/* APIGroup of /apis/G: 1; 0 when there is no such group. */
int discovery_group(struct arena *a, const struct kind_set *kinds, const char *group, struct value *ret,
                    struct err *err);

/* APIResourceList of /apis/G/V (group "" for /api/v1): 1; 0 when there is none. */
int discovery_resources(struct arena *a, const struct kind_set *kinds, const char *group, const char *version,
                        struct value *ret, struct err *err);

/* APIGroupDiscoveryList (v2) of /api (core) or /apis. */
int discovery_aggregated(struct arena *a, const struct kind_set *kinds, bool core, struct value *ret, struct err *err);

/* The verbs of a kind or subresource as a list of strings, in the order a client sees. */
int discovery_verbs(struct arena *a, unsigned verbs, bool custom, struct value *ret, struct err *err);

/* NULL-terminated strings as a list; adds it to map under key unless it is empty. */
int discovery_add_strings(struct arena *a, struct value *map, const char *key, const char *const *strings,
                          struct err *err);
