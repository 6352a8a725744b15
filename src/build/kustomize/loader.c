/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/loader.h"

#include "base/fs.h"
#include "base/limits.h"
#include "build/kustomize/remote.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

const char *loader_display(struct engine *e, const char *path) {
        const char *text = loader_join(e->arena, e->display_root, path);
        if (text && e->display_root[0] != '/' && *e->display_root)
                return text; /* a name that stands for the root */
        text = text ? arena_printf(e->arena, "/%s", streq(text, ".") ? "" : text) : NULL;
        return text ? text : path;
}

/* The path leads out of the tree; which words say so depends on what was tried. */
static int outside(struct engine *e, const char *operation, const char *path, struct err *err) {
        const char *text = loader_display(e, path);
        return err_set(err, ERR_ACCESS_DENIED, "fs-security-constraint %s %s: path '%s' is not in or below '%s'",
                       operation, text, text, loader_display(e, "."));
}

static bool leads_out(const char *path) {
        return path[0] == '/' || (path[0] == '.' && path[1] == '.' && (!path[2] || path[2] == '/'));
}

static int resolve(struct engine *e, const char *path, unsigned links, const struct place **ret, struct err *err);

static int read_link(struct engine *e, int fd, const char *parent, const char **ret, struct err *err) {
        char target[PATH_MAX];
        ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
        if (n < 0)
                return err_errno(err, errno, "readlink");
        target[n] = 0;
        size_t root = strlen(e->display_root);
        const char *rest = target;
        if (target[0] == '/') {
                if (strncmp(target, e->display_root, root) != 0 || target[root] != '/')
                        return outside(e, "read", target, err);
                parent = ".";
                rest = target + root + 1;
        }
        *ret = loader_join(e->arena, parent, rest);
        if (!*ret)
                return err_oom(err);
        return leads_out(*ret) ? outside(e, "read", *ret, err) : 0;
}

static int missing(struct engine *e, const char *path, const char *what, struct err *err) {
        return err_set(err, ERR_NOT_FOUND, "lstat %s: %s", loader_display(e, path), what);
}

/* Looks at the last component of path; its parent is a real directory. */
static int look(struct engine *e, const char *path, const char *parent, unsigned links, struct place *place,
                struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        _cleanup_close_ int fd = fs_open(e->root_fd, path, O_PATH | O_NOFOLLOW, 0, &why);
        struct stat st;
        if (fd < 0) {
                if (why.class == ERR_NOT_FOUND)
                        return missing(e, path, "no such file or directory", err);
                return err_move(err, &why);
        }
        if (fstat(fd, &st) < 0)
                return err_errno(err, errno, "stat %s", path);
        if (S_ISLNK(st.st_mode)) {
                const char *target;
                const struct place *there;
                if (links >= LIMIT_SYMLINKS)
                        return err_set(err, ERR_INVALID, "EvalSymlinks: too many links");
                if (read_link(e, fd, parent, &target, err) < 0 || resolve(e, target, links + 1, &there, err) < 0)
                        return -1;
                *place = *there;
                return 0;
        }
        place->real = path;
        place->directory = S_ISDIR(st.st_mode);
        return 0;
}

/* Finds what a clean path beneath root_fd is, component by component, remembering each: a directory of ten thousand
 * files is walked once. Recursion is bounded by the path's length and by links. */
static int resolve(struct engine *e, const char *path, unsigned links, const struct place **ret, struct err *err) {
        struct place *known = strmap_get(&e->paths, path, strlen(path));
        if (known) {
                *ret = known;
                return 0;
        }
        if (leads_out(path))
                return outside(e, "read", path, err);
        if (strlen(path) >= PATH_MAX)
                return err_set(err, ERR_INVALID, "lstat %.64s...: file name too long", path);
        if (++e->n_files > LIMIT_KUSTOMIZE_FILES)
                return err_set(err, ERR_TOO_LARGE, "more than %d files and directories", LIMIT_KUSTOMIZE_FILES);
        struct place *place = arena_make(e->arena, struct place);
        char *name = arena_strdup(e->arena, path);
        if (!place || !name)
                return err_oom(err);
        if (streq(path, ".")) {
                *place = (struct place){.real = ".", .directory = true};
        } else {
                const char *slash = strrchr(path, '/');
                const char *parent = slash ? arena_strndup(e->arena, path, (size_t)(slash - path)) : ".";
                const struct place *above;
                if (!parent)
                        return err_oom(err);
                if (resolve(e, parent, links, &above, err) < 0)
                        return -1;
                if (!above->directory)
                        return missing(e, path, "not a directory", err);
                const char *real = loader_join(e->arena, above->real, slash ? slash + 1 : path);
                if (!real)
                        return err_oom(err);
                if (look(e, real, above->real, links, place, err) < 0)
                        return -1;
        }
        if (strmap_set(&e->paths, name, strlen(name), place) < 0)
                return err_oom(err);
        *ret = place;
        return 0;
}

int loader_resolve(struct engine *e, const char *path, const struct place **ret, struct err *err) {
        return resolve(e, path, 0, ret, err);
}

/* Without load restrictions kustomize opens files straight away, and the system's words are those of open(). */
static int resolve_file(struct engine *e, const char *path, const struct place **ret, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        const char *text = loader_display(e, path);
        if (resolve(e, path, 0, ret, &why) == 0)
                return 0;
        if (why.class == ERR_ACCESS_DENIED)
                return outside(e, "read", path, err);
        if (!e->options.load_restrictions_none && why.class == ERR_NOT_FOUND)
                err_wrap(&why, "evalsymlink failure on '%s' ", text);
        else if (why.class == ERR_NOT_FOUND)
                return err_set(err, ERR_NOT_FOUND, "open %s: %s", text,
                               str_has_suffix(err_message(&why), "not a directory") ? "not a directory"
                                                                                    : "no such file or directory");
        else if (e->options.load_restrictions_none && why.class == ERR_INVALID)
                return err_set(err, ERR_INVALID, "open %s: too many levels of symbolic links", text);
        return err_move(err, &why);
}

