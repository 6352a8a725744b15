/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/export.h"

#include "base/fs.h"
#include "base/limits.h"
#include "data/base64.h"

#include <errno.h>
#include <strings.h>
#include <sys/stat.h>

#define TREE_MAX ((size_t)64 << 20) /* bytes of one tree object */
#define HASH_BYTES 20

#define MODE_TYPE 0170000u
#define MODE_TREE 0040000u
#define MODE_FILE 0100000u
#define MODE_LINK 0120000u
#define MODE_SUBMODULE 0160000u

/* One line of a tree object. */
struct tree_entry {
        unsigned mode;
        const char *name; /* within the object's bytes */
        char hash[2 * HASH_BYTES + 1];
};

struct exporting {
        struct arena *a;
        struct git_objects *objects;
        const struct value *sparse;
        int root;
        struct git_export done;
};

/* ---- tree objects ---- */

/* "<octal mode> <name>\0<20 bytes>"; 1: one more entry, 0: the end, -1: broken. */
static int next_entry(const char **at, const char *end, struct tree_entry *ret, struct err *err) {
        const char *p = *at;
        unsigned mode = 0;
        if (p == end)
                return 0;
        while (p < end && *p >= '0' && *p <= '7' && mode < 01000000)
                mode = mode * 8 + (unsigned)(*p++ - '0');
        const char *name = p + 1;
        const char *nul = p < end && *p == ' ' ? memchr(name, '\0', (size_t)(end - name)) : NULL;
        if (!nul || end - nul < 1 + HASH_BYTES)
                return err_set(err, ERR_INVALID, "a tree object is broken");
        *ret = (struct tree_entry){.mode = mode, .name = name};
        hex_encode(ret->hash, nul + 1, HASH_BYTES);
        *at = nul + 1 + HASH_BYTES;
        return 1;
}

/* git's own checks refuse these too (transfer.fsckObjects); this is the last line before the file system. */
static int check_name(const char *parent, const char *name, struct err *err) {
        if (*name == '\0' || strchr(name, '/') || streq(name, ".") || streq(name, "..") ||
            strcasecmp(name, ".git") == 0)
                return err_set(err, ERR_INVALID, "the tree holds the forbidden name '%s' in '%s'", name, parent);
        return 0;
}

/* ---- sparse checkout: a path is taken when it begins with one of the given texts ---- */

static const char *sparse_text(const struct value *item) {
        return str_has_prefix(item->str, "./") ? item->str + 2 : item->str;
}

static bool wants_file(const struct exporting *x, const char *path) {
        if (!x->sparse)
                return true;
        VALUE_EACH_ITEM(item, x->sparse)
                if (str_has_prefix(path, sparse_text(item)))
                        return true;
        return false;
}

/* Something beneath the directory may be wanted. */
static bool wants_directory(const struct exporting *x, const char *path) {
        if (wants_file(x, path))
                return true;
        size_t n = strlen(path);
        VALUE_EACH_ITEM(item, x->sparse) {
                const char *text = sparse_text(item);
                if (strncmp(text, path, n) == 0 && text[n] == '/')
                        return true;
        }
        return false;
}

/* ---- writing ---- */

static int count(struct exporting *x, struct err *err) {
        if (x->done.files + x->done.directories >= LIMIT_TREE_FILES)
                return err_set(err, ERR_TOO_LARGE, "the repository has more than %d files and directories",
                               LIMIT_TREE_FILES);
        return 0;
}

static int make_directory(struct exporting *x, const char *path, struct err *err) {
        if (count(x, err) < 0)
                return -1;
        const char *slash = strrchr(path, '/');
        const char *parent = slash ? arena_strndup(x->a, path, (size_t)(slash - path)) : ".";
        if (!parent)
                return err_oom(err);
        _cleanup_close_ int dir = fs_open_dir(x->root, parent, err);
        if (dir < 0)
                return -1;
        x->done.directories++;
        return mkdirat(dir, slash ? slash + 1 : path, 0750) < 0 ? err_errno(err, errno, "mkdir %s", path) : 0;
}

/* Receives the next blob, which was asked for, as the file at path. */
static int receive_file(struct exporting *x, const char *path, bool executable, struct err *err) {
        struct git_object object;
        if (git_objects_next(x->objects, &object, err) < 0)
                return -1;
        if (!streq(object.type, "blob"))
                return err_set(err, ERR_INVALID, "'%s' is a %s, not a file", path, object.type);
        x->done.bytes += object.size;
        if (object.size > x->done.max_bytes || x->done.bytes > x->done.max_bytes)
                return err_set(err, ERR_TOO_LARGE, "the repository's files have more than %llu bytes",
                               (unsigned long long)x->done.max_bytes);
        if (count(x, err) < 0)
                return -1;
        _cleanup_close_ int fd =
                fs_open(x->root, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, executable ? 0700 : 0600, err);
        if (fd < 0)
                return -1;
        x->done.files++;
        return git_objects_copy(x->objects, &object, fd, err);
}

