/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/rbac_policy.h"

#include "base/strmap.h"
#include "data/json/json.h"
#include "kube/rbac/rbac.h"
#include "kube/select/selector.h"

#define RULE_TEXT_MAX ((size_t)4 << 20)

/* ---- lists of rules without doubles ---- */

struct rule_set {
        struct arena *arena;
        struct value rules; /* normal form: empty lists left out */
        struct strmap seen;
        struct err *err;
};

static void rule_set_done(struct rule_set *s) {
        strmap_done(&s->seen);
}

/* Adds the rule, in normal form, unless there is an equal one. distinct false: in any case. */
static int rule_set_add(struct rule_set *s, const struct rbac_rule *rule, bool distinct) {
        struct value v;
        if (rbac_rule_value(s->arena, rule, &v, s->err) < 0)
                return -1;
        if (distinct) {
                _cleanup_buf_ struct buf b = BUF_INIT(RULE_TEXT_MAX);
                json_write(&b, &v, 0);
                char *key = buf_failed(&b) ? NULL : arena_strndup(s->arena, buf_str(&b), b.len);
                void *old;
                int there = key ? strmap_add(&s->seen, key, b.len, s, &old) : -1;
                if (there)
                        return there < 0 ? err_oom(s->err) : 0;
        }
        return value_append(s->arena, &s->rules, v) ? 0 : err_oom(s->err);
}

static int rule_set_add_all(struct rule_set *s, const struct value *rules, bool distinct) {
        struct rbac_rules r;
        if (rbac_rules_read(s->arena, rules, &r, s->err) < 0)
                return -1;
        for (size_t i = 0; i < r.n; i++)
                if (rule_set_add(s, &r.items[i], distinct) < 0)
                        return -1;
        return 0;
}

/* ---- aggregation ---- */

static const char *name_of(const struct value *object) {
        const char *name = value_path_str(object, "metadata", "name", NULL);
        return name ? name : "";
}

static int by_name(const void *a, const void *b) {
        return strcmp(name_of(*(const struct value *const *)a), name_of(*(const struct value *const *)b));
}

static int sorted_roles(struct arena *a, const struct value *cluster_roles, const struct value ***ret,
                        struct err *err) {
        const struct value **roles = arena_zalloc(a, cluster_roles->len, sizeof(*roles));
        if (!roles)
                return err_oom(err);
        for (uint32_t i = 0; i < cluster_roles->len; i++)
                roles[i] = &cluster_roles->items[i];
        qsort(roles, cluster_roles->len, sizeof(*roles), by_name);
        *ret = roles;
        return 0;
}

/* Adds the rules of every role that the selector matches, but those of the role itself. */
static int add_selected(struct rule_set *s, const struct value *selector, const struct value **roles, size_t n,
                        const char *own_name) {
        struct label_selector parsed;
        if (label_selector_from_object(s->arena, selector, &parsed, s->err) < 0)
                return -1;
        for (size_t i = 0; i < n; i++) {
                if (streq(name_of(roles[i]), own_name) ||
                    !label_selector_matches_map(&parsed, value_path(roles[i], "metadata", "labels", NULL)))
                        continue;
                if (rule_set_add_all(s, value_get(roles[i], "rules"), true) < 0)
                        return -1;
        }
        return 0;
}

int rbac_aggregate(struct arena *a, const struct value *cluster_roles, const struct value *role, struct value *ret,
                   bool *ret_changed, struct err *err) {
        _cleanup_(rule_set_done) struct rule_set s = {.arena = a, .rules = value_list(), .err = err};
        _cleanup_(rule_set_done) struct rule_set now = {.arena = a, .rules = value_list(), .err = err};
        const struct value *selectors = value_path(role, "aggregationRule", "clusterRoleSelectors", NULL);
        const struct value **roles = NULL;
        if (sorted_roles(a, cluster_roles, &roles, err) < 0)
                return -1;
        if (value_is_list(selectors))
                VALUE_EACH_ITEM(selector, selectors)
                        if (add_selected(&s, selector, roles, cluster_roles->len, name_of(role)) < 0)
                                return -1;
        if (rule_set_add_all(&now, value_get(role, "rules"), false) < 0)
                return -1;
        *ret = s.rules;
        *ret_changed = !value_equal(&s.rules, &now.rules);
        return 0;
}
