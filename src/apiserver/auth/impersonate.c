/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/impersonate.h"
#include "kube/quote.h"

#define AUTHENTICATION "authentication.k8s.io"
#define NODE_PREFIX "system:node:"

/* From here on one check for "*" is tried before one for each. */
#define MANY 4

struct mode {
        const char *name; /* NULL: legacy */
        const char *verb;
};

static const struct mode modes[] = {
        [IMPERSONATE_ASSOCIATED_NODE] = {"associated-node", "impersonate:associated-node"},
        [IMPERSONATE_ARBITRARY_NODE] = {"arbitrary-node", "impersonate:arbitrary-node"},
        [IMPERSONATE_SERVICE_ACCOUNT] = {"serviceaccount", "impersonate:serviceaccount"},
        [IMPERSONATE_USER_INFO] = {"user-info", "impersonate:user-info"},
        [IMPERSONATE_LEGACY] = {NULL, "impersonate"},
};

/* One attempt in one mode. */
struct attempt {
        struct arena *arena;
        const struct impersonate_authorizer *authorizer;
        const struct rbac_attributes *request;
        const struct rbac_user *wanted;
        const struct mode *mode;
        struct rbac_user requestor; /* whom checks are about */
        bool associated;
        struct impersonate_refusal refusal;
        struct err *err;
};

enum outcome { ALLOWED, REFUSED, DOES_NOT_APPLY, FAILED };

/* ---- names ---- */

/* The node of "system:node:NAME", or NULL. */
static const char *node_of(const char *user) {
        if (!str_has_prefix(user, NODE_PREFIX))
                return NULL;
        const char *name = user + strlen(NODE_PREFIX);
        size_t n = strlen(name);
        if (n == 0 || n > 253 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != n)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                bool edge = i == 0 || i == n - 1 || name[i - 1] == '.' || name[i + 1] == '.';
                if ((name[i] == '-' || name[i] == '.') && edge)
                        return NULL;
        }
        return name;
}

static bool is_service_account(struct arena *a, const char *user) {
        const char *namespace_, *name;
        return rbac_service_account_split(a, user, &namespace_, &name);
}

static bool only_name(const struct rbac_user *u) {
        return !u->uid[0] && !u->groups[0] && u->n_extra == 0;
}

/* True when the caller is a service account whose token says that it runs on this node. */
static bool runs_on(struct arena *a, const struct rbac_user *caller, const char *node) {
        if (!node || !is_service_account(a, caller->name))
                return false;
        for (size_t i = 0; i < caller->n_extra; i++)
                if (streq(caller->extra[i].key, "authentication.kubernetes.io/node-name"))
                        return caller->extra[i].values[0] && !caller->extra[i].values[1] &&
                               streq(caller->extra[i].values[0], node);
        return false;
}

/* Whether a mode is about this caller and this wanted user at all. */
static bool applies(struct arena *a, enum impersonate_mode mode, const struct rbac_user *caller,
                    const struct rbac_user *wanted) {
        const char *node = node_of(wanted->name);
        switch (mode) {
        case IMPERSONATE_ASSOCIATED_NODE:
                return only_name(wanted) && runs_on(a, caller, node);
        case IMPERSONATE_ARBITRARY_NODE:
                return only_name(wanted) && node;
        case IMPERSONATE_SERVICE_ACCOUNT:
                return only_name(wanted) && is_service_account(a, wanted->name);
        case IMPERSONATE_USER_INFO:
                return !node && !is_service_account(a, wanted->name);
        case IMPERSONATE_LEGACY:
        case IMPERSONATE_MODES:
                break;
        }
        return true;
}

/* ---- checks ---- */

static enum outcome refuse(struct attempt *t, const struct rbac_attributes *q, const char *reason) {
        t->refusal = (struct impersonate_refusal){*q, reason};
        return REFUSED;
}

static enum outcome ask(struct attempt *t, const struct rbac_attributes *q) {
        const char *reason = "";
        if (t->authorizer->allows(t->authorizer->context, q, &reason))
                return ALLOWED;
        return refuse(t, q, reason);
}

/* The question about one property of the wanted user. */
static struct rbac_attributes about(const struct attempt *t, const char *group, const char *resource,
                                    const char *name) {
        return (struct rbac_attributes){
                .user = &t->requestor,
                .verb = t->mode->verb,
                .resource_request = true,
                .group = group,
                .version = "v1",
                .resource = resource,
                .subresource = "",
                .name = name,
                .namespace_ = "",
                .path = "",
        };
}

