/* SPDX-License-Identifier: Apache-2.0 */
/* RBAC against the tables of kube-apiserver's own tests and 3,000 generated decisions. Rows of the tables impersonation
 * and constrained_impersonation are run_impersonation's. */
#include "corpus.h"

#include "kube/rbac/rbac_covers.h"
#include "kube/rbac/rbac_policy.h"
#include "kube/rbac/requestinfo.h"

static const char *text_of(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

/* ---- reading rows ---- */

static const char *const *strings_of(struct arena *a, const struct value *list) {
        const char **strings = NULL;
        size_t n = 0;
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        strings = rbac_strings_add(a, strings, n++, item->str);
        return n ? strings : rbac_no_strings;
}

static struct rbac_user user_of(struct arena *a, const struct value *v) {
        return (struct rbac_user){
                .name = text_of(v, "user"), .uid = "", .groups = strings_of(a, value_get(v, "groups"))};
}

static struct rbac_attributes attributes_of(const struct value *v, const struct rbac_user *user) {
        return (struct rbac_attributes){
                .user = user,
                .verb = text_of(v, "verb"),
                .resource_request = value_bool_or(value_get(v, "resourceRequest"), false),
                .group = text_of(v, "apiGroup"),
                .version = "",
                .resource = text_of(v, "resource"),
                .subresource = text_of(v, "subresource"),
                .name = text_of(v, "name"),
                .namespace_ = text_of(v, "namespace"),
                .path = text_of(v, "path"),
        };
}

/* Rules as a list of objects, without empty lists: what is compared. */
static struct value rules_value(struct arena *a, const struct rbac_rules *rules) {
        struct value list = value_list(), v;
        for (size_t i = 0; i < rules->n; i++)
                if (rbac_rule_value(a, &rules->items[i], &v, NULL) == 0)
                        value_append(a, &list, v);
        return list;
}

static struct value normal_rules(struct arena *a, const struct value *v) {
        struct rbac_rules rules = {0};
        rbac_rules_read(a, v, &rules, NULL);
        return rules_value(a, &rules);
}

static void put_all(struct corpus_case *c, struct rbac_world *w, const struct value *list, const char *kind) {
        if (!value_is_list(list))
                return;
        for (uint32_t i = 0; i < list->len; i++) {
                struct value object;
                value_copy(c->arena, &list->items[i], &object, NULL);
                value_set(c->arena, &object, "kind", value_str(kind));
                struct value *metadata = value_obtain_map(c->arena, &object, "metadata");
                if (!value_get(metadata,
                               "name")) /* the tests' bindings have no names; ours need them to be told apart */
                        value_set(c->arena, metadata, "name", value_strf(c->arena, "unnamed-%u", i));
                rbac_world_put(w, &object, NULL);
        }
}

static const struct rbac_index *index_of(struct corpus_case *c) {
        const struct value *o = value_get(c->row, "objects");
        struct rbac_world *w;
        const struct rbac_index *x = NULL;
        if (rbac_world_new(&w, NULL) < 0)
                return NULL;
        put_all(c, w, value_get(o, "roles"), "Role");
        put_all(c, w, value_get(o, "clusterRoles"), "ClusterRole");
        put_all(c, w, value_get(o, "roleBindings"), "RoleBinding");
        put_all(c, w, value_get(o, "clusterRoleBindings"), "ClusterRoleBinding");
        rbac_world_snapshot(w, &x, NULL);
        rbac_world_free(w);
        return x;
}

/* ---- decisions ---- */

static const char *joined(struct arena *a, const char *const *errors) {
        struct buf b = BUF_INIT(1 << 20);
        for (size_t i = 0; errors[i]; i++)
                buf_addf(&b, "%s%s", i ? ", " : "", errors[i]);
        const char *text = arena_printf(a, errors[0] && errors[1] ? "[%s]" : "%s", buf_str(&b));
        buf_done(&b);
        return text;
}

static struct value subjects_value(struct arena *a, const struct rbac_subject *subjects, size_t n) {
        struct value list = value_list();
        for (size_t i = 0; i < n; i++) {
                struct value v = value_map();
                if (subjects[i].source) {
                        v = *subjects[i].source;
                } else {
                        value_set(a, &v, "kind", value_str(subjects[i].kind == RBAC_SUBJECT_GROUP ? "Group" : "User"));
                        value_set(a, &v, "apiGroup", value_str("rbac.authorization.k8s.io"));
                        value_set(a, &v, "name", value_str(subjects[i].name));
                }
                value_append(a, &list, v);
        }
        return list;
}

static enum corpus_verdict check_who_can(struct corpus_case *c, const struct rbac_index *x, const struct value *request,
                                         const char *key, const char *superuser) {
        const struct value *expected = value_get(request, key);
        if (!expected)
                return CORPUS_PASS;
        struct rbac_user u = user_of(c->arena, value_get(request, "attributes"));
        struct rbac_attributes q = attributes_of(value_get(request, "attributes"), &u);
        struct rbac_subject *subjects;
        size_t n;
        const char *const *errors;
        if (rbac_index_who_can(x, c->arena, &q, superuser, &subjects, &n, &errors, NULL) < 0)
                return corpus_fail(c, "who_can failed");
        struct value found = subjects_value(c->arena, subjects, n);
        const char *error = value_get_str(request, "allowed_subjects_error");
        if (error && corpus_same(c, "errors", error, joined(c->arena, errors)) != CORPUS_PASS)
                return CORPUS_FAIL;
        return corpus_same_value(c, "who can", expected, &found);
}

static enum corpus_verdict check_request(struct corpus_case *c, const struct rbac_index *x,
                                         const struct value *request) {
        const struct value *v = value_get(request, "attributes");
        struct rbac_user u = user_of(c->arena, v);
        struct rbac_attributes q = attributes_of(v, &u);
        const char *reason, *expected = value_get_str(request, "reason");
        bool allowed = rbac_index_allows(x, &q, c->arena, &reason);
        if (allowed != value_bool_or(value_get(request, "allowed"), false))
                return corpus_fail(c, "allowed: %s (%s %s %s as %s)", allowed ? "yes" : "no", q.verb, q.resource,
                                   q.path, u.name);
        if (expected && corpus_same(c, "reason", expected, reason) != CORPUS_PASS)
                return CORPUS_FAIL;
        return check_who_can(c, x, request, "allowed_subjects", "");
}

static enum corpus_verdict check_rules_for(struct corpus_case *c, const struct rbac_index *x, const struct value *row) {
        struct rbac_user u = user_of(c->arena, row);
        struct rbac_rules rules;
        if (rbac_index_rules_for(x, c->arena, &u, text_of(row, "namespace"), &rules, NULL, NULL) < 0)
                return corpus_fail(c, "rules_for failed");
        struct value found = rules_value(c->arena, &rules),
                     expected = normal_rules(c->arena, value_get(row, "expected"));
        return corpus_same_value(c, "rules for", &expected, &found);
}

static enum corpus_verdict check_escalation(struct corpus_case *c, const struct rbac_index *x,
                                            const struct value *row) {
        struct rbac_user u = user_of(c->arena, row);
        struct rbac_rules rules;
        struct err err = ERR_INIT;
        rbac_rules_read(c->arena, value_get(row, "rules"), &rules, NULL);
        int r = rbac_confirm_no_escalation(x, c->arena, &u, text_of(row, "namespace"), &rules, &err);
        const char *found = r < 0 ? arena_strdup(c->arena, err_message(&err)) : NULL;
        err_done(&err);
        return corpus_same(c, "escalation", value_get_str(row, "expected_error"), found);
}

static enum corpus_verdict each(struct corpus_case *c, const struct rbac_index *x, const struct value *list,
                                enum corpus_verdict (*check)(struct corpus_case *, const struct rbac_index *,
                                                             const struct value *)) {
        if (!value_is_list(list))
                return CORPUS_PASS;
        VALUE_EACH_ITEM(item, list)
                if (check(c, x, item) != CORPUS_PASS)
                        return CORPUS_FAIL;
        return CORPUS_PASS;
}

static enum corpus_verdict check_world(struct corpus_case *c) {
        _cleanup_rbac_index_ const struct rbac_index *x = index_of(c);
        if (!x)
                return corpus_fail(c, "no index");
        if (each(c, x, value_get(c->row, "requests"), check_request) != CORPUS_PASS ||
            each(c, x, value_get(c->row, "rules_for"), check_rules_for) != CORPUS_PASS)
                return CORPUS_FAIL;
        return each(c, x, value_get(c->row, "escalation"), check_escalation);
}

static enum corpus_verdict check_locator(struct corpus_case *c) {
        _cleanup_rbac_index_ const struct rbac_index *x = index_of(c);
        const struct value *requests = value_get(c->row, "requests");
        if (!x || !value_is_list(requests))
                return corpus_fail(c, "no index");
        VALUE_EACH_ITEM(item, requests)
                if (check_who_can(c, x, item, "subjects", text_of(c->row, "superUser")) != CORPUS_PASS)
                        return CORPUS_FAIL;
        return CORPUS_PASS;
}

static enum corpus_verdict check_rules_for_row(struct corpus_case *c) {
        _cleanup_rbac_index_ const struct rbac_index *x = index_of(c);
        return x ? check_rules_for(c, x, c->row) : corpus_fail(c, "no index");
}

/* ---- rules ---- */

static struct rbac_rules rules_at(struct corpus_case *c, const char *key) {
        struct rbac_rules rules = {0};
        rbac_rules_read(c->arena, value_get(c->row, key), &rules, NULL);
        return rules;
}

static struct rbac_rule rule_of(struct corpus_case *c) {
        struct value list = value_list();
        struct rbac_rules rules;
        value_append(c->arena, &list, *value_get(c->row, "rule"));
        rbac_rules_read(c->arena, &list, &rules, NULL);
        return rules.items[0];
}

static enum corpus_verdict same_bool(struct corpus_case *c, bool found) {
        bool expected = value_bool_or(value_get(c->row, "expected"), false);
        return found == expected ? CORPUS_PASS : corpus_fail(c, "%s", found ? "true" : "false");
}

static enum corpus_verdict check_rule_matches(struct corpus_case *c) {
        struct rbac_rule rule = rule_of(c);
        struct rbac_user u = user_of(c->arena, value_get(c->row, "attributes"));
        struct rbac_attributes q = attributes_of(value_get(c->row, "attributes"), &u);
        return same_bool(c, rbac_rule_allows(&rule, &q));
}

static enum corpus_verdict check_covers(struct corpus_case *c) {
        struct rbac_rules owner = rules_at(c, "owner_rules"), servant = rules_at(c, "servant_rules"), uncovered;
        bool covered;
        if (rbac_covers(c->arena, &owner, &servant, &covered, &uncovered, NULL) < 0)
                return corpus_fail(c, "covers failed");
        struct value found = rules_value(c->arena, &uncovered);
        struct value expected = normal_rules(c->arena, value_get(c->row, "uncovered_rules"));
        if (same_bool(c, covered) != CORPUS_PASS)
                return CORPUS_FAIL;
        return corpus_same_value(c, "uncovered", &expected, &found);
}

static enum corpus_verdict check_url_covers(struct corpus_case *c) {
        return same_bool(c, rbac_url_covers(text_of(c->row, "owner"), text_of(c->row, "requested")));
}

/* The real one returns the rules in the order of a Go map; compared as sets. */
static enum corpus_verdict check_compact(struct corpus_case *c) {
        struct rbac_rules rules = rules_at(c, "rules"), compact;
        if (rbac_compact(c->arena, &rules, &compact, NULL) < 0)
                return corpus_fail(c, "compact failed");
        struct value found = rules_value(c->arena, &compact);
        struct value expected = normal_rules(c->arena, value_get(c->row, "expected"));
        if (found.len != expected.len)
                return corpus_same_value(c, "compact", &expected, &found);
        for (uint32_t i = 0; i < found.len; i++) {
                bool there = false;
                for (uint32_t j = 0; j < expected.len && !there; j++)
                        there = value_equal(&found.items[i], &expected.items[j]);
                if (!there)
                        return corpus_same_value(c, "compact", &expected, &found);
        }
        return CORPUS_PASS;
}

static enum corpus_verdict check_simple(struct corpus_case *c) {
        struct rbac_rule rule = rule_of(c);
        return same_bool(c, rbac_rule_is_simple(&rule));
}

static enum corpus_verdict check_applies_to(struct corpus_case *c) {
        const struct value *subjects = value_get(c->row, "subjects");
        struct rbac_user u = user_of(c->arena, c->row);
        int64_t at = -1;
        for (uint32_t i = 0; value_is_list(subjects) && i < subjects->len && at < 0; i++) {
                struct rbac_subject s = rbac_subject_read(&subjects->items[i]);
                if (rbac_subject_matches(&s, &u, text_of(c->row, "namespace")))
                        at = i;
        }
        if (same_bool(c, at >= 0) != CORPUS_PASS)
                return CORPUS_FAIL;
        int64_t expected = value_int_or(value_get(c->row, "index"), 0);
        return at < 0 || at == expected ? CORPUS_PASS : corpus_fail(c, "index %lld", (long long)at);
}

/* ---- requests ---- */

static const char *join(struct arena *a, const char *const *parts, size_t n) {
        const char *text = "";
        for (size_t i = 0; i < n; i++)
                text = arena_printf(a, "%s/%s", text, parts[i]);
        return text;
}

static const char *join_value(struct arena *a, const struct value *list) {
        const char *const *parts = strings_of(a, list);
        size_t n = 0;
        while (parts[n])
                n++;
        return join(a, parts, n);
}

static enum corpus_verdict check_request_info(struct corpus_case *c) {
        const struct value *e = value_get(c->row, "expected");
        const char *url = text_of(c->row, "url");
        size_t n = strcspn(url, "?");
        struct request_info i;
        if (request_info_parse(c->arena, text_of(c->row, "method"), text_of(e, "path"), url[n] ? url + n + 1 : "", &i,
                               NULL) < 0)
                return corpus_fail(c, "failed");
        if (i.is_resource != value_bool_or(value_get(e, "isResourceRequest"), false))
                return corpus_fail(c, "isResourceRequest: %d", i.is_resource);
        const char *const fields[][2] = {
                {"verb", i.verb},
                {"apiPrefix", i.api_prefix},
                {"apiGroup", i.group},
                {"apiVersion", i.version},
                {"namespace", i.namespace_},
                {"resource", i.resource},
                {"subresource", i.subresource},
                {"name", i.name},
                {"path", i.path},
                {"fieldSelector", i.field_selector},
                {"labelSelector", i.label_selector},
        };
        for (size_t f = 0; f < ARRAY_LEN(fields); f++)
                if (corpus_same(c, fields[f][0], text_of(e, fields[f][0]), fields[f][1]) != CORPUS_PASS)
                        return CORPUS_FAIL;
        return corpus_same(c, "parts", join_value(c->arena, value_get(e, "parts")), join(c->arena, i.parts, i.n_parts));
}

/* ---- policies ---- */

/* The rules of an apply configuration, whose fields are named as in Go. */
static struct value applied_rules(struct arena *a, const struct value *rules) {
        static const char *const names[][2] = {{"Verbs", "verbs"},
                                               {"APIGroups", "apiGroups"},
                                               {"Resources", "resources"},
                                               {"ResourceNames", "resourceNames"},
                                               {"NonResourceURLs", "nonResourceURLs"}};
        struct value list = value_list();
        if (value_is_list(rules))
                VALUE_EACH_ITEM(item, rules) {
                        struct value rule = value_map();
                        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                                const struct value *v = value_get(item, names[i][0]);
                                if (!value_is_null(v))
                                        value_set(a, &rule, names[i][1], *v);
                        }
                        value_append(a, &list, rule);
                }
        return list;
}

