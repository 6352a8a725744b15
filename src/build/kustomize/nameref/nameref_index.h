/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the name references: which renamed resources once had a name, by name and namespace, so that looking one up
 * does not look at every other. */
#pragma once

#include "build/kustomize/engine.h"

struct candidate {
        struct resource *resource;
        struct resid now;
        const char *original_ns; /* effective */
};

struct candidate_link {
        const struct candidate *candidate;
        struct candidate_link *next, *last; /* last: of the chain, kept in its first link */
};

struct candidates {
        struct arena *arena; /* owned; the texts of ids are in the build's */
        struct strmap chains;
};

enum candidate_by {
        BY_NAME = 'n',        /* one earlier name */
        BY_CURRENT_NS = 'c',  /* the name, and the effective namespace it has now */
        BY_ORIGINAL_NS = 'o', /* the name, and the one it had at first */
        BY_BOTH_NS = 'p',     /* original and current namespace, whatever the name: is there any? */
};

int candidates_init(struct engine *e, const struct resmap *m, struct candidates *c, struct err *err);
void candidates_done(struct candidates *c);

/* The chain for this key, or NULL; in the order of the resources. */
const struct candidate_link *candidates_find(const struct candidates *c, enum candidate_by by, const char *first,
                                             const char *second);

/* ---- deciding ---- */

struct rule { /* one field of one kind that names resources of another */
        const struct gvk *target;
        struct fieldspec field;
};

struct referrer {
        struct engine *e;
        struct candidates *index;
        struct resource *resource;
        struct resid id;
        const struct rule *rule;
        struct names subjects_ns; /* of a RoleBinding's ServiceAccounts: seen as well */
};

/* Decides which renamed resource a name means; *ret is NULL when it means none of ours. ns: the namespace that stands
 * beside the name, or NULL; mapping: both will be written, so both must be certain. */
int referrer_choose(const struct referrer *f, const char *name, const char *ns, bool mapping,
                    const struct candidate **ret, struct err *err);
