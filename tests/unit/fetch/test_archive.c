/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: the same tree gives the same bytes, what is left out is gone from the tree as well, and limits hold. */
#include "base/fs.h"
#include "base/limits.h"
#include "fetch/artifact.h"
#include "tree.h"
#include "unit/test.h"

#include <sys/stat.h>

static void make_small(struct tree *t) {
        tree_make(t);
        tree_write(t, "app/deploy.yaml", "kind: Deployment\n");
        tree_write(t, "README.md", "read me\n");
        tree_write(t, "logo.png", "pixels");
}

static char *digest_of(struct buf *out) {
        char *digest = strstr(buf_str(out), "sha256:");
        assert_non_null(digest);
        return strndup(digest, strlen("sha256:") + 64);
}

static void the_same_tree_gives_the_same_bytes(void **state) {
        (void)state;
        _cleanup_tree_ struct tree x, y;
        _cleanup_buf_ struct buf first = BUF_INIT(4096);
        _cleanup_buf_ struct buf second = BUF_INIT(4096);
        make_small(&x);
        make_small(&y);
        const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 2}}; /* times do not count */
        assert_int_equal(utimensat(y.root, "README.md", old, 0), 0);
        assert_int_equal(tree_run(artifact_archive_job, "{}", x.root, x.file, &first, NULL), 0);
        assert_int_equal(tree_run(artifact_archive_job, "{}", y.root, y.file, &second, NULL), 0);
        _cleanup_free_ char *a = digest_of(&first);
        _cleanup_free_ char *b = digest_of(&second);
        assert_string_equal(a, b);
        struct stat st;
        char size[64];
        assert_int_equal(fstat(x.file, &st), 0);
        snprintf(size, sizeof(size), "\"size\":%lld,", (long long)st.st_size);
        assert_non_null(strstr(buf_str(&first), size));
}

static void pruning_removes_what_the_archive_leaves_out(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        make_small(&t);
        tree_write(&t, "ignored/only/x.png", "x");
        assert_int_equal(symlinkat("/etc/passwd", t.root, "link"), 0);
        assert_int_equal(tree_run(artifact_archive_job, "{\"prune\":true}", t.root, t.file, NULL, NULL), 0);
        assert_true(tree_has(&t, "app/deploy.yaml"));
        assert_false(tree_has(&t, "logo.png"));
        assert_false(tree_has(&t, "link"));
        assert_true(tree_has(&t, "ignored/only")); /* Flux archives the empty directory */
        assert_false(tree_has(&t, "ignored/only/x.png"));
        struct stat st;
        assert_int_equal(fstatat(t.root, "app/deploy.yaml", &st, 0), 0);
        assert_int_equal(st.st_mode & 0222, 0);
}

static void without_pruning_the_tree_stays(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        make_small(&t);
        assert_int_equal(tree_run(artifact_archive_job, "{\"ignore\":\"/*\"}", t.root, t.file, NULL, NULL), 0);
        assert_true(tree_has(&t, "logo.png"));
}

/* The files are sparse: they cost no disk, and the archive must not be tried. */
static void a_tree_of_too_many_bytes_is_refused(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_err_ struct err err = ERR_INIT;
        tree_make(&t);
        for (int i = 0; i < 2; i++) {
                char name[8];
                snprintf(name, sizeof(name), "f%d", i);
                _cleanup_close_ int fd = fs_open(t.root, name, O_WRONLY | O_CREAT, 0600, NULL);
                assert_int_equal(ftruncate(fd, (off_t)LIMIT_TREE_BYTES / 2 + 1), 0);
        }
        assert_int_equal(tree_run(artifact_archive_job, "{}", t.root, t.file, NULL, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        assert_string_equal(err_message(&err), "the tree has more than 1073741824 bytes");
}

static void a_tree_too_deep_is_refused(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_err_ struct err err = ERR_INIT;
        char path[2 * LIMIT_TREE_DEPTH + 8];
        tree_make(&t);
        for (size_t i = 0; i < LIMIT_TREE_DEPTH + 2; i++)
                memcpy(path + 2 * i, "d/", 3);
        path[2 * (LIMIT_TREE_DEPTH + 2)] = 'f';
        path[2 * (LIMIT_TREE_DEPTH + 2) + 1] = '\0';
        tree_write(&t, path, "");
        assert_int_equal(tree_run(artifact_archive_job, "{}", t.root, t.file, NULL, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

/* A .sourceignore that is a link to somewhere else is no ignore file, and nothing is read through it. */
static void an_ignore_file_that_is_a_link_does_not_count(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        make_small(&t);
        assert_int_equal(symlinkat("/etc/passwd", t.root, ".sourceignore"), 0);
        assert_int_equal(tree_run(artifact_archive_job, "{\"prune\":true}", t.root, t.file, NULL, NULL), 0);
        assert_false(tree_has(&t, "logo.png")); /* the defaults still apply */
}

static void a_broken_request_is_an_error(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        tree_make(&t);
        assert_int_equal(tree_run(artifact_archive_job, "{", t.root, t.file, NULL, NULL), -1);
        assert_int_equal(artifact_archive_job("{}", 2, &t.root, 1, NULL, NULL), -1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_same_tree_gives_the_same_bytes),
                cmocka_unit_test(pruning_removes_what_the_archive_leaves_out),
                cmocka_unit_test(without_pruning_the_tree_stays),
                cmocka_unit_test(a_tree_of_too_many_bytes_is_refused),
                cmocka_unit_test(a_tree_too_deep_is_refused),
                cmocka_unit_test(an_ignore_file_that_is_a_link_does_not_count),
                cmocka_unit_test(a_broken_request_is_an_error),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