static enum corpus_verdict check_aggregation(struct corpus_case *c) {
        const struct value *roles = value_get(c->row, "cluster_roles"), *apply = value_get(c->row, "expected_apply");
        const struct value *role = NULL;
        VALUE_EACH_ITEM(item, roles)
                if (streq(text_of(value_get(item, "metadata"), "name"), text_of(c->row, "sync")))
                        role = item;
        struct value rules;
        bool changed;
        if (!role || rbac_aggregate(c->arena, roles, role, &rules, &changed, NULL) < 0)
                return corpus_fail(c, "failed");
        if (changed != !value_is_null(apply))
                return corpus_fail(c, "changed: %d", changed);
        struct value expected = applied_rules(c->arena, value_get(apply, "Rules"));
        return changed ? corpus_same_value(c, "rules", &expected, &rules) : CORPUS_PASS;
}

static enum rbac_reconcile how(const struct value *remove) {
        return value_bool_or(remove, false) ? RBAC_REMOVE_EXTRA : RBAC_KEEP_EXTRA;
}

/* Absent, null, [] and {} are the same in the Go types. */
static struct value without_empty(struct arena *a, const struct value *v) {
        struct value out = value_map();
        VALUE_EACH_MEMBER(m, v) {
                struct value child = m->value.type == VALUE_MAP ? without_empty(a, &m->value) : m->value;
                bool empty = child.type == VALUE_NULL || (child.type >= VALUE_LIST && child.len == 0);
                if (!empty)
                        value_add(a, &out, m->key, m->key_len, child);
        }
        return out;
}

