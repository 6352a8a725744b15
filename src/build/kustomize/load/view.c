/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/view.h"

#include "base/fs.h"
#include "base/limits.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/load/reads.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

const char *view_display(struct arena *a, const struct view *v, const char *path) {
        if (strstr(v->display_root, "://"))
                return streq(path, ".") ? v->display_root : arena_printf(a, "%s//%s", v->display_root, path);
        const char *text = loader_join(a, v->display_root, path);
        if (text && v->display_root[0] != '/' && *v->display_root)
                return text; /* a name that stands for the root */
        text = text ? arena_printf(a, "/%s", streq(text, ".") ? "" : text) : NULL;
        return text ? text : path;
}

int view_outside(struct engine *e, const struct view *v, const char *operation, const char *path, struct err *err) {
        const char *text = view_display(e->arena, v, path);
        return err_set(err, ERR_ACCESS_DENIED, "fs-security-constraint %s %s: path '%s' is not in or below '%s'",
                       operation, text, text, view_display(e->arena, v, "."));
}

/* ---- folders ---- */

/* The folder that holds the path, and the path in it; NULL: none does. */
static const struct kustomize_folder *folder_of(const struct view *v, const char *path, const char **ret_rest) {
        for (size_t i = 0; i < v->n_folders; i++) {
                const char *at = v->folders[i].at;
                size_t n = strlen(at);
                if (streq(at, ".")) {
                        *ret_rest = path;
                        return &v->folders[i];
                }
                if (strncmp(path, at, n) != 0 || (path[n] && path[n] != '/'))
                        continue;
                *ret_rest = path[n] ? path + n + 1 : ".";
                return &v->folders[i];
        }
        return NULL;
}

/* A directory on the way to a folder: the folder's own path names it, so it is there, with nothing else in it. */
static bool is_on_the_way(const struct view *v, const char *path) {
        size_t n = strlen(path);
        if (streq(path, "."))
                return true;
        for (size_t i = 0; i < v->n_folders; i++)
                if (strncmp(v->folders[i].at, path, n) == 0 && v->folders[i].at[n] == '/')
                        return true;
        return false;
}

int view_open(const struct view *v, const char *real, int flags, struct err *err) {
        const char *rest;
        const struct kustomize_folder *folder = folder_of(v, real, &rest);
        if (!folder)
                return err_set(err, ERR_NOT_FOUND, "open %s: no such file or directory", real);
        return fs_open(folder->fd, rest, flags, 0, err);
}

int view_read(const struct view *v, const char *real, char **ret, size_t *ret_len, struct err *err) {
        const char *rest;
        const struct kustomize_folder *folder = folder_of(v, real, &rest);
        if (!folder)
                return err_set(err, ERR_NOT_FOUND, "open %s: no such file or directory", real);
        if (fs_read(folder->fd, rest, LIMIT_KUSTOMIZE_FILE, ret, ret_len, err) < 0) {
                reads_lose(v->reads);
                return -1;
        }
        reads_file(v->reads, real, *ret, *ret_len);
        return 0;
}

/* ---- resolving ---- */

static bool leads_out(const char *path) {
        return path[0] == '/' || (path[0] == '.' && path[1] == '.' && (!path[2] || path[2] == '/'));
}

static int resolve(struct engine *e, struct view *v, const char *path, unsigned links, const struct place **ret,
                   struct err *err);

static int read_link(struct engine *e, const struct view *v, int fd, const char *parent, const char **ret,
                     struct err *err) {
        char target[PATH_MAX];
        ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
        if (n < 0)
                return err_errno(err, errno, "readlink");
        target[n] = 0;
        size_t root = strlen(v->display_root);
        const char *rest = target;
        if (target[0] == '/') {
                if (strncmp(target, v->display_root, root) != 0 || target[root] != '/')
                        return view_outside(e, v, "read", target, err);
                parent = ".";
                rest = target + root + 1;
        }
        *ret = loader_join(e->arena, parent, rest);
        if (!*ret)
                return err_oom(err);
        return leads_out(*ret) ? view_outside(e, v, "read", *ret, err) : 0;
}

