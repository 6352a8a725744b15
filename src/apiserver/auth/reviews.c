/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/reviews.h"

#include "apiserver/auth/review_private.h"
#include "base/clock.h"
#include "data/json/json.h"
#include "kube/quote.h"
#include "kube/select/selector.h"

#define TEXT_MAX ((size_t)1 << 20)
#define AUTHORIZATION "authorization.k8s.io"
#define AUTHENTICATION "authentication.k8s.io"

/* ---- problems and answers ---- */

void review_invalid(struct review_problems *p, const char *field, const char *value, const char *why) {
        char *message = arena_printf(p->arena, "Invalid value: %s: %s", value, why);
        if (!message || p->n == REVIEW_PROBLEMS_MAX) {
                p->failed = true;
                return;
        }
        p->items[p->n].field = field;
        p->items[p->n++].message = message;
}

int review_problems_end(const struct review_problems *p, const char *kind_and_group, struct err *err) {
        if (p->failed)
                return err_oom(err);
        if (p->n == 0)
                return 0;
        _cleanup_buf_ struct buf b = BUF_INIT(TEXT_MAX);
        for (size_t i = 0; i < p->n; i++)
                buf_addf(&b, "%s%s: %s", i ? ", " : "", p->items[i].field, p->items[i].message);
        err_set(err, ERR_INVALID, p->n > 1 ? "%s \"\" is invalid: [%s]" : "%s \"\" is invalid: %s", kind_and_group,
                buf_str(&b));
        for (size_t i = 0; i < p->n; i++)
                err_add_cause(err, "FieldValueInvalid", p->items[i].field, "%s", p->items[i].message);
        return -1;
}

int review_answer(struct arena *a, const char *kind, const char *api_version, struct value metadata,
                  const struct value *spec, struct value status, struct value *ret, struct err *err) {
        struct value v = value_map();
        if (!value_set(a, &v, "kind", value_str(kind)) || !value_set(a, &v, "apiVersion", value_str(api_version)) ||
            !value_set(a, &v, "metadata", metadata) || (spec && !value_set(a, &v, "spec", *spec)) ||
            !value_set(a, &v, "status", status))
                return err_oom(err);
        *ret = v;
        return 0;
}

static struct value map_or_empty(const struct value *v) {
        return value_is_map(v) ? *v : value_map();
}

static const char *json_text(struct arena *a, const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT(TEXT_MAX);
        json_write(&b, v, 0);
        const char *text = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
        return text ? text : "null";
}

static const char *quoted(struct arena *a, const char *s) {
        _cleanup_buf_ struct buf b = BUF_INIT(TEXT_MAX);
        quote_go(&b, s);
        const char *text = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
        return text ? text : "\"\"";
}

static const char *text_of(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

/* ---- access reviews ---- */

static bool metadata_is_empty(const struct value *metadata, bool may_have_namespace) {
        if (!value_is_map(metadata))
                return true;
        VALUE_EACH_MEMBER(m, metadata) {
                bool allowed = streq(m->key, "managedFields") || (may_have_namespace && streq(m->key, "namespace"));
                bool empty = m->value.type == VALUE_NULL || (m->value.type >= VALUE_STRING && m->value.len == 0);
                if (!allowed && !empty)
                        return false;
        }
        return true;
}

static const char *json_of_path_and_verb(struct arena *a, const struct value *attributes) {
        const char *text = arena_printf(a, "{\"Path\":%s,\"Verb\":%s}", quoted(a, text_of(attributes, "path")),
                                        quoted(a, text_of(attributes, "verb")));
        return text ? text : "null";
}

static void check_attributes(struct review_problems *p, const struct value *spec) {
        const struct value *resource = value_get(spec, "resourceAttributes");
        const struct value *other = value_get(spec, "nonResourceAttributes");
        if (!value_is_null(resource) && !value_is_null(other))
                review_invalid(p, "spec.nonResourceAttributes", json_of_path_and_verb(p->arena, other),
                               "cannot be specified in combination with resourceAttributes");
        if (value_is_null(resource) && value_is_null(other))
                review_invalid(p, "spec.resourceAttributes", "null",
                               "exactly one of nonResourceAttributes or resourceAttributes must be specified");
}

static void check_selectors(struct review_problems *p, const struct value *spec) {
        static const char *const names[] = {"fieldSelector", "labelSelector"};
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                const struct value *s = value_path(spec, "resourceAttributes", names[i], NULL);
                const struct value *requirements = value_get(s, "requirements");
                bool raw = text_of(s, "rawSelector")[0], list = value_is_list(requirements) && requirements->len;
                char *field = arena_printf(p->arena, "spec.resourceAttributes.%s.%s", names[i],
                                           raw ? "rawSelector" : "requirements");
                if (!field)
                        p->failed = true;
                else if (raw && list)
                        review_invalid(p, field, quoted(p->arena, text_of(s, "rawSelector")),
                                       "may not specified at the same time as requirements");
        }
}