/* Users, groups and service accounts lie in the core group for the old verb. */
static const char *identity_group(const struct attempt *t) {
        return t->mode->name ? AUTHENTICATION : "";
}

static enum outcome check_name(struct attempt *t, struct rbac_user *actual) {
        static const char *const nodes[] = {"system:nodes", NULL};
        struct rbac_attributes q = about(t, identity_group(t), "users", t->wanted->name);
        const char *namespace_, *name, *node = node_of(t->wanted->name);
        if (t->mode->name && node) {
                q.resource = "nodes";
                q.name = t->associated ? "*" : node;
                actual->groups = nodes;
        } else if (rbac_service_account_split(t->arena, t->wanted->name, &namespace_, &name)) {
                q.resource = "serviceaccounts";
                q.namespace_ = namespace_;
                q.name = name;
                if (!t->wanted->groups[0]) {
                        const char **groups = rbac_strings_add(t->arena, NULL, 0, "system:serviceaccounts");
                        char *own = arena_printf(t->arena, "system:serviceaccounts:%s", namespace_);
                        if (!groups || !own || !(groups = rbac_strings_add(t->arena, groups, 1, own)))
                                return FAILED;
                        actual->groups = groups;
                }
        }
        return ask(t, &q);
}

static enum outcome check_groups(struct attempt *t) {
        const char *const *groups = t->wanted->groups;
        struct rbac_attributes q = about(t, identity_group(t), "groups", "");
        size_t n = 0;
        for (; groups[n]; n++) {
                if (t->mode->name && !groups[n][0])
                        return refuse(t, &q, "impersonating the empty string group is not allowed");
        }
        if (t->mode->name && rbac_user_in_group(t->wanted, "system:masters")) {
                q.name = "system:masters";
                return refuse(t, &q, "impersonating the system:masters group is not allowed");
        }
        if (t->mode->name && n >= MANY) {
                q.name = "*";
                if (ask(t, &q) == ALLOWED)
                        return ALLOWED;
        }
        for (size_t i = 0; i < n; i++) {
                q.name = groups[i];
                if (ask(t, &q) != ALLOWED)
                        return REFUSED;
        }
        return ALLOWED;
}

/* "acme.io/foo": a DNS name, a slash, and the characters of a URL's path. */
static bool is_domain_path(const char *key) {
        const char *slash = strchr(key, '/');
        size_t n = slash ? (size_t)(slash - key) : 0;
        if (n == 0 || n > 253 || !slash[1])
                return false;
        for (size_t i = 0; i < n; i++) {
                bool edge = i == 0 || i == n - 1 || key[i - 1] == '.' || key[i + 1] == '.';
                bool alphanumeric = (key[i] >= 'a' && key[i] <= 'z') || (key[i] >= '0' && key[i] <= '9');
                if (!alphanumeric && (edge || (key[i] != '-' && key[i] != '.')))
                        return false;
        }
        static const char path[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._~%!$&'()*+,;=:";
        return slash[1 + strspn(slash + 1, path)] == '\0';
}

/* A sentence about the key, quoted. */
static const char *about_key(struct arena *a, const char *before, const char *key, const char *after) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        buf_adds(&b, before);
        quote_go(&b, key);
        buf_adds(&b, after);
        const char *text = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
        return text ? text : before;
}

