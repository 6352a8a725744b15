/* SPDX-License-Identifier: Apache-2.0 */
/* One part of the RBAC index: the roles and bindings of one namespace, or of the cluster. Frozen and reference-counted,
 * as are the roles and bindings that it holds. Internal to rbac_index.c and rbac_world.c. */
#pragma once

#include "base/strmap.h"
#include "kube/rbac/rbac_index.h"

#include <stdatomic.h>

struct rbac_role {
        atomic_uint refs;
        struct arena *arena;
        const char *namespace_; /* "" for a ClusterRole */
        const char *name;
        struct rbac_rules rules;
};

struct rbac_binding {
        atomic_uint refs;
        struct arena *arena;
        uint64_t order;         /* when the world first heard of it */
        const char *namespace_; /* "" for a ClusterRoleBinding */
        const char *name;
        const char *role_kind;
        const char *role_name;
        struct rbac_subject *subjects;
        size_t n_subjects;
};

/* Bindings that name a subject: their places in part->bindings, ascending. */
struct rbac_hits {
        uint32_t *at;
        size_t n, cap;
};

struct rbac_part {
        atomic_uint refs;
        struct arena *arena;
        const char *name;               /* the namespace, "" for the cluster */
        struct rbac_binding **bindings; /* by order; each holds a reference */
        size_t n_bindings;
        struct rbac_role **roles_list; /* each holds a reference */
        size_t n_roles;
        struct strmap roles;  /* name to struct rbac_role */
        struct strmap users;  /* user name to struct rbac_hits */
        struct strmap groups; /* group name to struct rbac_hits */
};

struct rbac_index {
        atomic_uint refs;
        struct rbac_part *cluster;
        struct strmap spaces; /* namespace (the part's name) to struct rbac_part */
        struct rbac_part **parts;
        size_t n_parts;
};

struct rbac_role *rbac_role_unref(struct rbac_role *r);
struct rbac_binding *rbac_binding_unref(struct rbac_binding *b);
struct rbac_part *rbac_part_unref(struct rbac_part *p);

/* Reads a role or binding. *ret holds one reference. ERR_MEMORY. */
int rbac_role_new(const struct value *object, struct rbac_role **ret, struct err *err);
int rbac_binding_new(const struct value *object, uint64_t order, struct rbac_binding **ret, struct err *err);

/* The part of these roles and bindings (values of the maps). */
int rbac_part_new(const char *name, const struct strmap *roles, const struct strmap *bindings, struct rbac_part **ret,
                  struct err *err);