static void check_metadata(struct review_problems *p, const struct value *object, bool local) {
        const struct value *metadata = value_get(object, "metadata");
        if (!metadata_is_empty(metadata, local))
                review_invalid(p, "metadata", json_text(p->arena, metadata),
                               local ? "must be empty except for namespace" : "must be empty");
}

static void check_local(struct review_problems *p, const struct value *object) {
        const struct value *spec = value_get(object, "spec"), *resource = value_get(spec, "resourceAttributes");
        const struct value *other = value_get(spec, "nonResourceAttributes");
        const char *namespace_ = text_of(resource, "namespace");
        if (!value_is_null(resource) && !streq(namespace_, text_of(value_get(object, "metadata"), "namespace")))
                review_invalid(p, "spec.resourceAttributes.namespace", quoted(p->arena, namespace_),
                               "must match metadata.namespace");
        if (!value_is_null(other))
                review_invalid(p, "spec.nonResourceAttributes", json_of_path_and_verb(p->arena, other),
                               "disallowed on this kind of request");
}

static int read_list(struct arena *a, const struct value *list, const char *const **ret) {
        const char **strings = (const char **)rbac_no_strings;
        size_t n = 0;
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        if (item->type == VALUE_STRING && !(strings = rbac_strings_add(a, strings, n++, item->str)))
                                return -1;
        *ret = strings;
        return 0;
}

/* The user a SubjectAccessReview asks about. */
static int read_subject(struct arena *a, const struct value *spec, struct rbac_user *ret, struct err *err) {
        struct rbac_user u = {.name = text_of(spec, "user"), .uid = text_of(spec, "uid")};
        const struct value *extra = value_get(spec, "extra");
        size_t n = value_is_map(extra) ? extra->len : 0;
        struct rbac_extra *items = arena_zalloc(a, n, sizeof(*items));
        if (!items || read_list(a, value_get(spec, "groups"), &u.groups) < 0)
                return err_oom(err);
        for (size_t i = 0; i < n; i++) {
                items[i].key = extra->members[i].key;
                if (read_list(a, &extra->members[i].value, &items[i].values) < 0)
                        return err_oom(err);
        }
        u.extra = items;
        u.n_extra = n;
        *ret = u;
        return 0;
}

/* Selectors do not count in RBAC; one that does not parse is mentioned. */
static int add_selector_errors(struct arena *a, const struct value *resource, struct value *status) {
        const char *fields = text_of(value_get(resource, "fieldSelector"), "rawSelector");
        const char *labels = text_of(value_get(resource, "labelSelector"), "rawSelector");
        struct field_selector fs;
        struct label_selector ls;
        bool bad_fields = fields[0] && field_selector_parse(a, fields, &fs, NULL) < 0;
        bool bad_labels = labels[0] && label_selector_parse(a, labels, &ls, NULL) < 0;
        if (!bad_fields && !bad_labels)
                return 0;
        struct value text = value_strf(
                a, "%s%s%s", bad_fields ? "spec.resourceAttributes.fieldSelector ignored due to parse error" : "",
                bad_fields && bad_labels ? "; " : "",
                bad_labels ? "spec.resourceAttributes.labelSelector ignored due to parse error" : "");
        return !value_is_null(&text) && value_set(a, status, "evaluationError", text) ? 0 : -1;
}

