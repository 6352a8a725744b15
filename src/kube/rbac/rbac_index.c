/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/rbac_index.h"

#include "kube/quote.h"
#include "kube/rbac/rbac_part.h"

/* A decision's reason is never longer; what does not fit is left out. */
#define REASON_MAX ((size_t)1 << 16)

/* Bindings of one caller in one part that are looked at without asking for memory. */
#define CANDIDATES 128

/* ---- which bindings name the caller ---- */

struct candidates {
        uint32_t few[CANDIDATES];
        uint32_t *at; /* few, or allocated */
        size_t n;
};

static void candidates_done(struct candidates *c) {
        if (c->at != c->few)
                free(c->at);
}
#define _cleanup_candidates_ _cleanup_(candidates_done)

static int ascending(const void *a, const void *b) {
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
        return (x > y) - (x < y);
}

static const struct rbac_hits *hits(const struct strmap *m, const char *key) {
        return strmap_get(m, key, strlen(key));
}

static void append(struct candidates *c, const struct rbac_hits *h) {
        if (h) {
                memcpy(c->at + c->n, h->at, h->n * sizeof(*c->at));
                c->n += h->n;
        }
}

/* The places of the bindings that name the user or one of its groups, each once, ascending. */
static int find_candidates(const struct rbac_part *p, const struct rbac_user *u, struct candidates *c) {
        const struct rbac_hits *own = hits(&p->users, u->name);
        size_t n = own ? own->n : 0;
        for (const char *const *g = u->groups; *g; g++) {
                const struct rbac_hits *h = hits(&p->groups, *g);
                n += h ? h->n : 0;
        }
        c->n = 0;
        c->at = n <= CANDIDATES ? c->few : calloc(n, sizeof(*c->at));
        if (!c->at)
                return -1;
        append(c, own);
        for (const char *const *g = u->groups; *g; g++)
                append(c, hits(&p->groups, *g));
        qsort(c->at, c->n, sizeof(*c->at), ascending);
        size_t unique = 0;
        for (size_t i = 0; i < c->n; i++)
                if (i == 0 || c->at[i] != c->at[i - 1])
                        c->at[unique++] = c->at[i];
        c->n = unique;
        return 0;
}

/* ---- roles ---- */

static const struct rbac_part *part_of(const struct rbac_index *x, const char *namespace_) {
        return namespace_[0] ? strmap_get(&x->spaces, namespace_, strlen(namespace_)) : x->cluster;
}

/* The role that a binding of part p names; NULL when it is missing. */
static const struct rbac_role *role_of(const struct rbac_index *x, const struct rbac_part *p,
                                       const struct rbac_binding *b) {
        const struct rbac_part *where = streq(b->role_kind, "ClusterRole") ? x->cluster
                                        : streq(b->role_kind, "Role")      ? p
                                                                           : NULL;
        return where ? strmap_get(&where->roles, b->role_name, strlen(b->role_name)) : NULL;
}

/* Why role_of() found nothing. */
static void missing_text(struct buf *b, const struct rbac_binding *binding) {
        if (streq(binding->role_kind, "ClusterRole") || streq(binding->role_kind, "Role")) {
                buf_adds(b, streq(binding->role_kind, "Role") ? "role" : "clusterrole");
                buf_adds(b, ".rbac.authorization.k8s.io ");
                quote_go(b, binding->role_name);
                buf_adds(b, " not found");
        } else {
                buf_adds(b, "unsupported role reference kind: ");
                quote_go(b, binding->role_kind);
        }
}

bool rbac_index_role(const struct rbac_index *x, const char *namespace_, const char *name, struct rbac_rules *ret) {
        const struct rbac_part *p = part_of(x, namespace_);
        const struct rbac_role *r = p ? strmap_get(&p->roles, name, strlen(name)) : NULL;
        if (r)
                *ret = r->rules;
        return r != NULL;
}

static bool rules_allow(const struct rbac_rules *rules, const struct rbac_attributes *q) {
        for (size_t i = 0; i < rules->n; i++)
                if (rbac_rule_allows(&rules->items[i], q))
                        return true;
        return false;
}

/* ---- what was missing, for messages ---- */

struct missing {
        struct arena *arena; /* NULL: nobody wants to know */
        const char **texts;  /* NULL-terminated, each once */
        size_t n;
        struct strmap seen;
};

static void missing_done(struct missing *m) {
        strmap_done(&m->seen);
}
#define _cleanup_missing_ _cleanup_(missing_done)

