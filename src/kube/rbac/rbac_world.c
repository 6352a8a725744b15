/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/rbac_part.h"

/* The roles and bindings of one namespace, or of the cluster (name ""). */
struct space {
        char *name;
        struct strmap roles;    /* name to struct rbac_role, which holds the key */
        struct strmap bindings; /* name to struct rbac_binding, which holds the key */
        struct rbac_part *part; /* frozen; NULL: changed since */
};

struct rbac_world {
        struct strmap spaces; /* name to struct space */
        uint64_t next_order;
        const struct rbac_index *current; /* NULL: changed since */
};

static struct space *space_free(struct space *s) {
        if (!s)
                return NULL;
        const struct strmap_entry *e;
        for (size_t at = 0; (e = strmap_next(&s->roles, &at));)
                rbac_role_unref(e->value);
        for (size_t at = 0; (e = strmap_next(&s->bindings, &at));)
                rbac_binding_unref(e->value);
        strmap_done(&s->roles);
        strmap_done(&s->bindings);
        rbac_part_unref(s->part);
        free(s->name);
        free(s);
        return NULL;
}

static struct space *space_of(struct rbac_world *w, const char *name) {
        return strmap_get(&w->spaces, name, strlen(name));
}

static struct space *space_obtain(struct rbac_world *w, const char *name) {
        struct space *s = space_of(w, name);
        if (s)
                return s;
        s = calloc(1, sizeof(*s));
        if (!s || !(s->name = strdup(name)) || strmap_set(&w->spaces, s->name, strlen(s->name), s) < 0)
                return space_free(s);
        return s;
}

/* The space will be frozen anew. */
static void touch(struct rbac_world *w, struct space *s) {
        s->part = rbac_part_unref(s->part);
        w->current = rbac_index_unref(w->current);
}

int rbac_world_new(struct rbac_world **ret, struct err *err) {
        struct rbac_world *w = calloc(1, sizeof(*w));
        if (!w || !space_obtain(w, "")) {
                free(w);
                return err_oom(err);
        }
        *ret = w;
        return 0;
}

struct rbac_world *rbac_world_free(struct rbac_world *w) {
        if (!w)
                return NULL;
        const struct strmap_entry *e;
        for (size_t at = 0; (e = strmap_next(&w->spaces, &at));)
                space_free(e->value);
        strmap_done(&w->spaces);
        rbac_index_unref(w->current);
        free(w);
        return NULL;
}

static int put_role(struct rbac_world *w, const struct value *object, struct err *err) {
        struct rbac_role *r;
        if (rbac_role_new(object, &r, err) < 0)
                return -1;
        struct space *s = space_obtain(w, r->namespace_);
        struct rbac_role *old = s ? strmap_remove(&s->roles, r->name, strlen(r->name)) : NULL;
        if (s)
                touch(w, s);
        rbac_role_unref(old);
        if (!s || strmap_set(&s->roles, r->name, strlen(r->name), r) < 0) {
                rbac_role_unref(r);
                return err_oom(err);
        }
        return 0;
}

static int put_binding(struct rbac_world *w, const struct value *object, struct err *err) {
        struct rbac_binding *b;
        if (rbac_binding_new(object, w->next_order, &b, err) < 0)
                return -1;
        struct space *s = space_obtain(w, b->namespace_);
        struct rbac_binding *old = s ? strmap_remove(&s->bindings, b->name, strlen(b->name)) : NULL;
        if (s)
                touch(w, s);
        if (old)
                b->order = old->order;
        else
                w->next_order++;
        rbac_binding_unref(old);
        if (!s || strmap_set(&s->bindings, b->name, strlen(b->name), b) < 0) {
                rbac_binding_unref(b);
                return err_oom(err);
        }
        return 0;
}

int rbac_world_put(struct rbac_world *w, const struct value *object, struct err *err) {
        const char *kind = value_string_or(value_get(object, "kind"), "");
        if (streq(kind, "Role") || streq(kind, "ClusterRole"))
                return put_role(w, object, err);
        if (streq(kind, "RoleBinding") || streq(kind, "ClusterRoleBinding"))
                return put_binding(w, object, err);
        return 0;
}

void rbac_world_remove(struct rbac_world *w, const char *kind, const char *namespace_, const char *name) {
        struct space *s = space_of(w, namespace_);
        if (!s)
                return;
        if (streq(kind, "Role") || streq(kind, "ClusterRole"))
                rbac_role_unref(strmap_remove(&s->roles, name, strlen(name)));
        else if (streq(kind, "RoleBinding") || streq(kind, "ClusterRoleBinding"))
                rbac_binding_unref(strmap_remove(&s->bindings, name, strlen(name)));
        else
                return;
        touch(w, s);
        if (namespace_[0] && s->roles.len == 0 && s->bindings.len == 0) {
                strmap_remove(&w->spaces, s->name, strlen(s->name));
                space_free(s);
        }
}

/* ---- snapshots ---- */

const struct rbac_index *rbac_index_ref(const struct rbac_index *x) {
        atomic_fetch_add_explicit(&((struct rbac_index *)x)->refs, 1, memory_order_relaxed);
        return x;
}

const struct rbac_index *rbac_index_unref(const struct rbac_index *index) {
        struct rbac_index *x = (struct rbac_index *)index;
        if (!x || atomic_fetch_sub_explicit(&x->refs, 1, memory_order_acq_rel) != 1)
                return NULL;
        for (size_t i = 0; i < x->n_parts; i++)
                rbac_part_unref(x->parts[i]);
        strmap_done(&x->spaces);
        free(x->parts);
        free(x);
        return NULL;
}

/* Puts a space's part into the index. */
static int include(struct rbac_index *x, struct space *s, struct err *err) {
        if (!s->part && rbac_part_new(s->name, &s->roles, &s->bindings, &s->part, err) < 0)
                return -1;
        if (!s->name[0])
                x->cluster = s->part;
        else if (strmap_set(&x->spaces, s->part->name, strlen(s->part->name), s->part) < 0)
                return err_oom(err);
        atomic_fetch_add_explicit(&s->part->refs, 1, memory_order_relaxed);
        x->parts[x->n_parts++] = s->part;
        return 0;
}

int rbac_world_snapshot(struct rbac_world *w, const struct rbac_index **ret, struct err *err) {
        if (w->current) {
                *ret = rbac_index_ref(w->current);
                return 0;
        }
        struct rbac_index *x = calloc(1, sizeof(*x));
        if (!x || !(x->parts = calloc(w->spaces.len, sizeof(struct rbac_part *)))) {
                free(x);
                return err_oom(err);
        }
        atomic_init(&x->refs, 1);
        const struct strmap_entry *e;
        for (size_t at = 0; (e = strmap_next(&w->spaces, &at));) {
                if (include(x, e->value, err) < 0) {
                        rbac_index_unref(x);
                        return -1;
                }
        }
        w->current = x;
        *ret = rbac_index_ref(x);
        return 0;
}
