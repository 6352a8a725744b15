/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ssa/ssa_typed.h"

#include "base/limits.h"

struct merger {
        struct arena *a;
        struct err *err;
};

static int merge(struct merger *m, const struct schema *schema, const struct value *old, const struct value *new,
                 unsigned depth, struct value *ret);

/* ---- lists ---- */

/* Two lists being merged. New items keep their order; old ones stay at their place between those that both have. */
struct zip {
        struct merger *m;
        const struct ssa_atom *atom;
        struct ssa_items old, new;
        bool *merged;     /* by position in new: is it in out already? */
        uint32_t *shared; /* positions in new of the elements that both lists have, in order */
        size_t n_shared, at_shared;
        unsigned depth;
        struct value out;
};

static int zip_init(struct zip *z, const struct value *old, const struct value *new) {
        struct arena *a = z->m->a;
        if (ssa_items_init(a, &z->new, z->atom, new, z->m->err) < 0 ||
            ssa_items_init(a, &z->old, z->atom, old, z->m->err) < 0)
                return -1;
        z->merged = arena_zalloc(a, z->new.n + 1, sizeof(*z->merged));
        z->shared = arena_zalloc(a, z->new.n + 1, sizeof(*z->shared));
        if (!z->merged || !z->shared)
                return err_oom(z->m->err);
        for (uint32_t i = 0; i < z->new.n; i++) {
                const struct ssa_item *item = &z->new.items[i];
                if (item->first != i) {
                        _cleanup_buf_ struct buf key = BUF_INIT(LIMIT_ERROR_TEXT);
                        fieldset_print_element(&key, &item->element);
                        return err_set(z->m->err, ERR_INTERNAL, "duplicate entries for key %s", buf_str(&key));
                }
                if (ssa_items_find(&z->old, &item->element))
                        z->shared[z->n_shared++] = i;
        }
        z->out = value_list();
        return 0;
}

/* The next element that both lists have, or NULL. */
static const struct fieldset_element *next_shared(const struct zip *z) {
        return z->at_shared < z->n_shared ? &z->new.items[z->shared[z->at_shared]].element : NULL;
}

static int emit(struct zip *z, const struct value *old, const struct value *new) {
        struct value v;
        int r = merge(z->m, ssa_item_schema(z->atom), old, new, z->depth + 1, &v);
        if (r > 0 && !value_append(z->m->a, &z->out, v))
                return err_oom(z->m->err);
        return r < 0 ? -1 : 0;
}

/* The old value of an element; null when the old list has it several times, so that it is as good as replaced. */
static const struct value *old_of(const struct ssa_item *item) {
        static const struct value null = {.type = VALUE_NULL};
        return !item ? NULL : item->count > 1 ? &null : item->value;
}

static int emit_new(struct zip *z, size_t j) {
        const struct fieldset_element *e = &z->new.items[j].element, *shared = next_shared(z);
        z->merged[j] = true;
        if (shared && fieldset_compare_elements(shared, e) == 0)
                z->at_shared++;
        return emit(z, old_of(ssa_items_find(&z->old, e)), z->new.items[j].value);
}

static int merge_lists(struct merger *m, const struct ssa_atom *atom, const struct value *old, const struct value *new,
                       unsigned depth, struct value *ret) {
        struct zip z = {.m = m, .atom = atom, .depth = depth};
        if (zip_init(&z, old, new) < 0)
                return -1;
        for (size_t i = 0, j = 0; i < z.old.n || j < z.new.n;) {
                const struct fieldset_element *e = i < z.old.n ? &z.old.items[i].element : NULL;
                const struct ssa_item *in_new = e ? ssa_items_find(&z.new, e) : NULL;
                if (e && j < z.new.n) {
                        if (fieldset_compare_elements(e, &z.new.items[j].element) == 0) {
                                const struct fieldset_element *shared = next_shared(&z);
                                z.merged[j] = true;
                                z.at_shared += shared != NULL;
                                if (emit(&z, old_of(ssa_items_find(&z.old, e)), z.new.items[j].value) < 0)
                                        return -1;
                                i++;
                                j++;
                                continue;
                        }
                        const struct fieldset_element *shared = next_shared(&z);
                        if (in_new && shared && fieldset_compare_elements(shared, e) != 0) {
                                i++; /* the new list has it elsewhere */
                                continue;
                        }
                }
                if (e && !in_new) {
                        if (emit(&z, z.old.items[i++].value, NULL) < 0)
                                return -1;
                        continue;
                }
                if (e && z.merged[in_new->first])
                        i++;
                if (j < z.new.n && emit_new(&z, j++) < 0)
                        return -1;
        }
        *ret = z.out;
        return z.out.len > 0;
}

/* ---- maps ---- */

static int merge_member(struct merger *m, const struct ssa_atom *atom, const struct member *member,
                        const struct value *old, const struct value *new, unsigned depth, struct value *out) {
        bool named;
        struct value v;
        const struct schema *s = ssa_member_schema(atom, member->key, member->key_len, &named);
        int r = merge(m, s, old, new, depth + 1, &v);
        if (r > 0 && !value_add(m->a, out, member->key, member->key_len, v))
                return err_oom(m->err);
        return r < 0 ? -1 : 0;
}