static int add_link(struct exporting *x, const char *path, const char *hash, struct err *err) {
        struct git_export *d = &x->done;
        if (d->n_links++ >= LIMIT_GIT_SUBMODULES)
                return 0;
        if (!d->links)
                d->links = arena_zalloc(x->a, LIMIT_GIT_SUBMODULES, sizeof(*d->links));
        if (!d->links)
                return err_oom(err);
        d->links[d->n_links - 1].path = path;
        memcpy(d->links[d->n_links - 1].hash, hash, sizeof(d->links->hash));
        return 0;
}

/* ---- the walk ---- */

struct wanted {
        const char *path;
        char hash[2 * HASH_BYTES + 1];
        bool executable;
};

static int receive_files(struct exporting *x, const struct wanted *files, size_t n, struct err *err) {
        for (size_t i = 0; i < n; i++)
                if (git_objects_ask(x->objects, files[i].hash, err) < 0)
                        return -1;
        for (size_t i = 0; i < n; i++)
                if (receive_file(x, files[i].path, files[i].executable, err) < 0)
                        return -1;
        return 0;
}

static int export_tree(struct exporting *x, const char *hash, const char *path, unsigned depth, struct err *err);

/* The files of one tree object, in portions that the pipe holds; subtrees are collected for afterwards. */
static int export_entries(struct exporting *x, const char *content, size_t size, const char *path,
                          struct wanted *ret_trees, size_t *ret_n_trees, struct err *err) {
        struct wanted *files = arena_zalloc(x->a, GIT_OBJECTS_AHEAD, sizeof(*files));
        struct tree_entry entry;
        size_t n = 0, n_trees = 0;
        int r;
        if (!files)
                return err_oom(err);
        for (const char *at = content; (r = next_entry(&at, content + size, &entry, err)) > 0;) {
                if (check_name(path, entry.name, err) < 0)
                        return -1;
                const char *full =
                        path[0] ? arena_printf(x->a, "%s/%s", path, entry.name) : arena_strdup(x->a, entry.name);
                if (!full)
                        return err_oom(err);
                if (strlen(full) > LIMIT_TREE_PATH)
                        return err_set(err, ERR_TOO_LARGE, "a path has more than %d bytes", LIMIT_TREE_PATH);
                struct wanted wanted = {.path = full, .executable = entry.mode & 0111};
                memcpy(wanted.hash, entry.hash, sizeof(wanted.hash));
                unsigned type = entry.mode & MODE_TYPE;
                if (type == MODE_TREE || type == MODE_SUBMODULE) {
                        if (!wants_directory(x, full))
                                continue;
                        if (make_directory(x, full, err) < 0)
                                return -1;
                        if (type == MODE_TREE)
                                ret_trees[n_trees++] = wanted;
                        else if (add_link(x, full, entry.hash, err) < 0)
                                return -1;
                } else if (type == MODE_LINK) {
                        x->done.symlinks++;
                } else if (type == MODE_FILE && wants_file(x, full)) {
                        files[n++] = wanted;
                        if (n == GIT_OBJECTS_AHEAD) {
                                if (receive_files(x, files, n, err) < 0)
                                        return -1;
                                n = 0;
                        }
                }
        }
        *ret_n_trees = n_trees;
        return r < 0 ? -1 : receive_files(x, files, n, err);
}

/* Recursion: at most LIMIT_TREE_DEPTH deep. Each entry has at least 24 bytes, which bounds the list of subtrees. */
static int export_tree(struct exporting *x, const char *hash, const char *path, unsigned depth, struct err *err) {
        struct git_object object;
        char *content;
        size_t n = 0;
        if (depth > LIMIT_TREE_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "directories are nested deeper than %d", LIMIT_TREE_DEPTH);
        if (git_objects_ask(x->objects, hash, err) < 0 || git_objects_next(x->objects, &object, err) < 0)
                return -1;
        if (!streq(object.type, "tree"))
                return err_set(err, ERR_INVALID, "'%s' is a %s, not a directory", path, object.type);
        if (git_objects_read(x->objects, &object, x->a, TREE_MAX, &content, err) < 0)
                return -1;
        struct wanted *trees = arena_zalloc(x->a, (size_t)object.size / (HASH_BYTES + 4) + 1, sizeof(*trees));
        if (!trees)
                return err_oom(err);
        if (export_entries(x, content, (size_t)object.size, path, trees, &n, err) < 0)
                return -1;
        for (size_t i = 0; i < n; i++)
                if (export_tree(x, trees[i].hash, trees[i].path, depth + 1, err) < 0)
                        return -1;
        return 0;
}

int git_export_tree(struct arena *a, struct git_objects *o, const char *tree_hash, const struct value *sparse, int dir,
                    struct git_export *done, struct err *err) {
        struct exporting x = {.a = a, .objects = o, .sparse = sparse, .root = dir, .done = *done};
        x.done.links = NULL;
        x.done.n_links = 0;
        if (export_tree(&x, tree_hash, "", 0, err) < 0)
                return -1;
        *done = x.done;
        return 0;
}
