/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a document along a parsed template. Errors, and what a failing step leaves behind (a filter without an operator
 * only asks whether something is left), are client-go's. */
#include "data/jsonpath/jsonpath_node.h"

#include "base/limits.h"
#include "data/text/go_names.h"
#include "data/json/json.h"

/* What one step hands to the next. NULL stands for Go's invalid value: the body of a range over nothing sees it. */
struct results {
        const struct value **values; /* in the arena */
        size_t n, cap;
};

struct walker {
        struct arena *arena;
        const struct jsonpath_list *root;
        unsigned flags;
        size_t steps; /* values handed on so far: LIMIT_JSONPATH_STEPS at most */
        int begin_range, in_range, end_range;
        size_t root_start; /* the actions that the innermost range repeats begin here */
        size_t last_end;   /* the last {end} that was reached */
        bool broken;       /* memory or a limit: not an error that a filter may swallow */
        struct err *err;
};

static int broken(struct walker *w, int r) {
        w->broken = true;
        return r;
}

static int push(struct walker *w, struct results *out, const struct value *v) {
        if (++w->steps > LIMIT_JSONPATH_STEPS)
                return broken(w, err_set(w->err, ERR_TOO_LARGE, "the template finds more than %d values",
                                         LIMIT_JSONPATH_STEPS));
        if (out->n == out->cap) {
                size_t cap = out->cap ? 2 * out->cap : 4;
                const struct value **values =
                        arena_grow(w->arena, out->values, out->n * sizeof(*values), cap * sizeof(*values));
                if (!values)
                        return broken(w, err_oom(w->err));
                out->values = values;
                out->cap = cap;
        }
        out->values[out->n++] = v;
        return 0;
}

static bool is_nil(const struct value *v) {
        return v && v->type == VALUE_NULL;
}

static const char *type_name(const struct value *v) {
        if (is_nil(v))
                return "nil";
        return v->type == VALUE_INT && v->flags == JSONPATH_LITERAL_INT ? "int" : go_type(v);
}

/* ---- steps ---- */

/* Each step reads `in` and fills `out` (empty before). After an error `out` holds what client-go would have left. */

static int walk_list(struct walker *w, const struct jsonpath_list *list, struct results in, struct results *out);

static int step_field(struct walker *w, const struct jsonpath_node *node, const struct results *in,
                      struct results *out) {
        for (size_t i = 0; i < in->n; i++) {
                const struct value *v =
                        in->values[i] ? value_getn(in->values[i], node->value.str, node->value.len) : NULL;
                if (v && push(w, out, v) < 0)
                        return -1;
        }
        if (!out->n && in->n && !(w->flags & JSONPATH_ALLOW_MISSING))
                return err_set(w->err, ERR_NOT_FOUND, "%s is not found", node->value.str);
        return 0;
}

static int out_of_bounds(struct walker *w, int64_t index, uint32_t len) {
        return err_set(w->err, ERR_NOT_FOUND, "array index out of bounds: index %lld, length %u", (long long)index,
                       len);
}

/* Where a slice begins and ends in a list; 1: it is empty. */
static int slice_bounds(struct walker *w, const struct jsonpath_node *node, uint32_t len, int64_t *ret_start,
                        int64_t *ret_end) {
        const struct jsonpath_bound *bounds = node->bounds;
        int64_t start = bounds[0].known ? bounds[0].value : 0;
        int64_t end = bounds[1].known ? bounds[1].value : len;
        if (start < 0)
                start += len;
        if (end < 0 || (end == 0 && bounds[1].derived))
                end += len;
        if (start == end)
                return 1;
        if (start >= len || start < 0)
                return out_of_bounds(w, start, len);
        if (end > len || end < 0)
                return out_of_bounds(w, end - 1, len);
        if (start > end)
                return err_set(w->err, ERR_BAD_REQUEST, "starting index %lld is greater than ending index %lld",
                               (long long)start, (long long)end);
        *ret_start = start;
        *ret_end = end;
        return 0;
}

