/* SPDX-License-Identifier: Apache-2.0 */
/* One resource on its way through a build: its object and what kustomize remembers about it (kustomize keeps the same
 * in annotations below internal.config.kubernetes.io/; here they are read from files and never written). */
#pragma once

#include "build/kustomize/resource/resid.h"
#include "build/kustomize/field/scalar.h"

/* What a generator says; kustomize notes it also when that is nothing. */
enum behavior { BEHAVIOR_NOT_GENERATED, BEHAVIOR_UNSPECIFIED, BEHAVIOR_CREATE, BEHAVIOR_REPLACE, BEHAVIOR_MERGE };

struct names { /* of prefixes, suffixes or vars, in the order they came */
        const char **items;
        size_t len;
};

/* What apiVersion and kind say, as last asked for. Every step asks for ids, and these two hardly ever change. */
struct kind_memo {
        const char *api_version, *kind; /* the very texts; NULL: nothing yet */
        const char *group, *version;
        size_t n_scopes; /* kinds that were known then; more may come with an `openapi` file */
        bool cluster_scoped;
};

struct resource {
        struct value object;    /* a map; null once a patch has deleted it */
        struct kind_memo *memo; /* NULL in a resource that resource_new() did not make */
        struct resid *previous; /* oldest first; gvk holds only the kind of that time */
        size_t n_previous;
        struct names prefixes, suffixes;
        struct names vars; /* names of the vars that read this resource */
        enum behavior behavior;
        bool needs_hash, allow_name_change, allow_kind_change;
        bool nameless; /* its first id had no name, which kustomize does not note: there is no previous one */
        const struct value *origin;   /* config.kubernetes.io/origin as a map, or NULL */
        struct value transformations; /* list of maps; null when none */
};

struct resource *resource_new(struct arena *a, struct value object);

const char *resource_kind(struct arena *a, const struct resource *r);
const char *resource_api_version(struct arena *a, const struct resource *r);
const char *resource_name(struct arena *a, const struct resource *r);
const char *resource_ns(struct arena *a, const struct resource *r);

/* True for null, {} and the like: kustomize drops those. */
bool resource_is_empty(const struct resource *r);

/* The id it has now; previous id i; and its first one. -1: memory. */
int resource_current_id(struct arena *a, const struct scopes *s, const struct resource *r, struct resid *ret);
int resource_previous_id(struct arena *a, const struct resource *r, size_t i, struct resid *ret);
int resource_original_id(struct arena *a, const struct scopes *s, const struct resource *r, struct resid *ret);

/* Remembers the current id as a previous one. ERR_INVALID when a patch took the name away. */
int resource_store_id(struct arena *a, const struct scopes *s, struct resource *r, struct err *err);

/* True when kustomize keeps notes about it: there they are annotations, and so the object has a map of them. */
bool resource_has_notes(const struct resource *r);

/* Makes the map of annotations that such a resource has there, and marks it. */
int resource_show_notes(struct arena *a, struct resource *r, struct err *err);

/* True while that map is there, and not another one that a patch has put in its place. */
bool resource_shows_notes(const struct resource *r);

/* Forgets all that kustomize notes in annotations. */
void resource_lose_notes(struct resource *r);

/* After a JSON patch of a resource whose notes were shown: what is left of them. kustomize writes ids, prefixes and the
 * like again where metadata is a map or absent; origin and transformations go with the annotations they are in. */
void resource_keep_notes(struct resource *r);

/* Takes the previous ids from kustomize's own annotations, which a file may bring along: internal.config.kubernetes.io/
 * previousNames, previousNamespaces and previousKinds, of one length and at most LIMIT_KUSTOMIZE_HISTORY long; others
 * are no history. */
int resource_read_history(struct arena *a, struct resource *r, struct err *err);

/* Appends a borrowed name; an empty one is left out, as kustomize does. */
int names_add(struct arena *a, struct names *n, const char *name, struct err *err);

/* The kind, metadata.name and the like, made when absent; an empty namespace is removed. A field's quotes stay: where
 * it had none, a text that reads as a number becomes one. */
int resource_set_kind(struct arena *a, struct resource *r, const char *kind, struct err *err);
int resource_set_name(struct arena *a, struct resource *r, const char *name, struct err *err);
int resource_set_ns(struct arena *a, struct resource *r, const char *ns, struct err *err);

/* Turns every value of the map below metadata ("labels", "annotations") into a string of its own (see shared.h) and
 * removes an empty map; of two members with one key the last one stays: what kustomize leaves behind whenever it writes
 * one of them. */
void resource_normalize_metadata(struct arena *a, struct value *object, const char *field);
