/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker cannot do, tried from inside each kind of worker. */
#include "base/fs.h"
#include "base/limits.h"
#include "sandbox/policy.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

extern char **environ;

/* openat2 without any resolve flag, as hostile code would call it: only Landlock stands in the way. */
static int raw_open(int dir, const char *path, uint64_t flags, uint64_t mode) {
        struct open_how how = {.flags = flags, .mode = mode};
        return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static void tell(struct buf *out, const char *what, long result) {
        buf_addf(out, "%s=%s\n", what, result >= 0 ? "ok" : strerror(errno));
}

static void try_files(const struct job *job, struct buf *out) {
        tell(out, "passwd", raw_open(AT_FDCWD, "/etc/shadow", O_RDONLY, 0));
        tell(out, "root", raw_open(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0));
        tell(out, "proc", raw_open(AT_FDCWD, "/proc/self/environ", O_RDONLY, 0));
        if (job->n_fds == 0)
                return;
        tell(out, "inside", raw_open(job->fds[0], "inside", O_RDONLY, 0));
        tell(out, "outside", raw_open(job->fds[0], "../outside", O_RDONLY, 0));
        tell(out, "link", raw_open(job->fds[0], "link", O_RDONLY, 0));
        tell(out, "create", raw_open(job->fds[0], "new", O_WRONLY | O_CREAT, 0600));
        tell(out, "create-outside", raw_open(job->fds[0], "../new", O_WRONLY | O_CREAT, 0600));
}

static void try_folders(const struct job *job, struct buf *out) {
        static const struct {
                const char *what, *path;
                uint64_t flags, mode;
        } tries[] = {
                {"inside", "inside", O_RDONLY},
                {"beside", "../outside", O_RDONLY},
                {"above", "..", O_RDONLY | O_DIRECTORY},
                {"link", "link", O_RDONLY},
                {"create", "new", O_WRONLY | O_CREAT, 0600},
        };
        for (size_t i = 0; i < job->n_fds; i++)
                for (size_t k = 0; k < ARRAY_LEN(tries); k++) {
                        char name[32];
                        snprintf(name, sizeof(name), "%s%zu", tries[k].what, i);
                        tell(out, name, raw_open(job->fds[i], tries[k].path, tries[k].flags, tries[k].mode));
                }
}

static void count_descriptors(struct buf *out) {
        int n = 0;
        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        buf_addf(out, "descriptors=%d\n", n);
}

static int act(const struct job *job, struct buf *out, struct err *err) {
        const char *what = job->input;
        if (streq(what, "files"))
                try_files(job, out);
        else if (streq(what, "folders"))
                try_folders(job, out);
        else if (streq(what, "environment"))
                buf_addf(out, "environment=%s\n", environ && environ[0] ? environ[0] : "empty");
        else if (streq(what, "descriptors"))
                count_descriptors(out);
        else if (streq(what, "socket"))
                tell(out, "socket", socket(AF_INET, SOCK_STREAM, 0));
        else if (streq(what, "packet"))
                tell(out, "packet", syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0));
        else if (streq(what, "fork"))
                tell(out, "fork", syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
        else if (streq(what, "namespace"))
                tell(out, "namespace", syscall(SYS_unshare, 0x10000000)); /* CLONE_NEWUSER */
        else if (streq(what, "exec"))
                tell(out, "exec", syscall(SYS_execve, "/bin/true", NULL, NULL));
        else if (streq(what, "kill"))
                tell(out, "kill", syscall(SYS_kill, getppid(), SIGKILL));
        else if (streq(what, "ptrace"))
                tell(out, "ptrace", syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
        else if (streq(what, "mount"))
                tell(out, "mount", syscall(SYS_mount, "none", "/", NULL, 0, NULL));
        else if (streq(what, "limits")) {
                int fd = raw_open(job->fds[0], "big", O_WRONLY | O_CREAT, 0600);
                tell(out, "big", pwrite(fd, "x", 1, (off_t)LIMIT_TREE_BYTES + (off_t)LIMIT_ARCHIVE_BYTES));
        } else
                return err_set(err, ERR_INTERNAL, "no such test");
        return 0;
}

static const job_function functions[JOB_KINDS] = {act, act, act, act};

static int start(void **state) {
        setenv("SECRET_TOKEN", "hunter2", 1);
        return broker_start(functions, (struct broker **)state, NULL);
}

static int stop(void **state) {
        *state = broker_stop(*state);
        return 0;
}

static int run(struct broker *b, enum job_kind kind, const char *what, int fd, char **ret, struct err *err) {
        struct job job = {.kind = kind, .input = what, .input_len = strlen(what), .fds = {fd}, .n_fds = fd >= 0};
        size_t len = 0;
        return broker_run(b, &job, ret, &len, err);
}

/* A directory with a file, a link that leads out, and something beside it. */
struct place {
        char path[64];
        int inner;
};

static void place_make(struct place *p) {
        snprintf(p->path, sizeof(p->path), "/tmp/weir-confine.XXXXXX");
        assert_non_null(mkdtemp(p->path));
        char name[128];
        snprintf(name, sizeof(name), "%s/inner", p->path);
        assert_int_equal(mkdir(name, 0700), 0);
        p->inner = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(p->inner >= 0);
        close(openat(p->inner, "inside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        close(openat(p->inner, "../outside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        assert_int_equal(symlinkat("../outside", p->inner, "link"), 0);
}

static void place_done(struct place *p) {
        close_fd(&p->inner);
        fs_remove_tree(p->path, NULL);
}

static bool landlocked(void) {
        struct sandbox_layer layers[8];
        size_t n = sandbox_layers(layers, ARRAY_LEN(layers));
        for (size_t i = 0; i < n; i++)
                if (streq(layers[i].name, "landlock"))
                        return layers[i].present;
        return false;
}

static void a_worker_reaches_only_its_directory(void **state) {
        if (!landlocked()) {
                print_message("# note: no Landlock in this kernel, paths are not tested\n");
                return;
        }
        for (int kind = 0; kind < JOB_KINDS; kind++) {
                _cleanup_(place_done) struct place p = {.inner = -1};
                place_make(&p);
                _cleanup_free_ char *out = NULL;
                assert_int_equal(run(*state, (enum job_kind)kind, "files", p.inner, &out, NULL), 0);
                assert_non_null(strstr(out, "passwd=Permission denied"));
                assert_non_null(strstr(out, "root=Permission denied"));
                assert_non_null(strstr(out, "proc=Permission denied"));
                assert_non_null(strstr(out, "outside=Permission denied"));
                assert_non_null(strstr(out, "link=Permission denied"));
                assert_non_null(strstr(out, "create-outside=Permission denied"));
                /* Descriptor 0 is the source of a build, the target of a fetch, and the archive of an unpacking. */
                assert_non_null(strstr(out, kind == JOB_UNPACK ? "inside=Permission denied" : "inside=ok"));
                bool writes = kind == JOB_FETCH_GIT || kind == JOB_ARCHIVE;
                assert_non_null(strstr(out, writes ? "create=ok" : "create=Permission denied"));
        }
}

/* A build of several granted folders: the kernel lets it read beneath each, and what lies beside them in no way. */
static void a_build_reaches_only_its_folders(void **state) {
        if (!landlocked()) {
                print_message("# note: no Landlock in this kernel, paths are not tested\n");
                return;
        }
        _cleanup_(place_done) struct place one = {.inner = -1}, two = {.inner = -1};
        place_make(&one);
        place_make(&two);
        struct job job = {.kind = JOB_BUILD, .input = "folders", .fds = {one.inner, two.inner}, .n_fds = 2};
        job.input_len = strlen(job.input);
        _cleanup_free_ char *out = NULL;
        size_t len = 0;
        assert_int_equal(broker_run(*state, &job, &out, &len, NULL), 0);
        for (int i = 0; i < 2; i++) {
                char line[64];
                snprintf(line, sizeof(line), "inside%d=ok\n", i);
                assert_non_null(strstr(out, line));
                static const char *const denied[] = {"beside", "above", "link", "create"};
                for (size_t k = 0; k < ARRAY_LEN(denied); k++) {
                        snprintf(line, sizeof(line), "%s%d=Permission denied\n", denied[k], i);
                        assert_non_null(strstr(out, line));
                }
        }
}

static void a_worker_sees_no_environment(void **state) {
        for (int kind = 0; kind < JOB_KINDS; kind++) {
                _cleanup_free_ char *out = NULL;
                assert_int_equal(run(*state, (enum job_kind)kind, "environment", -1, &out, NULL), 0);
                assert_string_equal(out, "environment=empty\n");
        }
}

static void a_worker_has_only_its_descriptors(void **state) {
        _cleanup_close_ int foreign = open("/etc/hostname", O_RDONLY); /* not even close-on-exec */
        assert_true(foreign >= 0);
        for (int kind = 0; kind < JOB_KINDS; kind++) {
                _cleanup_free_ char *out = NULL;
                assert_int_equal(run(*state, (enum job_kind)kind, "descriptors", -1, &out, NULL), 0);
                assert_string_equal(out, "descriptors=4\n"); /* the standard three and the answer */
        }
}

static void only_a_fetch_has_a_network(void **state) {
        for (int kind = 0; kind < JOB_KINDS; kind++) {
                _cleanup_free_ char *out = NULL;
                assert_int_equal(run(*state, (enum job_kind)kind, "socket", -1, &out, NULL), 0);
                assert_string_equal(out, kind == JOB_FETCH_GIT ? "socket=ok\n" : "socket=Permission denied\n");
        }
}

/* What no worker may do ends it or is refused; nothing of it succeeds. */
static void forbidden_calls_never_succeed(void **state) {
        static const char *const forbidden[] = {"packet", "namespace", "kill", "ptrace", "mount", "exec", "fork"};
        if (policy_sanitized()) {
                print_message("# note: a sanitizer needs calls that a plain build refuses, they are not tested\n");
                return;
        }
        for (int kind = 0; kind < JOB_KINDS; kind++)
                for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
                        if (kind == JOB_FETCH_GIT && (streq(forbidden[i], "exec") || streq(forbidden[i], "fork")))
                                continue; /* it runs git */
                        _cleanup_free_ char *out = NULL;
                        _cleanup_err_ struct err err = ERR_INIT;
                        if (run(*state, (enum job_kind)kind, forbidden[i], -1, &out, &err) == 0)
                                assert_null(strstr(out, "=ok"));
                        else
                                assert_int_equal(err.class, ERR_ACCESS_DENIED);
                }
}

static void a_file_cannot_grow_past_its_limit(void **state) {
        _cleanup_(place_done) struct place p = {.inner = -1};
        place_make(&p);
        _cleanup_free_ char *out = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(run(*state, JOB_ARCHIVE, "limits", p.inner, &out, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        assert_string_equal(err_message(&err), "archiving wrote a file of more than 1073741824 bytes");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_worker_reaches_only_its_directory),
                cmocka_unit_test(a_build_reaches_only_its_folders),
                cmocka_unit_test(a_worker_sees_no_environment),
                cmocka_unit_test(a_worker_has_only_its_descriptors),
                cmocka_unit_test(only_a_fetch_has_a_network),
                cmocka_unit_test(forbidden_calls_never_succeed),
                cmocka_unit_test(a_file_cannot_grow_past_its_limit),
        };
        return cmocka_run_group_tests(tests, start, stop);
}
