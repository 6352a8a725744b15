/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/artifact_store.h"

#include "base/arena.h"
#include "base/fs.h"
#include "runtime/artifact_server.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

struct artifact_store {
        char *dir;
        char *advertise; /* HOST:PORT as clients reach it */
        unsigned records;
        struct artifact_server *server;
};

static int make_dirs(const struct artifact_store *s, struct err *err) {
        static const char *const names[] = {"artifacts", "trees", "staging"};
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                _cleanup_free_ char *path = NULL;
                if (asprintf(&path, "%s/%s", s->dir, names[i]) < 0)
                        return err_oom(err);
                bool staging = streq(names[i], "staging");
                if ((staging && fs_remove_tree(path, err) < 0) || fs_mkdirs(path, 0700, err) < 0)
                        return -1;
        }
        return 0;
}

int artifact_store_open(const struct artifact_store_options *options, struct artifact_store **ret, struct err *err) {
        struct artifact_store *s = calloc(1, sizeof(*s));
        if (!s)
                return err_oom(err);
        s->records = options->retention_records ? options->retention_records : 2;
        s->dir = strdup(options->dir);
        _cleanup_free_ char *root = NULL;
        char address[128];
        if (!s->dir || asprintf(&root, "%s/artifacts", options->dir) < 0) {
                artifact_store_close(s);
                return err_oom(err);
        }
        if (make_dirs(s, err) < 0 ||
            artifact_server_start(root, options->listen, address, sizeof(address), &s->server, err) < 0 ||
            !(s->advertise = strdup(options->advertise && *options->advertise ? options->advertise : address))) {
                artifact_store_close(s);
                return err_wrap(err, "artifact storage %s", options->dir);
        }
        *ret = s;
        return 0;
}

struct artifact_store *artifact_store_close(struct artifact_store *s) {
        if (!s)
                return NULL;
        artifact_server_stop(s->server);
        free(s->dir);
        free(s->advertise);
        free(s);
        return NULL;
}

bool artifact_store_is_hash(const char *hash) {
        size_t n = strspn(hash, "0123456789abcdef");
        return hash[n] == '\0' && (n == 40 || n == 64);
}

const char *artifact_store_address(const struct artifact_store *s) {
        return s->advertise;
}

int artifact_store_stage(struct artifact_store *s, char **ret_path, int *ret_fd, struct err *err) {
        _cleanup_free_ char *path = NULL;
        if (asprintf(&path, "%s/staging/XXXXXX", s->dir) < 0)
                return err_oom(err);
        if (!mkdtemp(path))
                return err_errno(err, errno, "make %s", path);
        int fd = fs_open_dir(AT_FDCWD, path, err);
        if (fd < 0) {
                fs_remove_tree(path, NULL);
                return -1;
        }
        *ret_fd = fd;
        *ret_path = TAKE_PTR(path);
        return 0;
}

static char *place_dir(const struct artifact_store *s, const char *part, const struct artifact_place *p,
                       const char *rest) {
        char *path = NULL;
        int n = asprintf(&path, "%s/%s/%s/%s/%s%s%s", s->dir, part, p->kind, p->namespace_, p->name, *rest ? "/" : "",
                         rest);
        return n < 0 ? NULL : path;
}

/* ---- retention ---- */

struct candidate {
        char name[256];
        int64_t changed;
};

static int newest_first(const void *a, const void *b) {
        const struct candidate *x = a, *y = b;
        return (x->changed < y->changed) - (x->changed > y->changed);
}

/* Removes all but the newest entries of a directory. What cannot be removed stays for the next time. */
static void trim(const char *dir, unsigned keep) {
        struct candidate found[64];
        size_t n = 0;
        DIR *d = opendir(dir);
        if (!d)
                return;
        for (struct dirent *e; n < ARRAY_LEN(found) && (e = readdir(d));) {
                struct stat st;
                if (*e->d_name == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                snprintf(found[n].name, sizeof(found[n].name), "%s", e->d_name);
                found[n++].changed = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
        }
        closedir(d);
        qsort(found, n, sizeof(*found), newest_first);
        for (size_t i = keep; i < n; i++) {
                _cleanup_free_ char *path = NULL;
                if (asprintf(&path, "%s/%s", dir, found[i].name) >= 0)
                        fs_remove_tree(path, NULL);
        }
}

/* ---- commit ---- */

static int move_into(const char *from, const char *dir, const char *name, struct err *err) {
        _cleanup_free_ char *to = NULL;
        if (fs_mkdirs(dir, 0700, err) < 0)
                return -1;
        if (asprintf(&to, "%s/%s", dir, name) < 0)
                return err_oom(err);
        if (rename(from, to) == 0)
                return 0;
        if (errno != ENOTEMPTY && errno != EEXIST)
                return err_errno(err, errno, "move %s to %s", from, to);
        /* The same revision again, after its archive was lost: the new copy takes the place of the old one. */
        if (fs_remove_tree(to, err) < 0)
                return -1;
        return rename(from, to) == 0 ? 0 : err_errno(err, errno, "move %s to %s", from, to);
}

const char *artifact_store_url(struct artifact_store *s, struct arena *a, const struct artifact_place *p,
                               const char *file) {
        const char *scheme = strstr(s->advertise, "://") ? "" : "http://";
        return arena_printf(a, "%s%s/%s/%s/%s/%s", scheme, s->advertise, p->kind, p->namespace_, p->name, file);
}

int artifact_store_commit(struct artifact_store *s, struct arena *a, const struct artifact_place *p,
                          const char *archive, const char *file, const char *tree, const char *hash,
                          const char **ret_path, const char **ret_url, struct err *err) {
        _cleanup_free_ char *archives = place_dir(s, "artifacts", p, "");
        _cleanup_free_ char *trees = place_dir(s, "trees", p, "");
        if (!archives || !trees)
                return err_oom(err);
        if (move_into(tree, trees, hash, err) < 0 || move_into(archive, archives, file, err) < 0)
                return -1;
        trim(archives, s->records);
        trim(trees, s->records);
        *ret_path = arena_printf(a, "%s/%s/%s/%s", p->kind, p->namespace_, p->name, file);
        *ret_url = artifact_store_url(s, a, p, file);
        return *ret_path && *ret_url ? 0 : err_oom(err);
}

bool artifact_store_has(struct artifact_store *s, const struct artifact_place *p, const char *file, const char *hash) {
        _cleanup_free_ char *archive = place_dir(s, "artifacts", p, file);
        _cleanup_free_ char *tree = place_dir(s, "trees", p, hash);
        return archive && tree && access(archive, R_OK) == 0 && access(tree, R_OK) == 0;
}

int artifact_store_open_tree(struct artifact_store *s, const struct artifact_place *p, const char *hash,
                             struct err *err) {
        if (!artifact_store_is_hash(hash))
                return err_set(err, ERR_NOT_FOUND, "no such revision");
        _cleanup_free_ char *tree = place_dir(s, "trees", p, hash);
        if (!tree)
                return err_oom(err);
        return fs_open_dir(AT_FDCWD, tree, err);
}

int artifact_store_remove(struct artifact_store *s, const struct artifact_place *p, struct err *err) {
        _cleanup_free_ char *archives = place_dir(s, "artifacts", p, "");
        _cleanup_free_ char *trees = place_dir(s, "trees", p, "");
        if (!archives || !trees)
                return err_oom(err);
        if (fs_remove_tree(archives, err) < 0)
                return -1;
        return fs_remove_tree(trees, err);
}