static void note_missing(struct missing *m, const struct rbac_binding *b) {
        if (!m->arena)
                return;
        _cleanup_buf_ struct buf text = BUF_INIT(REASON_MAX);
        missing_text(&text, b);
        char *copy = arena_strndup(m->arena, buf_str(&text), text.len);
        void *old;
        if (!copy || strmap_add(&m->seen, copy, text.len, m, &old) != 0)
                return;
        const char **texts = rbac_strings_add(m->arena, m->texts, m->n, copy);
        if (texts) {
                m->texts = texts;
                m->n++;
        }
}

/* "RBAC: x" or "RBAC: [x, y]". */
static const char *missing_reason(const struct missing *m) {
        if (m->n == 0)
                return "";
        _cleanup_buf_ struct buf b = BUF_INIT(REASON_MAX);
        buf_adds(&b, m->n > 1 ? "RBAC: [" : "RBAC: ");
        for (size_t i = 0; i < m->n; i++) {
                buf_adds(&b, i ? ", " : "");
                buf_adds(&b, m->texts[i]);
        }
        buf_adds(&b, m->n > 1 ? "]" : "");
        char *text = arena_strndup(m->arena, buf_str(&b), b.len);
        return text ? text : "";
}

/* ---- decisions ---- */

static const struct rbac_subject *matching_subject(const struct rbac_binding *b, const struct rbac_user *u) {
        for (size_t i = 0; i < b->n_subjects; i++)
                if (rbac_subject_matches(&b->subjects[i], u, b->namespace_))
                        return &b->subjects[i];
        return NULL;
}

static void add_name(struct buf *b, const char *name, const char *namespace_) {
        _cleanup_buf_ struct buf both = BUF_INIT(REASON_MAX);
        buf_adds(&both, name);
        if (namespace_[0])
                buf_addf(&both, "/%s", namespace_);
        quote_go(b, buf_str(&both));
}

/* RBAC: allowed by RoleBinding "name/ns" of Role "r" to User "u". */
static const char *allowed_reason(struct arena *a, const struct rbac_binding *binding, const struct rbac_user *u) {
        static const char *const kinds[] = {"", "User", "Group", "ServiceAccount"};
        const struct rbac_subject *s = matching_subject(binding, u);
        _cleanup_buf_ struct buf b = BUF_INIT(REASON_MAX);
        buf_adds(&b, binding->namespace_[0] ? "RBAC: allowed by RoleBinding " : "RBAC: allowed by ClusterRoleBinding ");
        add_name(&b, binding->name, binding->namespace_);
        buf_addf(&b, " of %s ", binding->role_kind);
        quote_go(&b, binding->role_name);
        if (s) {
                bool account = s->kind == RBAC_SUBJECT_SERVICE_ACCOUNT;
                buf_addf(&b, " to %s ", kinds[s->kind]);
                add_name(&b, s->name, !account ? "" : s->namespace_[0] ? s->namespace_ : binding->namespace_);
        }
        char *text = arena_strndup(a, buf_str(&b), b.len);
        return text ? text : "";
}

/* The first binding of part p that allows it, or NULL. */
static const struct rbac_binding *allowing_binding(const struct rbac_index *x, const struct rbac_part *p,
                                                   const struct rbac_attributes *q, struct missing *m) {
        _cleanup_candidates_ struct candidates c;
        c.at = c.few;
        if (!p || find_candidates(p, q->user, &c) < 0)
                return NULL; /* no memory, no right */
        for (size_t i = 0; i < c.n; i++) {
                const struct rbac_binding *b = p->bindings[c.at[i]];
                const struct rbac_role *role = role_of(x, p, b);
                if (!role)
                        note_missing(m, b);
                else if (rules_allow(&role->rules, q))
                        return b;
        }
        return NULL;
}

bool rbac_index_allows(const struct rbac_index *x, const struct rbac_attributes *q, struct arena *a,
                       const char **ret_reason) {
        _cleanup_missing_ struct missing m = {.arena = a};
        const struct rbac_binding *b = allowing_binding(x, x->cluster, q, &m);
        if (!b && q->resource_request && q->namespace_[0])
                b = allowing_binding(x, part_of(x, q->namespace_), q, &m);
        if (ret_reason)
                *ret_reason = b ? allowed_reason(a, b, q->user) : missing_reason(&m);
        return b != NULL;
}

/* ---- lists ---- */

