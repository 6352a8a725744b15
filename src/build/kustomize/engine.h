/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of one build share. Made by kustomize_build(), lives as long as the build. */
#pragma once

#include "build/kustomize/config/config.h"
#include "build/kustomize/kustomize.h"
#include "build/kustomize/resource/resmap.h"
#include "build/kustomize/config/schema.h"
#include "build/kustomize/load/view.h"
#include "data/yaml/yaml.h"

struct remote_view;

struct engine {
        struct arena *arena;
        struct kustomize_options options;
        struct kustomize_folder whole; /* the source, when all of it may be seen */
        struct view source;            /* what may be seen of the source */
        struct scopes scopes;
        struct merge_schema schema; /* read through engine_schema() */
        bool has_schema;
        const char *bad_schema; /* why the `openapi` file cannot be read, once something needs it; NULL: it can */
        const struct config *defaults;      /* the built-in field specs */
        struct yaml_pool *pool;             /* of the arena */
        struct remote_view *remote_views;   /* loader_remote.c: repositories elsewhere that were entered */
        bool remotes_missing;               /* some were left out: the result is good for nothing */
        size_t n_files;                     /* that were looked for, in all views */
        size_t work;                        /* see engine_charge() */
        bool asked_scope;                   /* of a kind outside of its table: kustomize will keep its own schema */
        const struct value *build_metadata; /* of the top file: a list, or NULL */
        struct value odd_keys;              /* see engine_add_key() */
        const char *late_error; /* what kustomize only finds when it prints (duplicate keys, .inf); NULL: nothing */
};

/* Everything a build shares; options may be NULL. engine_done() also after a failure. */
int engine_init(struct engine *e, struct arena *a, int root_fd, const struct kustomize_options *options,
                struct err *err);
void engine_done(struct engine *e);

/* What is known about lists. Many builds merge nothing and never ask, so it is made at the first call. NULL: error. */
struct merge_schema *engine_schema(struct engine *e, struct err *err);

/* Pays for n visits of resources. Each patch, selector and reference looks at every resource it may mean, as in
 * kustomize; the product of both is bounded here. ERR_TOO_LARGE. */
int engine_charge(struct engine *e, size_t n, struct err *err);

/* Notes a key that is about to be added. kustomize writes it without quotes, so that one like 1 or << is no string when
 * it is read again, which happens when it prints and in a JSON patch: engine_check_keys() finds those that are still
 * there. */
int engine_add_key(struct engine *e, const char *key, struct err *err);
int engine_check_keys(const struct engine *e, const struct value *object, struct err *err);

#define _cleanup_engine_ _cleanup_(engine_done)

/* One directory with a kustomization file, on the way from the top to here. */
struct loader {
        const struct loader *parent;
        struct view *view;
        const char *root;      /* clean path in the view, symlinks resolved; "." is the tree's root */
        struct remote *remote; /* set when an entry with a URL led here from another tree */
};
