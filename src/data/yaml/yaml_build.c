/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml_builder.h"

#include "base/limits.h"

/* go-yaml's guard against alias bombs: past a few hundred expanded nodes, the share of nodes that come from aliases
 * may be 99 % up to 400,000 nodes, falling to 10 % at 4,000,000. */
#define ALIAS_RANGE_LOW 400000.0
#define ALIAS_RANGE_HIGH 4000000.0

int yaml_build_count(struct yaml_builder *b) {
        if (++*b->n_nodes > b->max_nodes)
                return err_set(
                        b->err, ERR_TOO_LARGE,
                        "yaml: more than %zu nodes, counting what aliases stand for; split it into several files",
                        b->max_nodes);
        b->decoded++;
        if (b->alias_depth)
                b->from_aliases++;
        if (b->spelled || b->from_aliases <= 100 || b->decoded <= 1000)
                return 0; /* kyaml has no such guard: a build's documents have max_nodes */
        double decoded = (double)b->decoded, allowed = 0.99;
        if (decoded >= ALIAS_RANGE_HIGH)
                allowed = 0.10;
        else if (decoded > ALIAS_RANGE_LOW)
                allowed -= 0.89 * ((decoded - ALIAS_RANGE_LOW) / (ALIAS_RANGE_HIGH - ALIAS_RANGE_LOW));
        if ((double)b->from_aliases / decoded > allowed)
                return err_set(b->err, ERR_TOO_LARGE, "yaml: document contains excessive aliasing");
        return 0;
}

static int build_list(struct yaml_builder *b, struct yaml_node *n, struct value *ret) {
        *ret = value_list();
        ret->style = n->style;
        if (value_reserve(b->a, ret, n->n_children) < 0)
                return err_oom(b->err);
        for (struct yaml_node *c = n->first; c; c = c->next) {
                struct value v;
                if (yaml_build_node(b, c, &v) < 0)
                        return -1;
                if (!value_append(b->a, ret, v))
                        return err_oom(b->err);
        }
        return 0;
}

static int build_alias(struct yaml_builder *b, struct yaml_node *n, struct value *ret) {
        if (n->active) {
                err_set(b->err, ERR_SYNTAX, "yaml: anchor '%s' value contains itself", n->text);
                return err_at(b->err, n->line + 1, 0);
        }
        n->active = true;
        b->alias_depth++;
        int r = yaml_build_node(b, n->target, ret);
        b->alias_depth--;
        n->active = false;
        return r;
}

static int build_kind(struct yaml_builder *b, struct yaml_node *n, struct value *ret) {
        switch (n->kind) {
        case YAML_NODE_ALIAS:
                return build_alias(b, n, ret);
        case YAML_NODE_MAPPING:
                return yaml_build_map(b, n, b->depth == 1, ret);
        case YAML_NODE_SEQUENCE:
                return build_list(b, n, ret);
        default:
                return yaml_build_scalar(b, n, ret);
        }
}

/* Recursive: a level of maps takes some 370 bytes of stack, and several times that with ASan. go-yaml's 10,000 levels
 * would fill a thread's stack of 4 MiB; LIMIT_YAML_DEPTH stays far below. */
int yaml_build_node(struct yaml_builder *b, struct yaml_node *n, struct value *ret) {
        bool deeper = n->kind != YAML_NODE_ALIAS; /* an alias stands for its target */
        if (yaml_build_count(b) < 0)
                return -1;
        if (deeper && b->depth == b->max_depth)
                return err_set(b->err, ERR_TOO_LARGE, "yaml: exceeded max depth of %zu", b->max_depth - 1);
        b->depth += deeper;
        int r = build_kind(b, n, ret);
        b->depth -= deeper;
        return r;
}

/* The map to which these keys lead; NULL: none. */
static const struct yaml_node *map_at(const struct yaml_node *n, const char *const *keys) {
        for (; keys && *keys; keys++) {
                const struct yaml_node *key = n->kind == YAML_NODE_MAPPING ? n->first : NULL;
                while (key && (key->kind != YAML_NODE_SCALAR || !streq(key->text, *keys)))
                        key = key->next->next;
                if (!key)
                        return NULL;
                n = key->next;
        }
        return keys ? n : NULL;
}

int yaml_build(struct arena *a, struct yaml_node *root, const struct yaml_options *options, size_t max_nodes,
               size_t *n_nodes, struct value *ret, struct err *err) {
        struct yaml_builder b = {
                .a = a,
                .dialect = options->dialect,
                .strict = options->strict,
                .through_text = options->dialect == YAML_KYAML && !options->verbatim,
                .spelled = options->spelled,
                .notes = options->notes,
                .twice = map_at(root, options->twice),
                .max_nodes = max_nodes,
                .n_nodes = n_nodes,
                /* one more than the loader's: scalars count here */
                .max_depth = (options->max_depth ? options->max_depth : LIMIT_YAML_DEPTH) + 1,
                .problems = BUF_INIT(LIMIT_YAML_BYTES),
                .err = err,
        };
        struct value v;
        int r = yaml_build_node(&b, root, &v);
        if (r == 0 && b.n_problems)
                r = err_set(err, ERR_SYNTAX, "yaml: unmarshal errors:%s", buf_str(&b.problems));
        else if (r == 0 && b.refused.class != ERR_NONE)
                r = err_move(err, &b.refused);
        buf_done(&b.problems);
        err_done(&b.refused);
        if (r == 0)
                *ret = v;
        return r;
}