static int step_slice(struct walker *w, const struct jsonpath_node *node, const struct results *in,
                      struct results *out) {
        for (size_t i = 0; i < in->n; i++) {
                const struct value *v = in->values[i];
                int64_t start = 0, end = 0, step = node->bounds[2].known ? node->bounds[2].value : 1;
                if (is_nil(v))
                        continue;
                if (!value_is_list(v)) {
                        *out = *in;
                        return err_set(w->err, ERR_BAD_REQUEST, "%s is not array or slice", v ? type_name(v) : "nil");
                }
                int r = slice_bounds(w, node, v->len, &start, &end);
                if (r > 0)
                        return 0;
                if (r == 0 && step <= 0)
                        r = err_set(w->err, ERR_BAD_REQUEST, "step must be > 0");
                if (r < 0) {
                        *out = *in;
                        return -1;
                }
                for (int64_t k = start; k < end; k += step) {
                        if (push(w, out, &v->items[k]) < 0)
                                return -1;
                        if (step > end - k)
                                break;
                }
        }
        return 0;
}

/* Everything directly inside a value; of a string its bytes, as numbers. */
static int push_children(struct walker *w, const struct value *v, struct results *out) {
        if (value_is_list(v)) {
                VALUE_EACH_ITEM(item, v)
                        if (push(w, out, item) < 0)
                                return -1;
        } else if (value_is_map(v) && v->len) {
                const struct member **members = jsonpath_sorted_members(w->arena, v);
                if (!members)
                        return broken(w, err_oom(w->err));
                for (uint32_t i = 0; i < v->len; i++)
                        if (push(w, out, &members[i]->value) < 0)
                                return -1;
        } else if (value_is_string(v) && v->len) {
                struct value *bytes = arena_alloc(w->arena, v->len * sizeof(*bytes));
                if (!bytes)
                        return broken(w, err_oom(w->err));
                for (uint32_t i = 0; i < v->len; i++) {
                        bytes[i] = (struct value){.type = VALUE_UINT, .u = (uint8_t)v->str[i]};
                        if (push(w, out, &bytes[i]) < 0)
                                return -1;
                }
        }
        return 0;
}

static int step_wildcard(struct walker *w, const struct results *in, struct results *out) {
        for (size_t i = 0; i < in->n; i++)
                if (push_children(w, in->values[i], out) < 0)
                        return -1;
        return 0;
}

/* A value that has something inside, and the same for all that is inside it. */
static int step_recursive(struct walker *w, const struct results *in, struct results *out) {
        for (size_t i = 0; i < in->n; i++) {
                struct results children = {0};
                if (push_children(w, in->values[i], &children) < 0)
                        return -1;
                if (children.n && (push(w, out, in->values[i]) < 0 || step_recursive(w, &children, out) < 0))
                        return -1;
        }
        return 0;
}

static int step_union(struct walker *w, const struct jsonpath_node *node, const struct results *in,
                      struct results *out) {
        for (size_t i = 0; i < node->n_members; i++) {
                struct results found;
                if (walk_list(w, &node->members[i], *in, &found) < 0) {
                        *out = *in;
                        return -1;
                }
                for (size_t k = 0; k < found.n; k++)
                        if (push(w, out, found.values[k]) < 0)
                                return -1;
        }
        return 0;
}

/* ---- filters ---- */

/* The one value a side of a filter yields; 1: none, so that the item does not pass. */
static int filter_side(struct walker *w, const struct jsonpath_list *side, const struct value *item,
                       const struct value **ret) {
        struct results in = {0}, found;
        if (push(w, &in, item) < 0 || walk_list(w, side, in, &found) < 0)
                return -1;
        if (found.n > 1)
                return err_set(w->err, ERR_BAD_REQUEST, "can only compare one element at a time");
        if (!found.n)
                return 1;
        *ret = found.values[0];
        return 0;
}

