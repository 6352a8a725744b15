/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "unit/test.h"

void place_make(struct place *p) {
        snprintf(p->path, sizeof(p->path), "/tmp/weir-test.XXXXXX");
        assert_non_null(mkdtemp(p->path));
}

void place_done(struct place *p) {
        fs_remove_tree(p->path, NULL);
}

int place_run(const struct place *p, const char *script, struct buf *out) {
        const char *argv[] = {"/bin/sh", "-euc", script, NULL};
        static const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/bin",
                                          "HOME=/nonexistent",
                                          "LC_ALL=C",
                                          "GIT_CONFIG_NOSYSTEM=1",
                                          "GIT_CONFIG_GLOBAL=/dev/null",
                                          "GIT_TERMINAL_PROMPT=0",
                                          "GIT_AUTHOR_NAME=Ann",
                                          "GIT_AUTHOR_EMAIL=ann@example.com",
                                          "GIT_AUTHOR_DATE=1700000000 +0100",
                                          "GIT_COMMITTER_NAME=Bob",
                                          "GIT_COMMITTER_EMAIL=bob@example.com",
                                          "GIT_COMMITTER_DATE=1700000001 +0000",
                                          NULL};
        _cleanup_close_ int dir = fs_open_dir(AT_FDCWD, p->path, NULL);
        _cleanup_buf_ struct buf output = BUF_INIT(1 << 24);
        _cleanup_buf_ struct buf errors = BUF_INIT(1 << 16);
        _cleanup_err_ struct err err = ERR_INIT;
        struct proc_spec spec = PROC_SPEC_INIT;
        struct proc_exit ended;
        spec.argv = argv;
        spec.env = env;
        spec.cwd_fd = dir;
        spec.new_group = true;
        int64_t deadline = clock_monotonic_ns() + 60 * NSEC_PER_SEC;
        if (proc_run(&spec, NULL, 0, deadline, &output, &errors, &ended, &err) < 0)
                fail_msg("%s: %s", script, err_message(&err));
        if (out)
                buf_add(out, output.data, output.len);
        if (ended.status != 0 && out)
                buf_add(out, errors.data, errors.len);
        return ended.status;
}

void place_must(const struct place *p, const char *script) {
        _cleanup_buf_ struct buf out = BUF_INIT(1 << 24);
        if (place_run(p, script, &out) != 0)
                fail_msg("%s: %s", script, buf_str(&out));
}
