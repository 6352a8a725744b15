/* SPDX-License-Identifier: Apache-2.0 */
/* Where something stands in a text. */
#include "data/yaml/yaml_node.h"

static const struct yaml_node *child_at(const struct yaml_node *list, size_t index) {
        const struct yaml_node *child = list->kind == YAML_NODE_SEQUENCE ? list->first : NULL;
        while (child && index-- > 0)
                child = child->next;
        return child;
}

/* The value of a key; the key's own line is the one to show. */
static const struct yaml_node *child_of(const struct yaml_node *map, const char *key, size_t n, unsigned *line) {
        const struct yaml_node *k = map->kind == YAML_NODE_MAPPING ? map->first : NULL;
        while (k && !(k->kind == YAML_NODE_SCALAR && k->len == n && memcmp(k->text, key, n) == 0))
                k = k->next->next;
        if (!k)
                return NULL;
        *line = k->line;
        return k->next;
}

static unsigned walk(const struct yaml_node *at, const char *path) {
        unsigned line = at->line;
        for (const char *p = path; *p && at;) {
                while (at->kind == YAML_NODE_ALIAS && at->target)
                        at = at->target;
                if (*p == '[') {
                        char *end;
                        at = child_at(at, strtoul(p + 1, &end, 10));
                        line = at ? at->line : line;
                        p = *end ? end + 1 : end;
                        continue;
                }
                p += *p == '.';
                size_t n = strcspn(p, ".[");
                at = child_of(at, p, n, &line);
                p += n;
        }
        return at ? line + 1 : 0;
}

unsigned yaml_line_of(const char *text, size_t n, const char *path) {
        const struct yaml_options options = {.dialect = YAML_SIGS};
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct yaml_loader loader = {0};
        struct yaml_node *root;
        unsigned line = 0;
        if (!a || yaml_loader_init(&loader, text, n, &options, NULL) < 0)
                return 0;
        if (yaml_loader_next(&loader, a, &root, NULL) > 0)
                line = walk(root, path);
        yaml_loader_done(&loader);
        return line;
}
