/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int open_beneath(int dir, const char *path, int flags, mode_t mode, uint64_t resolve) {
        struct open_how how = {
                .flags = (uint64_t)(unsigned)flags,
                .mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
        };
        return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int fs_open(int dir, const char *path, int flags, mode_t mode, struct err *err) {
        flags |= O_CLOEXEC;
        int fd = dir == AT_FDCWD ? open(path, flags, mode) : open_beneath(dir, path, flags, mode, 0);
        if (fd >= 0)
                return fd;
        if (errno == ENOENT)
                return err_set(err, ERR_NOT_FOUND, "open %s: no such file or directory", path);
        if (errno == EXDEV)
                return err_set(err, ERR_ACCESS_DENIED, "open %s: the path leads out of its directory", path);
        return err_errno(err, errno, "open %s", path);
}

int fs_open_dir_plain(int dir, const char *path, struct err *err) {
        int fd = open_beneath(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS);
        if (fd >= 0)
                return fd;
        if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV)
                return err_set(err, ERR_NOT_FOUND, "open %s: no such directory", path);
        return err_errno(err, errno, "open %s", path);
}

int fs_open_dir(int dir, const char *path, struct err *err) {
        return fs_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err);
}

int fs_read_fd(int fd, size_t max, char **ret, size_t *ret_len, struct err *err) {
        struct stat st;
        size_t cap = 4096, len = 0;
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
                if ((uint64_t)st.st_size > max)
                        return err_set(err, ERR_TOO_LARGE, "file has %llu bytes, the limit is %zu",
                                       (unsigned long long)st.st_size, max);
                cap = (size_t)st.st_size + 1;
        }
        _cleanup_free_ char *data = malloc(cap + 1);
        for (;;) {
                if (!data)
                        return err_oom(err);
                ssize_t n = read(fd, data + len, cap - len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return err_errno(err, errno, "read");
                if (n == 0)
                        break;
                len += (size_t)n;
                if (len > max)
                        return err_set(err, ERR_TOO_LARGE, "more than %zu bytes, the limit", max);
                if (len == cap) {
                        char *more = realloc(data, cap * 2 + 1);
                        if (!more)
                                return err_oom(err);
                        data = more;
                        cap *= 2;
                }
        }
        data[len] = '\0';
        *ret = TAKE_PTR(data);
        *ret_len = len;
        return 0;
}

int fs_read(int dir, const char *path, size_t max, char **ret, size_t *ret_len, struct err *err) {
        /* A pipe that nobody writes to is opened as well, and then refused. */
        _cleanup_close_ int fd = fs_open(dir, path, O_RDONLY | O_NONBLOCK, 0, err);
        if (fd < 0)
                return -1;
        struct stat st;
        if (fstat(fd, &st) < 0)
                return err_errno(err, errno, "stat %s", path);
        if (!S_ISREG(st.st_mode))
                return err_set(err, ERR_BAD_REQUEST, "%s is not a regular file", path);
        return fs_read_fd(fd, max, ret, ret_len, err) < 0 ? err_wrap(err, "%s", path) : 0;
}

int fs_write_all(int fd, const void *p, size_t n, struct err *err) {
        const char *at = p;
        while (n) {
                ssize_t done = write(fd, at, n);
                if (done < 0 && errno == EINTR)
                        continue;
                if (done < 0)
                        return err_errno(err, errno, "write");
                at += done;
                n -= (size_t)done;
        }
        return 0;
}

static int sync_directory_of(const char *path, struct err *err) {
        _cleanup_free_ char *dir = strdup(path);
        if (!dir)
                return err_oom(err);
        char *slash = strrchr(dir, '/');
        if (slash)
                slash[slash == dir] = '\0';
        _cleanup_close_ int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) < 0)
                return err_errno(err, errno, "sync directory of %s", path);
        return 0;
}

int fs_write_atomic(const char *path, const void *p, size_t n, mode_t mode, struct err *err) {
        _cleanup_free_ char *temporary = NULL;
        if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
                return err_oom(err);
        _cleanup_close_ int fd = mkostemp(temporary, O_CLOEXEC);
        if (fd < 0)
                return err_errno(err, errno, "create %s", temporary);
        int r = fs_write_all(fd, p, n, err);
        if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(temporary, path) < 0))
                r = err_errno(err, errno, "write %s", path);
        if (r < 0) {
                unlink(temporary);
                return err_wrap(err, "%s", path);
        }
        return sync_directory_of(path, err);
}

int fs_mkdirs(const char *path, mode_t mode, struct err *err) {
        _cleanup_free_ char *part = strdup(path);
        if (!part)
                return err_oom(err);
        for (char *p = part + 1;; p++) {
                if (*p != '/' && *p != '\0')
                        continue;
                char was = *p;
                *p = '\0';
                if (mkdir(part, mode) < 0 && errno != EEXIST)
                        return err_errno(err, errno, "mkdir %s", part);
                *p = was;
                if (!was)
                        return 0;
        }
}

static int remove_at(int dir, const char *name, struct err *err);

static int remove_children(int dir, const char *name, struct err *err) {
        int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return err_errno(err, errno, "open %s", name);
        DIR *d = fdopendir(fd);
        if (!d) {
                close(fd);
                return err_oom(err);
        }
        int r = 0;
        for (struct dirent *e; r == 0 && (e = readdir(d));)
                if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
                        r = remove_at(fd, e->d_name, err);
        closedir(d);
        return r;
}

static int remove_at(int dir, const char *name, struct err *err) {
        if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
                return 0;
        if (errno != EISDIR && errno != EPERM)
                return err_errno(err, errno, "remove %s", name);
        if (remove_children(dir, name, err) < 0)
                return -1;
        return unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : err_errno(err, errno, "remove %s", name);
}

int fs_remove_tree(const char *path, struct err *err) {
        return remove_at(AT_FDCWD, path, err);
}

int fs_remove_tree_at(int dir, const char *name, struct err *err) {
        return remove_at(dir, name, err);
}