/* 1: the item passes, 0: it does not. */
static int filter_item(struct walker *w, const struct jsonpath_node *node, const struct value *item) {
        if (streq(node->op, "exists")) {
                struct results in = {0}, found;
                if (push(w, &in, item) < 0)
                        return -1;
                if (walk_list(w, &node->left, in, &found) < 0 && w->broken)
                        return -1;
                return found.n > 0;
        }
        const struct value *left, *right;
        int r = filter_side(w, &node->left, item, &left);
        if (r == 0)
                r = filter_side(w, &node->right, item, &right);
        if (r)
                return r < 0 ? -1 : 0;
        return jsonpath_compare(node->op, left, right, w->err);
}

static int step_filter(struct walker *w, const struct jsonpath_node *node, const struct results *in,
                       struct results *out) {
        for (size_t i = 0; i < in->n; i++) {
                const struct value *v = in->values[i];
                if (!value_is_list(v)) {
                        _cleanup_buf_ struct buf text = BUF_INIT(1 << 16);
                        jsonpath_print_go(&text, v);
                        *out = *in;
                        return err_set(w->err, ERR_BAD_REQUEST, "%s is not array or slice and cannot be filtered",
                                       buf_str(&text));
                }
                VALUE_EACH_ITEM(item, v) {
                        int pass = filter_item(w, node, item);
                        if (pass < 0) {
                                *out = *in;
                                return -1;
                        }
                        if (pass && push(w, out, item) < 0)
                                return -1;
                }
        }
        return 0;
}

/* ---- actions ---- */

static int step_identifier(struct walker *w, const struct jsonpath_node *node, const struct results *in,
                           struct results *out) {
        if (streq(node->value.str, "range")) {
                w->begin_range++;
                *out = *in;
                return 0;
        }
        if (streq(node->value.str, "end")) {
                if (!w->in_range)
                        return err_set(w->err, ERR_BAD_REQUEST, "not in range, nothing to end");
                w->end_range++;
                return 0;
        }
        *out = *in;
        return err_set(w->err, ERR_BAD_REQUEST, "unrecognized identifier %s", node->value.str);
}

static int walk_node(struct walker *w, const struct jsonpath_node *node, const struct results *in,
                     struct results *out) {
        *out = (struct results){0};
        switch (node->type) {
        case JSONPATH_TEXT:
                return push(w, out, &node->value);
        case JSONPATH_LITERAL:
                for (size_t i = 0; i < in->n; i++)
                        if (push(w, out, &node->value) < 0)
                                return -1;
                return 0;
        case JSONPATH_IDENTIFIER:
                return step_identifier(w, node, in, out);
        case JSONPATH_FIELD:
                return step_field(w, node, in, out);
        case JSONPATH_SLICE:
                return step_slice(w, node, in, out);
        case JSONPATH_FILTER:
                return step_filter(w, node, in, out);
        case JSONPATH_WILDCARD:
                return step_wildcard(w, in, out);
        case JSONPATH_RECURSIVE:
                return step_recursive(w, in, out);
        case JSONPATH_UNION:
                return step_union(w, node, in, out);
        case JSONPATH_ACTION:
                return walk_list(w, &node->left, *in, out);
        }
        return err_set(w->err, ERR_INTERNAL, "unexpected node");
}

static int walk_list(struct walker *w, const struct jsonpath_list *list, struct results in, struct results *out) {
        *out = in;
        for (size_t i = 0; i < list->n; i++) {
                struct results next;
                int r = walk_node(w, &list->nodes[i], out, &next);
                *out = next;
                if (r < 0)
                        return -1;
        }
        return 0;
}

/* What one action or text of the template found. */
struct found {
        struct results *groups; /* in the arena */
        size_t n, cap;
};