static int missing(struct engine *e, const struct view *v, const char *path, const char *what, struct err *err) {
        return err_set(err, ERR_NOT_FOUND, "lstat %s: %s", view_display(e->arena, v, path), what);
}

/* Looks at the last component of path; its parent is a real directory. */
static int look(struct engine *e, struct view *v, const char *path, const char *parent, unsigned links,
                struct place *place, struct err *err) {
        if (is_on_the_way(v, path)) {
                *place = (struct place){.real = path, .directory = true};
                return 0;
        }
        _cleanup_err_ struct err why = ERR_INIT;
        _cleanup_close_ int fd = view_open(v, path, O_PATH | O_NOFOLLOW, &why);
        struct stat st;
        if (fd < 0) {
                if (why.class == ERR_NOT_FOUND)
                        return missing(e, v, path, "no such file or directory", err);
                return err_move(err, &why);
        }
        if (fstat(fd, &st) < 0)
                return err_errno(err, errno, "stat %s", path);
        if (S_ISLNK(st.st_mode)) {
                const char *target;
                const struct place *there;
                if (links >= LIMIT_SYMLINKS)
                        return err_set(err, ERR_INVALID, "EvalSymlinks: too many links");
                if (read_link(e, v, fd, parent, &target, err) < 0 || resolve(e, v, target, links + 1, &there, err) < 0)
                        return -1;
                *place = *there;
                return 0;
        }
        *place = (struct place){.real = path, .directory = S_ISDIR(st.st_mode)};
        return 0;
}

/* Finds what stands at a path below the root: its parent first, then its last component there. */
static int find(struct engine *e, struct view *v, const char *path, unsigned links, struct place *place,
                struct err *err) {
        const char *slash = strrchr(path, '/');
        const char *parent = slash ? arena_strndup(e->arena, path, (size_t)(slash - path)) : ".";
        const struct place *above;
        if (!parent)
                return err_oom(err);
        if (resolve(e, v, parent, links, &above, err) < 0)
                return -1;
        if (!above->directory)
                return missing(e, v, path, "not a directory", err);
        const char *real = loader_join(e->arena, above->real, slash ? slash + 1 : path);
        return real ? look(e, v, real, above->real, links, place, err) : err_oom(err);
}

/* Remembers each path: a directory of ten thousand files is walked once. Recursion is bounded by the path's length and
 * by links. */
static int resolve(struct engine *e, struct view *v, const char *path, unsigned links, const struct place **ret,
                   struct err *err) {
        struct place *known = strmap_get(&v->paths, path, strlen(path));
        if (known) {
                *ret = known;
                return 0;
        }
        if (leads_out(path))
                return view_outside(e, v, "read", path, err);
        if (strlen(path) >= PATH_MAX)
                return err_set(err, ERR_INVALID, "lstat %.64s...: file name too long", path);
        if (++e->n_files > LIMIT_KUSTOMIZE_FILES)
                return err_set(err, ERR_TOO_LARGE, "more than %d files and directories", LIMIT_KUSTOMIZE_FILES);
        struct place *place = arena_make(e->arena, struct place);
        char *name = arena_strdup(e->arena, path);
        if (!place || !name)
                return err_oom(err);
        if (streq(path, "."))
                *place = (struct place){.real = ".", .directory = true};
        else if (find(e, v, path, links, place, err) < 0)
                return -1;
        if (strmap_set(&v->paths, name, strlen(name), place) < 0)
                return err_oom(err);
        *ret = place;
        return 0;
}

int view_resolve(struct engine *e, struct view *v, const char *path, const struct place **ret, struct err *err) {
        int failed = resolve(e, v, path, 0, ret, err);
        reads_path(v->reads, path, failed ? NULL : *ret);
        return failed;
}

void view_done(struct view *v) {
        strmap_done(&v->paths);
}
