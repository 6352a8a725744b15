/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/escalation.h"

#include "kube/rbac/rbac_covers.h"

#define GROUP "rbac.authorization.k8s.io"

/* One write that is being checked. */
struct check {
        struct auth *auth;
        struct arena *arena;
        const struct rbac_user *user;
        const char *resource; /* "roles", "clusterrolebindings", ... */
        const char *namespace_;
        const char *name;
        struct err *err;
};

static const char *text_at(const struct value *v, const char *a, const char *b) {
        return value_string_or(value_path(v, a, b, NULL), "");
}

/* Asks for one of the verbs that lift the check. */
static bool may(struct check *c, const char *verb, const char *resource, const char *name) {
        struct rbac_attributes q = {
                .user = c->user,
                .verb = verb,
                .resource_request = true,
                .group = GROUP,
                .version = "*",
                .resource = resource,
                .subresource = "",
                .name = name,
                .namespace_ = c->namespace_,
                .path = "",
        };
        return auth_allows(c->auth, &q, NULL, NULL);
}

static int forbid(struct check *c) {
        return err_wrap(c->err, "%s." GROUP " \"%s\" is forbidden", c->resource, c->name);
}

/* ---- writes that grant nothing ---- */

static bool same_but(const struct value *a, const struct value *b, const char *const *ignored) {
        if (!value_is_map(a) || !value_is_map(b))
                return false;
        VALUE_EACH_MEMBER(m, a) {
                bool skip = false;
                for (const char *const *i = ignored; *i && !skip; i++)
                        skip = streq(*i, m->key);
                const struct value *other = value_getn(b, m->key, m->key_len);
                if (!skip && (!other || !value_equal(&m->value, other)))
                        return false;
        }
        return true;
}

/* Only what the garbage collector changes on an object's way out. */
static bool only_collection(const struct value *old, const struct value *object) {
        static const char *const top[] = {"metadata", NULL};
        static const char *const meta[] = {"ownerReferences", "finalizers", "managedFields", "resourceVersion", NULL};
        const struct value *a = value_get(old, "metadata"), *b = value_get(object, "metadata");
        return same_but(old, object, top) && same_but(object, old, top) && same_but(a, b, meta) && same_but(b, a, meta);
}

/* ---- roles ---- */

static bool aggregates(const struct value *role) {
        const struct value *selectors = value_path(role, "aggregationRule", "clusterRoleSelectors", NULL);
        return value_is_list(selectors) && selectors->len;
}

/* An aggregated role may come to hold anything. */
static int check_everything(struct check *c, const struct rbac_index *x) {
        static const char *const star[] = {"*", NULL};
        struct rbac_rule all[] = {
                {.verbs = star, .groups = star, .resources = star, .names = rbac_no_strings, .urls = rbac_no_strings},
                {.verbs = star,
                 .groups = rbac_no_strings,
                 .resources = rbac_no_strings,
                 .names = rbac_no_strings,
                 .urls = star},
        };
        struct rbac_rules rules = {all, ARRAY_LEN(all)};
        if (rbac_confirm_no_escalation(x, c->arena, c->user, c->namespace_, &rules, c->err) == 0)
                return 0;
        if (!c->err || c->err->class == ERR_FORBIDDEN)
                err_set(c->err, ERR_FORBIDDEN, "must have cluster-admin privileges to use the aggregationRule");
        return -1;
}

static int check_role(struct check *c, const struct value *old, const struct value *object) {
        if (may(c, "escalate", c->resource, old ? c->name : ""))
                return 0;
        _cleanup_rbac_index_ const struct rbac_index *x = NULL;
        struct rbac_rules rules;
        if (auth_index(c->auth, &x, c->err) < 0 ||
            rbac_rules_read(c->arena, value_get(object, "rules"), &rules, c->err) < 0)
                return -1;
        int r = rbac_confirm_no_escalation(x, c->arena, c->user, c->namespace_, &rules, c->err);
        if (r == 0 && (aggregates(object) || (old && aggregates(old))))
                r = check_everything(c, x);
        return r < 0 && c->err && c->err->class == ERR_FORBIDDEN ? forbid(c) : r;
}

/* ---- bindings ---- */

static int check_binding(struct check *c, const struct value *object) {
        const char *kind = text_at(object, "roleRef", "kind"), *name = text_at(object, "roleRef", "name");
        bool cluster = streq(kind, "ClusterRole");
        if (!cluster && !streq(kind, "Role"))
                return 0; /* validation refuses it */
        if (may(c, "bind", cluster ? "clusterroles" : "roles", name))
                return 0;
        _cleanup_rbac_index_ const struct rbac_index *x = NULL;
        struct rbac_rules rules;
        if (auth_index(c->auth, &x, c->err) < 0)
                return -1;
        if (!rbac_index_role(x, cluster ? "" : c->namespace_, name, &rules))
                return err_set(c->err, ERR_NOT_FOUND, "%s." GROUP " \"%s\" not found", c->resource, name);
        int r = rbac_confirm_no_escalation(x, c->arena, c->user, c->namespace_, &rules, c->err);
        return r < 0 && c->err && c->err->class == ERR_FORBIDDEN ? forbid(c) : r;
}

int escalation_check(struct auth *x, struct arena *a, const struct rbac_user *user, const char *kind,
                     const char *namespace_, const struct value *old, const struct value *object, struct err *err) {
        static const char *const kinds[][2] = {
                {"Role", "roles"},
                {"ClusterRole", "clusterroles"},
                {"RoleBinding", "rolebindings"},
                {"ClusterRoleBinding", "clusterrolebindings"},
        };
        size_t i = 0;
        while (i < ARRAY_LEN(kinds) && !streq(kinds[i][0], kind))
                i++;
        if (i == ARRAY_LEN(kinds) || rbac_user_in_group(user, "system:masters"))
                return 0;
        if (old && only_collection(old, object))
                return 0;
        struct check c = {
                .auth = x,
                .arena = a,
                .user = user,
                .resource = kinds[i][1],
                .namespace_ = namespace_ ? namespace_ : "",
                .name = text_at(object, "metadata", "name"),
                .err = err,
        };
        return i < 2 ? check_role(&c, old, object) : check_binding(&c, object);
}
