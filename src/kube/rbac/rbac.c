/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/rbac.h"

#define SERVICE_ACCOUNT_PREFIX "system:serviceaccount:"

const char *const rbac_no_strings[1] = {NULL};

/* ---- lists of strings ---- */

static bool has(const char *const *list, const char *s) {
        for (; *list; list++)
                if (streq(*list, s))
                        return true;
        return false;
}

static bool has_or_star(const char *const *list, const char *s) {
        for (; *list; list++)
                if (streq(*list, "*") || streq(*list, s))
                        return true;
        return false;
}

const char **rbac_strings_add(struct arena *a, const char **list, size_t n, const char *s) {
        bool full = n == 0 || (n >= 4 && (n & (n - 1)) == 0);
        if (full) {
                size_t room = (n < 4 ? 4 : n * 2) + 1;
                list = arena_grow(a, n ? list : NULL, n * sizeof(*list), room * sizeof(*list));
                if (!list)
                        return NULL;
        }
        list[n] = s;
        list[n + 1] = NULL;
        return list;
}

/* The strings of a list value; others are passed over. */
static int read_strings(struct arena *a, const struct value *list, const char *const **ret) {
        *ret = rbac_no_strings;
        if (!value_is_list(list) || list->len == 0)
                return 0;
        const char **strings = arena_alloc(a, ((size_t)list->len + 1) * sizeof(*strings));
        if (!strings)
                return -1;
        size_t n = 0;
        VALUE_EACH_ITEM(item, list)
                if (item->type == VALUE_STRING)
                        strings[n++] = item->str;
        strings[n] = NULL;
        *ret = strings;
        return 0;
}

static int strings_value(struct arena *a, const char *const *strings, struct value *map, const char *key) {
        if (!*strings)
                return 0;
        struct value list = value_list();
        for (; *strings; strings++)
                if (!value_append(a, &list, value_str(*strings)))
                        return -1;
        return value_add(a, map, key, strlen(key), list) ? 0 : -1;
}

/* ---- users ---- */

bool rbac_user_in_group(const struct rbac_user *u, const char *group) {
        return has(u->groups, group);
}

static const char *const *copy_strings(struct arena *a, const char *const *strings) {
        size_t n = 0;
        while (strings[n])
                n++;
        const char **copy = arena_zalloc(a, n + 1, sizeof(*copy));
        for (size_t i = 0; copy && i < n; i++)
                if (!(copy[i] = arena_strdup(a, strings[i])))
                        return NULL;
        return copy;
}

int rbac_user_copy(struct arena *a, const struct rbac_user *u, struct rbac_user *ret, struct err *err) {
        struct rbac_extra *extra = arena_zalloc(a, u->n_extra, sizeof(*extra));
        struct rbac_user copy = {
                .name = arena_strdup(a, u->name),
                .uid = arena_strdup(a, u->uid),
                .groups = copy_strings(a, u->groups),
                .extra = extra,
                .n_extra = u->n_extra,
        };
        if (!copy.name || !copy.uid || !copy.groups || !extra)
                return err_oom(err);
        for (size_t i = 0; i < u->n_extra; i++) {
                extra[i].key = arena_strdup(a, u->extra[i].key);
                extra[i].values = copy_strings(a, u->extra[i].values);
                if (!extra[i].key || !extra[i].values)
                        return err_oom(err);
        }
        *ret = copy;
        return 0;
}

int rbac_user_value(struct arena *a, const struct rbac_user *u, struct value *ret, struct err *err) {
        struct value map = value_map(), extra = value_map();
        if ((u->name[0] && !value_set(a, &map, "username", value_str(u->name))) ||
            (u->uid[0] && !value_set(a, &map, "uid", value_str(u->uid))) ||
            strings_value(a, u->groups, &map, "groups") < 0)
                return err_oom(err);
        for (size_t i = 0; i < u->n_extra; i++)
                if (strings_value(a, u->extra[i].values, &extra, u->extra[i].key) < 0)
                        return err_oom(err);
        if (extra.len && !value_set(a, &map, "extra", extra))
                return err_oom(err);
        *ret = map;
        return 0;
}

/* RFC 1123: labels of lower-case letters, digits and inner dashes, joined by dots when they may be. */
static bool is_dns_name(const char *s, size_t n, size_t max, bool dots) {
        if (n == 0 || n > max)
                return false;
        for (size_t i = 0; i < n; i++) {
                char c = s[i];
                bool edge = i == 0 || i == n - 1 || (dots && (s[i - 1] == '.' || s[i + 1] == '.'));
                bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
                if (!alphanumeric && (edge || (c != '-' && !(dots && c == '.'))))
                        return false;
        }
        return true;
}

bool rbac_service_account_split(struct arena *a, const char *user, const char **ret_namespace, const char **ret_name) {
        if (!str_has_prefix(user, SERVICE_ACCOUNT_PREFIX))
                return false;
        const char *namespace_ = user + strlen(SERVICE_ACCOUNT_PREFIX);
        size_t n = strcspn(namespace_, ":");
        const char *name = namespace_ + n + (namespace_[n] == ':');
        if (!is_dns_name(namespace_, n, 63, false) || !is_dns_name(name, strlen(name), 253, true))
                return false;
        *ret_namespace = arena_strndup(a, namespace_, n);
        *ret_name = arena_strdup(a, name);
        return *ret_namespace && *ret_name;
}

