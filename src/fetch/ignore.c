/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/ignore.h"

#include "base/fs.h"
#include "base/limits.h"

#define IGNORE_FILE ".sourceignore"

struct ignore_text {
        const char *domain;
        const char *text;
        size_t len;
};

/* Any line that is neither blank nor a comment. */
static bool has_pattern(const char *text, size_t n) {
        const char *end = text + n;
        while (text < end) {
                const char *line_end = memchr(text, '\n', (size_t)(end - text));
                if (!line_end)
                        line_end = end;
                if (*text != '#')
                        for (const char *p = text; p < line_end; p++)
                                if (!strchr(" \t\r\v\f", *p))
                                        return true;
                text = line_end + 1;
        }
        return false;
}

/* Where the file's patterns apply: its directory; NULL when the entry is no ignore file that counts. */
static const char *domain_of(struct arena *a, const struct walk_entry *entry, bool *ret_oom) {
        const char *slash = strrchr(entry->path, '/');
        const char *name = slash ? slash + 1 : entry->path;
        if (entry->type != WALK_FILE || !streq(name, IGNORE_FILE))
                return NULL;
        /* Flux does not descend into .git. */
        if (str_has_prefix(entry->path, ".git/") || strstr(entry->path, "/.git/"))
                return NULL;
        const char *domain = arena_strndup(a, entry->path, slash ? (size_t)(slash - entry->path) : 0);
        *ret_oom = !domain;
        return domain;
}

static int read_text(struct arena *a, int root, const char *path, struct ignore_text *ret, struct err *err) {
        _cleanup_free_ char *text = NULL;
        size_t len;
        if (fs_read(root, path, LIMIT_IGNORE_FILE, &text, &len, err) < 0)
                return err_wrap(err, "failed to load source ignore patterns from repository");
        ret->text = arena_strndup(a, text, len);
        ret->len = len;
        return ret->text ? 0 : err_oom(err);
}

int ignore_load(struct arena *a, int root, const struct walk *walk, const char *spec_ignore, size_t spec_ignore_len,
                struct gitignore **ret, struct err *err) {
        size_t n = 0;
        bool any = spec_ignore && has_pattern(spec_ignore, spec_ignore_len);
        struct ignore_text *texts = arena_zalloc(a, LIMIT_IGNORE_FILES, sizeof(*texts));
        struct gitignore *set = gitignore_new(a);
        if (!texts || !set)
                return err_oom(err);
        for (size_t i = 0; i < walk->n; i++) {
                bool oom = false;
                const char *domain = domain_of(a, &walk->entries[i], &oom);
                if (oom)
                        return err_oom(err);
                if (!domain)
                        continue;
                if (n == LIMIT_IGNORE_FILES)
                        return err_set(err, ERR_TOO_LARGE, "the tree has more than %d " IGNORE_FILE " files",
                                       LIMIT_IGNORE_FILES);
                texts[n].domain = domain;
                if (read_text(a, root, walk->entries[i].path, &texts[n], err) < 0)
                        return -1;
                any = any || has_pattern(texts[n].text, texts[n].len);
                n++;
        }
        if (gitignore_add_vcs(set, err) < 0 || (!any && gitignore_add_defaults(set, err) < 0))
                return -1;
        for (size_t i = 0; i < n; i++)
                if (gitignore_add(set, texts[i].text, texts[i].len, texts[i].domain, err) < 0)
                        return -1;
        if (spec_ignore && gitignore_add(set, spec_ignore, spec_ignore_len, "", err) < 0)
                return -1;
        *ret = set;
        return 0;
}
