/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of roles and bindings (pkg/apis/rbac/validation, 1.36). Escalation is checked by admission, not here. */
#include "apiserver/strategy/names.h"
#include "apiserver/strategy/rules/rules.h"

#define RBAC_GROUP "rbac.authorization.k8s.io"

static void check_policy_rule(struct rules *r, const char *path, const struct value *rule, bool namespaced) {
        const struct value *urls = value_get(rule, "nonResourceURLs");
        const struct value *groups = value_get(rule, "apiGroups"), *resources = value_get(rule, "resources");
        if (rules_is_empty(value_get(rule, "verbs")))
                fields_required(r->fields, fields_path(r->fields, path, "verbs"),
                                "verbs must contain at least one value");
        if (!rules_is_empty(urls)) {
                const char *at = fields_path(r->fields, path, "nonResourceURLs");
                if (namespaced)
                        fields_invalid(r->fields, at, urls, "namespaced rules cannot apply to non-resource URLs");
                if (!rules_is_empty(groups) || !rules_is_empty(resources) ||
                    !rules_is_empty(value_get(rule, "resourceNames")))
                        fields_invalid(r->fields, at, urls,
                                       "rules cannot apply to both regular resources and non-resource URLs");
                return;
        }
        if (rules_is_empty(groups))
                fields_required(r->fields, fields_path(r->fields, path, "apiGroups"),
                                "resource rules must supply at least one api group");
        if (rules_is_empty(resources))
                fields_required(r->fields, fields_path(r->fields, path, "resources"),
                                "resource rules must supply at least one resource");
}

static void check_policy_rules(struct rules *r, const struct value *object, bool namespaced) {
        const struct value *rules = value_get(object, "rules");
        size_t i = 0;
        if (!value_is_list(rules))
                return;
        VALUE_EACH_ITEM(rule, rules)
                check_policy_rule(r, fields_item(r->fields, "rules", i++), rule, namespaced);
}

static void role(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        check_policy_rules(r, object, true);
}

static void cluster_role(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        check_policy_rules(r, object, false);
        const struct value *aggregation = value_get(object, "aggregationRule");
        if (value_is_map(aggregation) && rules_is_empty(value_get(aggregation, "clusterRoleSelectors")))
                fields_required(r->fields, "aggregationRule.clusterRoleSelectors",
                                "at least one clusterRoleSelector required if aggregationRule is non-nil");
}

static void check_subject(struct rules *r, const char *path, const struct value *subject, bool namespaced) {
        static const char *const kinds[] = {"ServiceAccount", "User", "Group", NULL};
        static const char *const rbac_group[] = {RBAC_GROUP, NULL}, *const core_group[] = {"", NULL};
        const struct value *kind = value_get(subject, "kind"), *group = value_get(subject, "apiGroup");
        const char *name = value_string_or(value_get(subject, "name"), "");
        struct value empty = value_str("");
        if (!name[0])
                fields_required(r->fields, fields_path(r->fields, path, "name"), NULL);
        if (value_equals_str(kind, "ServiceAccount")) {
                if (name[0])
                        names_check(r->fields, fields_path(r->fields, path, "name"), name, NAME_SUBDOMAIN, false);
                if (!rules_is_empty(group))
                        fields_unsupported(r->fields, fields_path(r->fields, path, "apiGroup"), group, core_group);
                if (!namespaced && rules_is_empty(value_get(subject, "namespace")))
                        fields_required(r->fields, fields_path(r->fields, path, "namespace"), NULL);
        } else if (value_equals_str(kind, "User") || value_equals_str(kind, "Group")) {
                if (!value_equals_str(group, RBAC_GROUP))
                        fields_unsupported(r->fields, fields_path(r->fields, path, "apiGroup"), group ? group : &empty,
                                           rbac_group);
        } else {
                fields_unsupported(r->fields, fields_path(r->fields, path, "kind"), kind ? kind : &empty, kinds);
        }
}

/* A RoleRef as Go prints the internal type: its field names are capitalised. */
static struct value shown_role_ref(struct rules *r, const struct value *ref) {
        static const char *const names[][2] = {{"apiGroup", "APIGroup"}, {"kind", "Kind"}, {"name", "Name"}};
        struct value shown = value_map();
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                if (!value_set(r->fields->arena, &shown, names[i][1],
                               value_str(value_string_or(value_get(ref, names[i][0]), ""))))
                        r->fields->oom = true;
        return shown;
}

static void check_binding(struct rules *r, const struct value *object, const struct value *old, bool namespaced) {
        static const char *const both[] = {"Role", "ClusterRole", NULL}, *const cluster[] = {"ClusterRole", NULL};
        const struct value *ref = value_get(object, "roleRef"), *kind = value_get(ref, "kind");
        struct value empty = value_str("");
        if (!value_equals_str(kind, "ClusterRole") && !(namespaced && value_equals_str(kind, "Role")))
                fields_unsupported(r->fields, "roleRef.kind", kind ? kind : &empty, namespaced ? both : cluster);
        const struct value *subjects = value_get(object, "subjects");
        size_t i = 0;
        if (value_is_list(subjects))
                VALUE_EACH_ITEM(subject, subjects)
                        check_subject(r, fields_item(r->fields, "subjects", i++), subject, namespaced);
        const struct value *before = value_get(old, "roleRef");
        if (before && ref && !value_equal(ref, before)) {
                struct value shown = shown_role_ref(r, ref);
                fields_invalid(r->fields, "roleRef", &shown, "cannot change roleRef");
        }
}

static void role_binding(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        check_binding(r, object, old, true);
}

static void cluster_role_binding(struct rules *r, const char *path, const struct value *object,
                                 const struct value *old) {
        check_binding(r, object, old, false);
}

const struct rule_name rules_rbac[] = {
        {"role", role},
        {"cluster_role", cluster_role},
        {"role_binding", role_binding},
        {"cluster_role_binding", cluster_role_binding},
        {NULL, NULL},
};