/* What constrained impersonation does not take as extra information. NULL: all is well. */
static const char *extra_problem(struct arena *a, const struct rbac_extra *e) {
        if (!e->key[0])
                return "impersonating the empty string key in extra is not allowed";
        if (!is_domain_path(e->key))
                return about_key(a, "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ",
                                 e->key, ": must be a domain-prefixed path (such as \"acme.io/foo\")");
        for (const char *p = e->key; *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        return about_key(a, "impersonating a non-lowercase key in extra is not allowed: ", e->key, "");
        for (const char *const *v = e->values; *v; v++)
                if (!(*v)[0])
                        return "impersonating the empty string value in extra is not allowed";
        return NULL;
}

static enum outcome check_extra(struct attempt *t) {
        const struct rbac_user *w = t->wanted;
        struct rbac_attributes q = about(t, AUTHENTICATION, "userextras", "");
        size_t values = 0;
        for (size_t i = 0; i < w->n_extra; i++) {
                const char *problem = t->mode->name ? extra_problem(t->arena, &w->extra[i]) : NULL;
                if (problem)
                        return refuse(t, &q, problem);
                for (const char *const *v = w->extra[i].values; *v; v++)
                        values++;
        }
        if (t->mode->name && (w->n_extra >= MANY || values >= MANY)) {
                q.subresource = q.name = "*";
                if (ask(t, &q) == ALLOWED)
                        return ALLOWED;
        }
        for (size_t i = 0; i < w->n_extra; i++) {
                q.subresource = w->extra[i].key;
                for (const char *const *v = w->extra[i].values; *v; v++) {
                        q.name = *v;
                        if (ask(t, &q) != ALLOWED)
                                return REFUSED;
                }
        }
        return ALLOWED;
}

/* Adds the group that says whether the user is known. */
static enum outcome finish_groups(struct attempt *t, struct rbac_user *actual) {
        bool anonymous = streq(actual->name, "system:anonymous");
        const char *group = anonymous ? "system:unauthenticated" : "system:authenticated";
        if (rbac_user_in_group(actual, group) || rbac_user_in_group(actual, "system:unauthenticated"))
                return ALLOWED;
        size_t n = 0;
        while (actual->groups[n])
                n++;
        const char **groups = arena_alloc(t->arena, (n + 2) * sizeof(*groups));
        if (!groups)
                return FAILED;
        memcpy(groups, actual->groups, n * sizeof(*groups));
        groups[n] = group;
        groups[n + 1] = NULL;
        actual->groups = groups;
        return ALLOWED;
}

/* May the caller do this very request under the mode? */
static enum outcome check_on(struct attempt *t) {
        struct rbac_attributes q = *t->request;
        q.user = &t->requestor;
        q.verb = arena_printf(t->arena, "impersonate-on:%s:%s", t->mode->name, t->request->verb);
        return q.verb ? ask(t, &q) : FAILED;
}

static enum outcome try_mode(struct attempt *t, enum impersonate_mode mode, struct rbac_user *ret) {
        t->mode = &modes[mode];
        t->associated = mode == IMPERSONATE_ASSOCIATED_NODE;
        t->requestor = *t->request->user;
        if (!applies(t->arena, mode, t->request->user, t->wanted))
                return DOES_NOT_APPLY;
        if (t->associated)
                t->requestor.n_extra = 0; /* the answer must hold on every node */
        struct rbac_user actual = *t->wanted;
        struct rbac_attributes uid = about(t, AUTHENTICATION, "uids", t->wanted->uid);
        enum outcome o = t->mode->name ? check_on(t) : ALLOWED;
        if (o == ALLOWED)
                o = check_name(t, &actual);
        if (o == ALLOWED && t->wanted->uid[0])
                o = ask(t, &uid);
        if (o == ALLOWED)
                o = check_groups(t);
        if (o == ALLOWED)
                o = check_extra(t);
        if (o == ALLOWED)
                o = finish_groups(t, &actual);
        if (o == ALLOWED)
                *ret = actual;
        return o;
}

int impersonate_check(struct arena *a, const struct impersonate_authorizer *z, const struct rbac_attributes *request,
                      const struct rbac_user *wanted, enum impersonate_mode *hint, struct rbac_user *ret,
                      struct impersonate_refusal *ret_refusal, struct err *err) {
        struct attempt t = {.arena = a, .authorizer = z, .request = request, .wanted = wanted, .err = err};
        enum impersonate_mode first = *hint;
        bool refused = false;
        for (int i = first < IMPERSONATE_MODES ? -1 : 0; i < IMPERSONATE_MODES; i++) {
                enum impersonate_mode mode = i < 0 ? first : (enum impersonate_mode)i;
                if (i >= 0 && mode == first)
                        continue;
                enum outcome o = try_mode(&t, mode, ret);
                if (o == FAILED)
                        return err_oom(err);
                if (o == ALLOWED) {
                        *hint = mode;
                        return 0;
                }
                if (o == REFUSED && !refused) {
                        *ret_refusal = t.refusal;
                        ret_refusal->attributes.user = request->user;
                        refused = true;
                }
        }
        return 1;
}
