/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "base/fs.h"
#include "fetch/gzip.h"
#include "unit/test.h"

#include <sys/stat.h>

void tree_make(struct tree *t) {
        snprintf(t->path, sizeof(t->path), "/tmp/weir-tree.XXXXXX");
        assert_non_null(mkdtemp(t->path));
        t->top = fs_open_dir(AT_FDCWD, t->path, NULL);
        assert_int_equal(mkdirat(t->top, "tree", 0700), 0);
        t->root = fs_open_dir(t->top, "tree", NULL);
        t->file = fs_open(t->top, "archive", O_RDWR | O_CREAT, 0600, NULL);
        assert_true(t->root >= 0 && t->file >= 0);
}

void tree_done(struct tree *t) {
        close_fd(&t->top);
        close_fd(&t->root);
        close_fd(&t->file);
        fs_remove_tree(t->path, NULL);
}

void tree_write(struct tree *t, const char *path, const char *content) {
        char copy[4096];
        snprintf(copy, sizeof(copy), "%s", path);
        for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                mkdirat(t->root, copy, 0700);
                *slash = '/';
        }
        _cleanup_close_ int fd = fs_open(t->root, path, O_WRONLY | O_CREAT | O_TRUNC, 0600, NULL);
        assert_int_equal(fs_write_all(fd, content, strlen(content), NULL), 0);
}

bool tree_has(const struct tree *t, const char *path) {
        return faccessat(t->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

char *tree_read(const struct tree *t, const char *path) {
        char *text = NULL;
        size_t n;
        assert_int_equal(fs_read(t->root, path, 1 << 20, &text, &n, NULL), 0);
        return text;
}

void tree_gzip(struct tree *t, const void *p, size_t n) {
        _cleanup_gzip_ struct gzip gzip = {.fd = -1};
        assert_int_equal(ftruncate(t->file, 0), 0);
        assert_int_equal(lseek(t->file, 0, SEEK_SET), 0);
        assert_int_equal(gzip_begin(&gzip, t->file, DIGEST_SHA256, NULL), 0);
        assert_int_equal(gzip_add(&gzip, p, n, NULL), 0);
        assert_int_equal(gzip_end(&gzip, NULL), 0);
        assert_int_equal(lseek(t->file, 0, SEEK_SET), 0);
}

int tree_run(tree_job *job, const char *request, int first, int second, struct buf *out, struct err *err) {
        _cleanup_buf_ struct buf own = BUF_INIT(1 << 20);
        int fds[] = {first, second};
        return job(request, strlen(request), fds, 2, out ? out : &own, err);
}