static enum corpus_verdict same_object(struct corpus_case *c, bool needed, const struct value *expected, bool changed,
                                       const struct value *found) {
        if (changed != needed)
                return corpus_fail(c, "changed: %d", changed);
        if (!changed || value_is_null(expected))
                return CORPUS_PASS;
        struct value e = without_empty(c->arena, expected), f = without_empty(c->arena, found);
        return corpus_same_value(c, "object", &e, &f);
}

static enum corpus_verdict check_reconcile_role(struct corpus_case *c) {
        struct value role;
        bool changed;
        if (rbac_reconcile_role(c->arena, value_get(c->row, "actualRole"), value_get(c->row, "expectedRole"),
                                how(value_get(c->row, "removeExtraPermissions")), &role, &changed, NULL) < 0)
                return corpus_fail(c, "failed");
        return same_object(c, value_bool_or(value_get(c->row, "expectedReconciliationNeeded"), false),
                           value_get(c->row, "expectedReconciledRole"), changed, &role);
}

static enum corpus_verdict check_reconcile_binding(struct corpus_case *c) {
        struct value binding;
        bool changed, recreate;
        if (rbac_reconcile_binding(c->arena, value_get(c->row, "ActualBinding"), value_get(c->row, "ExpectedBinding"),
                                   how(value_get(c->row, "RemoveExtraSubjects")), &binding, &changed, &recreate,
                                   NULL) < 0)
                return corpus_fail(c, "failed");
        return same_object(c, value_bool_or(value_get(c->row, "ExpectedUpdateNeeded"), false),
                           value_get(c->row, "ExpectedUpdatedBinding"), changed, &binding);
}