struct rule_list {
        struct rbac_rule *items;
        size_t n, cap;
};

static int add_rules(struct arena *a, struct rule_list *l, const struct rbac_rules *rules) {
        if (l->n + rules->n > l->cap) {
                size_t cap = (l->n + rules->n) * 2;
                struct rbac_rule *more = arena_grow(a, l->items, l->n * sizeof(*more), cap * sizeof(*more));
                if (!more)
                        return -1;
                l->items = more;
                l->cap = cap;
        }
        if (rules->n)
                memcpy(l->items + l->n, rules->items, rules->n * sizeof(*l->items));
        l->n += rules->n;
        return 0;
}

static int part_rules_for(const struct rbac_index *x, const struct rbac_part *p, struct arena *a,
                          const struct rbac_user *u, struct rule_list *l, struct missing *m) {
        _cleanup_candidates_ struct candidates c;
        c.at = c.few;
        if (!p)
                return 0;
        if (find_candidates(p, u, &c) < 0)
                return -1;
        for (size_t i = 0; i < c.n; i++) {
                const struct rbac_binding *b = p->bindings[c.at[i]];
                const struct rbac_role *role = role_of(x, p, b);
                if (!role)
                        note_missing(m, b);
                else if (add_rules(a, l, &role->rules) < 0)
                        return -1;
        }
        return 0;
}

int rbac_index_rules_for(const struct rbac_index *x, struct arena *a, const struct rbac_user *u, const char *namespace_,
                         struct rbac_rules *ret, const char *const **ret_errors, struct err *err) {
        _cleanup_missing_ struct missing m = {.arena = a};
        struct rule_list l = {0};
        if (part_rules_for(x, x->cluster, a, u, &l, &m) < 0 ||
            (namespace_[0] && part_rules_for(x, part_of(x, namespace_), a, u, &l, &m) < 0))
                return err_oom(err);
        *ret = (struct rbac_rules){l.items, l.n};
        if (ret_errors)
                *ret_errors = m.n ? m.texts : rbac_no_strings;
        return 0;
}

struct subject_list {
        struct rbac_subject *items;
        size_t n, cap;
};

static int add_subject(struct arena *a, struct subject_list *l, const struct rbac_subject *s) {
        if (l->n == l->cap) {
                size_t cap = l->cap ? l->cap * 2 : 8;
                struct rbac_subject *more = arena_grow(a, l->items, l->n * sizeof(*more), cap * sizeof(*more));
                if (!more)
                        return -1;
                l->items = more;
                l->cap = cap;
        }
        l->items[l->n++] = *s;
        return 0;
}

/* Looks at every binding of the part: this is for people who ask, not for requests. */
static int part_who_can(const struct rbac_index *x, const struct rbac_part *p, struct arena *a,
                        const struct rbac_attributes *q, struct subject_list *l, struct missing *m) {
        for (size_t i = 0; p && i < p->n_bindings; i++) {
                const struct rbac_binding *b = p->bindings[i];
                const struct rbac_role *role = role_of(x, p, b);
                if (!role)
                        note_missing(m, b);
                if (!role || !rules_allow(&role->rules, q))
                        continue;
                for (size_t j = 0; j < b->n_subjects; j++)
                        if (add_subject(a, l, &b->subjects[j]) < 0)
                                return -1;
        }
        return 0;
}

int rbac_index_who_can(const struct rbac_index *x, struct arena *a, const struct rbac_attributes *q,
                       const char *superuser, struct rbac_subject **ret, size_t *ret_n, const char *const **ret_errors,
                       struct err *err) {
        _cleanup_missing_ struct missing missing = {.arena = a};
        struct subject_list l = {0};
        struct rbac_subject masters = {.kind = RBAC_SUBJECT_GROUP, .name = "system:masters", .namespace_ = ""};
        struct rbac_subject super = {.kind = RBAC_SUBJECT_USER, .name = superuser, .namespace_ = ""};
        if (add_subject(a, &l, &masters) < 0 || (superuser[0] && add_subject(a, &l, &super) < 0) ||
            part_who_can(x, x->cluster, a, q, &l, &missing) < 0 ||
            (q->resource_request && q->namespace_[0] &&
             part_who_can(x, part_of(x, q->namespace_), a, q, &l, &missing) < 0))
                return err_oom(err);
        if (ret_errors)
                *ret_errors = missing.n ? missing.texts : rbac_no_strings;
        *ret = l.items;
        *ret_n = l.n;
        return 0;
}
