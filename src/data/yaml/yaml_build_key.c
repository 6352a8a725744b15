/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of mappings: their types, their texts, and which of them are one too many. */
#include "data/yaml/yaml_builder.h"

#include "base/limits.h"

#define FEW_KEYS 16

static void problem(struct yaml_builder *b, unsigned line, const char *what, const char *key, const char *rest) {
        if (b->n_problems++ < LIMIT_YAML_ERRORS)
                buf_addf(&b->problems, "\n  line %u: %s%s%s", line + 1, what, key, rest);
}

/* ---- keys ---- */

static int make_key(struct yaml_builder *b, char letter, const char *text, size_t n, struct yaml_key *ret) {
        char *s = arena_alloc(b->a, n + 2);
        if (!s)
                return err_oom(b->err);
        s[0] = letter;
        memcpy(s + 1, text, n);
        s[n + 1] = '\0';
        *ret = (struct yaml_key){s + 1, n};
        return 0;
}

static int scalar_key(struct yaml_builder *b, const struct yaml_node *n, const struct yaml_scalar *s,
                      struct yaml_key *ret) {
        char text[YAML_FLOAT_MAX];
        struct value v;
        bool kyaml = b->dialect == YAML_KYAML;
        switch (s->type) {
        case YAML_SCALAR_NULL:
                if (kyaml && !n->len && !*n->tag)
                        break; /* its writer makes '' of an empty key */
                return make_key(b, 'n', "null", 4, ret);
        case YAML_SCALAR_BOOL:
                return make_key(b, 'b', s->boolean ? "true" : "false", s->boolean ? 4 : 5, ret);
        case YAML_SCALAR_INT:
                snprintf(text, sizeof(text), "%lld", (long long)s->i);
                return make_key(b, 'i', text, strlen(text), ret);
        case YAML_SCALAR_UINT:
                snprintf(text, sizeof(text), "%llu", (unsigned long long)s->u);
                return make_key(b, 'u', text, strlen(text), ret);
        case YAML_SCALAR_FLOAT: /* sigs.k8s.io/yaml writes them with the digits of a float32 */
                yaml_format_float(text, s->f, 32);
                return make_key(b, 'f', text, strlen(text), ret);
        case YAML_SCALAR_TIMESTAMP:
        case YAML_SCALAR_BINARY:
                if (yaml_build_scalar_value(b, n, s, &v) < 0)
                        return -1;
                return make_key(b, kyaml && s->type == YAML_SCALAR_TIMESTAMP ? 't' : 's', v.str, v.len, ret);
        case YAML_SCALAR_STRING:
                break;
        }
        *ret = (struct yaml_key){n->text, n->len}; /* the loader put the letter before it */
        return 0;
}

static int refuse_key(struct yaml_builder *b, const struct yaml_node *key) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES);
        yaml_go_syntax(&text, key, b->dialect, false);
        err_set(b->err, ERR_SYNTAX, "yaml: invalid map key: %s", buf_str(&text));
        return err_at(b->err, key->line + 1, 0);
}

/* The keys that JSON has no word for: null and integers above int64 in v2, all but strings in v3. */
void yaml_check_key(struct yaml_builder *b, const struct yaml_key *k, const struct yaml_node *value) {
        char letter = k->text[-1];
        if (b->refused.class != ERR_NONE || letter == 's')
                return;
        if (b->dialect == YAML_KYAML) {
                err_set(&b->refused, ERR_SYNTAX, "json: unsupported type: map[interface {}]interface {}");
                return;
        }
        if (letter != 'n' && letter != 'u')
                return;
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES);
        yaml_go_syntax(&text, value, b->dialect, false);
        if (letter == 'n')
                err_set(&b->refused, ERR_SYNTAX, "unsupported map key of type: %%!s(<nil>), key: <nil>, value: %s",
                        buf_str(&text));
        else
                err_set(&b->refused, ERR_SYNTAX, "unsupported map key of type: uint64, key: 0x%llx, value: %s",
                        strtoull(k->text, NULL, 10), buf_str(&text));
}

void yaml_null_key(struct yaml_builder *b, const struct yaml_node *key, const struct yaml_node *value, bool flow) {
        const struct yaml_node *written = key->kind == YAML_NODE_ALIAS ? key->target : key;
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES), rest = BUF_INIT(100);
        if (!written->len)
                return;
        yaml_go_quote(&text, written->text, written->len);
        buf_addf(&rest, " already defined at line %u", key->line + 1);
        problem(b, flow ? key->line : value->line + 1, "mapping key ", buf_str(&text), buf_str(&rest));
}

