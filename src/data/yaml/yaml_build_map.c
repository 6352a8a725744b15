/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings: keys, duplicates, merge keys.
 *
 * A map under construction keeps each key with one letter before it that tells its type, so that 1 and "1" are two
 * keys, as in go-yaml; member.key points behind the letter. */
#include "data/yaml/yaml_builder.h"

#include "base/limits.h"

/* Beyond this many members a map under construction has an index. */
#define INDEX_FROM 16

/* A map under construction. */
struct map {
        struct value *value;
        struct strmap index; /* typed key to member number + 1 */
        bool indexed;
        bool other_keys; /* some keys are no strings */
        bool keep_first; /* v3's merges never replace what is there */
        bool text_keys;  /* kyaml's documents: keys of the top map are their texts, whatever their type */
        bool twice;      /* a key may stand there twice */
};

static int fill_map(struct yaml_builder *b, struct yaml_node *n, struct map *map);

static struct member *find_member(const struct map *map, const struct yaml_key *k) {
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

static int add_member(struct yaml_builder *b, struct map *map, const struct yaml_key *k, struct value v) {
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

/* Keeps the comment that belongs to the value under a key of its own. */
static int note(struct yaml_builder *b, const struct yaml_node *value, struct yaml_key *k) {
        bool collection = value->kind == YAML_NODE_MAPPING || value->kind == YAML_NODE_SEQUENCE;
        if (!collection || !*value->text)
                return 0;
        struct yaml_note *note = arena_make(b->a, struct yaml_note);
        char *key = arena_alloc(b->a, k->len + 2);
        if (!note || !key)
                return err_oom(b->err);
        memcpy(key, k->text - 1, k->len + 2);
        k->text = key + 1;
        *note = (struct yaml_note){.key = k->text, .text = value->text, .next = *b->notes};
        *b->notes = note;
        return 0;
}

static int set_member(struct yaml_builder *b, struct map *map, struct yaml_node *key, struct yaml_node *value) {
        struct yaml_key k = {0};
        struct value v;
        if (yaml_build_key(b, key, &k) < 0)
                return -1;
        struct member *old = map->twice && !map->keep_first ? NULL : find_member(map, &k);
        if (old && map->keep_first)
                return 0;
        if (yaml_build_node(b, value, &v) < 0)
                return -1;
        map->other_keys = map->other_keys || k.text[-1] != 's';
        if (b->spelled && k.text[-1] == 'n')
                yaml_null_key(b, key, value, map->value->style == VALUE_STYLE_FLOW);
        if (!map->text_keys)
                yaml_check_key(b, &k, value);
        else if (!yaml_text_key(key, &k))
                return 0;
        if (!old)
                return b->notes && note(b, value, &k) < 0 ? -1 : add_member(b, map, &k, v);
        if (b->strict)
                yaml_duplicate_key(b, &k, value->line);
        else
                old->value = v;
        return 0;
}

static bool looks_like_merge(const struct yaml_node *n) {
        return n->kind == YAML_NODE_SCALAR && n->len == 2 && memcmp(n->text, "<<", 2) == 0;
}

static bool is_merge(const struct yaml_builder *b, const struct yaml_node *n) {
        if (!looks_like_merge(n))
                return false;
        if (*n->tag)
                return streq(n->tag, YAML_TAG_PREFIX "merge");
        return n->implicit && (b->dialect == YAML_SIGS || n->style == VALUE_STYLE_PLAIN);
}

/* What n, the value of a merge key or one item of it, is instead of a map. A build says it in kyaml's words, and as
 * something else than an error of syntax. */
static int want_map(struct yaml_builder *b, const struct yaml_node *n) {
        const char *what = "map merge requires map or sequence of maps as the value";
        if (b->spelled && n->kind == YAML_NODE_ALIAS)
                what = "invalid map merge: received alias for a non-map value";
        if (b->spelled && n->kind == YAML_NODE_SEQUENCE)
                what = "invalid map merge: received a nested sequence";
        err_set(b->err, b->spelled ? ERR_INVALID : ERR_SYNTAX, "%s%s", b->spelled ? "" : "yaml: ", what);
        return err_at(b->err, n->line + 1, 0);
}

/* A build takes merge keys apart before it looks at keys that stand there twice. */
static int check_one_merge(struct yaml_builder *b, const struct yaml_node *n) {
        size_t merges = 0;
        for (const struct yaml_node *key = n->first; key; key = key->next->next)
                merges += is_merge(b, key);
        if (!b->spelled || merges < 2)
                return 0;
        err_set(b->err, ERR_INVALID, "duplicate merge key");
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

static int fill_map(struct yaml_builder *b, struct yaml_node *n, struct map *map) {
        struct yaml_node *merged = NULL;
        bool unique = true;
        if (b->dialect == YAML_KYAML && n != b->twice && yaml_check_unique(b, n, &unique) < 0)
                return -1;
        if (!unique)
                return check_one_merge(b, n);
        for (struct yaml_node *key = n->first; key; key = key->next->next) {
                struct yaml_node *value = key->next;
                if (!is_merge(b, key)) {
                        if (b->spelled && looks_like_merge(key))
                                continue; /* kyaml drops the quoted one too, unread */
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

/* 1 and "1" were two keys; as strings they are one, of which the last wins (Go leaves that to chance). */
static int join_equal_keys(struct yaml_builder *b, struct value *map) {
        _cleanup_strmap_ struct strmap last = STRMAP_INIT;
        uint32_t kept = 0;
        VALUE_EACH_MEMBER(m, map)
                if (strmap_set(&last, m->key, m->key_len, m) < 0)
                        return err_oom(b->err);
        for (uint32_t i = 0; i < map->len; i++) {
                struct member *m = &map->members[i];
                if (strmap_get(&last, m->key, m->key_len) != m)
                        continue;
                if (kept != i) /* the entry of the map above that is overwritten is not asked for again */
                        map->members[kept] = *m;
                kept++;
        }
        map->len = kept;
        return 0;
}

int yaml_build_map(struct yaml_builder *b, struct yaml_node *n, bool top, struct value *ret) {
        struct map map = {.value = ret, .text_keys = top && b->dialect == YAML_KYAML, .twice = n == b->twice};
        *ret = value_map();
        ret->style = n->style;
        if (value_reserve(b->a, ret, n->n_children / 2) < 0)
                return err_oom(b->err);
        int r = fill_map(b, n, &map);
        strmap_done(&map.index);
        if (r == 0 && map.other_keys)
                r = join_equal_keys(b, ret);
        return r;
}
