/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ssa/ssa_managers.h"

#include "base/limits.h"
#include "kube/ssa/ssa_typed.h"

/* ---- the array ---- */

static bool same_manager(const struct ssa_manager *x, const struct ssa_manager *y) {
        return x->applied == y->applied && streq(x->name, y->name) && streq(x->subresource, y->subresource) &&
               (x->applied || streq(x->api_version, y->api_version));
}

struct ssa_manager *ssa_managers_find(struct ssa_managers *m, const struct ssa_manager *id) {
        for (size_t i = 0; i < m->n; i++)
                if (same_manager(&m->items[i], id))
                        return &m->items[i];
        return NULL;
}

struct ssa_manager *ssa_managers_put(struct arena *a, struct ssa_managers *m, const struct ssa_manager *one) {
        struct ssa_manager *found = ssa_managers_find(m, one);
        if (!found && m->n == m->cap) {
                size_t cap = m->cap ? m->cap * 2 : 8;
                struct ssa_manager *items = arena_grow(a, m->items, m->cap * sizeof(*items), cap * sizeof(*items));
                if (!items)
                        return NULL;
                m->items = items;
                m->cap = cap;
        }
        if (!found)
                found = &m->items[m->n++];
        *found = *one;
        return found;
}

static void remove_at(struct ssa_managers *m, size_t i) {
        memmove(&m->items[i], &m->items[i + 1], (m->n - i - 1) * sizeof(*m->items));
        m->n--;
}

void ssa_managers_remove(struct ssa_managers *m, const struct ssa_manager *id) {
        for (size_t i = 0; i < m->n; i++)
                if (same_manager(&m->items[i], id)) {
                        remove_at(m, i);
                        return;
                }
}

int ssa_managers_copy(struct arena *a, const struct ssa_managers *m, struct ssa_managers *ret, struct err *err) {
        struct ssa_manager *items = arena_alloc(a, (m->n + 1) * sizeof(*items));
        if (!items)
                return err_oom(err);
        if (m->n)
                memcpy(items, m->items, m->n * sizeof(*items));
        *ret = (struct ssa_managers){.items = items, .n = m->n, .cap = m->n};
        return 0;
}

/* ---- conflicts ---- */

struct collector {
        struct arena *a;
        struct ssa_conflicts *conflicts;
        const struct ssa_manager *manager;
};

static int collect(void *userdata, const struct fieldset_element *path, size_t n) {
        struct collector *c = userdata;
        struct ssa_conflicts *all = c->conflicts;
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        for (size_t i = 0; i < n; i++)
                fieldset_print_element(&b, &path[i]);
        if (all->n == all->cap) {
                size_t cap = all->cap ? all->cap * 2 : 8;
                struct ssa_conflict *items =
                        arena_grow(c->a, all->items, all->cap * sizeof(*items), cap * sizeof(*items));
                if (!items)
                        return -1;
                all->items = items;
                all->cap = cap;
        }
        const char *text = arena_strndup(c->a, buf_str(&b), b.len);
        if (!text)
                return -1;
        all->items[all->n++] = (struct ssa_conflict){.manager = c->manager, .path = text};
        return 0;
}

/* ---- writes ---- */

static int exclude(struct arena *a, const struct fieldset *ignored, struct fieldset *set, struct err *err) {
        return ignored ? fieldset_recursive_difference(a, set, ignored, set, err) : 0;
}

static int reconcile_all(struct arena *a, const struct schema *schema, struct ssa_managers *m, struct err *err) {
        for (size_t i = 0; i < m->n; i++)
                if (ssa_reconcile(a, schema, &m->items[i].set, &m->items[i].set, err) < 0)
                        return -1;
        return 0;
}

/* Each manager's fields among those that were changed or added. */
static int find_conflicts(struct arena *a, const struct ssa_managers *m, const struct ssa_manager *id,
                          const struct ssa_comparison *c, struct ssa_conflicts *ret, struct err *err) {
        struct fieldset touched;
        *ret = (struct ssa_conflicts){0};
        ret->sets = arena_zalloc(a, m->n + 1, sizeof(*ret->sets));
        if (!ret->sets)
                return err_oom(err);
        if (fieldset_union(a, &c->modified, &c->added, &touched, err) < 0)
                return -1;
        for (size_t i = 0; i < m->n; i++) {
                struct collector collector = {.a = a, .conflicts = ret, .manager = &m->items[i]};
                if (same_manager(&m->items[i], id))
                        continue;
                if (fieldset_intersection(a, &m->items[i].set, &touched, &ret->sets[i], err) < 0)
                        return -1;
                if (fieldset_walk(&ret->sets[i], collect, &collector) < 0)
                        return err_oom(err);
        }
        return 0;
}

/* What the object's change does to the managers. ret: the comparison, without ignored fields. */
static int follow(struct arena *a, const struct schema *schema, const struct value *old, const struct value *new,
                  const struct fieldset *ignored, const struct ssa_manager *id, bool force, struct ssa_managers *m,
                  struct ssa_comparison *ret, struct ssa_conflicts *conflicts, struct err *err) {
        if (ssa_compare(a, schema, old, new, ret, err) < 0)
                return err_wrap(err, "failed to compare objects");
        if (exclude(a, ignored, &ret->removed, err) < 0 || exclude(a, ignored, &ret->modified, err) < 0 ||
            exclude(a, ignored, &ret->added, err) < 0 || find_conflicts(a, m, id, ret, conflicts, err) < 0)
                return -1;
        if (!force && conflicts->n)
                return ssa_conflicts_error(a, conflicts, err);
        for (size_t i = 0; i < m->n; i++) {
                struct ssa_manager *one = &m->items[i];
                if (!same_manager(one, id) &&
                    (fieldset_difference(a, &one->set, &conflicts->sets[i], &one->set, err) < 0 ||
                     fieldset_difference(a, &one->set, &ret->removed, &one->set, err) < 0))
                        return -1;
        }
        for (size_t i = m->n; i-- > 0;)
                if (fieldset_is_empty(&m->items[i].set))
                        remove_at(m, i);
        return 0;
}

