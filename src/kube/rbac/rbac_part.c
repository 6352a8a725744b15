/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/rbac_part.h"

struct rbac_role *rbac_role_unref(struct rbac_role *r) {
        if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1) {
                arena_free(r->arena);
                free(r);
        }
        return NULL;
}

struct rbac_binding *rbac_binding_unref(struct rbac_binding *b) {
        if (b && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1) {
                arena_free(b->arena);
                free(b);
        }
        return NULL;
}

struct rbac_part *rbac_part_unref(struct rbac_part *p) {
        if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
                return NULL;
        for (size_t i = 0; i < p->n_bindings; i++)
                rbac_binding_unref(p->bindings[i]);
        for (size_t i = 0; i < p->n_roles; i++)
                rbac_role_unref(p->roles_list[i]);
        strmap_done(&p->roles);
        strmap_done(&p->users);
        strmap_done(&p->groups);
        arena_free(p->arena);
        free(p);
        return NULL;
}

/* ---- roles and bindings ---- */

static const char *copy_str(struct arena *a, const struct value *object, const char *field, const char *name) {
        const struct value *v = value_path(object, field, name, NULL);
        return arena_strdup(a, value_string_or(v, ""));
}

int rbac_role_new(const struct value *object, struct rbac_role **ret, struct err *err) {
        struct rbac_role *r = calloc(1, sizeof(*r));
        if (!r || !(r->arena = arena_new(0))) {
                free(r);
                return err_oom(err);
        }
        atomic_init(&r->refs, 1);
        r->namespace_ = copy_str(r->arena, object, "metadata", "namespace");
        r->name = copy_str(r->arena, object, "metadata", "name");
        const struct value *rules = value_get(object, "rules");
        struct value *copy = arena_make(r->arena, struct value);
        if (!r->namespace_ || !r->name || !copy || (rules && value_copy(r->arena, rules, copy, err) < 0) ||
            rbac_rules_read(r->arena, copy, &r->rules, err) < 0) {
                rbac_role_unref(r);
                return err_oom(err);
        }
        *ret = r;
        return 0;
}

static int read_subjects(struct rbac_binding *b, const struct value *subjects, struct err *err) {
        if (!value_is_list(subjects) || subjects->len == 0)
                return 0;
        struct value copy;
        b->subjects = arena_zalloc(b->arena, subjects->len, sizeof(*b->subjects));
        if (!b->subjects || value_copy(b->arena, subjects, &copy, err) < 0)
                return err_oom(err);
        VALUE_EACH_ITEM(item, &copy)
                b->subjects[b->n_subjects++] = rbac_subject_read(item);
        return 0;
}

int rbac_binding_new(const struct value *object, uint64_t order, struct rbac_binding **ret, struct err *err) {
        struct rbac_binding *b = calloc(1, sizeof(*b));
        if (!b || !(b->arena = arena_new(0))) {
                free(b);
                return err_oom(err);
        }
        atomic_init(&b->refs, 1);
        b->order = order;
        b->namespace_ = copy_str(b->arena, object, "metadata", "namespace");
        b->name = copy_str(b->arena, object, "metadata", "name");
        b->role_kind = copy_str(b->arena, object, "roleRef", "kind");
        b->role_name = copy_str(b->arena, object, "roleRef", "name");
        if (!b->namespace_ || !b->name || !b->role_kind || !b->role_name ||
            read_subjects(b, value_get(object, "subjects"), err) < 0) {
                rbac_binding_unref(b);
                return err_oom(err);
        }
        *ret = b;
        return 0;
}

/* ---- parts ---- */

static int by_order(const void *a, const void *b) {
        const struct rbac_binding *x = *(struct rbac_binding *const *)a, *y = *(struct rbac_binding *const *)b;
        return (x->order > y->order) - (x->order < y->order);
}

static int collect(struct rbac_part *p, const struct strmap *roles, const struct strmap *bindings) {
        p->bindings = arena_alloc(p->arena, bindings->len * sizeof(struct rbac_binding *));
        p->roles_list = arena_alloc(p->arena, roles->len * sizeof(struct rbac_role *));
        if (!p->bindings || !p->roles_list)
                return -1;
        const struct strmap_entry *e;
        for (size_t at = 0; (e = strmap_next(bindings, &at));) {
                struct rbac_binding *b = e->value;
                atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
                p->bindings[p->n_bindings++] = b;
        }
        qsort(p->bindings, p->n_bindings, sizeof(*p->bindings), by_order);
        for (size_t at = 0; (e = strmap_next(roles, &at));) {
                struct rbac_role *r = e->value;
                atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
                p->roles_list[p->n_roles++] = r;
                if (strmap_set(&p->roles, r->name, strlen(r->name), r) < 0)
                        return -1;
        }
        return 0;
}

/* Notes that the binding at this place names the key. Places come ascending, so doubles are at the end. */
static int add_hit(struct arena *a, struct strmap *map, const char *key, uint32_t at) {
        struct rbac_hits *h = strmap_get(map, key, strlen(key));
        if (!h) {
                h = arena_make(a, struct rbac_hits);
                if (!h || strmap_set(map, key, strlen(key), h) < 0)
                        return -1;
        }
        if (h->n && h->at[h->n - 1] == at)
                return 0;
        if (h->n == h->cap) {
                size_t cap = h->cap ? h->cap * 2 : 2;
                uint32_t *more = arena_grow(a, h->at, h->n * sizeof(*more), cap * sizeof(*more));
                if (!more)
                        return -1;
                h->at = more;
                h->cap = cap;
        }
        h->at[h->n++] = at;
        return 0;
}

static int add_subject(struct rbac_part *p, const struct rbac_binding *b, const struct rbac_subject *s, uint32_t at) {
        switch (s->kind) {
        case RBAC_SUBJECT_USER:
                return add_hit(p->arena, &p->users, s->name, at);
        case RBAC_SUBJECT_GROUP:
                return add_hit(p->arena, &p->groups, s->name, at);
        case RBAC_SUBJECT_SERVICE_ACCOUNT: {
                const char *namespace_ = s->namespace_[0] ? s->namespace_ : b->namespace_;
                if (!namespace_[0])
                        return 0; /* nobody */
                char *user = arena_printf(p->arena, "system:serviceaccount:%s:%s", namespace_, s->name);
                return user ? add_hit(p->arena, &p->users, user, at) : -1;
        }
        case RBAC_SUBJECT_OTHER:
                break;
        }
        return 0;
}

int rbac_part_new(const char *name, const struct strmap *roles, const struct strmap *bindings, struct rbac_part **ret,
                  struct err *err) {
        struct rbac_part *p = calloc(1, sizeof(*p));
        if (!p || !(p->arena = arena_new(0))) {
                free(p);
                return err_oom(err);
        }
        atomic_init(&p->refs, 1);
        p->name = arena_strdup(p->arena, name);
        int r = p->name ? collect(p, roles, bindings) : -1;
        for (size_t i = 0; r == 0 && i < p->n_bindings; i++)
                for (size_t j = 0; r == 0 && j < p->bindings[i]->n_subjects; j++)
                        r = add_subject(p, p->bindings[i], &p->bindings[i]->subjects[j], (uint32_t)i);
        if (r < 0) {
                rbac_part_unref(p);
                return err_oom(err);
        }
        *ret = p;
        return 0;
}
