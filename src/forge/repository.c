/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/repository.h"

#include "base/fs.h"
#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define SUFFIX ".git"
#define STAGING_PREFIX "."
#define PATH_SIZE 4096

/* Commits may be fetched by their hash: GitRepositories name them so. */
static const char config[] = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
                             "[uploadpack]\n\tallowAnySHA1InWant = true\n"
                             "[gc]\n\tauto = 0\n";

bool repository_name_is_valid(const char *name, size_t n) {
        static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
        if (n == 0 || n > REPOSITORY_NAME_MAX || strchr("-_.", name[0]))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!memchr(alphabet, name[i], sizeof(alphabet) - 1))
                        return false;
        return n < strlen(SUFFIX) || memcmp(name + n - strlen(SUFFIX), SUFFIX, strlen(SUFFIX)) != 0;
}

static int check_name(const char *name, struct err *err) {
        if (repository_name_is_valid(name, strlen(name)))
                return 0;
        return err_set(err, ERR_INVALID,
                       "invalid repository name '%s': expected at most %d lower-case letters, digits, '-', '_' or '.'",
                       name, REPOSITORY_NAME_MAX);
}

static int format_path(char path[static PATH_SIZE], const char *root, const char *prefix, const char *name,
                       struct err *err) {
        int n = snprintf(path, PATH_SIZE, "%s/%s%s" SUFFIX, root, prefix, name);
        return n < PATH_SIZE ? 0 : err_set(err, ERR_TOO_LARGE, "the forge's path is too long");
}

static int write_file(int dir, const char *name, const char *content, struct err *err) {
        _cleanup_close_ int fd = fs_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
        return fd < 0 ? -1 : fs_write_all(fd, content, strlen(content), err);
}

static int fill(const char *path, struct err *err) {
        static const char *const directories[] = {"objects", "objects/info", "objects/pack",
                                                  "refs",    "refs/heads",   "refs/tags"};
        if (fs_mkdirs(path, 0755, err) < 0)
                return -1;
        _cleanup_close_ int dir = fs_open_dir(AT_FDCWD, path, err);
        if (dir < 0)
                return -1;
        for (size_t i = 0; i < ARRAY_LEN(directories); i++)
                if (mkdirat(dir, directories[i], 0755) < 0)
                        return err_errno(err, errno, "mkdir %s", directories[i]);
        if (write_file(dir, "HEAD", "ref: refs/heads/main\n", err) < 0)
                return -1;
        return write_file(dir, "config", config, err);
}

int repository_create(const char *root, const char *name, struct err *err) {
        char path[PATH_SIZE], staging[PATH_SIZE], random[16];
        random_suffix(random, 10);
        if (check_name(name, err) < 0 || format_path(path, root, "", name, err) < 0 ||
            format_path(staging, root, STAGING_PREFIX, random, err) < 0)
                return -1;
        int r = fill(staging, err);
        /* A directory can only replace an empty one, and a repository never is: two makers cannot both succeed. */
        if (r == 0 && rename(staging, path) < 0)
                r = errno == EEXIST || errno == ENOTEMPTY
                            ? err_set(err, ERR_EXISTS, "repository '%s' already exists", name)
                            : err_errno(err, errno, "make repository %s", name);
        if (r < 0)
                fs_remove_tree(staging, NULL);
        return r;
}

int repository_delete(const char *root, const char *name, struct err *err) {
        char path[PATH_SIZE], staging[PATH_SIZE], random[16];
        random_suffix(random, 10);
        if (check_name(name, err) < 0 || format_path(path, root, "", name, err) < 0 ||
            format_path(staging, root, STAGING_PREFIX, random, err) < 0)
                return -1;
        if (rename(path, staging) < 0)
                return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "repository '%s' not found", name)
                                       : err_errno(err, errno, "remove repository %s", name);
        return fs_remove_tree(staging, err);
}

static void close_dir(DIR **d) {
        if (*d)
                closedir(*d);
}

static int by_text(const void *x, const void *y) {
        const struct value *a = x, *b = y;
        return strcmp(a->str, b->str);
}

int repository_list(struct arena *a, const char *root, struct value *ret, struct err *err) {
        struct value list = value_list();
        _cleanup_(close_dir) DIR *dir = opendir(root);
        if (!dir)
                return err_errno(err, errno, "open %s", root);
        for (struct dirent *e; (e = readdir(dir));) {
                size_t n = strlen(e->d_name);
                if (!str_has_suffix(e->d_name, SUFFIX) || !repository_name_is_valid(e->d_name, n - strlen(SUFFIX)))
                        continue;
                char *name = arena_strndup(a, e->d_name, n - strlen(SUFFIX));
                if (!name || !value_append(a, &list, value_str(name)))
                        return err_oom(err);
        }
        if (list.len)
                qsort(list.items, list.len, sizeof(*list.items), by_text);
        *ret = list;
        return 0;
}
