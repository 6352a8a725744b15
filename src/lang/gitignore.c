/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/gitignore.h"

#include "base/limits.h"
#include "lang/glob.h"

struct part {
        const char *s;
        size_t n;
};

struct pattern {
        struct part *parts; /* between slashes, in the arena */
        size_t n_parts;
        const char *domain; /* without slashes at its ends; "" at the root */
        size_t domain_len;
        bool include;  /* began with '!' */
        bool dir_only; /* ended with '/' */
};

struct gitignore {
        struct arena *arena;
        struct pattern *patterns; /* later ones win */
        size_t n, cap;
};

struct gitignore *gitignore_new(struct arena *a) {
        struct gitignore *g = arena_make(a, struct gitignore);
        if (g)
                g->arena = a;
        return g;
}

/* ---- reading ---- */

static struct pattern *new_pattern(struct gitignore *g, struct err *err) {
        if (g->n >= LIMIT_IGNORE_PATTERNS) {
                err_set(err, ERR_TOO_LARGE, "more than %d ignore patterns", LIMIT_IGNORE_PATTERNS);
                return NULL;
        }
        if (g->n == g->cap) {
                size_t cap = g->cap ? 2 * g->cap : 16;
                struct pattern *grown = arena_grow(g->arena, g->patterns, g->n * sizeof(*grown), cap * sizeof(*grown));
                if (!grown) {
                        err_oom(err);
                        return NULL;
                }
                g->patterns = grown;
                g->cap = cap;
        }
        return &g->patterns[g->n];
}

static int split_parts(struct arena *a, const char *s, size_t n, struct pattern *p) {
        size_t count = 1;
        for (size_t i = 0; i < n; i++)
                count += s[i] == '/';
        p->parts = arena_zalloc(a, count, sizeof(*p->parts));
        if (!p->parts)
                return -1;
        const char *end = s + n;
        for (size_t i = 0; i < count; i++) {
                const char *slash = n ? memchr(s, '/', (size_t)(end - s)) : NULL;
                p->parts[i] = (struct part){s, (size_t)((slash ? slash : end) - s)};
                s = slash ? slash + 1 : end;
        }
        p->n_parts = count;
        return 0;
}

/* One line: spaces at its end go unless the last is escaped; spaces in front stay. */
static int add_line(struct gitignore *g, const char *line, size_t n, const char *domain, size_t domain_len,
                    struct err *err) {
        struct pattern *p = new_pattern(g, err);
        if (!p)
                return -1;
        *p = (struct pattern){.domain = domain, .domain_len = domain_len};
        if (*line == '!') {
                p->include = true;
                line++;
                n--;
        }
        if (!(n >= 2 && memcmp(line + n - 2, "\\ ", 2) == 0))
                while (n && line[n - 1] == ' ')
                        n--;
        if (n && line[n - 1] == '/') {
                p->dir_only = true;
                n--;
        }
        char *copy = arena_strndup(g->arena, line, n);
        if (!copy || split_parts(g->arena, copy, n, p) < 0)
                return err_oom(err);
        g->n++;
        return 0;
}

/* White space as unicode.IsSpace has it in ASCII. */
static bool is_blank(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!strchr(" \t\n\v\f\r", s[i]) || !s[i])
                        return false;
        return true;
}

int gitignore_add(struct gitignore *g, const char *text, size_t n, const char *domain, struct err *err) {
        size_t domain_len = strlen(domain);
        while (domain_len && domain[domain_len - 1] == '/')
                domain_len--;
        const char *kept = arena_strndup(g->arena, domain, domain_len);
        if (!kept)
                return err_oom(err);
        const char *end = text + n;
        for (const char *line = text; line < end;) {
                const char *nl = memchr(line, '\n', (size_t)(end - line));
                size_t len = (size_t)((nl ? nl : end) - line);
                if (len && line[len - 1] == '\r')
                        len--;
                if (len && *line != '#' && !is_blank(line, len) && add_line(g, line, len, kept, domain_len, err) < 0)
                        return -1;
                line = nl ? nl + 1 : end;
        }
        return 0;
}

int gitignore_add_vcs(struct gitignore *g, struct err *err) {
        static const char patterns[] = ".git/\n.gitignore\n.gitmodules\n.gitattributes\n";
        return gitignore_add(g, patterns, sizeof(patterns) - 1, "", err);
}

int gitignore_add_defaults(struct gitignore *g, struct err *err) {
        static const char patterns[] =
                "*.jpg\n*.jpeg\n*.gif\n*.png\n*.wmv\n*.flv\n*.tar.gz\n*.zip\n"
                ".github/\n.circleci/\n.travis.yml\n.gitlab-ci.yml\nappveyor.yml\n.drone.yml\ncloudbuild.yaml\n"
                "codeship-services.yml\ncodeship-steps.yml\n"
                "**/.goreleaser.yml\n**/.sops.yaml\n**/.flux.yaml\n";
        return gitignore_add(g, patterns, sizeof(patterns) - 1, "", err);
}

/* ---- matching ---- */

/* The first element of a path, cut off it. */
static struct part next_element(const char **path) {
        size_t n = strcspn(*path, "/");
        struct part element = {*path, n};
        *path += n;
        while (**path == '/')
                (*path)++;
        return element;
}

static bool match_element(const struct part *pattern, const struct part *element) {
        return glob_match(pattern->s, pattern->n, element->s, element->n);
}

static bool is_double_star(const struct part *p) {
        return p->n == 2 && memcmp(p->s, "**", 2) == 0;
}

/* A pattern without slashes matches any element of the path; what lies below a match is matched with it. */
static bool match_name(const struct pattern *p, const char *path, bool is_dir) {
        while (*path) {
                struct part element = next_element(&path);
                if (match_element(&p->parts[0], &element))
                        return !p->dir_only || is_dir || *path;
        }
        return false;
}

/* A pattern with slashes matches from the start of the path, element by element; what is left of the path then lies
 * below the match. A double star goes on to the first element that matches what follows it, and does not come back. */
static bool match_path(const struct pattern *p, const char *path, bool is_dir) {
        bool matched = false, traverse = false;
        for (size_t i = 0; i < p->n_parts; i++) {
                const struct part *part = &p->parts[i];
                if (!part->n) {
                        traverse = false;
                        continue;
                }
                if (is_double_star(part)) {
                        if (i + 1 == p->n_parts)
                                break;
                        traverse = true;
                        continue;
                }
                if (memmem(part->s, part->n, "**", 2) || !*path)
                        return false;
                bool found;
                do {
                        struct part element = next_element(&path);
                        found = match_element(part, &element);
                } while (!found && traverse && *path);
                if (!found && !traverse)
                        return false;
                matched = found;
                traverse = false;
        }
        return matched && (!p->dir_only || is_dir || *path);
}

/* The path below the pattern's directory, or NULL when it is not below it. */
static const char *below_domain(const struct pattern *p, const char *path) {
        if (!p->domain_len)
                return path;
        if (strncmp(path, p->domain, p->domain_len) != 0 || path[p->domain_len] != '/')
                return NULL;
        path += p->domain_len;
        while (*path == '/')
                path++;
        return *path ? path : NULL;
}

bool gitignore_match(const struct gitignore *g, const char *path, bool is_dir) {
        for (size_t i = g->n; i-- > 0;) {
                const struct pattern *p = &g->patterns[i];
                const char *below = below_domain(p, path);
                if (below && *below && (p->n_parts > 1 ? match_path(p, below, is_dir) : match_name(p, below, is_dir)))
                        return !p->include;
        }
        return false;
}