static bool in_or_below(const char *path, const char *dir) {
        size_t n = strlen(dir);
        return streq(dir, ".") || (strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/'));
}

/* An absolute path of a message or a file, made relative to root_fd. */
static int from_absolute(struct engine *e, const char *path, const char *root, const char **ret, struct err *err) {
        size_t n = strlen(e->display_root);
        if (strncmp(path, e->display_root, n) != 0 || path[n] != '/')
                return e->options.load_restrictions_none
                               ? err_set(err, ERR_ACCESS_DENIED,
                                         "fs-security-constraint read %s: path '%s' is not in or below '%s'", path,
                                         path, loader_display(e, "."))
                               : err_set(err, ERR_ACCESS_DENIED, "security; file '%s' is not in or below '%s'", path,
                                         loader_display(e, root));
        *ret = loader_join(e->arena, ".", path + n);
        return *ret ? 0 : err_oom(err);
}

static int refuse_remote(const struct engine *e, const char *path, struct err *err) {
        if (e->options.allow_remote)
                return err_set(err, ERR_UNSUPPORTED, "remote build '%s' is not fetched by this engine", path);
        return err_set(err, ERR_ACCESS_DENIED, "remote build '%s' is not allowed: lockdown refuses remote bases", path);
}

int loader_read(struct engine *e, const struct loader *from, const char *path, const char **ret, size_t *ret_len,
                struct err *err) {
        const char *clean;
        const struct place *place;
        if (strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0)
                return refuse_remote(e, path, err);
        if (path[0] == '/') {
                if (from_absolute(e, path, from->root, &clean, err) < 0)
                        return -1;
        } else if (!(clean = loader_join(e->arena, from->root, path))) {
                return err_oom(err);
        }
        if (resolve_file(e, clean, &place, err) < 0)
                return -1;
        if (place->directory && e->options.load_restrictions_none)
                return err_set(err, ERR_INVALID, "read %s: is a directory", loader_display(e, clean));
        if (place->directory)
                return err_set(err, ERR_INVALID, "'%s' must resolve to a file", loader_display(e, clean));
        const char *slash = strrchr(place->real, '/');
        const char *dir = slash ? arena_strndup(e->arena, place->real, (size_t)(slash - place->real)) : ".";
        if (!dir)
                return err_oom(err);
        if (!e->options.load_restrictions_none && !in_or_below(dir, from->root))
                return err_set(err, ERR_ACCESS_DENIED, "security; file '%s' is not in or below '%s'",
                               loader_display(e, clean), loader_display(e, from->root));
        _cleanup_free_ char *text = NULL;
        size_t n;
        if (fs_read(e->root_fd, place->real, LIMIT_KUSTOMIZE_FILE, &text, &n, err) < 0)
                return -1;
        *ret = arena_strndup(e->arena, text, n);
        *ret_len = n;
        return *ret ? 0 : err_oom(err);
}

static int confirm_directory(struct engine *e, const char *clean, struct loader *ret, struct err *err) {
        const struct place *place;
        _cleanup_err_ struct err why = ERR_INIT;
        if (resolve(e, clean, 0, &place, &why) < 0) {
                if (why.class == ERR_ACCESS_DENIED)
                        outside(e, "abs", clean, &why);
                else if (why.class == ERR_NOT_FOUND)
                        err_wrap(&why, "evalsymlink failure on '%s' ", loader_display(e, clean));
                err_move(err, &why);
                return err_wrap(err, "must build at directory: not a valid directory");
        }
        if (!place->directory)
                return err_set(err, ERR_INVALID, "must build at directory: '%s': file is not directory",
                               loader_display(e, clean));
        ret->root = place->real;
        return 0;
}

int loader_top(struct engine *e, const char *path, struct loader *ret, struct err *err) {
        *ret = (struct loader){0};
        const char *clean = loader_join(e->arena, ".", path);
        return clean ? confirm_directory(e, clean, ret, err) : err_oom(err);
}

int loader_enter(struct engine *e, const struct loader *from, const char *path, struct loader *ret, struct err *err) {
        if (!*path)
                return err_set(err, ERR_INVALID, "new root cannot be empty");
        struct remote remote;
        int is = remote_parse(e->arena, path, &remote);
        if (is < 0)
                return err_oom(err);
        if (is)
                return refuse_remote(e, path, err);
        if (path[0] == '/')
                return err_set(err, ERR_INVALID, "new root '%s' cannot be absolute", path);
        const char *clean = loader_join(e->arena, from->root, path);
        if (!clean)
                return err_oom(err);
        *ret = (struct loader){.parent = from};
        if (confirm_directory(e, clean, ret, err) < 0)
                return -1;
        unsigned depth = 0;
        for (const struct loader *l = from; l; l = l->parent) {
                if (in_or_below(l->root, ret->root))
                        return err_set(err, ERR_INVALID,
                                       "cycle detected: candidate root '%s' contains visited root '%s'",
                                       loader_display(e, ret->root), loader_display(e, l->root));
                if (++depth > LIMIT_KUSTOMIZE_DEPTH)
                        return err_set(err, ERR_TOO_LARGE, "bases are nested more than %d deep", LIMIT_KUSTOMIZE_DEPTH);
        }
        return 0;
}
