/* SPDX-License-Identifier: Apache-2.0 */
/* Ignore files against Flux's sourceignore. */
#include "corpus.h"

#include "lang/gitignore.h"

static enum corpus_verdict check_match(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in");
        const char *patterns;
        size_t n;
        struct gitignore *g = gitignore_new(c->arena);
        if (!g || corpus_bytes(c, in, "patterns", &patterns, &n) < 0)
                return corpus_fail(c, "no patterns");
        if (value_bool_or(value_get(in, "defaults"), false))
                if (gitignore_add_vcs(g, NULL) < 0 || gitignore_add_defaults(g, NULL) < 0)
                        return corpus_fail(c, "no memory");
        if (gitignore_add(g, patterns, n, "", NULL) < 0)
                return corpus_fail(c, "no memory");
        VALUE_EACH_MEMBER(m, value_get(c->row, "out")) {
                bool is_dir = m->key_len && m->key[m->key_len - 1] == '/';
                char *path = arena_strndup(c->arena, m->key, m->key_len - is_dir);
                if (gitignore_match(g, path, is_dir) != m->value.boolean)
                        return corpus_fail(c, "%s: %s", m->key, m->value.boolean ? "kept" : "ignored");
        }
        return CORPUS_PASS;
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(((const struct value *)a)->str, ((const struct value *)b)->str);
}

/* Whether a walk that does not enter ignored directories comes to the file and keeps it. */
static bool walk_keeps(struct corpus_case *c, const struct gitignore *g, const char *file) {
        for (const char *slash = strchr(file, '/'); slash; slash = strchr(slash + 1, '/'))
                if (gitignore_match(g, arena_strndup(c->arena, file, (size_t)(slash - file)), true))
                        return false;
        return !gitignore_match(g, file, false);
}

/* The order in which a directory's ignore files are read: its own, then those of its directories by name. */
static int compare_domains(const void *a, const void *b) {
        return strcmp((*(const struct member *const *)a)->key, (*(const struct member *const *)b)->key);
}

static int add_ignore_files(struct corpus_case *c, struct gitignore *g, const struct value *files) {
        const struct member **sorted = arena_alloc(c->arena, (files->len + 1) * sizeof(*sorted));
        struct value domains = value_map();
        VALUE_EACH_MEMBER(m, files) {
                const char *slash = strrchr(m->key, '/');
                const char *domain = arena_strndup(c->arena, m->key, slash ? (size_t)(slash - m->key) : 0);
                value_add(c->arena, &domains, domain, strlen(domain), m->value);
        }
        for (uint32_t i = 0; i < domains.len; i++)
                sorted[i] = &domains.members[i];
        qsort(sorted, domains.len, sizeof(*sorted), compare_domains);
        for (uint32_t i = 0; i < domains.len; i++)
                if (gitignore_add(g, sorted[i]->value.str, sorted[i]->value.len, sorted[i]->key, NULL) < 0)
                        return -1;
        return 0;
}

static enum corpus_verdict check_walk(struct corpus_case *c, const char *name, bool defaults) {
        const struct value *in = value_get(c->row, "in");
        struct gitignore *g = gitignore_new(c->arena);
        if (!g || (defaults && (gitignore_add_vcs(g, NULL) < 0 || gitignore_add_defaults(g, NULL) < 0)) ||
            add_ignore_files(c, g, value_get(in, "ignorefiles")) < 0)
                return corpus_fail(c, "no memory");
        struct value kept = value_list();
        VALUE_EACH_ITEM(file, value_get(in, "files"))
                if (walk_keeps(c, g, file->str))
                        value_append(c->arena, &kept, *file);
        VALUE_EACH_MEMBER(m, value_get(in, "ignorefiles"))
                if (walk_keeps(c, g, m->key))
                        value_append(c->arena, &kept, value_strn(m->key, m->key_len));
        if (kept.len)
                qsort(kept.items, kept.len, sizeof(*kept.items), compare_texts);
        return corpus_same_value(c, name, value_path(c->row, "out", name, NULL), &kept);
}

static enum corpus_verdict check_tree(struct corpus_case *c) {
        enum corpus_verdict v = check_walk(c, "kept_defaults_false", false);
        return v == CORPUS_PASS ? check_walk(c, "kept_defaults_true", true) : v;
}

int main(void) {
        static const struct corpus_table tables[] = {
                {"gitignore/match", check_match},
                {"gitignore/tree", check_tree},
        };
        return corpus_main(tables, ARRAY_LEN(tables));
}
