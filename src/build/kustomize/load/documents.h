/* SPDX-License-Identifier: Apache-2.0 */
/* Texts to resources, as kustomize reads them: documents cut at "---", lists unwrapped, each with a kind and a name. */
#pragma once

#include "build/kustomize/engine.h"

struct resources { /* in order; in the arena */
        struct resource **items;
        size_t len;
};

/* Adds at the end of a list that only this function has filled. */
int resources_add(struct arena *a, struct resources *list, struct resource *r, struct err *err);

/* ERR_SYNTAX "MalformedYAMLError: yaml: ..."; ERR_INVALID for what is no resource. */
int documents_read(struct engine *e, const char *text, size_t n, struct resources *ret, struct err *err);

/* What kustomize demands of every object, when it is read and again at the end: a kind and, but for lists, a name.
 * ERR_INVALID "missing metadata.name in object ...". */
int documents_check(struct arena *a, const struct value *object, struct err *err);

/* The resources of a file. Malformed YAML bears the file's name in its message. */
int documents_read_file(struct engine *e, const struct loader *l, const char *path, struct resources *ret,
                        struct err *err);

/* True when reading failed because the bytes are no YAML: then a path is not tried as a directory. */
bool documents_malformed(const struct err *err);
