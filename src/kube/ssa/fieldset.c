/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ssa/fieldset.h"

#include "base/limits.h"

/* ---- order ---- */

static int compare_bytes(const char *x, size_t n, const char *y, size_t m) {
        int order = memcmp(x, y, n < m ? n : m);
        return order ? order : (n > m) - (n < m);
}

/* Numbers are one kind, whatever their type. */
static int rank_of(const struct value *v) {
        static const int ranks[] = {[VALUE_INT] = 0,  [VALUE_UINT] = 0, [VALUE_FLOAT] = 0, [VALUE_STRING] = 1,
                                    [VALUE_BOOL] = 2, [VALUE_LIST] = 3, [VALUE_MAP] = 4,   [VALUE_NULL] = 5};
        return ranks[v->type];
}

static double number_of(const struct value *v) {
        return v->type == VALUE_FLOAT ? v->f : v->type == VALUE_UINT ? (double)v->u : (double)v->i;
}

static int compare_numbers(const struct value *x, const struct value *y) {
        if (x->type == VALUE_INT && y->type == VALUE_INT)
                return (x->i > y->i) - (x->i < y->i);
        double a = number_of(x), b = number_of(y);
        return (a > b) - (a < b);
}

static int compare_members(const void *x, const void *y) {
        const struct member *a = x, *b = y;
        return compare_bytes(a->key, a->key_len, b->key, b->key_len);
}

static int compare_depth(const struct value *x, const struct value *y, unsigned depth);

/* Members by name, then value; then the number of members. Keys of elements are sorted when they are made; other maps
 * appear in elements only when a client made them up, and then in the order he wrote them. */
static int compare_maps(const struct value *x, const struct value *y, unsigned depth) {
        for (size_t i = 0; i < x->len && i < y->len; i++) {
                int order = compare_members(&x->members[i], &y->members[i]);
                if (order == 0)
                        order = compare_depth(&x->members[i].value, &y->members[i].value, depth + 1);
                if (order)
                        return order;
        }
        return (x->len > y->len) - (x->len < y->len);
}

static int compare_depth(const struct value *x, const struct value *y, unsigned depth) {
        int order = rank_of(x) - rank_of(y);
        if (order || depth > LIMIT_FIELDSET_DEPTH)
                return order;
        switch (x->type) {
        case VALUE_STRING:
                return compare_bytes(x->str, x->len, y->str, y->len);
        case VALUE_BOOL:
                return x->boolean - y->boolean;
        case VALUE_LIST:
                for (size_t i = 0; order == 0 && i < x->len && i < y->len; i++)
                        order = compare_depth(&x->items[i], &y->items[i], depth + 1);
                return order ? order : (x->len > y->len) - (x->len < y->len);
        case VALUE_MAP:
                return compare_maps(x, y, depth);
        case VALUE_NULL:
                return 0;
        default:
                return compare_numbers(x, y);
        }
}

int fieldset_compare_values(const struct value *x, const struct value *y) {
        return compare_depth(x, y, 0);
}

int fieldset_compare_elements(const struct fieldset_element *x, const struct fieldset_element *y) {
        if (x->kind != y->kind)
                return x->kind < y->kind ? -1 : 1;
        if (x->kind == FIELDSET_FIELD)
                return compare_bytes(x->name, x->name_len, y->name, y->name_len);
        if (x->kind == FIELDSET_INDEX)
                return (x->index > y->index) - (x->index < y->index);
        return compare_depth(&x->value, &y->value, 0);
}

static int compare_nodes(const void *x, const void *y) {
        return fieldset_compare_elements(&((const struct fieldset_node *)x)->element,
                                         &((const struct fieldset_node *)y)->element);
}

/* ---- building ---- */

int fieldset_builder_add(struct arena *a, struct fieldset_builder *b, const struct fieldset_element *e, bool member,
                         const struct fieldset *children, struct err *err) {
        if (b->n == b->cap) {
                size_t cap = b->cap ? b->cap * 2 : 8;
                struct fieldset_node *nodes = arena_grow(a, b->nodes, b->cap * sizeof(*nodes), cap * sizeof(*nodes));
                if (!nodes)
                        return err_oom(err);
                b->nodes = nodes;
                b->cap = cap;
        }
        b->nodes[b->n++] = (struct fieldset_node){
                .element = *e, .member = member, .children = children ? *children : FIELDSET_EMPTY};
        return 0;
}

