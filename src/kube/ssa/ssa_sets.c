/* SPDX-License-Identifier: Apache-2.0 */
/* From objects to sets of fields, and sets under a schema. */
#include "kube/ssa/ssa_typed.h"

#include "base/limits.h"

static int too_deep(struct err *err) {
        return err_set(err, ERR_TOO_LARGE, "object is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
}

/* ---- the fields of an object ---- */

static int fields_of(struct arena *a, const struct schema *schema, const struct value *v, unsigned depth,
                     bool *ret_member, struct fieldset *ret, struct err *err);

static int fields_of_list(struct arena *a, const struct ssa_atom *atom, const struct value *v, unsigned depth,
                          struct fieldset *ret, struct err *err) {
        struct fieldset_builder b = {0};
        struct ssa_items items;
        if (ssa_items_init(a, &items, atom, v, err) < 0)
                return -1;
        for (size_t i = 0; i < items.n; i++) {
                const struct ssa_item *item = &items.items[i];
                struct fieldset children = FIELDSET_EMPTY;
                bool member;
                if (item->first != i)
                        continue;
                /* Items that are there several times are owned as one, whatever is in them. */
                if (item->count == 1 &&
                    fields_of(a, ssa_item_schema(atom), item->value, depth + 1, &member, &children, err) < 0)
                        return -1;
                if (fieldset_builder_add(a, &b, &item->element, true, &children, err) < 0)
                        return -1;
        }
        return fieldset_builder_finish(a, &b, ret, err);
}

static int fields_of_map(struct arena *a, const struct ssa_atom *atom, const struct value *v, unsigned depth,
                         struct fieldset *ret, struct err *err) {
        struct fieldset_builder b = {0};
        VALUE_EACH_MEMBER(m, v) {
                struct fieldset children;
                bool member, named;
                const struct schema *s = ssa_member_schema(atom, m->key, m->key_len, &named);
                struct fieldset_element e = fieldset_field(m->key, m->key_len);
                if (fields_of(a, s, &m->value, depth + 1, &member, &children, err) < 0)
                        return -1;
                member |= value_is_null(&m->value) || (value_is_map(&m->value) && !m->value.len) || !named;
                if (fieldset_builder_add(a, &b, &e, member, &children, err) < 0)
                        return -1;
        }
        return fieldset_builder_finish(a, &b, ret, err);
}

static int fields_of(struct arena *a, const struct schema *schema, const struct value *v, unsigned depth,
                     bool *ret_member, struct fieldset *ret, struct err *err) {
        struct ssa_atom atom = ssa_resolve(schema, v);
        *ret = FIELDSET_EMPTY;
        *ret_member = atom.kind == SSA_SCALAR || atom.atomic;
        if (depth > LIMIT_PATCH_DEPTH)
                return too_deep(err);
        if (*ret_member)
                return 0;
        if (atom.kind == SSA_LIST && value_is_list(v))
                return fields_of_list(a, &atom, v, depth, ret, err);
        if (atom.kind == SSA_MAP && value_is_map(v))
                return fields_of_map(a, &atom, v, depth, ret, err);
        return 0;
}

int ssa_to_set(struct arena *a, const struct schema *schema, const struct value *v, struct fieldset *ret,
               struct err *err) {
        bool member;
        *ret = FIELDSET_EMPTY;
        return v ? fields_of(a, schema, v, 0, &member, ret, err) : 0;
}

/* ---- sets under a schema ---- */

/* The schema below one element; NULL: unknown, and *ret_known false. */
static const struct schema *descend(const struct schema *schema, const struct fieldset_element *e, bool *ret_known,
                                    bool *ret_named) {
        static const struct value list = {.type = VALUE_LIST};
        struct ssa_atom map = ssa_resolve(schema, NULL), items = ssa_resolve(schema, &list);
        const struct schema *s = NULL;
        *ret_named = false;
        if (e->kind == FIELDSET_FIELD && map.kind == SSA_MAP)
                s = ssa_member_schema(&map, e->name, e->name_len, ret_named);
        else if (e->kind != FIELDSET_FIELD && items.kind == SSA_LIST)
                s = ssa_item_schema(&items);
        *ret_known = s;
        return s;
}

static int copy_nodes(struct arena *a, const struct fieldset *set, struct fieldset_node **ret, struct err *err) {
        *ret = arena_alloc(a, (set->n + 1) * sizeof(**ret));
        if (!*ret)
                return err_oom(err);
        if (set->n)
                memcpy(*ret, set->nodes, set->n * sizeof(**ret));
        return 0;
}

static int name_members(struct arena *a, const struct schema *schema, bool known, const struct fieldset *set,
                        struct fieldset *ret, struct err *err) {
        struct fieldset_node *nodes;
        if (copy_nodes(a, set, &nodes, err) < 0)
                return -1;
        for (size_t i = 0; known && i < set->n; i++) {
                bool inner_known, named;
                if (!nodes[i].children.n)
                        continue;
                const struct schema *s = descend(schema, &nodes[i].element, &inner_known, &named);
                nodes[i].member |= named;
                if (name_members(a, s, inner_known, &set->nodes[i].children, &nodes[i].children, err) < 0)
                        return -1;
        }
        *ret = (struct fieldset){.nodes = nodes, .n = set->n};
        return 0;
}

int ssa_name_members(struct arena *a, const struct schema *schema, const struct fieldset *set, struct fieldset *ret,
                     struct err *err) {
        return name_members(a, schema, true, set, ret, err);
}

/* Is there anything to change? Most sets fit, and then nothing is copied. */
static bool fits(const struct schema *schema, const struct fieldset *set) {
        for (size_t i = 0; i < set->n; i++) {
                bool known, named;
                const struct fieldset_node *node = &set->nodes[i];
                if (!node->children.n)
                        continue;
                const struct schema *s = descend(schema, &node->element, &known, &named);
                if (known && s->type != SCHEMA_ANY && (ssa_resolve(s, NULL).atomic || !fits(s, &node->children)))
                        return false;
        }
        return true;
}

static int reconcile(struct arena *a, const struct schema *schema, const struct fieldset *set, struct fieldset *ret,
                     struct err *err) {
        struct fieldset_node *nodes;
        if (copy_nodes(a, set, &nodes, err) < 0)
                return -1;
        for (size_t i = 0; i < set->n; i++) {
                bool known, named;
                if (!nodes[i].children.n)
                        continue;
                const struct schema *s = descend(schema, &nodes[i].element, &known, &named);
                if (!known || s->type == SCHEMA_ANY)
                        continue;
                if (ssa_resolve(s, NULL).atomic) {
                        nodes[i].member = true;
                        nodes[i].children = FIELDSET_EMPTY;
                } else if (reconcile(a, s, &set->nodes[i].children, &nodes[i].children, err) < 0) {
                        return -1;
                }
        }
        *ret = (struct fieldset){.nodes = nodes, .n = set->n};
        return 0;
}

int ssa_reconcile(struct arena *a, const struct schema *schema, const struct fieldset *set, struct fieldset *ret,
                  struct err *err) {
        if (!schema || fits(schema, set)) {
                *ret = *set;
                return 0;
        }
        return reconcile(a, schema, set, ret, err);
}
