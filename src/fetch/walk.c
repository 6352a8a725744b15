/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/walk.h"

#include "base/fs.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

struct state {
        struct arena *a;
        int root;
        struct walk walk;
        size_t cap;
};

static void close_dir(DIR **d) {
        if (*d)
                closedir(*d);
}

static int by_path(const void *x, const void *y) {
        const struct walk_entry *a = x, *b = y;
        return strcmp(a->path, b->path);
}

static int append(struct state *s, const struct walk_entry *entry, struct err *err) {
        struct walk *w = &s->walk;
        if (w->n == LIMIT_TREE_FILES)
                return err_set(err, ERR_TOO_LARGE, "the tree has more than %d files and directories", LIMIT_TREE_FILES);
        if (w->n == s->cap) {
                size_t cap = s->cap ? s->cap * 2 : 256;
                struct walk_entry *more = arena_grow(s->a, w->entries, w->n * sizeof(*more), cap * sizeof(*more));
                if (!more)
                        return err_oom(err);
                w->entries = more;
                s->cap = cap;
        }
        w->entries[w->n++] = *entry;
        w->bytes += entry->type == WALK_FILE ? entry->size : 0;
        if (w->bytes > LIMIT_TREE_BYTES)
                return err_set(err, ERR_TOO_LARGE, "the tree has more than %llu bytes",
                               (unsigned long long)LIMIT_TREE_BYTES);
        return 0;
}

static int describe(struct state *s, int dir, const char *parent, const char *name, struct walk_entry *ret,
                    struct err *err) {
        struct stat st;
        const char *path = parent[0] ? arena_printf(s->a, "%s/%s", parent, name) : arena_strdup(s->a, name);
        if (!path)
                return err_oom(err);
        if (strlen(path) > LIMIT_TREE_PATH)
                return err_set(err, ERR_TOO_LARGE, "a path has more than %d bytes", LIMIT_TREE_PATH);
        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return err_errno(err, errno, "stat %s", path);
        *ret = (struct walk_entry){
                .path = path,
                .type = S_ISDIR(st.st_mode)   ? WALK_DIRECTORY
                        : S_ISREG(st.st_mode) ? WALK_FILE
                                              : WALK_OTHER,
                .executable = st.st_mode & 0111,
                .size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0,
        };
        return 0;
}

/* The children of one directory, sorted. The directory is closed again before anything below it is opened. */
static int list(struct state *s, const char *path, struct walk_entry **ret, size_t *ret_n, struct err *err) {
        struct walk_entry *entries = NULL;
        size_t n = 0, cap = 0;
        int fd = fs_open_dir(s->root, path[0] ? path : ".", err);
        if (fd < 0)
                return -1;
        _cleanup_(close_dir) DIR *dir = fdopendir(fd);
        if (!dir) {
                close(fd);
                return err_oom(err);
        }
        for (struct dirent *e; (errno = 0, e = readdir(dir));) {
                if (streq(e->d_name, ".") || streq(e->d_name, ".."))
                        continue;
                if (n == LIMIT_TREE_FILES)
                        return err_set(err, ERR_TOO_LARGE, "a directory has more than %d entries", LIMIT_TREE_FILES);
                if (n == cap) {
                        cap = cap ? cap * 2 : 16;
                        entries = arena_grow(s->a, entries, n * sizeof(*entries), cap * sizeof(*entries));
                        if (!entries)
                                return err_oom(err);
                }
                if (describe(s, fd, path, e->d_name, &entries[n], err) < 0)
                        return -1;
                n++;
        }
        if (errno)
                return err_errno(err, errno, "read directory %s", path);
        if (n)
                qsort(entries, n, sizeof(*entries), by_path);
        *ret = entries;
        *ret_n = n;
        return 0;
}

/* Recursion: at most LIMIT_TREE_DEPTH deep. */
static int walk(struct state *s, const char *path, unsigned depth, struct err *err) {
        struct walk_entry *entries = NULL;
        size_t n = 0;
        if (depth > LIMIT_TREE_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "directories are nested deeper than %d", LIMIT_TREE_DEPTH);
        if (list(s, path, &entries, &n, err) < 0)
                return -1;
        for (size_t i = 0; i < n; i++)
                if (append(s, &entries[i], err) < 0 ||
                    (entries[i].type == WALK_DIRECTORY && walk(s, entries[i].path, depth + 1, err) < 0))
                        return -1;
        return 0;
}

int walk_tree(struct arena *a, int root, struct walk *ret, struct err *err) {
        struct state s = {.a = a, .root = root};
        if (walk(&s, "", 0, err) < 0)
                return -1;
        *ret = s.walk;
        return 0;
}
