/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of one layer in order, with hash indexes over their ids, so that look-ups cost the same in a tree of
 * ten thousand resources as in one of ten. The indexes are built on demand; whoever changes an id says so. */
#pragma once

#include "build/kustomize/resource/resource.h"

struct resmap_link { /* resources that share an id, in order */
        struct resource *resource;
        struct resmap_link *next;
};

struct resmap {
        struct arena *arena;
        struct arena *keys; /* owned: what the indexes point at, emptied with them; NULL while there are none */
        const struct scopes *scopes;
        struct resource **items;
        size_t len, cap;
        struct strmap by_id;     /* current id to resource */
        struct strmap by_any_id; /* previous or current id to struct resmap_link */
        bool indexed, any_indexed;
};

struct resmap *resmap_new(struct arena *a, const struct scopes *scopes);

/* Frees the indexes and the list's own memory; resources belong to the arena. Takes NULL. */
void resmap_done(struct resmap *m);

/* Adds at the end. ERR_CONFLICT "may not add resource with an already registered id: ...". */
int resmap_append(struct resmap *m, struct resource *r, struct err *err);
int resmap_append_all(struct resmap *m, const struct resmap *from, struct err *err);

/* Merges a generated resource in by its behavior: appends, replaces or merges. */
int resmap_absorb(struct resmap *m, struct resource *r, struct err *err);

/* Ids or membership changed: forget the indexes. */
void resmap_touch(struct resmap *m);

/* Fails when two resources have the same current id, as kustomize when it fills a map anew. */
int resmap_check_unique(struct resmap *m, struct err *err);

/* Resources with this id now or before, in order; NULL when there are none. -1: memory. */
int resmap_find_any(struct resmap *m, const struct resid *id, const struct resmap_link **ret, struct err *err);

/* The only resource with this id now or before; the errors name a patch, as kustomize does. */
int resmap_find_target(struct resmap *m, const struct resid *id, struct resource **ret, struct err *err);

/* Removes resources whose object is empty. */
void resmap_drop_empty(struct resmap *m);