/* ---- rules ---- */

int rbac_rules_read(struct arena *a, const struct value *rules, struct rbac_rules *ret, struct err *err) {
        *ret = (struct rbac_rules){0};
        if (!value_is_list(rules) || rules->len == 0)
                return 0;
        struct rbac_rule *items = arena_zalloc(a, rules->len, sizeof(*items));
        if (!items)
                return err_oom(err);
        struct rbac_rule *r = items;
        VALUE_EACH_ITEM(item, rules) {
                if (read_strings(a, value_get(item, "verbs"), &r->verbs) < 0 ||
                    read_strings(a, value_get(item, "apiGroups"), &r->groups) < 0 ||
                    read_strings(a, value_get(item, "resources"), &r->resources) < 0 ||
                    read_strings(a, value_get(item, "resourceNames"), &r->names) < 0 ||
                    read_strings(a, value_get(item, "nonResourceURLs"), &r->urls) < 0)
                        return err_oom(err);
                r->source = item;
                r++;
        }
        *ret = (struct rbac_rules){items, rules->len};
        return 0;
}

int rbac_rule_value(struct arena *a, const struct rbac_rule *rule, struct value *ret, struct err *err) {
        struct value map = value_map();
        if (strings_value(a, rule->verbs, &map, "verbs") < 0 || strings_value(a, rule->groups, &map, "apiGroups") < 0 ||
            strings_value(a, rule->resources, &map, "resources") < 0 ||
            strings_value(a, rule->names, &map, "resourceNames") < 0 ||
            strings_value(a, rule->urls, &map, "nonResourceURLs") < 0)
                return err_oom(err);
        *ret = map;
        return 0;
}

bool rbac_verb_matches(const struct rbac_rule *rule, const char *verb) {
        return has_or_star(rule->verbs, verb);
}

bool rbac_url_covers(const char *url, const char *requested) {
        if (streq(url, "*") || streq(url, requested))
                return true;
        size_t n = strlen(url);
        if (n == 0 || url[n - 1] != '*')
                return false;
        while (n > 0 && url[n - 1] == '*')
                n--;
        return strncmp(url, requested, n) == 0;
}

bool rbac_url_matches(const struct rbac_rule *rule, const char *path) {
        for (const char *const *url = rule->urls; *url; url++)
                if (rbac_url_covers(*url, path))
                        return true;
        return false;
}

/* True when wanted ("pods", "pods/log", "star/log") means the requested resource and subresource. */
static bool resource_matches(const char *wanted, const char *resource, const char *subresource) {
        if (streq(wanted, "*"))
                return true;
        size_t n = strlen(resource);
        if (!subresource[0])
                return streq(wanted, resource);
        if (strncmp(wanted, resource, n) == 0 && wanted[n] == '/' && streq(wanted + n + 1, subresource))
                return true;
        return str_has_prefix(wanted, "*/") && streq(wanted + 2, subresource);
}

bool rbac_rule_allows(const struct rbac_rule *rule, const struct rbac_attributes *q) {
        if (!rbac_verb_matches(rule, q->verb))
                return false;
        if (!q->resource_request)
                return rbac_url_matches(rule, q->path);
        if (!has_or_star(rule->groups, q->group) || (*rule->names && !has(rule->names, q->name)))
                return false;
        for (const char *const *r = rule->resources; *r; r++)
                if (resource_matches(*r, q->resource, q->subresource))
                        return true;
        return false;
}

/* ---- subjects ---- */

struct rbac_subject rbac_subject_read(const struct value *subject) {
        const char *kind = value_string_or(value_get(subject, "kind"), "");
        struct rbac_subject s = {
                .name = value_string_or(value_get(subject, "name"), ""),
                .namespace_ = value_string_or(value_get(subject, "namespace"), ""),
                .source = subject,
        };
        if (streq(kind, "User"))
                s.kind = RBAC_SUBJECT_USER;
        else if (streq(kind, "Group"))
                s.kind = RBAC_SUBJECT_GROUP;
        else if (streq(kind, "ServiceAccount"))
                s.kind = RBAC_SUBJECT_SERVICE_ACCOUNT;
        return s;
}

static bool is_service_account(const char *user, const char *namespace_, const char *name) {
        if (!str_has_prefix(user, SERVICE_ACCOUNT_PREFIX))
                return false;
        user += strlen(SERVICE_ACCOUNT_PREFIX);
        size_t n = strlen(namespace_);
        return strncmp(user, namespace_, n) == 0 && user[n] == ':' && streq(user + n + 1, name);
}

bool rbac_subject_matches(const struct rbac_subject *s, const struct rbac_user *u, const char *binding_namespace) {
        switch (s->kind) {
        case RBAC_SUBJECT_USER:
                return streq(s->name, u->name);
        case RBAC_SUBJECT_GROUP:
                return rbac_user_in_group(u, s->name);
        case RBAC_SUBJECT_SERVICE_ACCOUNT: {
                const char *namespace_ = s->namespace_[0] ? s->namespace_ : binding_namespace;
                return namespace_[0] && is_service_account(u->name, namespace_, s->name);
        }
        case RBAC_SUBJECT_OTHER:
                break;
        }
        return false;
}
