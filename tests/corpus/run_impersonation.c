/* SPDX-License-Identifier: Apache-2.0 */
/* Impersonation and escalation against the tables of kube-apiserver's own tests. The other rows of the file are
 * run_rbac's.
 *
 * weir does not cache allowed impersonations, as kube-apiserver does for ten seconds: where the recorded checks are
 * fewer than ours because of the cache, they must be a part of ours in the same order. */
#include "corpus.h"

#include "apiserver/auth/escalation.h"
#include "apiserver/auth/impersonate.h"

static const char *text_of(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

static const char *const *strings_of(struct arena *a, const struct value *list) {
        const char **strings = NULL;
        size_t n = 0;
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        strings = rbac_strings_add(a, strings, n++, item->str);
        return n ? strings : rbac_no_strings;
}

static struct rbac_user user_of(struct arena *a, const struct value *v) {
        struct rbac_user u = {
                .name = text_of(v, "name"), .uid = text_of(v, "uid"), .groups = strings_of(a, value_get(v, "groups"))};
        const struct value *extra = value_get(v, "extra");
        if (value_is_map(extra)) {
                struct rbac_extra *items = arena_zalloc(a, extra->len, sizeof(*items));
                VALUE_EACH_MEMBER(m, extra)
                        items[u.n_extra++] = (struct rbac_extra){m->key, strings_of(a, &m->value)};
                u.extra = items;
        }
        return u;
}

static struct value normal_user(struct arena *a, const struct value *v) {
        struct rbac_user u = user_of(a, v);
        struct value out = value_map();
        rbac_user_value(a, &u, &out, NULL);
        return out;
}

/* ---- the authorizer of the older table: rights by group ---- */

static bool legacy_allows(void *context, const struct rbac_attributes *q, const char **ret_reason) {
        const struct rbac_user *u = q->user;
        const char *first = u->groups[0] ? u->groups[0] : "", *second = first[0] && u->groups[1] ? u->groups[1] : "";
        *ret_reason = "";
        if (streq(u->name, "system:admin"))
                return true;
        if (streq(u->name, "tester") || streq(u->name, "deny-me") || !streq(q->verb, "impersonate"))
                return false;
        bool extra = streq(q->resource, "userextras");
        if (streq(first, "wheel") && streq(q->resource, "users"))
                return true;
        if (streq(first, "sa-impersonater") && streq(q->resource, "serviceaccounts"))
                return true;
        if (streq(first, "regular-impersonater") && streq(q->resource, "users"))
                return true;
        if (streq(second, "group-impersonater") && streq(q->resource, "groups"))
                return true;
        if (streq(second, "extra-setter-scopes") && extra && streq(q->subresource, "scopes"))
                return true;
        if (streq(second, "escaped-scopes") || streq(second, "almost-escaped-scopes"))
                return true;
        if (streq(second, "extra-setter-particular-scopes") && extra && streq(q->subresource, "scopes") &&
            streq(q->name, "scope-a"))
                return true;
        if (streq(second, "extra-setter-project") && extra && streq(q->subresource, "project"))
                return true;
        return streq(first, "everything-impersonater") &&
               (streq(q->resource, "users") || streq(q->resource, "groups") ||
                (extra && streq(q->subresource, "scopes")) ||
                (streq(q->resource, "uids") && streq(q->name, "some-uid")));
}

/* The headers of {user, groups, extra, uid}. */
static size_t headers_of(struct arena *a, const struct value *v, struct http_header headers[32]) {
        size_t n = 0;
        const struct value *groups = value_get(v, "groups"), *extra = value_get(v, "extra");
        if (text_of(v, "user")[0])
                headers[n++] = (struct http_header){"impersonate-user", text_of(v, "user")};
        VALUE_EACH_ITEM(item, groups)
                headers[n++] = (struct http_header){"impersonate-group", item->str};
        VALUE_EACH_MEMBER(m, extra)
                VALUE_EACH_ITEM(item, &m->value)
                        headers[n++] = (struct http_header){arena_printf(a, "impersonate-extra-%s", m->key), item->str};
        if (text_of(v, "uid")[0])
                headers[n++] = (struct http_header){"impersonate-uid", text_of(v, "uid")};
        return n;
}

static enum corpus_verdict check_legacy(struct corpus_case *c) {
        struct http_header headers[32];
        size_t n = headers_of(c->arena, value_get(c->row, "impersonate"), headers);
        struct rbac_user caller = user_of(c->arena, value_get(c->row, "user")), wanted, acting = caller;
        struct rbac_attributes q = {&caller, "get", true, "", "v1", "pods", "", "x", "ns", ""};
        struct impersonate_authorizer z = {legacy_allows, NULL};
        struct impersonate_refusal refusal;
        enum impersonate_mode hint = IMPERSONATE_MODES;
        int64_t code = 200;
        int wants = impersonate_read(c->arena, headers, n, &wanted, NULL);
        if (wants < 0)
                code = 400;
        else if (wants > 0 && impersonate_check(c->arena, &z, &q, &wanted, &hint, &acting, &refusal, NULL) != 0)
                code = 403;
        if (code != value_int_or(value_get(c->row, "expected_code"), 0))
                return corpus_fail(c, "code %lld", (long long)code);
        struct value found = value_map(), expected = normal_user(c->arena, value_get(c->row, "expected_user"));
        rbac_user_value(c->arena, &acting, &found, NULL);
        return corpus_same_value(c, "user", &expected, &found);
}

/* ---- constrained impersonation: the recorded decisions are the authorizer ---- */

struct recorded {
        struct corpus_case *c;
        struct value asked; /* list of texts */
};

static const char *check_text(struct arena *a, const char *verb, const char *group, const char *resource,
                              const char *subresource, const char *namespace_, const char *name) {
        return arena_printf(a, "%s|%s|%s|%s|%s|%s", verb, group, resource, subresource, namespace_, name);
}

static const char *recorded_text(struct arena *a, const struct value *check) {
        const struct value *v = value_get(check, "attributes");
        return check_text(a, text_of(v, "Verb"), text_of(v, "APIGroup"), text_of(v, "Resource"),
                          text_of(v, "Subresource"), text_of(v, "Namespace"), text_of(v, "Name"));
}

static bool recorded_allows(void *context, const struct rbac_attributes *q, const char **ret_reason) {
        struct recorded *k = context;
        struct arena *a = k->c->arena;
        const char *text = q->resource_request ? check_text(a, q->verb, q->group, q->resource, q->subresource,
                                                            q->namespace_, q->name)
                                               : check_text(a, q->verb, "", "", "", "", "");
        value_append(a, &k->asked, value_str(text));
        *ret_reason = "deny by default";
        const struct value *requests = value_get(k->c->row, "requests");
        VALUE_EACH_ITEM(request, requests) {
                const struct value *checks = value_get(request, "expectedAuthzChecks");
                const char *requestor = value_path_str(request, "requestor", "name", NULL);
                if (!value_is_list(checks) || !streq(requestor, q->user->name))
                        continue;
                VALUE_EACH_ITEM(check, checks)
                        if (streq(recorded_text(a, check), text))
                                return streq(text_of(check, "decision"), "allow");
        }
        return false;
}

/* The recorded checks come in the same order among ours. */
static enum corpus_verdict check_order(struct corpus_case *c, const struct value *checks, const struct value *asked) {
        uint32_t at = 0;
        if (!value_is_list(checks))
                return CORPUS_PASS;
        VALUE_EACH_ITEM(check, checks) {
                const char *text = recorded_text(c->arena, check);
                while (at < asked->len && !value_equals_str(&asked->items[at], text))
                        at++;
                if (at == asked->len)
                        return corpus_fail(c, "not asked in this order: %s", text);
                at++;
        }
        return CORPUS_PASS;
}

static enum corpus_verdict check_one(struct corpus_case *c, const struct value *request, enum impersonate_mode *hint) {
        struct arena *a = c->arena;
        const struct value *info = value_get(request, "request");
        struct rbac_user caller = user_of(a, value_get(request, "requestor"));
        struct rbac_user wanted = user_of(a, value_get(request, "impersonatedUser")), acting;
        struct rbac_attributes q = {
                .user = &caller,
                .verb = text_of(info, "Verb"),
                .resource_request = value_bool_or(value_get(info, "IsResourceRequest"), false),
                .group = text_of(info, "APIGroup"),
                .version = text_of(info, "APIVersion"),
                .resource = text_of(info, "Resource"),
                .subresource = text_of(info, "Subresource"),
                .name = text_of(info, "Name"),
                .namespace_ = text_of(info, "Namespace"),
                .path = text_of(info, "Path"),
        };
        struct recorded k = {c, value_list()};
        struct impersonate_authorizer z = {recorded_allows, &k};
        struct impersonate_refusal refusal;
        int r = impersonate_check(a, &z, &q, &wanted, hint, &acting, &refusal, NULL);
        int64_t code = r == 0 ? 200 : 403;
        if (code != value_int_or(value_get(request, "expectedCode"), 0))
                return corpus_fail(c, "code %lld", (long long)code);
        struct value status = value_map();
        if (r)
                auth_forbidden(a, &refusal.attributes, refusal.reason, &status);
        if (corpus_same(c, "message", text_of(request, "expectedMessage"), text_of(&status, "message")) != CORPUS_PASS)
                return CORPUS_FAIL;
        if (check_order(c, value_get(request, "expectedAuthzChecks"), &k.asked) != CORPUS_PASS)
                return CORPUS_FAIL;
        if (r)
                return CORPUS_PASS;
        struct value found = value_map(), expected = normal_user(a, value_get(request, "expectedImpersonatedUser"));
        rbac_user_value(a, &acting, &found, NULL);
        return corpus_same_value(c, "user", &expected, &found);
}

static enum corpus_verdict check_constrained(struct corpus_case *c) {
        const struct value *requests = value_get(c->row, "requests");
        enum impersonate_mode hint = IMPERSONATE_MODES;
        VALUE_EACH_ITEM(request, requests)
                if (check_one(c, request, &hint) != CORPUS_PASS)
                        return CORPUS_FAIL;
        return CORPUS_PASS;
}

/* ---- escalation: alice and steve may escalate, bob may not ---- */

static int put(struct rbac_world *w, struct arena *a, const char *kind, const char *name, const char *key,
               struct value v) {
        struct value object = value_map(), metadata = value_map();
        value_set(a, &object, "kind", value_str(kind));
        value_set(a, &metadata, "name", value_str(name));
        value_set(a, &object, "metadata", metadata);
        value_set(a, &object, key, v);
        if (streq(key, "subjects")) {
                struct value ref = value_map();
                value_set(a, &ref, "kind", value_str("ClusterRole"));
                value_set(a, &ref, "name", value_str("escalator"));
                value_set(a, &object, "roleRef", ref);
        }
        return rbac_world_put(w, &object, NULL);
}

static struct value one_rule(struct arena *a) {
        static const char *const verbs[] = {"escalate", NULL}, *const groups[] = {"rbac.authorization.k8s.io", NULL},
                                 *const resources[] = {"clusterroles", NULL};
        struct rbac_rule rule = {verbs, groups, resources, rbac_no_strings, rbac_no_strings, NULL};
        struct value v, list = value_list();
        rbac_rule_value(a, &rule, &v, NULL);
        value_append(a, &list, v);
        return list;
}

static struct value subjects(struct arena *a) {
        static const char *const names[] = {"alice", "steve"};
        struct value list = value_list();
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                struct value s = value_map();
                value_set(a, &s, "kind", value_str("User"));
                value_set(a, &s, "name", value_str(names[i]));
                value_append(a, &list, s);
        }
        return list;
}

