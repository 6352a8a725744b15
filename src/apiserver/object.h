/* SPDX-License-Identifier: Apache-2.0 */
/* A stored object: its ready JSON bytes (always), its tree (on demand), and the metadata that selectors, owners and
 * lists need without parsing.
 *
 * Frozen once made, reference-counted, shared by the store, the cache, every list and every watch. The bytes are in the
 * storage version of the resource and hold the resourceVersion. */
#pragma once

#include "data/value.h"

#include <stdatomic.h>

struct object_label {
        const char *key;
        const char *value;
};

struct object_owner {
        const char *api_version;
        const char *kind;
        const char *name;
        const char *uid;
        bool controller;
        bool block_deletion;
};

struct object {
        atomic_uint refs;
        uint64_t rv;      /* the resourceVersion; 0 until the store gives one */
        uint64_t id;      /* the store's row group of this key; 0: not stored yet */
        char *json;       /* followed by a newline and a NUL, which an answer of one object ends with; has room for the
                           * digits of rv until it is stamped */
        size_t json_len;  /* without the newline */
        size_t rv_offset; /* where the digits of rv begin in json */
        size_t body_offset;     /* where "metadata" begins: behind kind and apiVersion, which list items leave out */
        const char *namespace_; /* "" for cluster-scoped ones */
        const char *name;
        const char *uid;
        const char *api_version; /* of the stored form */
        const char *kind;
        int64_t generation;
        bool deleting; /* metadata.deletionTimestamp is set */
        const struct object_label *labels;
        size_t n_labels;
        const struct object_owner *owners;
        size_t n_owners;
        const char *const *finalizers;
        size_t n_finalizers;
        size_t bytes; /* of memory in all */
};

/* Makes an object of a tree, with rv 0: the store stamps it. The tree's resourceVersion is left out; the tree may go
 * afterwards. ERR_MEMORY, ERR_INVALID when it has no metadata.name. One reference is the caller's. */
int object_new(const struct value *tree, struct object **ret, struct err *err);

/* Makes an object of stored bytes (copied), which object_stamp() has made. scratch may be reset afterwards. */
int object_load(struct arena *scratch, const char *json, size_t n, uint64_t rv, uint64_t id, struct object **ret,
                struct err *err);

/* Puts the version into an object that nobody else has seen yet. Once. */
void object_stamp(struct object *o, uint64_t rv);

/* Orders by namespace/name as the bytes of "namespace/name" compare: the order of lists and pages. */
int object_key_compare(const char *namespace_a, const char *name_a, const char *namespace_b, const char *name_b);

struct object *object_ref(const struct object *o);
struct object *object_unref(struct object *o);

/* Parses the bytes into the arena: a tree of the caller's own, free to change. */
int object_tree(const struct object *o, struct arena *a, struct value *ret, struct err *err);

/* The value of a label, or NULL. */
const char *object_label(const struct object *o, const char *key);

static inline void object_unrefp(struct object **o) {
        *o = object_unref(*o);
}
#define _cleanup_object_ _cleanup_(object_unrefp)
