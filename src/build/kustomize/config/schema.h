/* SPDX-License-Identifier: Apache-2.0 */
/* What kustomize knows about lists: which fields merge by which keys. The built-in part is Kubernetes 1.21's schema as
 * kustomize 5.8 carries it (data/kustomize/schema.tsv: only the fields that lead to a merging list); an `openapi.path`
 * file takes its place. Frozen once made. */
#pragma once

#include "build/kustomize/resource/resid.h"
#include "data/yaml/yaml.h"

struct merge_type;

struct merge_field {
        const struct merge_type
                *type;           /* of the field's value, or of its elements when it is a list; NULL: nothing known */
        const char *const *keys; /* of the elements, NULL-terminated; empty for lists of scalars */
        bool merges;             /* a list merged element by element */
};

/* What is known about the fields of a map. */
struct merge_type {
        struct strmap fields;          /* name to struct merge_field */
        struct merge_field additional; /* of every other name */
        struct merge_type *next;       /* the schema's next one, for merge_schema_done() */
};

struct merge_schema {
        struct strmap types; /* definition name to struct merge_type */
        struct merge_type *all;
        struct strmap kinds;    /* "apiVersion kind" to struct merge_type */
        struct strmap notes;    /* a commented member's key, by address, to the comment: a JSON schema of that field */
        struct strmap comments; /* such a text to struct merge_field, once it was asked for */
        bool custom;            /* openapi.path or openapi.version was honoured: later ones are ignored */
};

int merge_schema_builtin(struct arena *a, struct merge_schema *s, struct err *err);

/* Replaces the tables by an OpenAPI v2 document (definitions; paths tell which kinds are cluster-scoped), or adds to
 * them what they lack. */
int merge_schema_load(struct arena *a, struct merge_schema *s, struct scopes *scopes, const struct value *document,
                      bool add, struct err *err);

/* Remembers the schemas that comments of a document hold (struct yaml_note.key is what tells a field). */
int merge_schema_note(struct merge_schema *s, const struct yaml_note *notes, struct err *err);

/* What the comment on this member says. 1: *ret is set; 0: there is none, or it is no schema. */
int merge_schema_noted(struct arena *a, struct merge_schema *s, const struct member *m, struct merge_field *ret,
                       struct err *err);

/* A new, empty type; the one of a definition, made when it is not there. NULL: memory. */
struct merge_type *merge_schema_new_type(struct arena *a, struct merge_schema *s);
struct merge_type *merge_schema_obtain_type(struct arena *a, struct merge_schema *s, const char *name);

/* Forgets all but what merge_schema_note() was given. */
void merge_schema_reset(struct merge_schema *s);
void merge_schema_done(struct merge_schema *s);

/* NULL when the kind is not in it. */
const struct merge_type *merge_schema_kind(const struct merge_schema *s, const char *api_version, const char *kind);

/* What is known about a field of a value of this type (NULL: nothing). */
struct merge_field merge_schema_field(const struct merge_type *type, const char *name, size_t n);
