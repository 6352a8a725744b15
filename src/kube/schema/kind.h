/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds: which resources exist. Built-in ones are a table in data/ (from the discovery documents of kube-apiserver
 * 1.36); custom ones come from CRDs. A kind_set is a frozen, reference-counted snapshot of all kinds: a request takes
 * one and keeps it to its end, a CRD change publishes a new one. */
#pragma once

#include "kube/schema/schema.h"

enum kind_verb {
        VERB_GET = 1 << 0,
        VERB_LIST = 1 << 1,
        VERB_WATCH = 1 << 2,
        VERB_CREATE = 1 << 3,
        VERB_UPDATE = 1 << 4,
        VERB_PATCH = 1 << 5,
        VERB_DELETE = 1 << 6,
        VERB_DELETE_COLLECTION = 1 << 7,
};

struct kind_subresource {
        const char *name;  /* "status", "scale", "token" */
        const char *group; /* of the request's and response's kind; "" core */
        const char *version;
        const char *kind;
        unsigned verbs; /* enum kind_verb */
};

struct kind {
        const char *group; /* "" is core */
        const char *version;
        const char *kind;
        const char *list_kind;
        const char *resource; /* plural, lower case */
        const char *singular;
        const char *const *short_names; /* NULL-terminated */
        const char *const *categories;  /* NULL-terminated */
        const struct kind_subresource *subresources;
        size_t n_subresources;
        unsigned verbs;
        bool namespaced;
        bool custom;          /* from a CRD */
        bool storage_version; /* the version objects of this resource are stored in */
        const struct schema *schema;
        const struct value *crd;         /* custom: the whole CRD object; else NULL */
        const struct value *crd_version; /* custom: its entry of spec.versions; else NULL */
        const struct kind *storage;      /* the version objects are stored in; itself when storage_version */
};

struct kind_set;

/* The snapshot of built-in kinds only; never freed. */
const struct kind_set *kind_set_builtin(void);

/* A new snapshot: built-in kinds and those of the established CRDs (a list of CRD objects, copied; others are passed
 * over). Versions that are not served are only found through kind_storage(). ERR_INVALID, ERR_MEMORY. */
int kind_set_new(const struct value *crds, struct kind_set **ret, struct err *err);
const struct kind_set *kind_set_ref(const struct kind_set *set);
const struct kind_set *kind_set_unref(const struct kind_set *set);

/* By URL: /apis/GROUP/VERSION/RESOURCE. NULL when unknown. */
const struct kind *kind_by_resource(const struct kind_set *set, const char *group, const char *version,
                                    const char *resource);

/* By object: apiVersion and kind. NULL when unknown. */
const struct kind *kind_by_name(const struct kind_set *set, const char *group, const char *version, const char *kind);

/* The version this resource is stored in (the kind itself when it is that one). */
const struct kind *kind_storage(const struct kind_set *set, const struct kind *k);

/* All served kinds, in discovery order: built-in groups by priority, then CRD groups alphabetically; within a group by
 * version priority (v2, v1, v1beta1), within a version alphabetically by resource. */
size_t kind_count(const struct kind_set *set);
const struct kind *kind_at(const struct kind_set *set, size_t index);

const struct kind_subresource *kind_subresource(const struct kind *k, const char *name);

/* Splits "apps/v1" or "v1" into group and version, copied into the arena. */
int kind_split_api_version(struct arena *a, const char *api_version, const char **ret_group, const char **ret_version,
                           struct err *err);
