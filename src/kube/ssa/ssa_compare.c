/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ssa/ssa_typed.h"

#include "base/limits.h"

enum { REMOVED, MODIFIED, ADDED, OUTCOMES };

/* What comparing found in one value: whether it is itself a changed field, and what changed below. */
struct found {
        bool member[OUTCOMES];
        struct fieldset below[OUTCOMES];
};

struct builders {
        struct fieldset_builder by[OUTCOMES];
};

struct comparer {
        struct arena *a;
        struct err *err;
};

static int compare(struct comparer *c, const struct schema *schema, const struct value *old, const struct value *new,
                   unsigned depth, struct found *ret);

static int add(struct comparer *c, struct builders *b, const struct fieldset_element *e, const struct found *f) {
        for (size_t i = 0; i < OUTCOMES; i++)
                if ((f->member[i] || f->below[i].n) &&
                    fieldset_builder_add(c->a, &b->by[i], e, f->member[i], &f->below[i], c->err) < 0)
                        return -1;
        return 0;
}

/* Both sides of a value may be walked (when its type changed): what is found adds up. */
static int finish(struct comparer *c, struct builders *b, struct found *ret) {
        for (size_t i = 0; i < OUTCOMES; i++) {
                struct fieldset set;
                if (!b->by[i].n)
                        continue;
                if (fieldset_builder_finish(c->a, &b->by[i], &set, c->err) < 0 ||
                    fieldset_union(c->a, &ret->below[i], &set, &ret->below[i], c->err) < 0)
                        return -1;
        }
        return 0;
}

/* ---- items ---- */

static bool same_items(const struct ssa_items *x, const struct ssa_item *old, const struct ssa_items *y,
                       const struct ssa_item *new) {
        for (;;) {
                if (!ssa_equal(old->value, new->value))
                        return false;
                if (!old->next || !new->next)
                        return !old->next && !new->next;
                old = &x->items[old->next - 1];
                new = &y->items[new->next - 1];
        }
}

/* One element of a list: 0, 1 or several items on each side. */
static int compare_items(struct comparer *c, const struct ssa_atom *atom, const struct ssa_items *x,
                         const struct ssa_item *old, const struct ssa_items *y, const struct ssa_item *new,
                         unsigned depth, struct found *f) {
        const struct schema *s = ssa_item_schema(atom);
        bool many_old = old && old->count > 1, many_new = new &&new->count > 1;
        const struct value *l = old && !many_old ? old->value : NULL, *r = new && !many_new ? new->value : NULL;
        if (many_old && many_new) {
                f->member[MODIFIED] = !same_items(x, old, y, new);
                return 0;
        }
        if ((l || r) && compare(c, s, l, r, depth + 1, f) < 0)
                return -1;
        f->member[REMOVED] |= many_old;
        f->member[ADDED] |= many_new;
        return 0;
}

static int compare_lists(struct comparer *c, const struct ssa_atom *atom, const struct value *old,
                         const struct value *new, unsigned depth, struct found *ret) {
        struct ssa_items x, y;
        struct builders b = {0};
        if (ssa_items_init(c->a, &x, atom, old, c->err) < 0 || ssa_items_init(c->a, &y, atom, new, c->err) < 0)
                return -1;
        for (size_t i = 0; i < x.n + y.n; i++) {
                const struct ssa_item *item = i < x.n ? &x.items[i] : &y.items[i - x.n];
                const struct ssa_item *l = ssa_items_find(&x, &item->element), *r = ssa_items_find(&y, &item->element);
                struct found f = {0};
                if (item->first != (i < x.n ? i : i - x.n) || (i >= x.n && l))
                        continue;
                if (compare_items(c, atom, &x, l, &y, r, depth, &f) < 0 || add(c, &b, &item->element, &f) < 0)
                        return -1;
        }
        return finish(c, &b, ret);
}

