/* SPDX-License-Identifier: Apache-2.0 */
/* Files beneath a directory stay beneath it; writes are whole; limits hold. */
#include "unit/test.h"

#include "base/fs.h"

#include <sys/stat.h>

static char dir[64];

static int make_dir(void **state) {
        snprintf(dir, sizeof(dir), "/tmp/weir-fs-XXXXXX");
        return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state) {
        return fs_remove_tree(dir, NULL);
}

static char *in_dir(const char *name) {
        static char path[256];
        snprintf(path, sizeof(path), "%s/%s", dir, name);
        return path;
}

static void paths_do_not_leave_the_directory(void **state) {
        assert_int_equal(fs_mkdirs(in_dir("a/b"), 0700, NULL), 0);
        assert_int_equal(fs_write_atomic(in_dir("a/file"), "x", 1, 0600, NULL), 0);
        assert_int_equal(symlink("/etc", in_dir("a/b/out")), 0);
        assert_int_equal(symlink("../file", in_dir("a/b/in")), 0);
        _cleanup_close_ int root = fs_open_dir(AT_FDCWD, in_dir("a"), NULL);
        static const char *const outside[] = {"../a/file", "/etc/passwd", "b/out/passwd", "b/../../a/file"};
        for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(fs_open(root, outside[i], O_RDONLY, 0, &err), -1);
                assert_int_equal(err.class, ERR_ACCESS_DENIED);
        }
        _cleanup_close_ int inside = fs_open(root, "b/in", O_RDONLY, 0, NULL);
        assert_true(inside >= 0);
}

static void a_plain_directory_lies_behind_no_symlink(void **state) {
        assert_int_equal(fs_mkdirs(in_dir("p/real/deep"), 0700, NULL), 0);
        assert_int_equal(fs_write_atomic(in_dir("p/file"), "x", 1, 0600, NULL), 0);
        assert_int_equal(symlink("real", in_dir("p/link")), 0);
        _cleanup_close_ int root = fs_open_dir(AT_FDCWD, in_dir("p"), NULL);
        static const char *const not_there[] = {"link", "link/deep", "real/../link", "file", "nothing", "..", "/etc"};
        for (size_t i = 0; i < ARRAY_LEN(not_there); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(fs_open_dir_plain(root, not_there[i], &err), -1);
                assert_int_equal(err.class, ERR_NOT_FOUND);
        }
        _cleanup_close_ int deep = fs_open_dir_plain(root, "real/deep", NULL);
        assert_true(deep >= 0);
        _cleanup_close_ int all = fs_open_dir_plain(root, ".", NULL);
        assert_true(all >= 0);
}

static void reading_respects_the_limit(void **state) {
        char *text = NULL;
        size_t n = 0;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(fs_write_atomic(in_dir("ten"), "0123456789", 10, 0600, NULL), 0);
        assert_int_equal(fs_read(AT_FDCWD, in_dir("ten"), 10, &text, &n, NULL), 0);
        assert_int_equal(n, 10);
        assert_string_equal(text, "0123456789");
        free(text);
        assert_int_equal(fs_read(AT_FDCWD, in_dir("ten"), 9, &text, &n, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

static void a_fifo_or_directory_is_no_file(void **state) {
        char *text;
        size_t n;
        assert_int_equal(fs_read(AT_FDCWD, dir, 100, &text, &n, NULL), -1);
}

static void atomic_write_replaces_and_leaves_nothing_behind(void **state) {
        struct stat st;
        assert_int_equal(fs_write_atomic(in_dir("f"), "one", 3, 0600, NULL), 0);
        assert_int_equal(fs_write_atomic(in_dir("f"), "second", 6, 0640, NULL), 0);
        assert_int_equal(stat(in_dir("f"), &st), 0);
        assert_int_equal(st.st_size, 6);
        assert_int_equal(st.st_mode & 0777, 0640);
        assert_int_equal(fs_write_atomic(in_dir("missing/f"), "x", 1, 0600, NULL), -1);
}

static void removing_a_tree_does_not_follow_links(void **state) {
        assert_int_equal(fs_mkdirs(in_dir("keep"), 0700, NULL), 0);
        assert_int_equal(fs_write_atomic(in_dir("keep/me"), "x", 1, 0600, NULL), 0);
        assert_int_equal(fs_mkdirs(in_dir("gone/deep/er"), 0700, NULL), 0);
        char *target = strdup(in_dir("keep"));
        assert_int_equal(symlink(target, in_dir("gone/deep/link")), 0);
        free(target);
        assert_int_equal(fs_remove_tree(in_dir("gone"), NULL), 0);
        assert_int_equal(access(in_dir("gone"), F_OK), -1);
        assert_int_equal(access(in_dir("keep/me"), F_OK), 0);
        assert_int_equal(fs_remove_tree(in_dir("gone"), NULL), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(paths_do_not_leave_the_directory),
                cmocka_unit_test(a_plain_directory_lies_behind_no_symlink),
                cmocka_unit_test(reading_respects_the_limit),
                cmocka_unit_test(a_fifo_or_directory_is_no_file),
                cmocka_unit_test(atomic_write_replaces_and_leaves_nothing_behind),
                cmocka_unit_test(removing_a_tree_does_not_follow_links),
        };
        return cmocka_run_group_tests_name("fs", tests, make_dir, remove_dir);
}