int yaml_build_key(struct yaml_builder *b, struct yaml_node *n, struct yaml_key *ret) {
        struct yaml_node *at = n;
        if (yaml_build_count(b) < 0)
                return -1;
        if (n->kind == YAML_NODE_ALIAS) {
                at = n->target;
                b->alias_depth++;
                int r = yaml_build_count(b);
                b->alias_depth--;
                if (r < 0)
                        return -1;
        }
        if (at->kind != YAML_NODE_SCALAR) {
                struct value ignored; /* what is wrong inside comes first */
                if (yaml_build_node(b, at, &ignored) < 0)
                        return -1;
                return refuse_key(b, at);
        }
        struct yaml_scalar s;
        if (yaml_build_resolve(b, at, &s) < 0)
                return -1;
        return scalar_key(b, at, &s, ret);
}

/* The key as v2's strict reader shows it. */
void yaml_duplicate_key(struct yaml_builder *b, const struct yaml_key *k, unsigned line) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES);
        if (k->text[-1] == 's')
                yaml_go_quote(&text, k->text, k->len);
        else if (k->text[-1] == 'u')
                buf_addf(&text, "0x%llx", strtoull(k->text, NULL, 10));
        else
                buf_adds(&text, k->text[-1] == 'n' ? "<nil>" : k->text);
        problem(b, line, "key ", buf_str(&text), " already set in map");
}

/* 1, true and 2001-12-14 stay as they are written. */
bool yaml_text_key(const struct yaml_node *key, struct yaml_key *k) {
        const struct yaml_node *written = key->kind == YAML_NODE_ALIAS ? key->target : key;
        if (k->text[-1] == 'n')
                return false;
        if (!streq(written->tag, YAML_TAG_PREFIX "binary"))
                *k = (struct yaml_key){written->text, written->len};
        return true;
}

/* The key as it counts: a build has put what they stand for in the place of aliases. */
static const struct yaml_node *counted(const struct yaml_builder *b, const struct yaml_node *key) {
        return b->spelled && key->kind == YAML_NODE_ALIAS ? key->target : key;
}

static bool alike(const struct yaml_node *x, const struct yaml_node *y) {
        return x->len == y->len && x->kind == y->kind && memcmp(x->text, y->text, x->len) == 0;
}

/* Each key against each later one, without an index and without memory: most maps are small. */
static bool all_differ(const struct yaml_builder *b, const struct yaml_node *n) {
        for (const struct yaml_node *x = n->first; x; x = x->next->next)
                for (const struct yaml_node *y = x->next->next; y; y = y->next->next)
                        if (alike(counted(b, x), counted(b, y)))
                                return false;
        return true;
}

/* v3 refuses keys that are written alike, whatever their types: by text for scalars and aliases, and all collections
 * count as alike. The pairs are named in the order of their first key. */
int yaml_check_unique(struct yaml_builder *b, const struct yaml_node *n, bool *ret_unique) {
        size_t keys = n->n_children / 2, before = b->n_problems;
        *ret_unique = true;
        if (keys < 2 || (keys <= FEW_KEYS && all_differ(b, n)))
                return 0;
        const struct yaml_node **nodes = arena_alloc(b->a, keys * sizeof(struct yaml_node *));
        size_t *same = arena_zalloc(b->a, keys, sizeof(size_t)); /* the next key like it, + 1 */
        if (!nodes || !same)
                return err_oom(b->err);
        size_t i = 0;
        for (const struct yaml_node *c = n->first; c; c = c->next->next)
                nodes[i++] = c;
        struct strmap seen[4] = {{0}}; /* by kind */
        int r = 0;
        for (i = keys; r >= 0 && i-- > 0;) {
                const struct yaml_node *key = counted(b, nodes[i]);
                struct strmap *m = &seen[key->kind];
                same[i] = (size_t)(uintptr_t)strmap_get(m, key->text, key->len);
                r = strmap_set(m, key->text, key->len, (void *)(uintptr_t)(i + 1));
        }
        for (int kind = 0; kind < 4; kind++)
                strmap_done(&seen[kind]);
        if (r < 0)
                return err_oom(b->err);
        for (i = 0; i < keys && b->n_problems < LIMIT_YAML_ERRORS; i++) {
                for (size_t j = same[i]; j && b->n_problems < LIMIT_YAML_ERRORS; j = same[j - 1]) {
                        _cleanup_buf_ struct buf key = BUF_INIT(LIMIT_YAML_BYTES), rest = BUF_INIT(100);
                        const struct yaml_node *first = counted(b, nodes[i]);
                        yaml_go_quote(&key, first->text, first->len);
                        buf_addf(&rest, " already defined at line %u", nodes[i]->line + 1);
                        problem(b, nodes[j - 1]->line, "mapping key ", buf_str(&key), buf_str(&rest));
                }
        }
        *ret_unique = b->n_problems == before;
        return 0;
}