static enum corpus_verdict check_escalation(struct corpus_case *c) {
        struct arena *a = c->arena;
        struct rbac_world *w = NULL;
        struct auth *x = NULL;
        _cleanup_rbac_index_ const struct rbac_index *index = NULL;
        struct auth_options options = {0};
        if (rbac_world_new(&w, NULL) < 0 || auth_new(&options, &x, NULL) < 0)
                return corpus_fail(c, "setup failed");
        put(w, a, "ClusterRole", "escalator", "rules", one_rule(a));
        put(w, a, "ClusterRoleBinding", "escalators", "subjects", subjects(a));
        rbac_world_snapshot(w, &index, NULL);
        auth_use_index(x, index);
        const struct value *given = value_get(c->row, "cluster_role");
        struct value role = value_map(), metadata = value_map();
        value_set(a, &metadata, "name", *value_get(given, "name"));
        value_set(a, &role, "metadata", metadata);
        value_set(a, &role, "rules", *value_get(given, "rules"));
        struct rbac_user user = user_of(a, value_get(c->row, "user"));
        struct err err = ERR_INIT;
        int r = escalation_check(x, a, &user, "ClusterRole", "", NULL, &role, &err);
        const char *message = r < 0 ? arena_strdup(a, err_message(&err)) : NULL;
        err_done(&err);
        auth_free(x);
        rbac_world_free(w);
        return corpus_same(c, "error", value_get_str(c->row, "expected_error"), message);
}

static enum corpus_verdict check_row(struct corpus_case *c) {
        const char *table = text_of(c->row, "table");
        if (streq(table, "impersonation"))
                return check_legacy(c);
        if (streq(table, "constrained_impersonation"))
                return check_constrained(c);
        return streq(table, "escalation_storage") ? check_escalation(c) : CORPUS_SKIP;
}

int main(void) {
        static const struct corpus_table tables[] = {{"extracted/rbac/cases", check_row, NULL}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