static int decide(struct auth *x, struct arena *a, const struct rbac_user *user, const struct value *spec,
                  struct value *ret_status, struct err *err) {
        const struct value *r = value_get(spec, "resourceAttributes"), *o = value_get(spec, "nonResourceAttributes");
        bool resource = !value_is_null(r);
        struct rbac_attributes q = {
                .user = user,
                .verb = text_of(resource ? r : o, "verb"),
                .resource_request = resource,
                .group = text_of(r, "group"),
                .version = text_of(r, "version"),
                .resource = text_of(r, "resource"),
                .subresource = text_of(r, "subresource"),
                .name = text_of(r, "name"),
                .namespace_ = text_of(r, "namespace"),
                .path = text_of(o, "path"),
        };
        const char *reason;
        struct value status = value_map();
        bool allowed = auth_allows(x, &q, a, &reason);
        if (!value_set(a, &status, "allowed", value_bool(allowed)) ||
            (reason[0] && !value_set(a, &status, "reason", value_str(reason))) ||
            (resource && add_selector_errors(a, r, &status) < 0))
                return err_oom(err);
        *ret_status = status;
        return 0;
}

/* SubjectAccessReview and LocalSubjectAccessReview. */
static int review_other(struct auth *x, struct arena *a, const struct review_request *q, bool local,
                        const struct value *object, struct value *ret, struct err *err) {
        struct value spec = map_or_empty(value_get(object, "spec"));
        struct review_problems p = {.arena = a};
        check_attributes(&p, &spec);
        const struct value *groups = value_get(&spec, "groups");
        if (!text_of(&spec, "user")[0] && !(value_is_list(groups) && groups->len))
                review_invalid(&p, "spec.user", "\"\"", "at least one of user or group must be specified");
        check_selectors(&p, &spec);
        check_metadata(&p, object, local);
        if (local)
                check_local(&p, object);
        if (review_problems_end(&p, "." AUTHORIZATION, err) < 0)
                return -1;
        if (local && !streq(q->namespace_, text_of(value_get(object, "metadata"), "namespace")))
                return err_set(err, ERR_BAD_REQUEST, "spec.resourceAttributes.namespace must match namespace: %s",
                               q->namespace_);
        struct rbac_user user;
        struct value status;
        if (read_subject(a, &spec, &user, err) < 0 || decide(x, a, &user, &spec, &status, err) < 0)
                return -1;
        return review_answer(a, local ? "LocalSubjectAccessReview" : "SubjectAccessReview", AUTHORIZATION "/v1",
                             map_or_empty(value_get(object, "metadata")), &spec, status, ret, err);
}

static int review_self_access(struct auth *x, struct arena *a, const struct review_request *q,
                              const struct value *object, struct value *ret, struct err *err) {
        struct value spec = map_or_empty(value_get(object, "spec")), status;
        struct review_problems p = {.arena = a};
        check_attributes(&p, &spec);
        check_selectors(&p, &spec);
        check_metadata(&p, object, false);
        if (review_problems_end(&p, "." AUTHORIZATION, err) < 0 || decide(x, a, q->user, &spec, &status, err) < 0)
                return -1;
        return review_answer(a, "SelfSubjectAccessReview", AUTHORIZATION "/v1",
                             map_or_empty(value_get(object, "metadata")), &spec, status, ret, err);
}

/* ---- what may I do, who am I ---- */

/* One rule in the lists of a SelfSubjectRulesReview. */
static int add_rule(struct arena *a, const struct rbac_rule *rule, struct value *resources, struct value *others,
                    struct err *err) {
        struct rbac_rule part = *rule;
        struct value v;
        part.urls = rbac_no_strings;
        if (rule->resources[0] && (rbac_rule_value(a, &part, &v, err) < 0 || !value_append(a, resources, v)))
                return err_oom(err);
        part = (struct rbac_rule){rule->verbs, rbac_no_strings, rbac_no_strings, rbac_no_strings, rule->urls, NULL};
        if (rule->urls[0] && (rbac_rule_value(a, &part, &v, err) < 0 || !value_append(a, others, v)))
                return err_oom(err);
        return 0;
}

static int join_errors(struct arena *a, const char *const *errors, struct value *status) {
        if (!errors[0])
                return 0;
        _cleanup_buf_ struct buf b = BUF_INIT(TEXT_MAX);
        for (size_t i = 0; errors[i]; i++)
                buf_addf(&b, "%s%s", i ? ", " : "", errors[i]);
        struct value text = value_strf(a, errors[1] ? "[%s]" : "%s", buf_str(&b));
        return !value_is_null(&text) && value_set(a, status, "evaluationError", text) ? 0 : -1;
}

