/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/rbac_covers.h"

#include "base/limits.h"
#include "base/strmap.h"
#include "kube/quote.h"

#define TEXT_MAX ((size_t)4 << 20)

static size_t count(const char *const *list) {
        size_t n = 0;
        while (list[n])
                n++;
        return n;
}

static bool has(const char *const *list, const char *s) {
        for (; *list; list++)
                if (streq(*list, s))
                        return true;
        return false;
}

/* A list of one string. NULL: memory. */
static const char *const *single(struct arena *a, const char *s) {
        return rbac_strings_add(a, NULL, 0, s);
}

/* ---- atoms ---- */

struct atoms {
        struct arena *arena;
        struct rbac_rule *items;
        size_t n, cap;
        struct err *err;
};

static int add_atom(struct atoms *t, const char *verb, const char *group, const char *resource, const char *name,
                    const char *url) {
        if (t->n == LIMIT_RBAC_ATOMS)
                return err_set(t->err, ERR_TOO_LARGE, "the rules name more than %d combinations", LIMIT_RBAC_ATOMS);
        if (t->n == t->cap) {
                size_t cap = t->cap ? t->cap * 2 : 16;
                struct rbac_rule *more = arena_grow(t->arena, t->items, t->n * sizeof(*more), cap * sizeof(*more));
                if (!more)
                        return err_oom(t->err);
                t->items = more;
                t->cap = cap;
        }
        struct rbac_rule *r = &t->items[t->n++];
        *r = (struct rbac_rule){
                .verbs = single(t->arena, verb),
                .groups = group ? single(t->arena, group) : rbac_no_strings,
                .resources = resource ? single(t->arena, resource) : rbac_no_strings,
                .names = name ? single(t->arena, name) : rbac_no_strings,
                .urls = url ? single(t->arena, url) : rbac_no_strings,
        };
        return r->verbs && r->groups && r->resources && r->names && r->urls ? 0 : err_oom(t->err);
}

/* Every combination of group, resource, verb and name, and of URL and verb, in the order of kube-apiserver's loops. */
static int break_down(struct atoms *t, const struct rbac_rule *rule) {
        for (const char *const *g = rule->groups; *g; g++)
                for (const char *const *r = rule->resources; *r; r++)
                        for (const char *const *v = rule->verbs; *v; v++) {
                                if (!rule->names[0] && add_atom(t, *v, *g, *r, NULL, NULL) < 0)
                                        return -1;
                                for (const char *const *n = rule->names; *n; n++)
                                        if (add_atom(t, *v, *g, *r, *n, NULL) < 0)
                                                return -1;
                        }
        for (const char *const *url = rule->urls; *url; url++)
                for (const char *const *v = rule->verbs; *v; v++)
                        if (add_atom(t, *v, NULL, NULL, NULL, *url) < 0)
                                return -1;
        return 0;
}

/* ---- covering ---- */

static bool covers_all(const char *const *owner, const char *const *wanted) {
        if (has(owner, "*"))
                return true;
        for (; *wanted; wanted++)
                if (!has(owner, *wanted))
                        return false;
        return true;
}

static bool covers_resource(const char *const *owner, const char *wanted) {
        const char *slash = strchr(wanted, '/');
        for (; *owner; owner++) {
                if (streq(*owner, "*") || streq(*owner, wanted))
                        return true;
                if (slash && str_has_prefix(*owner, "*/") && streq(*owner + 2, slash + 1))
                        return true;
        }
        return false;
}

/* One owner rule must cover the whole atom. */
static bool rule_covers(const struct rbac_rule *owner, const struct rbac_rule *atom) {
        if (!covers_all(owner->verbs, atom->verbs))
                return false;
        if (atom->urls[0])
                return rbac_url_matches(owner, atom->urls[0]) && !owner->names[0];
        if (!covers_all(owner->groups, atom->groups) || !covers_resource(owner->resources, atom->resources[0]))
                return false;
        return !owner->names[0] || (atom->names[0] && has(owner->names, atom->names[0]));
}

static bool covered(const struct rbac_rules *owner, const struct rbac_rule *atom) {
        for (size_t i = 0; i < owner->n; i++)
                if (rule_covers(&owner->items[i], atom))
                        return true;
        return false;
}

/* Costs atoms times owner rules; the atoms are limited, and the rules are those one user holds. */
int rbac_covers(struct arena *a, const struct rbac_rules *owner, const struct rbac_rules *servant, bool *ret_covered,
                struct rbac_rules *ret_uncovered, struct err *err) {
        struct atoms t = {.arena = a, .err = err};
        for (size_t i = 0; i < servant->n; i++)
                if (break_down(&t, &servant->items[i]) < 0)
                        return -1;
        size_t n = 0;
        for (size_t i = 0; i < t.n; i++)
                if (!covered(owner, &t.items[i]))
                        t.items[n++] = t.items[i];
        *ret_covered = n == 0;
        if (ret_uncovered)
                *ret_uncovered = (struct rbac_rules){t.items, n};
        return 0;
}

/* ---- making rules readable again ---- */