int fieldset_builder_finish(struct arena *a, struct fieldset_builder *b, struct fieldset *ret, struct err *err) {
        bool sorted = true;
        size_t n = 0;
        for (size_t i = 1; sorted && i < b->n; i++)
                sorted = compare_nodes(&b->nodes[i - 1], &b->nodes[i]) < 0;
        if (!sorted)
                qsort(b->nodes, b->n, sizeof(*b->nodes), compare_nodes);
        for (size_t i = 0; i < b->n; i++) {
                struct fieldset_node *last = n ? &b->nodes[n - 1] : NULL, *node = &b->nodes[i];
                if (!node->member && !node->children.n)
                        continue;
                if (!last || sorted || compare_nodes(last, node) != 0) {
                        b->nodes[n++] = *node;
                        continue;
                }
                last->member |= node->member;
                if (fieldset_union(a, &last->children, &node->children, &last->children, err) < 0)
                        return -1;
        }
        *ret = (struct fieldset){.nodes = b->nodes, .n = n};
        return 0;
}

/* ---- asking ---- */

const struct fieldset_node *fieldset_find(const struct fieldset *set, const struct fieldset_element *e) {
        size_t low = 0, high = set->n;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = fieldset_compare_elements(&set->nodes[middle].element, e);
                if (order == 0)
                        return &set->nodes[middle];
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

bool fieldset_is_empty(const struct fieldset *set) {
        return set->n == 0; /* nodes that are no members and have none below are never made */
}

bool fieldset_equal(const struct fieldset *x, const struct fieldset *y) {
        if (x->n != y->n)
                return false;
        for (size_t i = 0; i < x->n; i++)
                if (x->nodes[i].member != y->nodes[i].member || compare_nodes(&x->nodes[i], &y->nodes[i]) != 0 ||
                    !fieldset_equal(&x->nodes[i].children, &y->nodes[i].children))
                        return false;
        return true;
}

size_t fieldset_count(const struct fieldset *set) {
        size_t n = 0;
        for (size_t i = 0; i < set->n; i++)
                n += set->nodes[i].member + fieldset_count(&set->nodes[i].children);
        return n;
}

bool fieldset_has(const struct fieldset *set, const struct fieldset_element *path, size_t n) {
        const struct fieldset_node *node = NULL;
        for (size_t i = 0; i < n; i++) {
                node = fieldset_find(set, &path[i]);
                if (!node)
                        return false;
                set = &node->children;
        }
        return node && node->member;
}

int fieldset_insert(struct arena *a, struct fieldset *set, const struct fieldset_element *path, size_t n,
                    struct err *err) {
        struct fieldset one = FIELDSET_EMPTY;
        while (n-- > 0) {
                struct fieldset_node *node = arena_make(a, struct fieldset_node);
                if (!node)
                        return err_oom(err);
                *node = (struct fieldset_node){.element = path[n], .member = one.n == 0, .children = one};
                one = (struct fieldset){.nodes = node, .n = 1};
        }
        return fieldset_union(a, set, &one, set, err);
}

/* ---- combining ---- */

/* What one operation does with a node that one side or both have. y (or x) is NULL where the side lacks it.
 * A result that is no member and has no children is dropped. */
typedef int combiner(struct arena *a, const struct fieldset_node *x, const struct fieldset_node *y,
                     struct fieldset_node *ret, struct err *err);

static int merge(struct arena *a, const struct fieldset *x, const struct fieldset *y, combiner *combine,
                 struct fieldset *ret, struct err *err) {
        struct fieldset_node *nodes = arena_alloc(a, (x->n + y->n + 1) * sizeof(*nodes));
        size_t n = 0;
        if (!nodes)
                return err_oom(err);
        for (size_t i = 0, j = 0; i < x->n || j < y->n;) {
                int order = i == x->n ? 1 : j == y->n ? -1 : compare_nodes(&x->nodes[i], &y->nodes[j]);
                const struct fieldset_node *l = order <= 0 ? &x->nodes[i++] : NULL;
                const struct fieldset_node *r = order >= 0 ? &y->nodes[j++] : NULL;
                struct fieldset_node node = {.element = (l ? l : r)->element};
                if (combine(a, l, r, &node, err) < 0)
                        return -1;
                if (node.member || node.children.n)
                        nodes[n++] = node;
        }
        *ret = (struct fieldset){.nodes = nodes, .n = n};
        return 0;
}

static int unite(struct arena *a, const struct fieldset_node *x, const struct fieldset_node *y,
                 struct fieldset_node *ret, struct err *err) {
        ret->member = (x && x->member) || (y && y->member);
        if (x && y)
                return fieldset_union(a, &x->children, &y->children, &ret->children, err);
        ret->children = (x ? x : y)->children;
        return 0;
}

int fieldset_union(struct arena *a, const struct fieldset *x, const struct fieldset *y, struct fieldset *ret,
                   struct err *err) {
        if (!x->n || !y->n) {
                *ret = x->n ? *x : *y;
                return 0;
        }
        return merge(a, x, y, unite, ret, err);
}

static int intersect(struct arena *a, const struct fieldset_node *x, const struct fieldset_node *y,
                     struct fieldset_node *ret, struct err *err) {
        if (!x || !y)
                return 0;
        ret->member = x->member && y->member;
        return fieldset_intersection(a, &x->children, &y->children, &ret->children, err);
}

int fieldset_intersection(struct arena *a, const struct fieldset *x, const struct fieldset *y, struct fieldset *ret,
                          struct err *err) {
        if (!x->n || !y->n) {
                *ret = FIELDSET_EMPTY;
                return 0;
        }
        return merge(a, x, y, intersect, ret, err);
}

static int subtract(struct arena *a, const struct fieldset_node *x, const struct fieldset_node *y,
                    struct fieldset_node *ret, struct err *err) {
        if (!x)
                return 0;
        ret->member = x->member && !(y && y->member);
        ret->children = x->children;
        return y ? fieldset_difference(a, &x->children, &y->children, &ret->children, err) : 0;
}

int fieldset_difference(struct arena *a, const struct fieldset *x, const struct fieldset *y, struct fieldset *ret,
                        struct err *err) {
        if (!x->n || !y->n) {
                *ret = *x;
                return 0;
        }
        return merge(a, x, y, subtract, ret, err);
}

static int subtract_below(struct arena *a, const struct fieldset_node *x, const struct fieldset_node *y,
                          struct fieldset_node *ret, struct err *err) {
        if (!x || (y && y->member))
                return 0;
        ret->member = x->member;
        ret->children = x->children;
        return y ? fieldset_recursive_difference(a, &x->children, &y->children, &ret->children, err) : 0;
}

int fieldset_recursive_difference(struct arena *a, const struct fieldset *x, const struct fieldset *y,
                                  struct fieldset *ret, struct err *err) {
        if (!x->n || !y->n) {
                *ret = *x;
                return 0;
        }
        return merge(a, x, y, subtract_below, ret, err);
}

int fieldset_leaves(struct arena *a, const struct fieldset *x, struct fieldset *ret, struct err *err) {
        struct fieldset_node *nodes = arena_alloc(a, (x->n + 1) * sizeof(*nodes));
        if (!nodes)
                return err_oom(err);
        for (size_t i = 0; i < x->n; i++) {
                nodes[i] = x->nodes[i];
                nodes[i].member = x->nodes[i].member && !x->nodes[i].children.n;
                if (fieldset_leaves(a, &x->nodes[i].children, &nodes[i].children, err) < 0)
                        return -1;
        }
        *ret = (struct fieldset){.nodes = nodes, .n = x->n};
        return 0;
}

/* ---- walking ---- */

static int walk(const struct fieldset *set, struct fieldset_element *path, size_t n, fieldset_visit visit,
                void *userdata) {
        int r = 0;
        if (n == LIMIT_FIELDSET_DEPTH)
                return 0;
        for (size_t i = 0; r == 0 && i < set->n; i++)
                if (set->nodes[i].member) {
                        path[n] = set->nodes[i].element;
                        r = visit(userdata, path, n + 1);
                }
        for (size_t i = 0; r == 0 && i < set->n; i++)
                if (set->nodes[i].children.n) {
                        path[n] = set->nodes[i].element;
                        r = walk(&set->nodes[i].children, path, n + 1, visit, userdata);
                }
        return r;
}

static size_t depth_of(const struct fieldset *set) {
        size_t deepest = 0;
        for (size_t i = 0; i < set->n; i++) {
                size_t depth = 1 + depth_of(&set->nodes[i].children);
                if (depth > deepest)
                        deepest = depth;
        }
        return deepest;
}

int fieldset_walk(const struct fieldset *set, fieldset_visit visit, void *userdata) {
        _cleanup_free_ struct fieldset_element *path = calloc(depth_of(set) + 1, sizeof(*path));
        return path ? walk(set, path, 0, visit, userdata) : -1;
}