static int review_self_rules(struct auth *x, struct arena *a, const struct review_request *q,
                             const struct value *object, struct value *ret, struct err *err) {
        const char *namespace_ = text_of(value_get(object, "spec"), "namespace");
        if (!namespace_[0])
                return err_set(err, ERR_BAD_REQUEST, "no namespace on request");
        _cleanup_rbac_index_ const struct rbac_index *index = NULL;
        struct rbac_rules rules;
        const char *const *errors;
        if (auth_index(x, &index, err) < 0 ||
            rbac_index_rules_for(index, a, q->user, namespace_, &rules, &errors, err) < 0)
                return -1;
        struct value status = value_map(), resources = value_list(), others = value_list(), copy, spec = value_map();
        for (size_t i = 0; i < rules.n; i++)
                if (add_rule(a, &rules.items[i], &resources, &others, err) < 0)
                        return -1;
        if (!value_set(a, &status, "resourceRules", resources) || !value_set(a, &status, "nonResourceRules", others) ||
            !value_set(a, &status, "incomplete", value_bool(false)) || join_errors(a, errors, &status) < 0)
                return err_oom(err);
        if (value_copy(a, &status, &copy, err) < 0) /* the rules' strings are the index's */
                return -1;
        return review_answer(a, "SelfSubjectRulesReview", AUTHORIZATION "/v1", value_map(), &spec, copy, ret, err);
}

static int review_self(struct arena *a, const struct review_request *q, struct value *ret, struct err *err) {
        struct value user, status = value_map(), metadata = value_map();
        char *now = arena_alloc(a, TIME_TEXT_MAX);
        if (!now)
                return err_oom(err);
        time_format_rfc3339(now, q->now_ns / NSEC_PER_SEC);
        if (rbac_user_value(a, q->user, &user, err) < 0)
                return -1;
        if (!value_set(a, &status, "userInfo", user) || !value_set(a, &metadata, "creationTimestamp", value_str(now)))
                return err_oom(err);
        return review_answer(a, "SelfSubjectReview", AUTHENTICATION "/v1", metadata, NULL, status, ret, err);
}

/* ---- all of them ---- */

enum review {
        REVIEW_NONE,
        REVIEW_ACCESS,
        REVIEW_LOCAL,
        REVIEW_SELF_ACCESS,
        REVIEW_SELF_RULES,
        REVIEW_SELF,
        REVIEW_TOKEN
};

static enum review review_of(const char *group, const char *resource) {
        static const struct {
                const char *group, *resource;
                enum review review;
        } table[] = {
                {AUTHORIZATION, "subjectaccessreviews", REVIEW_ACCESS},
                {AUTHORIZATION, "localsubjectaccessreviews", REVIEW_LOCAL},
                {AUTHORIZATION, "selfsubjectaccessreviews", REVIEW_SELF_ACCESS},
                {AUTHORIZATION, "selfsubjectrulesreviews", REVIEW_SELF_RULES},
                {AUTHENTICATION, "selfsubjectreviews", REVIEW_SELF},
                {AUTHENTICATION, "tokenreviews", REVIEW_TOKEN},
        };
        for (size_t i = 0; i < ARRAY_LEN(table); i++)
                if (streq(table[i].group, group) && streq(table[i].resource, resource))
                        return table[i].review;
        return REVIEW_NONE;
}

bool review_serves(const char *group, const char *resource) {
        return review_of(group, resource) != REVIEW_NONE;
}

int review_create(struct auth *x, struct arena *a, const struct review_request *request, const char *group,
                  const char *resource, const struct value *object, struct value *ret, struct err *err) {
        enum review review = review_of(group, resource);
        switch (review) {
        case REVIEW_ACCESS:
        case REVIEW_LOCAL:
                return review_other(x, a, request, review == REVIEW_LOCAL, object, ret, err);
        case REVIEW_SELF_ACCESS:
                return review_self_access(x, a, request, object, ret, err);
        case REVIEW_SELF_RULES:
                return review_self_rules(x, a, request, object, ret, err);
        case REVIEW_SELF:
                return review_self(a, request, ret, err);
        case REVIEW_TOKEN:
                return review_token(x, a, request, object, ret, err);
        case REVIEW_NONE:
                break;
        }
        return err_set(err, ERR_NOT_FOUND, "the server could not find the requested resource");
}
