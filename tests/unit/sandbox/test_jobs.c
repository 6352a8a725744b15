/* SPDX-License-Identifier: Apache-2.0 */
/* The archive and unpack jobs inside real workers: their system calls suffice, their limits hold. */
#include "base/fs.h"
#include "base/limits.h"
#include "fetch/gzip.h"
#include "fetch/tar.h"
#include "sandbox/jobs.h"
#include "unit/test.h"

#include <sys/stat.h>

static const job_function functions[JOB_KINDS] = {[JOB_UNPACK] = job_unpack, [JOB_ARCHIVE] = job_archive};

static int start(void **state) {
        return jobs_prepare(NULL) < 0 ? -1 : broker_start(functions, (struct broker **)state, NULL);
}

static int stop(void **state) {
        *state = broker_stop(*state);
        return 0;
}

struct place {
        char path[64];
        int from;
        int to;
        int file;
};

static void place_make(struct place *p) {
        snprintf(p->path, sizeof(p->path), "/tmp/weir-jobs.XXXXXX");
        assert_non_null(mkdtemp(p->path));
        _cleanup_close_ int top = fs_open_dir(AT_FDCWD, p->path, NULL);
        assert_int_equal(mkdirat(top, "from", 0700), 0);
        assert_int_equal(mkdirat(top, "to", 0700), 0);
        p->from = fs_open_dir(top, "from", NULL);
        p->to = fs_open_dir(top, "to", NULL);
        p->file = fs_open(top, "archive", O_RDWR | O_CREAT, 0600, NULL);
        assert_true(p->from >= 0 && p->to >= 0 && p->file >= 0);
}

static void place_done(struct place *p) {
        close_fd(&p->from);
        close_fd(&p->to);
        close_fd(&p->file);
        fs_remove_tree(p->path, NULL);
}

static int run(struct broker *b, enum job_kind kind, const char *request, int first, int second, struct err *err) {
        struct job job = {
                .kind = kind, .input = request, .input_len = strlen(request), .fds = {first, second}, .n_fds = 2};
        _cleanup_free_ char *out = NULL;
        size_t n;
        return broker_run(b, &job, &out, &n, err);
}

static void a_tree_goes_round(void **state) {
        _cleanup_(place_done) struct place p;
        _cleanup_err_ struct err err = ERR_INIT;
        place_make(&p);
        for (int i = 0; i < 200; i++) {
                char name[32];
                snprintf(name, sizeof(name), "файл-%d.yaml", i);
                _cleanup_close_ int fd = fs_open(p.from, name, O_WRONLY | O_CREAT, 0600, NULL);
                assert_int_equal(fs_write_all(fd, name, strlen(name), NULL), 0);
        }
        assert_int_equal(symlinkat("/etc/passwd", p.from, "link"), 0);
        if (run(*state, JOB_ARCHIVE, "{\"prune\":true}", p.from, p.file, &err) < 0)
                fail_msg("%s", err_message(&err));
        assert_int_equal(faccessat(p.from, "link", F_OK, AT_SYMLINK_NOFOLLOW), -1);
        assert_int_equal(lseek(p.file, 0, SEEK_SET), 0);
        if (run(*state, JOB_UNPACK, "{}", p.file, p.to, &err) < 0)
                fail_msg("%s", err_message(&err));
        _cleanup_free_ char *text = NULL;
        size_t n;
        assert_int_equal(fs_read(p.to, "файл-199.yaml", 100, &text, &n, NULL), 0);
        assert_string_equal(text, "файл-199.yaml");
}

/* 64 MiB of zeros in 64 kB, against a limit of one. */
static void a_bomb_is_stopped(void **state) {
        _cleanup_(place_done) struct place p;
        _cleanup_gzip_ struct gzip gzip = {.fd = -1};
        _cleanup_buf_ struct buf header = BUF_INIT(4096);
        _cleanup_err_ struct err err = ERR_INIT;
        static const char zeros[1 << 20];
        place_make(&p);
        uint64_t size = 64 * (uint64_t)sizeof(zeros);
        tar_header(&header, &(struct tar_entry){.name = "zeros", .mode = 0600, .size = size});
        assert_int_equal(gzip_begin(&gzip, p.file, DIGEST_SHA256, NULL), 0);
        assert_int_equal(gzip_add(&gzip, buf_str(&header), header.len, NULL), 0);
        for (int i = 0; i < 64; i++)
                assert_int_equal(gzip_add(&gzip, zeros, sizeof(zeros), NULL), 0);
        assert_int_equal(gzip_end(&gzip, NULL), 0);
        assert_int_equal(lseek(p.file, 0, SEEK_SET), 0);
        assert_int_equal(run(*state, JOB_UNPACK, "{\"maxBytes\":1048576}", p.file, p.to, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_tree_goes_round),
                cmocka_unit_test(a_bomb_is_stopped),
        };
        return cmocka_run_group_tests(tests, start, stop);
}