bool rbac_rule_is_simple(const struct rbac_rule *rule) {
        return count(rule->groups) == 1 && count(rule->resources) == 1 && count(rule->names) <= 1 && !rule->urls[0];
}

int rbac_compact(struct arena *a, const struct rbac_rules *rules, struct rbac_rules *ret, struct err *err) {
        struct rbac_rule *items = arena_zalloc(a, rules->n, sizeof(*items));
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        size_t n = 0;
        if (!items)
                return err_oom(err);
        for (size_t i = 0; i < rules->n; i++) {
                const struct rbac_rule *r = &rules->items[i];
                items[n] = *r;
                if (!rbac_rule_is_simple(r)) {
                        n++;
                        continue;
                }
                /* group and resource hold no newline, the name comes last */
                char *key = arena_printf(a, "%s\n%s\n%d\n%s", r->groups[0], r->resources[0], r->names[0] != NULL,
                                         r->names[0] ? r->names[0] : "");
                void *old;
                int there = key ? strmap_add(&seen, key, strlen(key), &items[n], &old) : -1;
                if (there < 0)
                        return err_oom(err);
                if (!there) {
                        n++;
                        continue;
                }
                struct rbac_rule *first = old;
                size_t had = count(first->verbs), more = count(r->verbs);
                const char **verbs = arena_alloc(a, (had + more + 1) * sizeof(*verbs));
                if (!verbs)
                        return err_oom(err);
                memcpy(verbs, first->verbs, had * sizeof(*verbs));
                memcpy(verbs + had, r->verbs, (more + 1) * sizeof(*verbs));
                first->verbs = verbs;
        }
        *ret = (struct rbac_rules){items, n};
        return 0;
}

static void add_list(struct buf *b, bool *first, const char *name, const char *const *list) {
        if (!list[0])
                return;
        buf_addf(b, "%s%s:", *first ? "" : ", ", name);
        quote_go_list(b, list);
        *first = false;
}

const char *rbac_rule_text(struct arena *a, const struct rbac_rule *rule) {
        _cleanup_buf_ struct buf b = BUF_INIT(TEXT_MAX);
        bool first = true;
        buf_addc(&b, '{');
        add_list(&b, &first, "APIGroups", rule->groups);
        add_list(&b, &first, "Resources", rule->resources);
        add_list(&b, &first, "NonResourceURLs", rule->urls);
        add_list(&b, &first, "ResourceNames", rule->names);
        add_list(&b, &first, "Verbs", rule->verbs);
        buf_addc(&b, '}');
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}

/* ---- the check ---- */

static int by_text(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What the message lists: the missing rules, compact, one a line, sorted. */
static int missing_lines(struct arena *a, const struct rbac_rules *uncovered, const char ***ret, size_t *ret_n,
                         struct err *err) {
        struct rbac_rules compact;
        if (rbac_compact(a, uncovered, &compact, err) < 0)
                return -1;
        const char **lines = arena_zalloc(a, compact.n, sizeof(*lines));
        if (!lines)
                return err_oom(err);
        for (size_t i = 0; i < compact.n; i++)
                if (!(lines[i] = rbac_rule_text(a, &compact.items[i])))
                        return err_oom(err);
        qsort(lines, compact.n, sizeof(*lines), by_text);
        size_t n = 0;
        for (size_t i = 0; i < compact.n; i++)
                if (i == 0 || !streq(lines[i], lines[i - 1]))
                        lines[n++] = lines[i];
        *ret = lines;
        *ret_n = n;
        return 0;
}

static int refuse(struct arena *a, const struct rbac_user *u, const struct rbac_rules *uncovered,
                  const char *const *errors, struct err *err) {
        const char **lines = NULL;
        size_t n = 0;
        if (missing_lines(a, uncovered, &lines, &n, err) < 0)
                return -1;
        _cleanup_buf_ struct buf b = BUF_INIT(TEXT_MAX);
        buf_adds(&b, "user ");
        quote_go(&b, u->name);
        buf_adds(&b, " (groups=");
        quote_go_list(&b, u->groups);
        buf_adds(&b, ") is attempting to grant RBAC permissions not currently held:");
        for (size_t i = 0; i < n; i++)
                buf_addf(&b, "\n%s", lines[i]);
        if (errors[0]) {
                buf_adds(&b, errors[1] ? "; resolution errors: [[" : "; resolution errors: [");
                for (size_t i = 0; errors[i]; i++)
                        buf_addf(&b, "%s%s", i ? ", " : "", errors[i]);
                buf_adds(&b, errors[1] ? "]]" : "]");
        }
        return err_set(err, ERR_FORBIDDEN, "%s", buf_str(&b));
}

int rbac_confirm_no_escalation(const struct rbac_index *x, struct arena *a, const struct rbac_user *u,
                               const char *namespace_, const struct rbac_rules *rules, struct err *err) {
        struct rbac_rules held, uncovered;
        const char *const *errors;
        bool all;
        if (rbac_index_rules_for(x, a, u, namespace_, &held, &errors, err) < 0 ||
            rbac_covers(a, &held, rules, &all, &uncovered, err) < 0)
                return -1;
        return all ? 0 : refuse(a, u, &uncovered, errors, err);
}
