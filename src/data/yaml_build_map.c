/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings: keys, duplicates, merge keys.
 *
 * A map under construction keeps each key with one letter before it that tells its type, so that 1 and "1" are two
 * keys, as in go-yaml; member.key points behind the letter. */
#include "data/yaml_builder.h"

#include "base/limits.h"

/* Beyond this many members a map under construction has an index. */
#define INDEX_FROM 16

/* A map under construction. */
struct map {
        struct value *value;
        struct strmap index; /* typed key to member number + 1 */
        bool indexed;
        bool keep_first; /* v3's merges never replace what is there */
        bool text_keys;  /* kyaml's documents: keys of the top map are their texts, whatever their type */
};

static int fill_map(struct yaml_builder *b, struct yaml_node *n, struct map *map);

static void problem(struct yaml_builder *b, unsigned line, const char *what, const char *key, const char *rest) {
        if (b->n_problems++ < LIMIT_YAML_ERRORS)
                buf_addf(&b->problems, "\n  line %u: %s%s%s", line + 1, what, key, rest);
}

/* ---- keys ---- */

/* A key: text behind the letter of its type. */
struct key {
        const char *text;
        size_t len;
};

static int make_key(struct yaml_builder *b, char letter, const char *text, size_t n, struct key *ret) {
        char *s = arena_alloc(b->a, n + 2);
        if (!s)
                return err_oom(b->err);
        s[0] = letter;
        memcpy(s + 1, text, n);
        s[n + 1] = '\0';
        *ret = (struct key){s + 1, n};
        return 0;
}

static int scalar_key(struct yaml_builder *b, const struct yaml_node *n, const struct yaml_scalar *s, struct key *ret) {
        char text[YAML_FLOAT_MAX];
        struct value v;
        switch (s->type) {
        case YAML_SCALAR_NULL:
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
                return make_key(b, 's', v.str, v.len, ret);
        case YAML_SCALAR_STRING:
                break;
        }
        *ret = (struct key){n->text, n->len}; /* the loader put the letter before it */
        return 0;
}

static int refuse_key(struct yaml_builder *b, const struct yaml_node *key) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES);
        yaml_go_syntax(&text, key, b->dialect, false);
        err_set(b->err, ERR_SYNTAX, "yaml: invalid map key: %s", buf_str(&text));
        return err_at(b->err, key->line + 1, 0);
}

/* The keys that JSON has no word for: null and integers above int64 in v2, all but strings in v3. */
static void check_key(struct yaml_builder *b, const struct key *k, const struct yaml_node *value) {
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

static int build_key(struct yaml_builder *b, struct yaml_node *n, struct key *ret) {
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

/* ---- maps ---- */

static struct member *find_member(const struct map *map, const struct key *k) {
        if (map->indexed) {
                size_t at = (size_t)(uintptr_t)strmap_get(&map->index, k->text - 1, k->len + 1);
                return at ? &map->value->members[at - 1] : NULL;
        }
        for (uint32_t i = 0; i < map->value->len; i++) {
                struct member *m = &map->value->members[i];
                if (m->key_len == k->len && memcmp(m->key - 1, k->text - 1, k->len + 1) == 0)
                        return m;
        }
        return NULL;
}

static int index_member(struct map *map, uint32_t i) {
        const struct member *m = &map->value->members[i];
        return strmap_set(&map->index, m->key - 1, m->key_len + 1, (void *)(uintptr_t)(i + 1));
}

static int add_member(struct yaml_builder *b, struct map *map, const struct key *k, struct value v) {
        if (!value_add(b->a, map->value, k->text, k->len, v))
                return err_oom(b->err);
        uint32_t len = map->value->len;
        if (map->indexed)
                return index_member(map, len - 1) < 0 ? err_oom(b->err) : 0;
        if (len < INDEX_FROM)
                return 0;
        for (uint32_t i = 0; i < len; i++)
                if (index_member(map, i) < 0)
                        return err_oom(b->err);
        map->indexed = true;
        return 0;
}

/* The key as v2's strict reader shows it. */
static void duplicate_problem(struct yaml_builder *b, const struct key *k, unsigned line) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES);
        if (k->text[-1] == 's')
                yaml_go_quote(&text, k->text, k->len);
        else if (k->text[-1] == 'u')
                buf_addf(&text, "0x%llx", strtoull(k->text, NULL, 10));
        else
                buf_adds(&text, k->text[-1] == 'n' ? "<nil>" : k->text);
        problem(b, line, "key ", buf_str(&text), " already set in map");
}

/* kyaml reads a document's own keys as texts: 1, true and 2001-12-14 stay as they are written, an empty one is "".
 * False: the key is null, which is dropped. */
static bool text_key(const struct yaml_node *key, struct key *k) {
        const struct yaml_node *written = key->kind == YAML_NODE_ALIAS ? key->target : key;
        if (k->text[-1] == 'n' && written->len)
                return false;
        if (!streq(written->tag, YAML_TAG_PREFIX "binary"))
                *k = (struct key){written->text, written->len};
        return true;
}

static int set_member(struct yaml_builder *b, struct map *map, struct yaml_node *key, struct yaml_node *value) {
        struct key k = {0};
        struct value v;
        if (build_key(b, key, &k) < 0)
                return -1;
        struct member *old = find_member(map, &k);
        if (old && map->keep_first)
                return 0;
        if (yaml_build_node(b, value, &v) < 0)
                return -1;
        if (!map->text_keys)
                check_key(b, &k, value);
        else if (!text_key(key, &k))
                return 0;
        if (!old)
                return add_member(b, map, &k, v);
        if (b->strict)
                duplicate_problem(b, &k, value->line);
        else
                old->value = v;
        return 0;
}

