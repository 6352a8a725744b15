/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/rbac_covers.h"
#include "kube/rbac/rbac_policy.h"

/* ---- labels and annotations ---- */

/* Adds what is expected and missing; what is there stays. */
static int merge_strings(struct arena *a, struct value *object, const struct value *expected, const char *field,
                         bool *changed) {
        const struct value *wanted = value_path(expected, "metadata", field, NULL);
        if (!value_is_map(wanted) || wanted->len == 0)
                return 0;
        struct value *metadata = value_obtain_map(a, object, "metadata");
        struct value *map = metadata ? value_obtain_map(a, metadata, field) : NULL;
        if (!map)
                return -1;
        VALUE_EACH_MEMBER(m, wanted) {
                if (value_getn(map, m->key, m->key_len))
                        continue;
                if (!value_setn(a, map, m->key, m->key_len, m->value))
                        return -1;
                *changed = true;
        }
        return 0;
}

static int merge_metadata(struct arena *a, struct value *object, const struct value *expected, bool *changed) {
        return merge_strings(a, object, expected, "annotations", changed) < 0
                       ? -1
                       : merge_strings(a, object, expected, "labels", changed);
}

/* ---- lists as sets ---- */

/* The items of list that other lacks. Subjects and selectors of one object are few, so a search will do. */
static int difference(struct arena *a, const struct value *list, const struct value *other, struct value *ret) {
        *ret = value_list();
        if (!value_is_list(list))
                return 0;
        VALUE_EACH_ITEM(item, list) {
                bool there = false;
                for (uint32_t i = 0; value_is_list(other) && i < other->len && !there; i++)
                        there = value_equal(item, &other->items[i]);
                for (uint32_t i = 0; i < ret->len && !there; i++)
                        there = value_equal(item, &ret->items[i]);
                if (!there && !value_append(a, ret, *item))
                        return -1;
        }
        return 0;
}

int rbac_subjects_missing(struct arena *a, const struct value *list, const struct value *other, struct value *ret,
                          struct err *err) {
        return difference(a, list, other, ret) < 0 ? err_oom(err) : 0;
}

/* A copy of list with more behind it. */
static int append_all(struct arena *a, const struct value *list, const struct value *more, struct value *ret) {
        *ret = value_list();
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        if (!value_append(a, ret, *item))
                                return -1;
        VALUE_EACH_ITEM(item, more)
                if (!value_append(a, ret, *item))
                        return -1;
        return 0;
}

/* ---- roles ---- */

/* The rules of `wanted` that `have` does not cover, as values. */
static int missing_rules(struct arena *a, const struct value *have, const struct value *wanted, struct value *ret,
                         struct err *err) {
        struct rbac_rules owner, servant, uncovered;
        bool all;
        *ret = value_list();
        if (rbac_rules_read(a, have, &owner, err) < 0 || rbac_rules_read(a, wanted, &servant, err) < 0 ||
            rbac_covers(a, &owner, &servant, &all, &uncovered, err) < 0)
                return -1;
        for (size_t i = 0; i < uncovered.n; i++) {
                struct value rule;
                if (rbac_rule_value(a, &uncovered.items[i], &rule, err) < 0)
                        return -1;
                if (!value_append(a, ret, rule))
                        return err_oom(err);
        }
        return 0;
}

static int reconcile_rules(struct arena *a, struct value *role, const struct value *actual,
                           const struct value *expected, enum rbac_reconcile how, bool *changed, struct err *err) {
        const struct value *have = value_get(actual, "rules"), *want = value_get(expected, "rules");
        bool aggregated = !value_is_null(value_get(actual, "aggregationRule")) &&
                          !value_is_null(value_get(expected, "aggregationRule"));
        struct value missing, extra = value_list(), rules;
        if (missing_rules(a, have, want, &missing, err) < 0 ||
            (!aggregated && missing_rules(a, want, have, &extra, err) < 0))
                return -1;
        if (how == RBAC_KEEP_EXTRA ? missing.len == 0 : missing.len + extra.len == 0)
                return 0;
        if (how == RBAC_REMOVE_EXTRA)
                rules = want ? *want : value_null();
        else if (append_all(a, have, &missing, &rules) < 0)
                return err_oom(err);
        *changed = true;
        return value_set(a, role, "rules", rules) ? 0 : err_oom(err);
}

static int reconcile_aggregation(struct arena *a, struct value *role, const struct value *actual,
                                 const struct value *expected, enum rbac_reconcile how, bool *changed) {
        const struct value *have = value_get(actual, "aggregationRule"), *want = value_get(expected, "aggregationRule");
        const struct value *have_list = value_get(have, "clusterRoleSelectors");
        const struct value *want_list = value_get(want, "clusterRoleSelectors");
        struct value missing, extra, list;
        if (value_is_null(want)) {
                *changed |= !value_is_null(have);
                value_remove(role, "aggregationRule");
                return 0;
        }
        if (difference(a, want_list, have_list, &missing) < 0 || difference(a, have_list, want_list, &extra) < 0)
                return -1;
        if (how == RBAC_KEEP_EXTRA ? missing.len == 0 : missing.len + extra.len == 0)
                return 0;
        *changed = true;
        if (how == RBAC_REMOVE_EXTRA)
                return value_set(a, role, "aggregationRule", *want) ? 0 : -1;
        struct value *rule = value_obtain_map(a, role, "aggregationRule");
        return rule && append_all(a, have_list, &missing, &list) == 0 &&
                               value_set(a, rule, "clusterRoleSelectors", list)
                       ? 0
                       : -1;
}

int rbac_reconcile_role(struct arena *a, const struct value *actual, const struct value *expected,
                        enum rbac_reconcile how, struct value *ret, bool *ret_changed, struct err *err) {
        struct value role;
        bool changed = false;
        if (value_clone(a, actual, &role, err) < 0)
                return -1;
        if (merge_metadata(a, &role, expected, &changed) < 0)
                return err_oom(err);
        if (reconcile_rules(a, &role, actual, expected, how, &changed, err) < 0)
                return -1;
        if (reconcile_aggregation(a, &role, actual, expected, how, &changed) < 0)
                return err_oom(err);
        *ret = role;
        *ret_changed = changed;
        return 0;
}

/* ---- bindings ---- */

int rbac_reconcile_binding(struct arena *a, const struct value *actual, const struct value *expected,
                           enum rbac_reconcile how, struct value *ret, bool *ret_changed, bool *ret_recreate,
                           struct err *err) {
        const struct value *have = value_get(actual, "subjects"), *want = value_get(expected, "subjects");
        struct value binding, missing, extra, subjects;
        bool changed = false;
        *ret_recreate = !value_equal(value_get(actual, "roleRef"), value_get(expected, "roleRef"));
        if (*ret_recreate) {
                *ret_changed = true;
                return value_clone(a, expected, ret, err);
        }
        if (value_clone(a, actual, &binding, err) < 0)
                return -1;
        if (merge_metadata(a, &binding, expected, &changed) < 0 || difference(a, want, have, &missing) < 0 ||
            difference(a, have, want, &extra) < 0)
                return err_oom(err);
        if (how == RBAC_KEEP_EXTRA ? missing.len > 0 : missing.len + extra.len > 0) {
                subjects = want ? *want : value_null();
                if ((how == RBAC_KEEP_EXTRA && append_all(a, have, &missing, &subjects) < 0) ||
                    !value_set(a, &binding, "subjects", subjects))
                        return err_oom(err);
                changed = true;
        }
        *ret = binding;
        *ret_changed = changed;
        return 0;
}
