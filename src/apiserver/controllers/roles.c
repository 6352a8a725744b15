/* SPDX-License-Identifier: Apache-2.0 */
/* Aggregated ClusterRoles: their rules are the union of those of the roles they select. */
#include "apiserver/controllers/internal.h"
#include "base/limits.h"
#include "kube/rbac/rbac_policy.h"

/* The rules are applied, not written: so others see whose they are. */
static int apply_rules(struct controllers *c, const struct kind *k, struct arena *a, const char *name,
                       const struct value *rules, struct err *err) {
        const struct registry_options options = {.manager = "clusterrole-aggregation-controller", .force = true};
        struct value patch = value_map(), metadata = value_map();
        if (!value_set(a, &metadata, "name", value_str(name)) ||
            !value_set(a, &patch, "apiVersion", value_str("rbac.authorization.k8s.io/v1")) ||
            !value_set(a, &patch, "kind", value_str("ClusterRole")) || !value_set(a, &patch, "metadata", metadata) ||
            !value_set(a, &patch, "rules", *rules))
                return err_oom(err);
        return registry_patch(c->registry, a, k, "", name, REGISTRY_PATCH_APPLY, &patch, &options, NULL, err);
}

static int all_roles(struct controllers *c, const struct kind *k, struct arena *a, struct value *ret, struct err *err) {
        _cleanup_registry_list_ struct registry_list list = {0};
        *ret = value_list();
        if (registry_list(c->registry, k, NULL, &list, err) < 0)
                return -1;
        for (size_t i = 0; i < list.n; i++) {
                struct value role;
                if (object_tree(list.items[i], a, &role, err) < 0)
                        return -1;
                if (!value_append(a, ret, role))
                        return err_oom(err);
        }
        return 0;
}

static int aggregate(struct controllers *c, const struct kind *k, struct arena *a, struct err *err) {
        struct value roles, rules;
        if (all_roles(c, k, a, &roles, err) < 0)
                return -1;
        VALUE_EACH_ITEM(role, &roles) {
                bool changed = false;
                const char *name = value_string_or(value_path(role, "metadata", "name", NULL), "");
                if (!value_is_map(value_get(role, "aggregationRule")))
                        continue;
                if (rbac_aggregate(a, &roles, role, &rules, &changed, err) < 0)
                        return -1;
                /* what is written now is seen by the roles that aggregate this one: the event brings us back here */
                if (changed && apply_rules(c, k, a, name, &rules, err) < 0)
                        return -1;
        }
        return 0;
}

void roles_aggregate(struct controllers *c) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        const struct kind *k = kind_by_resource(kinds, "rbac.authorization.k8s.io", "v1", "clusterroles");
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        _cleanup_err_ struct err err = ERR_INIT;
        if (a && k && aggregate(c, k, a, &err) < 0)
                controllers_report("cluster role aggregation", NULL, NULL, &err);
        kind_set_unref(kinds);
}
