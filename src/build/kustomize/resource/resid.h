/* SPDX-License-Identifier: Apache-2.0 */
/* What kustomize calls a resource: group, version, kind, name, namespace; and which kinds have no namespace.
 * Strings are borrowed and never NULL; empty means absent, or "any" in a selector. */
#pragma once

#include "base/strmap.h"
#include "data/value.h"

/* The kinds that kustomize puts first, in their order: that of ids and of the legacy sort's default. */
#define RESID_FIRST_KINDS 22
extern const char *const resid_first_kinds[RESID_FIRST_KINDS];

struct gvk {
        const char *group, *version, *kind;
};

struct resid {
        struct gvk gvk;
        const char *name, *ns;
        bool cluster_scoped; /* never set in previous ids: those hold the effective namespace in ns */
};

/* The namespace of what has none. */
#define RESID_NO_NAMESPACE "_non_namespaceable_"

/* "apps/v1" to group "apps" and version "v1". -1: memory. */
int gvk_split(struct arena *a, const char *api_version, const char **ret_group, const char **ret_version);

/* True when every field that selector sets is equal. */
bool gvk_selected(const struct gvk *gvk, const struct gvk *selector);
bool gvk_equal(const struct gvk *a, const struct gvk *b);

/* "Deployment.v1.apps", with [noGrp], [noVer], [noKind]. NULL: memory. */
const char *gvk_string(struct arena *a, const struct gvk *gvk);

/* kustomize's order of kinds: the well-known first and last ones, then by group, version, kind. As strcmp. */
int gvk_compare(const struct gvk *a, const struct gvk *b);

/* "Deployment.v1.apps/name.namespace" with [noName], [noNs]. NULL: memory. */
const char *resid_string(struct arena *a, const struct resid *id);

/* The namespace that counts for equality: "default" for none, RESID_NO_NAMESPACE for cluster-scoped kinds. */
const char *resid_effective_ns(const struct resid *id);

/* A text that is equal exactly for ids that kustomize calls equal. NULL: memory. */
const char *resid_key(struct arena *a, const struct resid *id, size_t *ret_len);

/* ---- scopes ---- */

/* Kinds known to be cluster-scoped or namespaced: "apiVersion kind" to the mark of which. */
struct scopes {
        struct strmap map;
};

int scopes_init(struct arena *a, struct scopes *s, struct err *err);
int scopes_set(struct arena *a, struct scopes *s, const char *api_version, const char *kind, bool cluster,
               struct err *err);
bool scopes_is_cluster(const struct scopes *s, const char *api_version, const char *kind);
bool scopes_knows(const struct scopes *s, const char *api_version, const char *kind);
void scopes_done(struct scopes *s);
