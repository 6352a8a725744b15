/* SPDX-License-Identifier: Apache-2.0 */
/* RBAC: callers, rules, and what a rule covers. Pure functions; the rules are those of kube-apiserver 1.36 (spec
 * kubernetes/k8s-authz, corpus extracted/rbac). Decisions over many bindings are in rbac_index.h, escalation checks in
 * rbac_covers.h, aggregation and reconciliation in rbac_policy.h.
 *
 * Lists of strings are NULL-terminated and never NULL themselves. Strings are borrowed from the arena or tree that they
 * came from. */
#pragma once

#include "data/value.h"

/* One key of a caller's extra information. */
struct rbac_extra {
        const char *key;
        const char *const *values;
};

/* Who calls. Frozen once made. */
struct rbac_user {
        const char *name;
        const char *uid;                /* "" when there is none */
        const char *const *groups;      /* in the order in which they were given */
        const struct rbac_extra *extra; /* sorted by key */
        size_t n_extra;
};

/* The empty list, for users without groups and rules without names. */
extern const char *const rbac_no_strings[1];

bool rbac_user_in_group(const struct rbac_user *u, const char *group);

/* A deep copy into the arena. */
int rbac_user_copy(struct arena *a, const struct rbac_user *u, struct rbac_user *ret, struct err *err);

/* {"username", "uid", "groups", "extra"} as authentication.k8s.io UserInfo writes them, empty ones left out. */
int rbac_user_value(struct arena *a, const struct rbac_user *u, struct value *ret, struct err *err);

/* True for "system:serviceaccount:NAMESPACE:NAME" with a valid namespace and name, which are copied into the arena. */
bool rbac_service_account_split(struct arena *a, const char *user, const char **ret_namespace, const char **ret_name);

/* What is asked: may `user` do this? Strings are never NULL. */
struct rbac_attributes {
        const struct rbac_user *user;
        const char *verb;
        bool resource_request;
        const char *group; /* resource requests; "" is core */
        const char *version;
        const char *resource;
        const char *subresource;
        const char *name;
        const char *namespace_; /* "" for cluster scope and for all namespaces */
        const char *path;       /* other requests */
};

/* One PolicyRule. */
struct rbac_rule {
        const char *const *verbs;
        const char *const *groups;
        const char *const *resources;
        const char *const *names;
        const char *const *urls;
        const struct value *source; /* the rule as it was written, or NULL */
};

struct rbac_rules {
        struct rbac_rule *items;
        size_t n;
};

enum rbac_subject_kind { RBAC_SUBJECT_OTHER = 0, RBAC_SUBJECT_USER, RBAC_SUBJECT_GROUP, RBAC_SUBJECT_SERVICE_ACCOUNT };

struct rbac_subject {
        enum rbac_subject_kind kind;
        const char *name;
        const char *namespace_;     /* service accounts; "" when it is not given */
        const struct value *source; /* the subject as it was written, or NULL */
};

/* Reads a list of PolicyRule. What is not a list of the right type counts as empty. Strings are borrowed from the tree.
 * ERR_MEMORY. */
int rbac_rules_read(struct arena *a, const struct value *rules, struct rbac_rules *ret, struct err *err);

/* The rule as an object: verbs, apiGroups, resources, resourceNames, nonResourceURLs; empty ones left out. */
int rbac_rule_value(struct arena *a, const struct rbac_rule *rule, struct value *ret, struct err *err);

/* Reads one Subject. */
struct rbac_subject rbac_subject_read(const struct value *subject);

/* True when the rule allows it (the user is not looked at). */
bool rbac_rule_allows(const struct rbac_rule *rule, const struct rbac_attributes *q);

/* The same for parts of a rule, as the escalation check needs them. */
bool rbac_verb_matches(const struct rbac_rule *rule, const char *verb);
bool rbac_url_matches(const struct rbac_rule *rule, const char *path);

/* True when url covers the requested path: equal, "*", or a prefix when it ends with "*". */
bool rbac_url_covers(const char *url, const char *requested);

/* True when the user is this subject. binding_namespace: where a RoleBinding lives, used for a service account
 * without a namespace; "" for a ClusterRoleBinding. */
bool rbac_subject_matches(const struct rbac_subject *s, const struct rbac_user *u, const char *binding_namespace);

/* Adds one string to an array of n, keeping it NULL-terminated; grows in powers of two. NULL: memory. */
const char **rbac_strings_add(struct arena *a, const char **list, size_t n, const char *s);