static int add_group(struct walker *w, struct found *found, const struct results *group) {
        if (++w->steps > LIMIT_JSONPATH_STEPS)
                return err_set(w->err, ERR_TOO_LARGE, "the template finds more than %d values", LIMIT_JSONPATH_STEPS);
        if (found->n == found->cap) {
                size_t cap = found->cap ? 2 * found->cap : 8;
                struct results *groups =
                        arena_grow(w->arena, found->groups, found->n * sizeof(*groups), cap * sizeof(*groups));
                if (!groups)
                        return err_oom(w->err);
                found->groups = groups;
                found->cap = cap;
        }
        found->groups[found->n++] = *group;
        return 0;
}

static int walk_root(struct walker *w, const struct value *data, struct found *found);

/* Runs the actions behind a {range} once for each value; once in vain when there is none, to find the {end}. */
static int walk_range(struct walker *w, size_t body, const struct results *values, struct found *found) {
        struct found ignored = {0};
        w->begin_range--;
        w->in_range++;
        for (size_t i = 0; i < values->n || !i; i++) {
                w->root_start = body;
                bool empty = !values->n;
                if (walk_root(w, empty ? NULL : values->values[i], empty ? &ignored : found) < 0)
                        return -1;
        }
        w->in_range--;
        return 0;
}

static int walk_root(struct walker *w, const struct value *data, struct found *found) {
        struct results in = {0};
        if (push(w, &in, data) < 0)
                return -1;
        for (size_t i = w->root_start; i < w->root->n; i++) {
                struct results results;
                if (walk_node(w, &w->root->nodes[i], &in, &results) < 0)
                        return -1;
                if (w->end_range > 0 && w->end_range <= w->in_range) {
                        w->end_range--;
                        w->last_end = i;
                        break;
                }
                if (w->begin_range > 0) {
                        if (walk_range(w, i + 1, &results, found) < 0)
                                return -1;
                        if (w->last_end > i)
                                i = w->last_end;
                        continue;
                }
                if (add_group(w, found, &results) < 0)
                        return -1;
        }
        return 0;
}

/* ---- the public side ---- */

static int find_groups(struct arena *a, const struct jsonpath *path, const struct value *document, unsigned flags,
                       struct found *ret, struct err *err) {
        struct walker w = {.arena = a, .root = &path->root, .flags = flags, .err = err};
        *ret = (struct found){0};
        return walk_root(&w, document, ret);
}

static void print_value(struct buf *out, const struct value *v) {
        if (value_is_list(v) || value_is_map(v))
                json_write(out, v, JSON_SORT_KEYS | JSON_HTML_ESCAPE);
        else if (value_is_null(v))
                buf_adds(out, "null");
        else
                jsonpath_print_go(out, v);
}

int jsonpath_execute(struct arena *a, const struct jsonpath *path, const struct value *document, unsigned flags,
                     struct buf *out, struct err *err) {
        struct found found;
        if (find_groups(a, path, document, flags, &found, err) < 0)
                return -1;
        for (size_t g = 0; g < found.n; g++) {
                const struct results *group = &found.groups[g];
                for (size_t i = 0; i < group->n && !buf_failed(out); i++) {
                        if (i)
                                buf_addc(out, ' ');
                        print_value(out, group->values[i]);
                }
        }
        return buf_failed(out) ? err_set(err, ERR_TOO_LARGE, "the output is larger than %zu bytes", out->max) : 0;
}

int jsonpath_find(struct arena *a, const struct jsonpath *path, const struct value *document, unsigned flags,
                  struct jsonpath_results *ret, struct err *err) {
        struct found found;
        if (find_groups(a, path, document, flags, &found, err) < 0)
                return -1;
        size_t n = 0;
        for (size_t g = 0; g < found.n; g++)
                n += found.groups[g].n;
        struct jsonpath_results results = {.values = arena_alloc(a, (n + 1) * sizeof(*results.values))};
        if (!results.values)
                return err_oom(err);
        for (size_t g = 0; g < found.n; g++)
                for (size_t i = 0; i < found.groups[g].n; i++)
                        results.values[results.n++] = found.groups[g].values[i];
        *ret = results;
        return 0;
}
