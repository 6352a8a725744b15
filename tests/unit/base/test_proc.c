/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: what they get, what they cannot do to us, and that none is left behind. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "unit/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

struct result {
        struct proc_exit ended;
        struct buf out;
        struct buf errors;
};

static void result_done(struct result *r) {
        buf_done(&r->out);
        buf_done(&r->errors);
}

#define RESULT_INIT ((struct result){.out = BUF_INIT(1 << 20), .errors = BUF_INIT(100)})
#define _cleanup_result_ _cleanup_(result_done)

static int run_shell(const char *script, const struct proc_spec *base, const char *input, int64_t deadline_ns,
                     struct result *r, struct err *err) {
        const char *argv[] = {"/bin/sh", "-c", script, NULL};
        struct proc_spec spec = base ? *base : PROC_SPEC_INIT;
        spec.argv = argv;
        spec.new_group = true;
        return proc_run(&spec, input, strlen(input), deadline_ns, &r->out, &r->errors, &r->ended, err);
}

static void input_output_and_status_pass(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        assert_int_equal(run_shell("cat; echo no >&2; exit 3", NULL, "hello", 0, &r, NULL), 0);
        assert_string_equal(buf_str(&r.out), "hello");
        assert_string_equal(buf_str(&r.errors), "no\n");
        assert_int_equal(r.ended.status, 3);
        assert_int_equal(r.ended.signal, 0);
}

/* Both directions at once, each much larger than a pipe. */
static void a_megabyte_goes_through_both_ways(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        size_t n = 1000000;
        _cleanup_free_ char *text = malloc(n + 1);
        memset(text, 'x', n);
        text[n] = '\0';
        assert_int_equal(run_shell("cat", NULL, text, 0, &r, NULL), 0);
        assert_int_equal(r.out.len, n);
}

static void a_child_that_ignores_its_input_is_fine(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        size_t n = 1000000;
        _cleanup_free_ char *text = malloc(n + 1);
        memset(text, 'x', n);
        text[n] = '\0';
        assert_int_equal(run_shell("exec <&-; echo done", NULL, text, 0, &r, NULL), 0);
        assert_string_equal(buf_str(&r.out), "done\n");
}

static void the_environment_is_only_what_was_given(void **state) {
        (void)state;
        static const char *const env[] = {"ONE=1", NULL};
        _cleanup_result_ struct result r = RESULT_INIT;
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.env = env;
        setenv("SECRET_TOKEN", "hunter2", 1);
        assert_int_equal(
                run_shell("/usr/bin/env | /usr/bin/grep -v -e ^PWD= -e ^_= -e ^SHLVL=", &spec, "", 0, &r, NULL), 0);
        assert_string_equal(buf_str(&r.out), "ONE=1\n");
}

static void only_named_descriptors_are_inherited(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        _cleanup_close_ int named = memfd_create("named", MFD_CLOEXEC);
        _cleanup_close_ int other = memfd_create("other", MFD_CLOEXEC);
        struct proc_spec spec = PROC_SPEC_INIT;
        char script[128];
        spec.inherit = &named;
        spec.n_inherit = 1;
        assert_int_equal(write(named, "inside", 6), 6);
        snprintf(script, sizeof(script), "/bin/cat /proc/self/fd/%d; test -e /proc/self/fd/%d", named, other);
        assert_int_equal(run_shell(script, &spec, "", 0, &r, NULL), 0);
        assert_string_equal(buf_str(&r.out), "inside");
        assert_int_equal(r.ended.status, 1);
}

static void too_much_output_ends_the_child(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(run_shell("while :; do echo 0123456789012345678901234567890; done", NULL, "", 0, &r, &err),
                         -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and nothing is left */
        assert_int_equal(errno, ECHILD);
}

static void too_much_standard_error_is_cut(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        assert_int_equal(run_shell("for i in 1 2 3 4 5; do echo 01234567890123456789012345678901 >&2; done", NULL, "",
                                   0, &r, NULL),
                         0);
        assert_int_equal(r.errors.len, 100);
}

static void a_deadline_ends_the_whole_group(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        int64_t now = clock_monotonic_ns();
        assert_int_equal(run_shell("sleep 100 & sleep 100", NULL, "", now + 50 * NSEC_PER_MSEC, &r, &err), -1);
        assert_int_equal(err.class, ERR_TIMEOUT);
        assert_true(clock_monotonic_ns() - now < 10 * NSEC_PER_SEC);
}

static void a_cancellation_ends_it(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_close_ int cancel = eventfd(1, EFD_CLOEXEC);
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.cancel_fd = cancel;
        assert_int_equal(run_shell("sleep 100", &spec, "", 0, &r, &err), -1);
        assert_int_equal(err.class, ERR_UNAVAILABLE);
}

static void a_signal_is_told_from_an_exit(void **state) {
        (void)state;
        _cleanup_result_ struct result r = RESULT_INIT;
        assert_int_equal(run_shell("kill -TERM $$", NULL, "", 0, &r, NULL), 0);
        assert_int_equal(r.ended.status, -1);
        assert_int_equal(r.ended.signal, SIGTERM);
}

static void a_missing_program_is_not_found(void **state) {
        (void)state;
        static const char *const argv[] = {"/nonexistent/program", NULL};
        _cleanup_proc_ struct proc p = PROC_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.argv = argv;
        assert_int_equal(proc_spawn(&spec, &p, &err), -1);
        assert_int_equal(err.class, ERR_NOT_FOUND);
}

static void a_wait_may_give_up_and_go_on(void **state) {
        (void)state;
        static const char *const argv[] = {"/bin/cat", NULL};
        _cleanup_proc_ struct proc p = PROC_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        struct proc_spec spec = PROC_SPEC_INIT;
        struct proc_exit ended;
        int ends[2];
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        spec.argv = argv;
        spec.stdin_fd = ends[0];
        assert_int_equal(proc_spawn(&spec, &p, NULL), 0);
        assert_int_equal(proc_wait(&p, clock_monotonic_ns() + NSEC_PER_MSEC, &ended, &err), -1);
        assert_int_equal(err.class, ERR_TIMEOUT);
        close(ends[0]);
        close(ends[1]);
        assert_int_equal(proc_wait(&p, 0, &ended, NULL), 0);
        assert_int_equal(ended.status, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(input_output_and_status_pass),
                cmocka_unit_test(a_megabyte_goes_through_both_ways),
                cmocka_unit_test(a_child_that_ignores_its_input_is_fine),
                cmocka_unit_test(the_environment_is_only_what_was_given),
                cmocka_unit_test(only_named_descriptors_are_inherited),
                cmocka_unit_test(too_much_output_ends_the_child),
                cmocka_unit_test(too_much_standard_error_is_cut),
                cmocka_unit_test(a_deadline_ends_the_whole_group),
                cmocka_unit_test(a_cancellation_ends_it),
                cmocka_unit_test(a_signal_is_told_from_an_exit),
                cmocka_unit_test(a_missing_program_is_not_found),
                cmocka_unit_test(a_wait_may_give_up_and_go_on),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