static enum corpus_verdict check_subject_diff(struct corpus_case *c) {
        static const char *const keys[][3] = {{"A", "B", "ExpectedOnlyA"}, {"B", "A", "ExpectedOnlyB"}};
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                struct value found, none = value_list();
                const struct value *expected = value_get(c->row, keys[i][2]);
                if (rbac_subjects_missing(c->arena, value_get(c->row, keys[i][0]), value_get(c->row, keys[i][1]),
                                          &found, NULL) < 0)
                        return corpus_fail(c, "failed");
                if (corpus_same_value(c, keys[i][2], value_is_null(expected) ? &none : expected, &found) != CORPUS_PASS)
                        return CORPUS_FAIL;
        }
        return CORPUS_PASS;
}

static enum corpus_verdict check_row(struct corpus_case *c) {
        static const struct {
                const char *table;
                corpus_check *check;
        } checks[] = {
                {"authorizer", check_world},
                {"generated", check_world},
                {"rule_matches", check_rule_matches},
                {"subject_locator", check_locator},
                {"covers", check_covers},
                {"non_resource_url_covers", check_url_covers},
                {"compact_rules", check_compact},
                {"is_simple_resource_rule", check_simple},
                {"rules_for", check_rules_for_row},
                {"applies_to", check_applies_to},
                {"request_info", check_request_info},
                {"aggregation", check_aggregation},
                {"reconcile_role_rules", check_reconcile_role},
                {"reconcile_role_aggregation", check_reconcile_role},
                {"reconcile_rolebinding", check_reconcile_binding},
                {"reconcile_subject_diff", check_subject_diff},
        };
        for (size_t i = 0; i < ARRAY_LEN(checks); i++)
                if (streq(checks[i].table, text_of(c->row, "table")))
                        return checks[i].check(c);
        return CORPUS_SKIP;
}

int main(void) {
        static const struct corpus_table tables[] = {{"extracted/rbac/cases", check_row, NULL}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
