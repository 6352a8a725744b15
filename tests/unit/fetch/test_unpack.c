/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking what consumers download: honest archives whole, hostile ones not at all. */
#include "base/fs.h"
#include "base/limits.h"
#include "fetch/artifact.h"
#include "fetch/tar.h"
#include "tree.h"
#include "unit/test.h"

#include <sys/stat.h>

#define TYPE_AT 156
#define LINK_AT 157
#define CHECKSUM_AT 148

/* Adds an entry; type 0 keeps what tar_header() writes, else it is set, with a link target, and summed up again. */
static void add(struct buf *tar, const char *name, const char *content, char type, const char *link) {
        size_t at = tar->len, n = strlen(content);
        tar_header(tar, &(struct tar_entry){.name = name, .mode = 0644, .size = n});
        if (type) {
                char *header = tar->data + tar->len - TAR_BLOCK;
                unsigned sum = 0;
                header[TYPE_AT] = type;
                memcpy(header + LINK_AT, link, strlen(link));
                memset(header + CHECKSUM_AT, ' ', 8);
                for (size_t i = 0; i < TAR_BLOCK; i++)
                        sum += (unsigned char)header[i];
                snprintf(header + CHECKSUM_AT, 7, "%06o", sum);
        }
        assert_true(tar->len > at);
        buf_add(tar, content, n);
        for (size_t i = tar_padding(n); i > 0; i--)
                buf_addc(tar, '\0');
}

static int unpack(struct tree *t, struct buf *tar, const char *request, struct buf *out, struct err *err) {
        for (size_t i = 0; i < TAR_TRAILER; i++)
                buf_addc(tar, '\0');
        assert_false(buf_failed(tar));
        tree_gzip(t, buf_str(tar), tar->len);
        return tree_run(artifact_unpack_job, request, t->file, t->root, out, err);
}

static void what_was_archived_comes_out_again(void **state) {
        (void)state;
        _cleanup_tree_ struct tree from, to;
        _cleanup_buf_ struct buf answer = BUF_INIT(4096);
        _cleanup_err_ struct err err = ERR_INIT;
        char long_name[300];
        memset(long_name, 'n', sizeof(long_name));
        long_name[120] = '/';
        long_name[sizeof(long_name) - 1 - 60] = '\0';
        tree_make(&from);
        tree_make(&to);
        tree_write(&from, "a/b.yaml", "hello\n");
        tree_write(&from, "файл/日本.yaml", "unicode\n");
        tree_write(&from, long_name, "long\n");
        tree_write(&from, "empty", "");
        assert_int_equal(fchmodat(from.root, "empty", 0755, 0), 0);
        assert_int_equal(tree_run(artifact_archive_job, "{}", from.root, from.file, &answer, NULL), 0);
        char *digest = strstr(buf_str(&answer), "sha256:");
        char request[128];
        snprintf(request, sizeof(request), "{\"digest\":\"%.71s\"}", digest);
        assert_int_equal(lseek(from.file, 0, SEEK_SET), 0);
        if (tree_run(artifact_unpack_job, request, from.file, to.root, NULL, &err) < 0)
                fail_msg("%s", err_message(&err));
        static const char *const expected[][2] = {
                {"a/b.yaml", "hello\n"}, {"файл/日本.yaml", "unicode\n"}, {"empty", ""}};
        for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
                _cleanup_free_ char *text = tree_read(&to, expected[i][0]);
                assert_string_equal(text, expected[i][1]);
        }
        assert_true(tree_has(&to, long_name));
        struct stat st;
        assert_int_equal(fstatat(to.root, "empty", &st, 0), 0);
        assert_int_equal(st.st_mode & 0777, 0500);
        assert_int_equal(fstatat(to.root, "a/b.yaml", &st, 0), 0);
        assert_int_equal(st.st_mode & 0777, 0400);
}

static void a_wrong_digest_fails(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
        _cleanup_err_ struct err err = ERR_INIT;
        tree_make(&t);
        add(&tar, "a", "x", 0, "");
        assert_int_equal(unpack(&t, &tar, "{\"digest\":\"sha256:00\"}", NULL, &err), -1);
        assert_non_null(strstr(err_message(&err), "doesn't match advertised '00'"));
}

static void paths_that_lead_out_fail(void **state) {
        (void)state;
        static const char *const bad[] = {"../x", "a/../../x", "/etc/x", "a/..", "x\ny", "x\033[2Jy", "a\x7f"};
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                _cleanup_tree_ struct tree t;
                _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
                _cleanup_err_ struct err err = ERR_INIT;
                tree_make(&t);
                add(&tar, bad[i], "evil", 0, "");
                assert_int_equal(unpack(&t, &tar, "{}", NULL, &err), -1);
                assert_int_equal(err.class, ERR_INVALID);
                assert_int_equal(faccessat(t.top, "x", F_OK, 0), -1);
        }
}