static bool is_merge(const struct yaml_builder *b, const struct yaml_node *n) {
        if (n->kind != YAML_NODE_SCALAR || n->len != 2 || memcmp(n->text, "<<", 2) != 0)
                return false;
        if (*n->tag)
                return streq(n->tag, YAML_TAG_PREFIX "merge");
        return n->implicit && (b->dialect == YAML_SIGS || n->style == VALUE_STYLE_PLAIN);
}

static int want_map(struct yaml_builder *b, const struct yaml_node *n) {
        err_set(b->err, ERR_SYNTAX, "yaml: map merge requires map or sequence of maps as the value");
        return err_at(b->err, n->line + 1, 0);
}

/* One map, or an alias of one, into the map under construction. */
static int merge_one(struct yaml_builder *b, struct yaml_node *n, struct map *map) {
        struct yaml_node *from = n->kind == YAML_NODE_ALIAS ? n->target : n;
        if (from->kind != YAML_NODE_MAPPING)
                return want_map(b, n);
        if (n->active) {
                err_set(b->err, ERR_SYNTAX, "yaml: anchor '%s' value contains itself", n->text);
                return err_at(b->err, n->line + 1, 0);
        }
        bool alias = n != from;
        if (yaml_build_count(b) < 0)
                return -1;
        if (b->depth == b->max_depth)
                return err_set(b->err, ERR_TOO_LARGE, "yaml: exceeded max depth of %zu", b->max_depth - 1);
        b->depth++;
        n->active = alias;
        b->alias_depth += alias;
        int r = alias ? yaml_build_count(b) : 0;
        if (r == 0)
                r = fill_map(b, from, map);
        b->alias_depth -= alias;
        n->active = false;
        b->depth--;
        return r;
}

/* Of several maps the first wins: v2 therefore goes backwards and overwrites. */
static int merge(struct yaml_builder *b, struct yaml_node *n, struct map *map) {
        if (n->kind != YAML_NODE_SEQUENCE)
                return merge_one(b, n, map);
        struct yaml_node **items = arena_alloc(b->a, n->n_children * sizeof(struct yaml_node *));
        if (!items)
                return err_oom(b->err);
        uint32_t i = 0;
        for (struct yaml_node *c = n->first; c; c = c->next)
                items[b->dialect == YAML_SIGS ? n->n_children - ++i : i++] = c;
        for (i = 0; i < n->n_children; i++)
                if (merge_one(b, items[i], map) < 0)
                        return -1;
        return 0;
}

/* v3 refuses keys that are written alike, whatever their types: by text for scalars and aliases, and all collections
 * count as alike. The pairs are named in the order of their first key. */
static int check_unique(struct yaml_builder *b, const struct yaml_node *n, bool *ret_unique) {
        size_t keys = n->n_children / 2, before = b->n_problems;
        *ret_unique = true;
        if (keys < 2)
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
                struct strmap *m = &seen[nodes[i]->kind];
                same[i] = (size_t)(uintptr_t)strmap_get(m, nodes[i]->text, nodes[i]->len);
                r = strmap_set(m, nodes[i]->text, nodes[i]->len, (void *)(uintptr_t)(i + 1));
        }
        for (int kind = 0; kind < 4; kind++)
                strmap_done(&seen[kind]);
        if (r < 0)
                return err_oom(b->err);
        for (i = 0; i < keys && b->n_problems < LIMIT_YAML_ERRORS; i++) {
                for (size_t j = same[i]; j && b->n_problems < LIMIT_YAML_ERRORS; j = same[j - 1]) {
                        _cleanup_buf_ struct buf key = BUF_INIT(LIMIT_YAML_BYTES), rest = BUF_INIT(100);
                        yaml_go_quote(&key, nodes[i]->text, nodes[i]->len);
                        buf_addf(&rest, " already defined at line %u", nodes[i]->line + 1);
                        problem(b, nodes[j - 1]->line, "mapping key ", buf_str(&key), buf_str(&rest));
                }
        }
        *ret_unique = b->n_problems == before;
        return 0;
}

static int fill_map(struct yaml_builder *b, struct yaml_node *n, struct map *map) {
        struct yaml_node *merged = NULL;
        bool unique = true;
        if (b->dialect == YAML_KYAML && check_unique(b, n, &unique) < 0)
                return -1;
        if (!unique)
                return 0;
        for (struct yaml_node *key = n->first; key; key = key->next->next) {
                struct yaml_node *value = key->next;
                if (!is_merge(b, key)) {
                        if (set_member(b, map, key, value) < 0)
                                return -1;
                } else if (b->dialect == YAML_KYAML) {
                        merged = value; /* after the map's own keys */
                } else if (merge(b, value, map) < 0) {
                        return -1;
                }
        }
        if (!merged)
                return 0;
        bool keep_first = map->keep_first;
        map->keep_first = true;
        int r = merge(b, merged, map);
        map->keep_first = keep_first;
        return r;
}

int yaml_build_map(struct yaml_builder *b, struct yaml_node *n, bool top, struct value *ret) {
        struct map map = {.value = ret, .text_keys = top && b->dialect == YAML_KYAML};
        *ret = value_map();
        ret->style = n->style;
        int r = fill_map(b, n, &map);
        strmap_done(&map.index);
        if (r < 0)
                return -1;
        return 0;
}