int ssa_managers_update(struct arena *a, const struct schema *schema, const struct value *old, const struct value *new,
                        const struct fieldset *ignored, const struct ssa_manager *id, struct ssa_managers *m,
                        struct err *err) {
        struct ssa_comparison c;
        struct ssa_conflicts conflicts;
        struct ssa_manager one = *id;
        if (reconcile_all(a, schema, m, err) < 0 ||
            follow(a, schema, old, new, ignored, id, true, m, &c, &conflicts, err) < 0)
                return -1;
        const struct ssa_manager *before = ssa_managers_find(m, id);
        one.set = before ? before->set : FIELDSET_EMPTY;
        if (fieldset_difference(a, &one.set, &c.removed, &one.set, err) < 0 ||
            fieldset_union(a, &one.set, &c.modified, &one.set, err) < 0 ||
            fieldset_union(a, &one.set, &c.added, &one.set, err) < 0 || exclude(a, ignored, &one.set, err) < 0)
                return -1;
        if (fieldset_is_empty(&one.set))
                ssa_managers_remove(m, id);
        else if (!ssa_managers_put(a, m, &one))
                return err_oom(err);
        return 0;
}

/* ---- applying ---- */

/* An object without its fields in set; nothing left is null. */
static int without(struct arena *a, const struct schema *schema, const struct value *v, const struct fieldset *set,
                   struct value *ret, struct err *err) {
        int r = ssa_remove(a, schema, v, set, ret, err);
        if (r == 0)
                *ret = value_null();
        return r < 0 ? -1 : 0;
}

static int named_fields(struct arena *a, const struct schema *schema, const struct value *v, struct fieldset *ret,
                        struct err *err) {
        if (ssa_to_set(a, schema, v, ret, err) < 0)
                return -1;
        return ssa_name_members(a, schema, ret, ret, err);
}

static int all_owned(struct arena *a, const struct schema *schema, const struct ssa_managers *m, struct fieldset *ret,
                     struct err *err) {
        struct fieldset all = FIELDSET_EMPTY;
        for (size_t i = 0; i < m->n; i++)
                if (fieldset_union(a, &all, &m->items[i].set, &all, err) < 0)
                        return -1;
        return ssa_name_members(a, schema, &all, ret, err);
}

/* Takes out of merged what the manager applied before (last), does not any more, and nobody else owns. In three steps:
 * everything it had applied goes; what is owned comes back with what is around it; what was below and never applied
 * by it comes back as well. */
static int prune(struct arena *a, const struct schema *schema, const struct value *merged, const struct ssa_managers *m,
                 const struct fieldset *last, struct value *ret, struct err *err) {
        struct fieldset applied, owned, in_merged, kept, gone;
        struct value pruned;
        if (ssa_name_members(a, schema, last, &applied, err) < 0 || all_owned(a, schema, m, &owned, err) < 0 ||
            fieldset_difference(a, &applied, &owned, &gone, err) < 0)
                return -1;
        *ret = *merged;
        if (fieldset_is_empty(&gone)) /* all of it is still owned: the steps would end where they began */
                return 0;
        if (named_fields(a, schema, merged, &in_merged, err) < 0 ||
            without(a, schema, merged, &applied, &pruned, err) < 0 ||
            named_fields(a, schema, &pruned, &kept, err) < 0 || fieldset_union(a, &kept, &owned, &kept, err) < 0 ||
            fieldset_difference(a, &in_merged, &kept, &gone, err) < 0 ||
            without(a, schema, merged, &gone, &pruned, err) < 0 || named_fields(a, schema, &pruned, &kept, err) < 0 ||
            fieldset_difference(a, &in_merged, &kept, &gone, err) < 0 ||
            fieldset_intersection(a, &gone, &applied, &gone, err) < 0)
                return -1;
        return without(a, schema, merged, &gone, ret, err);
}

int ssa_managers_apply(struct arena *a, const struct schema *schema, const struct value *live,
                       const struct value *config, const struct fieldset *ignored, const struct ssa_manager *id,
                       bool force, struct ssa_managers *m, struct value *ret, struct ssa_conflicts *ret_conflicts,
                       struct err *err) {
        struct ssa_manager one = *id;
        struct value merged = value_null(), pruned;
        struct ssa_comparison c;
        *ret_conflicts = (struct ssa_conflicts){0};
        if (reconcile_all(a, schema, m, err) < 0)
                return -1;
        if (ssa_merge(a, schema, live, config, &merged, err) < 0)
                return err_wrap(err, "failed to merge config");
        const struct ssa_manager *before = ssa_managers_find(m, id);
        struct fieldset last = before ? before->set : FIELDSET_EMPTY;
        if (before && one.timed == false) {
                one.timed = before->timed;
                one.time = before->time;
        }
        if (ssa_to_set(a, schema, config, &one.set, err) < 0 || exclude(a, ignored, &one.set, err) < 0)
                return -1;
        if (!ssa_managers_put(a, m, &one))
                return err_oom(err);
        pruned = merged;
        if (!fieldset_is_empty(&last) && prune(a, schema, &merged, m, &last, &pruned, err) < 0)
                return -1;
        if (follow(a, schema, live, &pruned, ignored, id, force, m, &c, ret_conflicts, err) < 0)
                return -1;
        if (live && ssa_equal(live, &pruned))
                return 0;
        *ret = pruned;
        return 1;
}