/* A link is skipped; what would be written through it lands in a directory of its own instead. */
static void links_are_not_made_and_not_followed(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
        _cleanup_buf_ struct buf out = BUF_INIT(4096);
        tree_make(&t);
        assert_int_equal(mkdirat(t.top, "outside", 0700), 0);
        add(&tar, "out", "", '2', "../outside");
        add(&tar, "out/x", "evil", 0, "");
        add(&tar, "hard", "", '1', "/etc/passwd");
        add(&tar, "device", "", '3', "");
        add(&tar, "fifo", "", '6', "");
        assert_int_equal(unpack(&t, &tar, "{}", &out, NULL), 0);
        assert_int_equal(faccessat(t.top, "outside/x", F_OK, 0), -1);
        assert_true(tree_has(&t, "out/x"));
        assert_false(tree_has(&t, "hard"));
        assert_false(tree_has(&t, "device"));
        assert_false(tree_has(&t, "fifo"));
        assert_non_null(strstr(buf_str(&out), "\"skipped\":4"));
}

static void a_file_where_a_directory_must_be_fails(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
        tree_make(&t);
        add(&tar, "a", "file", 0, "");
        add(&tar, "a/b", "below", 0, "");
        assert_int_equal(unpack(&t, &tar, "{}", NULL, NULL), -1);
}

static void the_second_entry_of_a_name_wins(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
        tree_make(&t);
        add(&tar, "a", "first", 0, "");
        add(&tar, "./a", "second", 0, "");
        assert_int_equal(unpack(&t, &tar, "{}", NULL, NULL), 0);
        _cleanup_free_ char *text = tree_read(&t, "a");
        assert_string_equal(text, "second");
}

static void leading_parts_are_stripped(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
        tree_make(&t);
        add(&tar, "chart/templates/x.yaml", "x", 0, "");
        add(&tar, "top", "dropped", 0, "");
        assert_int_equal(unpack(&t, &tar, "{\"stripComponents\":1}", NULL, NULL), 0);
        assert_true(tree_has(&t, "templates/x.yaml"));
        assert_false(tree_has(&t, "top"));
}

/* 64 MiB of zeros in 64 kB: the limit counts what comes out. */
static void a_bomb_stops_at_the_limit(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT((size_t)65 << 20);
        _cleanup_err_ struct err err = ERR_INIT;
        tree_make(&t);
        size_t n = (size_t)64 << 20;
        tar_header(&tar, &(struct tar_entry){.name = "zeros", .mode = 0644, .size = n});
        char *room = buf_reserve(&tar, n);
        assert_non_null(room);
        memset(room, 0, n);
        tar.len += n;
        assert_int_equal(unpack(&t, &tar, "{\"maxBytes\":1000000}", NULL, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        struct stat st;
        assert_int_equal(fstat(t.file, &st), 0);
        assert_true(st.st_size < 100000);
}

static void too_many_entries_fail(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
        _cleanup_err_ struct err err = ERR_INIT;
        tree_make(&t);
        for (int i = 0; i < 20; i++) {
                char name[16];
                snprintf(name, sizeof(name), "f%d", i);
                add(&tar, name, "", 0, "");
        }
        assert_int_equal(unpack(&t, &tar, "{\"maxFiles\":10}", NULL, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

/* Cut anywhere, and with any byte changed, it is an error or a tree, and never more. */
static void damaged_archives_are_errors(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_buf_ struct buf tar = BUF_INIT(1 << 20);
        tree_make(&t);
        add(&tar, "a/b", "some content that is long enough", 0, "");
        assert_int_equal(unpack(&t, &tar, "{}", NULL, NULL), 0);
        struct stat st;
        char packed[4096];
        assert_int_equal(fstat(t.file, &st), 0);
        assert_int_equal(pread(t.file, packed, sizeof(packed), 0), st.st_size);
        for (off_t cut = 0; cut < st.st_size; cut++) {
                _cleanup_tree_ struct tree to;
                tree_make(&to);
                assert_int_equal(pwrite(to.file, packed, (size_t)cut, 0), cut);
                assert_int_equal(tree_run(artifact_unpack_job, "{}", to.file, to.root, NULL, NULL), -1);
        }
        for (off_t at = 0; at < st.st_size; at++) {
                _cleanup_tree_ struct tree to;
                tree_make(&to);
                packed[at] ^= 0x20;
                assert_int_equal(pwrite(to.file, packed, (size_t)st.st_size, 0), st.st_size);
                packed[at] ^= 0x20;
                tree_run(artifact_unpack_job, "{}", to.file, to.root, NULL, NULL);
        }
}

static void what_is_no_archive_is_an_error(void **state) {
        (void)state;
        _cleanup_tree_ struct tree t;
        _cleanup_err_ struct err err = ERR_INIT;
        tree_make(&t);
        assert_int_equal(pwrite(t.file, "<html>not found</html>", 22, 0), 22);
        assert_int_equal(tree_run(artifact_unpack_job, "{}", t.file, t.root, NULL, &err), -1);
        assert_int_equal(err.class, ERR_INVALID);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_archived_comes_out_again),
                cmocka_unit_test(a_wrong_digest_fails),
                cmocka_unit_test(paths_that_lead_out_fail),
                cmocka_unit_test(links_are_not_made_and_not_followed),
                cmocka_unit_test(a_file_where_a_directory_must_be_fails),
                cmocka_unit_test(the_second_entry_of_a_name_wins),
                cmocka_unit_test(leading_parts_are_stripped),
                cmocka_unit_test(a_bomb_stops_at_the_limit),
                cmocka_unit_test(too_many_entries_fail),
                cmocka_unit_test(damaged_archives_are_errors),
                cmocka_unit_test(what_is_no_archive_is_an_error),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