static int merge_maps(struct merger *m, const struct ssa_atom *atom, const struct value *old, const struct value *new,
                      unsigned depth, struct value *ret) {
        static const struct value empty = {.type = VALUE_MAP};
        struct value_index in_old, in_new;
        struct value out = value_map();
        old = old ? old : &empty;
        new = new ? new : &empty;
        if (value_index_init(m->a, &in_old, old) < 0 || value_index_init(m->a, &in_new, new) < 0)
                return err_oom(m->err);
        VALUE_EACH_MEMBER(member, old) {
                const struct value *other = value_index_get(&in_new, new, member->key, member->key_len);
                if (merge_member(m, atom, member, &member->value, other, depth, &out) < 0)
                        return -1;
        }
        VALUE_EACH_MEMBER(member, new) {
                if (value_index_get(&in_old, old, member->key, member->key_len))
                        continue;
                if (merge_member(m, atom, member, NULL, &member->value, depth, &out) < 0)
                        return -1;
        }
        *ret = out;
        return out.len > 0;
}

/* ---- values ---- */

static bool is_empty(const struct value *v) {
        return !v || !v->len;
}

static int merge(struct merger *m, const struct schema *schema, const struct value *old, const struct value *new,
                 unsigned depth, struct value *ret) {
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(m->err, ERR_TOO_LARGE, "object is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        if (!old || !new) {
                *ret = old ? *old : *new; /* merging with nothing changes nothing */
                return 1;
        }
        struct ssa_atom atom = ssa_resolve(schema, new);
        enum value_type type = atom.kind == SSA_LIST ? VALUE_LIST : VALUE_MAP;
        const struct value *l = old->type == type ? old : NULL, *r = new->type == type ? new : NULL;
        if (atom.kind == SSA_SCALAR || atom.atomic || (is_empty(l) && is_empty(r))) {
                *ret = *new;
                return 1;
        }
        if (type == VALUE_LIST)
                return merge_lists(m, &atom, l, r, depth, ret);
        return merge_maps(m, &atom, l, r, depth, ret);
}

int ssa_merge(struct arena *a, const struct schema *schema, const struct value *old, const struct value *new,
              struct value *ret, struct err *err) {
        struct merger m = {.a = a, .err = err};
        struct value merged;
        int r = old || new ? merge(&m, schema, old, new, 0, &merged) : 0;
        if (r > 0)
                *ret = merged;
        return r;
}

/* ---- removing ---- */

static int remove_from(struct merger *m, const struct schema *schema, const struct value *v, const struct fieldset *set,
                       unsigned depth, struct value *ret);

/* An inner value without some of its fields: it stays, empty, when nothing else is left of it. */
static int remove_below(struct merger *m, const struct schema *schema, const struct value *v,
                        const struct fieldset_node *node, unsigned depth, struct value *ret) {
        *ret = *v;
        if (!node || !node->children.n)
                return 0;
        int r = remove_from(m, schema, v, &node->children, depth + 1, ret);
        if (r == 0)
                *ret = v->type == VALUE_MAP ? value_map() : v->type == VALUE_LIST ? value_list() : value_null();
        return r < 0 ? -1 : 0;
}

static int remove_from_map(struct merger *m, const struct ssa_atom *atom, const struct value *v,
                           const struct fieldset *set, unsigned depth, struct value *ret) {
        struct value out = value_map(), inner;
        bool touched = false;
        VALUE_EACH_MEMBER(member, v) {
                bool named;
                struct fieldset_element e = fieldset_field(member->key, member->key_len);
                const struct fieldset_node *node = fieldset_find(set, &e);
                if (node && node->member)
                        continue;
                touched |= node != NULL;
                const struct schema *s = ssa_member_schema(atom, member->key, member->key_len, &named);
                if (remove_below(m, s, &member->value, node, depth, &inner) < 0)
                        return -1;
                if (!value_add(m->a, &out, member->key, member->key_len, inner))
                        return err_oom(m->err);
        }
        *ret = out;
        return out.len > 0 || touched;
}

static int remove_from_list(struct merger *m, const struct ssa_atom *atom, const struct value *v,
                            const struct fieldset *set, unsigned depth, struct value *ret) {
        struct value out = value_list(), inner;
        bool touched = false;
        VALUE_EACH_ITEM(item, v) {
                struct fieldset_element e;
                if (ssa_item_element(m->a, atom, item, &e, m->err) < 0)
                        return -1;
                const struct fieldset_node *node = fieldset_find(set, &e);
                if (node && node->member)
                        continue;
                touched |= node != NULL;
                if (remove_below(m, ssa_item_schema(atom), item, node, depth, &inner) < 0)
                        return -1;
                if (!value_append(m->a, &out, inner))
                        return err_oom(m->err);
        }
        *ret = out;
        return out.len > 0 || touched;
}

static int remove_from(struct merger *m, const struct schema *schema, const struct value *v, const struct fieldset *set,
                       unsigned depth, struct value *ret) {
        struct ssa_atom atom = ssa_resolve(schema, v);
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(m->err, ERR_TOO_LARGE, "object is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        if (atom.kind == SSA_SCALAR) {
                *ret = *v;
                return 1;
        }
        if (atom.atomic || is_empty(v))
                return 0;
        if (atom.kind == SSA_LIST && value_is_list(v))
                return remove_from_list(m, &atom, v, set, depth, ret);
        if (atom.kind == SSA_MAP && value_is_map(v))
                return remove_from_map(m, &atom, v, set, depth, ret);
        return 0;
}

int ssa_remove(struct arena *a, const struct schema *schema, const struct value *v, const struct fieldset *set,
               struct value *ret, struct err *err) {
        struct merger m = {.a = a, .err = err};
        struct value kept;
        int r = v ? remove_from(&m, schema, v, set, 0, &kept) : 0;
        if (r > 0)
                *ret = kept;
        return r;
}
