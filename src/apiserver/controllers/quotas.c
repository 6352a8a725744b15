/* SPDX-License-Identifier: Apache-2.0 */
/* The status of quotas: their limits, and what the namespace uses of them. */
#include "apiserver/controllers/internal.h"
#include "apiserver/strategy/admission/quota.h"
#include "base/limits.h"

struct count {
        struct controllers *c;
        const struct kind_set *kinds;
        const char *namespace_;
};

/* Sums what the live objects of a resource use. */
static int sum(const struct count *n, struct arena *a, const struct quota_resource *r, long double *ret,
               struct err *err) {
        *ret = 0;
        for (size_t i = 0; i < kind_count(n->kinds); i++) {
                const struct kind *k = kind_at(n->kinds, i);
                _cleanup_registry_list_ struct registry_list list = {0};
                if (!streq(k->resource, r->resource) || !streq(k->group, r->group) || !(k->verbs & VERB_LIST))
                        continue;
                if (registry_list(n->c->registry, k, n->namespace_, &list, err) < 0)
                        return -1;
                for (size_t j = 0; j < list.n; j++) {
                        struct value object;
                        if (object_tree(list.items[j], a, &object, err) < 0)
                                return -1;
                        *ret += quota_amount(r, &object);
                }
                return 0;
        }
        return 0;
}

static int measure(void *context, struct arena *a, struct value *quota, struct err *err) {
        const struct count *n = context;
        const struct value *hard = value_path(quota, "spec", "hard", NULL), *before = value_get(quota, "status");
        struct value used = value_map(), status = value_map();
        if (!value_is_map(hard))
                return 1;
        VALUE_EACH_MEMBER(m, hard) {
                struct quota_resource r;
                long double amount = 0;
                if (!quota_parse(a, m->key, &r))
                        continue;
                if (sum(n, a, &r, &amount, err) < 0)
                        return -1;
                const char *text = quota_text(a, &r, amount);
                if (!text || !value_setn(a, &used, m->key, m->key_len, value_str(text)))
                        return err_oom(err);
        }
        if (!value_set(a, &status, "hard", *hard) || !value_set(a, &status, "used", used))
                return err_oom(err);
        if (before && value_equal(before, &status))
                return 1;
        return value_set(a, quota, "status", status) ? 0 : err_oom(err);
}

static void quotas_sync(struct controllers *c, const char *namespace_) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        const struct kind *k = kind_by_resource(kinds, "", "v1", "resourcequotas");
        const struct registry_options options = {.manager = CONTROLLER_MANAGER, .subresource = "status"};
        struct count n = {.c = c, .kinds = kinds, .namespace_ = namespace_};
        _cleanup_registry_list_ struct registry_list list = {0};
        if (registry_list(c->registry, k, namespace_, &list, NULL) == 0)
                for (size_t i = 0; i < list.n; i++) {
                        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
                        _cleanup_err_ struct err err = ERR_INIT;
                        if (a && registry_modify(c->registry, a, k, namespace_, list.items[i]->name, &options, measure,
                                                 &n, NULL, &err) < 0)
                                controllers_report("resource quotas", namespace_, list.items[i]->name, &err);
                }
        kind_set_unref(kinds);
}

/* Remembers that a namespace with quotas changed; they are measured when the changes at hand are all in. */
void quotas_observe(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        const struct kind *k = kind_by_resource(kinds, "", "v1", "resourcequotas");
        const char *name = o->namespace_;
        if (!name[0] || strmap_get(&c->measured, name, strlen(name)) || !registry_any(c->registry, k, name))
                return;
        char *copy = strdup(name);
        if (!copy || strmap_set(&c->measured, copy, strlen(copy), copy) < 0)
                free(copy);
}

void quotas_measure(struct controllers *c) {
        struct strmap names = c->measured;
        size_t at = 0;
        c->measured = STRMAP_INIT;
        for (const struct strmap_entry *e; (e = strmap_next(&names, &at));) {
                quotas_sync(c, e->key);
                free(e->value);
        }
        strmap_done(&names);
}
