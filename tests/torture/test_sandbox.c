/* SPDX-License-Identifier: Apache-2.0 */
/* The broker under bad conditions: jobs of every misbehaviour from many threads, descriptors running out, memory
 * running out. Every job must end, with an answer or an error; afterwards nothing may be left: no process, no
 * descriptor, on either side. */
#include "base/clock.h"
#include "base/fs.h"
#include "sandbox/jobs.h"
#include "torture.h"
#include "unit/test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define THREADS 8
#define ROUNDS 60

static int act(const struct job *job, struct buf *out, struct err *err) {
        switch (job->input[0]) {
        case 'f':
                return err_set(err, ERR_INVALID, "no");
        case 'x':
                _exit(7);
        case 'k':
                raise(SIGKILL); /* refused by the sandbox, or fatal: either is an end */
                abort();
        case 's':
                for (;;)
                        ;
        case 'l':
                for (int i = 0; i < 100; i++)
                        buf_adds(out, "0123456789012345678901234567890123456789");
                return 0;
        default:
                buf_adds(out, "ok");
                return 0;
        }
}

static const job_function functions[JOB_KINDS] = {[JOB_BUILD] = act, [JOB_ARCHIVE] = job_archive};

static int broker_pid(void) {
        char path[64];
        int pid = 0;
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getpid(), getpid());
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        return f && fscanf(f, "%d", &pid) == 1 ? pid : 0;
}

static bool has_children(int pid) {
        char path[64];
        int child;
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        return f && fscanf(f, "%d", &child) == 1;
}

static int start(void **state) {
        return broker_start(functions, (struct broker **)state, NULL);
}

static int stop(void **state) {
        *state = broker_stop(*state);
        return 0;
}

static int run(struct broker *b, const char *what, int64_t timeout_ns, struct err *err) {
        struct job job = {.kind = JOB_BUILD,
                          .input = what,
                          .input_len = strlen(what),
                          .max_output = 1000,
                          .timeout_ns = timeout_ns};
        _cleanup_free_ char *out = NULL;
        size_t n;
        return broker_run(b, &job, &out, &n, err);
}

struct worker {
        pthread_t thread;
        struct broker *broker;
        unsigned seed;
        int wrong;
};

static void *misbehave(void *context) {
        static const char *const kinds[] = {"ok", "f", "x", "k", "s", "l"};
        struct worker *w = context;
        for (int i = 0; i < ROUNDS; i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                const char *what = kinds[(unsigned)rand_r(&w->seed) % ARRAY_LEN(kinds)];
                int r = run(w->broker, what, *what == 's' ? 5 * NSEC_PER_MSEC : 0, &err);
                w->wrong += (r == 0) != (*what == 'o') || (r < 0 && err.class == ERR_UNAVAILABLE);
        }
        return NULL;
}

static void every_job_ends_and_nothing_is_left(void **state) {
        struct worker workers[THREADS];
        int broker = broker_pid();
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(run(*state, "ok", 0, &err), 0);
        size_t ours = torture_count_fds(getpid()), theirs = torture_count_fds(broker);
        for (unsigned i = 0; i < THREADS; i++) {
                workers[i] = (struct worker){.broker = *state, .seed = i + 1};
                assert_int_equal(pthread_create(&workers[i].thread, NULL, misbehave, &workers[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
                pthread_join(workers[i].thread, NULL);
                assert_int_equal(workers[i].wrong, 0);
        }
        assert_false(has_children(broker));
        assert_int_equal(run(*state, "ok", 0, &err), 0);
        assert_int_equal(torture_count_fds(getpid()), ours);
        /* The last job's status socket closes right after we hear of it. */
        while (torture_count_fds(broker) > theirs)
                ;
}

/* The limit leaves room for 0, 1, 2, ... descriptors more than are open. */
static void running_out_of_descriptors_is_an_error(void **state) {
        struct rlimit was, low;
        size_t ours = torture_count_fds(getpid());
        bool succeeded = false;
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
        for (rlim_t room = 3; room < 40 && !succeeded; room++) {
                _cleanup_err_ struct err err = ERR_INIT;
                low = was;
                low.rlim_cur = room;
                assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
                int r = run(*state, "ok", 0, &err);
                assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
                succeeded = r == 0;
                assert_true(succeeded || err.class == ERR_IO);
                assert_int_equal(torture_count_fds(getpid()), ours);
        }
        assert_true(succeeded);
}

static void running_out_of_memory_is_an_error(void **state) {
        size_t ours = torture_count_fds(getpid());
        bool reached = true;
        for (size_t nth = 1; reached; nth++) {
                _cleanup_err_ struct err err = ERR_INIT;
                torture_fail_allocation(nth);
                int r = run(*state, nth % 2 ? "ok" : "f", 0, &err);
                reached = torture_failed();
                torture_fail_allocation(0);
                assert_true(r == 0 || err.class != ERR_NONE);
                assert_int_equal(torture_count_fds(getpid()), ours);
        }
}

/* The archive job's own code, in this process, with each of its allocations failing once. */
static void an_archive_survives_every_failing_allocation(void **state) {
        (void)state;
        char path[] = "/tmp/weir-torture.XXXXXX";
        assert_non_null(mkdtemp(path));
        _cleanup_close_ int top = fs_open_dir(AT_FDCWD, path, NULL);
        assert_int_equal(mkdirat(top, "tree", 0700), 0);
        _cleanup_close_ int tree = fs_open_dir(top, "tree", NULL);
        _cleanup_close_ int ignore = fs_open(tree, ".sourceignore", O_WRONLY | O_CREAT, 0600, NULL);
        assert_int_equal(fs_write_all(ignore, "*.md\n", 5, NULL), 0);
        bool reached = true;
        for (size_t nth = 1; reached; nth++) {
                _cleanup_close_ int file = fs_open(top, "archive", O_RDWR | O_CREAT | O_TRUNC, 0600, NULL);
                _cleanup_buf_ struct buf out = BUF_INIT(65536);
                _cleanup_err_ struct err err = ERR_INIT;
                struct job job = {.kind = JOB_ARCHIVE,
                                  .input = "{\"ignore\":\"/x\"}",
                                  .input_len = strlen("{\"ignore\":\"/x\"}"),
                                  .fds = {tree, file},
                                  .n_fds = 2};
                torture_fail_allocation(nth);
                int r = job_archive(&job, &out, &err);
                reached = torture_failed();
                torture_fail_allocation(0);
                assert_true(r < 0 || !reached || buf_failed(&out));
                if (r < 0)
                        assert_int_equal(err.class, ERR_MEMORY);
        }
        fs_remove_tree(path, NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_job_ends_and_nothing_is_left),
                cmocka_unit_test(running_out_of_descriptors_is_an_error),
                cmocka_unit_test(running_out_of_memory_is_an_error),
                cmocka_unit_test(an_archive_survives_every_failing_allocation),
        };
        return cmocka_run_group_tests(tests, start, stop);
}