static int compare_member(struct comparer *c, const struct ssa_atom *atom, const struct member *m,
                          const struct value *old, const struct value *new, unsigned depth, struct builders *b) {
        struct fieldset_element e = fieldset_field(m->key, m->key_len);
        struct found f = {0};
        bool named;
        const struct schema *s = ssa_member_schema(atom, m->key, m->key_len, &named);
        if (compare(c, s, old, new, depth + 1, &f) < 0)
                return -1;
        return add(c, b, &e, &f);
}

static int compare_maps(struct comparer *c, const struct ssa_atom *atom, const struct value *old,
                        const struct value *new, unsigned depth, struct found *ret) {
        static const struct value empty = {.type = VALUE_MAP};
        struct value_index in_old, in_new;
        struct builders b = {0};
        old = old ? old : &empty;
        new = new ? new : &empty;
        if (value_index_init(c->a, &in_old, old) < 0 || value_index_init(c->a, &in_new, new) < 0)
                return err_oom(c->err);
        VALUE_EACH_MEMBER(m, old) {
                const struct value *r = value_index_get(&in_new, new, m->key, m->key_len);
                if (compare_member(c, atom, m, &m->value, r, depth, &b) < 0)
                        return -1;
        }
        VALUE_EACH_MEMBER(m, new) {
                if (value_index_get(&in_old, old, m->key, m->key_len))
                        continue;
                if (compare_member(c, atom, m, NULL, &m->value, depth, &b) < 0)
                        return -1;
        }
        return finish(c, &b, ret);
}

/* ---- values ---- */

static bool is_empty(const struct value *v) {
        return !v || !v->len;
}

/* Compares under one atom. ret_leaf: the value was compared as a whole. */
static int compare_as(struct comparer *c, const struct ssa_atom *atom, const struct value *old, const struct value *new,
                      unsigned depth, struct found *ret, bool *ret_leaf) {
        enum value_type type = atom->kind == SSA_LIST ? VALUE_LIST : VALUE_MAP;
        const struct value *l = old && old->type == type ? old : NULL, *r = new &&new->type == type ? new : NULL;
        *ret_leaf = atom->kind == SSA_SCALAR || atom->atomic || (is_empty(l) && is_empty(r));
        if (*ret_leaf) {
                ret->member[ADDED] |= !old;
                ret->member[REMOVED] |= !new;
                ret->member[MODIFIED] |= old && new && !ssa_equal(old, new);
                return 0;
        }
        if (type == VALUE_LIST)
                return compare_lists(c, atom, l, r, depth, ret);
        return compare_maps(c, atom, l, r, depth, ret);
}

static int compare(struct comparer *c, const struct schema *schema, const struct value *old, const struct value *new,
                   unsigned depth, struct found *ret) {
        struct ssa_atom l = ssa_resolve(schema, old), r = ssa_resolve(schema, new);
        bool leaf;
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(c->err, ERR_TOO_LARGE, "object is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        if (old && new && old->type == new->type && old->type != VALUE_MAP && old->type != VALUE_LIST) {
                ret->member[MODIFIED] = !ssa_equal(old, new);
                return 0;
        }
        if (old && new &&l.kind != r.kind && compare_as(c, &l, old, new, depth, ret, &leaf) < 0)
                return -1;
        if (compare_as(c, new ? &r : &l, old, new, depth, ret, &leaf) < 0)
                return -1;
        if (!leaf) {
                ret->member[ADDED] |= !old;
                ret->member[REMOVED] |= !new;
        }
        return 0;
}

int ssa_compare(struct arena *a, const struct schema *schema, const struct value *old, const struct value *new,
                struct ssa_comparison *ret, struct err *err) {
        struct comparer c = {.a = a, .err = err};
        struct found f = {0};
        if ((old || new) && compare(&c, schema, old, new, 0, &f) < 0)
                return -1;
        *ret = (struct ssa_comparison){
                .removed = f.below[REMOVED], .modified = f.below[MODIFIED], .added = f.below[ADDED]};
        return 0;
}
