/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas: what a field is, how its list is keyed, how it merges. One form for built-in kinds (tables in data/, made
 * from the schemas kube-apiserver 1.36 publishes) and for CRDs (structural schemas), used by strict decoding,
 * server-side apply, strategic merge, defaulting, pruning, protobuf decoding and OpenAPI.
 *
 * Schemas are frozen once made and shared by all threads. Built-in ones live as long as the process. */
#pragma once

#include "data/value.h"

enum schema_type {
        SCHEMA_ANY, /* unknown or preserved: RawExtension, FieldsV1, x-kubernetes-preserve-unknown-fields */
        SCHEMA_STRING,
        SCHEMA_INTEGER,
        SCHEMA_NUMBER,
        SCHEMA_BOOLEAN,
        SCHEMA_INT_OR_STRING,
        SCHEMA_QUANTITY,
        SCHEMA_TIME,   /* metav1.Time, MicroTime */
        SCHEMA_STRUCT, /* named fields */
        SCHEMA_MAP,    /* string keys to `element` */
        SCHEMA_LIST,   /* of `element` */
};

/* x-kubernetes-list-type / map-type: how server-side apply owns the children. */
enum schema_topology {
        SCHEMA_GRANULAR, /* structs and maps: each child on its own (the default of both) */
        SCHEMA_ATOMIC,   /* owned as a whole (the default of lists) */
        SCHEMA_SET,      /* list of unique scalars */
        SCHEMA_KEYED,    /* list of structs with `keys` ("map" list type) */
};

enum schema_patch { /* x-kubernetes-patch-strategy, a set of bits */
                    SCHEMA_PATCH_MERGE = 1 << 0,
                    SCHEMA_PATCH_REPLACE = 1 << 1,
                    SCHEMA_PATCH_RETAIN_KEYS = 1 << 2,
};

struct schema;

struct schema_field {
        const char *name;
        const struct schema *schema;
        const char *patch_key;        /* strategic merge key of a list, or NULL */
        const struct value *fallback; /* the default published in OpenAPI, or NULL */
        uint16_t number;              /* protobuf field number, 0: none, or inside one of the parent's inlines */
        uint8_t patch;                /* enum schema_patch */
        bool required;
        bool always;   /* Go writes it even when it is empty: its JSON tag has no omitempty */
        bool optional; /* Go holds a pointer: null is absent, and a zero value that was given is kept */
};

/* A protobuf message field whose members appear in the parent's JSON object (Go's inline structs). */
struct schema_inline {
        uint16_t number;
        const struct schema *schema;
};

struct schema {
        const char *name; /* "io.k8s.api.core.v1.PodSpec" for a named definition, else NULL */
        enum schema_type type;
        enum schema_topology topology;
        bool preserve_unknown;
        bool embedded_resource;
        bool nullable;
        const char *format;           /* "int32", "int64", "double", "byte", "date-time", "micro-time", ... or NULL */
        const char *const *keys;      /* SCHEMA_KEYED: NULL-terminated */
        const struct schema *element; /* SCHEMA_MAP, SCHEMA_LIST; of a SCHEMA_STRUCT: fields not named, or NULL */
        const struct schema_field *fields; /* SCHEMA_STRUCT, sorted by name */
        size_t n_fields;
        const char *go_type;                 /* Go's name of it, "v1.PodSpec", "v1.Protocol"; NULL: Go's plain type */
        const struct schema_inline *inlines; /* built-in structs: see struct schema_inline */
        size_t n_inlines;
        const uint16_t *by_number; /* built-in structs: protobuf field number to index + 1 in fields, or NULL */
        size_t n_by_number;
        const struct value *rules; /* CRD: the raw JSONSchemaProps, for validation and defaulting; else NULL */
};

/* A built-in definition by its short ("core.v1.Pod") or long ("io.k8s.api.core.v1.Pod") name; NULL when unknown.
 * The tables are expanded on first use, once, thread-safely. */
const struct schema *schema_builtin(const char *name);

/* The built-in schema of a kind; NULL when it is no built-in kind. Group "" is core. */
const struct schema *schema_of_kind(const char *group, const char *version, const char *kind);

/* The field, or NULL (binary search). */
const struct schema_field *schema_field(const struct schema *s, const char *name, size_t n);

/* What Go writes for a field that was never set although it is always written: null, "", 0, or a struct's own zero. */
int schema_zero(struct arena *a, const struct schema_field *f, struct value *ret, struct err *err);

/* Adds to a map the fields of a built-in struct that are always written and are not there. */
int schema_fill(struct arena *a, const struct schema *s, struct value *map, struct err *err);

/* A CRD version's schema.openAPIV3Schema (NULL: everything preserved) with apiVersion, kind and ObjectMeta put in.
 * Lives in the arena. ERR_INVALID names the field that is not structural. */
int schema_from_crd(struct arena *a, const struct value *open_api_v3_schema, const struct schema **ret,
                    struct err *err);
