/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs through a real broker: answers, errors, limits, many at once, and the broker's own death. */
#include "base/clock.h"
#include "base/limits.h"
#include "sandbox/policy.h"
#include "unit/test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* The worker does what the first word of its request says. */
static int act(const struct job *job, struct buf *out, struct err *err) {
        const char *what = job->input;
        if (streq(what, "fail")) {
                err_set_reason(err, ERR_INVALID, "BuildFailed", "line three is wrong");
                return err_at(err, 3, 7);
        }
        if (streq(what, "crash"))
                *(volatile char *)NULL = 1;
        if (streq(what, "exit"))
                _exit(3);
        if (streq(what, "spin"))
                for (volatile unsigned i = 0;; i++)
                        ;
        if (streq(what, "memory")) {
                size_t n = (size_t)4 << 30;
                char *p = malloc(n);
                if (!p)
                        return err_oom(err);
                buf_adds(out, "allocated");
                free(p);
                return 0;
        }
        if (streq(what, "flood")) {
                char block[4096];
                memset(block, 'x', sizeof(block));
                while (!buf_failed(out))
                        buf_add(out, block, sizeof(block));
                return 0;
        }
        if (streq(what, "lie")) { /* an answer that is not one: written past the framing */
                char junk[256];
                memset(junk, 0xff, sizeof(junk));
                _exit(write(4, junk, sizeof(junk)) == sizeof(junk) ? 0 : 1);
        }
        if (streq(what, "oversize")) { /* a worker that ignores its own limit */
                char block[65536] = {0};
                for (int i = 0; i < 1000; i++)
                        if (write(4, block, sizeof(block)) < 0)
                                break;
                _exit(0);
        }
        buf_adds(out, "echo: ");
        buf_add(out, job->input, job->input_len);
        return 0;
}

static const job_function functions[JOB_KINDS] = {[JOB_BUILD] = act, [JOB_ARCHIVE] = act};

static int start(void **state) {
        return broker_start(functions, (struct broker **)state, NULL);
}

static int stop(void **state) {
        *state = broker_stop(*state);
        return 0;
}

static int run(struct broker *b, enum job_kind kind, const char *what, int64_t timeout_ns, char **ret,
               struct err *err) {
        struct job job = {.kind = kind,
                          .input = what,
                          .input_len = strlen(what),
                          .max_output = 1 << 16,
                          .timeout_ns = timeout_ns};
        size_t len = 0;
        return broker_run(b, &job, ret, &len, err);
}

static void an_answer_comes_back(void **state) {
        _cleanup_free_ char *answer = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(run(*state, JOB_BUILD, "hello", 0, &answer, &err), 0);
        assert_string_equal(answer, "echo: hello");
}

static void an_error_keeps_class_reason_text_and_place(void **state) {
        _cleanup_free_ char *answer = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(run(*state, JOB_BUILD, "fail", 0, &answer, &err), -1);
        assert_int_equal(err.class, ERR_INVALID);
        assert_string_equal(err.reason, "BuildFailed");
        assert_string_equal(err.message, "line three is wrong");
        assert_int_equal(err.line, 3);
        assert_int_equal(err.column, 7);
        assert_null(answer);
}

/* Each misbehaviour is an error of this job, named, and the broker goes on. */
static void misbehaviour_becomes_an_error(void **state) {
        static const struct {
                const char *what;
                enum err_class class;
                const char *text;
                bool plain; /* a sanitizer catches it itself */
        } cases[] = {
                {"crash", ERR_INTERNAL, "the build crashed (Segmentation fault)", true},
                {"memory", ERR_MEMORY, "the build needs more than 1024 MiB of memory", true},
                {"exit", ERR_INTERNAL, "the build ended without an answer (exit status 3)"},
                {"flood", ERR_TOO_LARGE, "the answer has more than 65536 bytes"},
                {"lie", ERR_INTERNAL, "the build gave a broken answer"},
                {"oversize", ERR_TOO_LARGE, "the build: the answer has more than 65536 bytes"},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_free_ char *answer = NULL;
                _cleanup_err_ struct err err = ERR_INIT;
                if (cases[i].plain && policy_sanitized())
                        continue;
                assert_int_equal(run(*state, JOB_BUILD, cases[i].what, 0, &answer, &err), -1);
                assert_string_equal(err_message(&err), cases[i].text);
                assert_int_equal(err.class, cases[i].class);
        }
        an_answer_comes_back(state);
}

static void an_endless_job_ends_at_its_deadline(void **state) {
        _cleanup_free_ char *answer = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        int64_t before = clock_monotonic_ns();
        assert_int_equal(run(*state, JOB_BUILD, "spin", 200 * NSEC_PER_MSEC, &answer, &err), -1);
        assert_int_equal(err.class, ERR_TIMEOUT);
        assert_string_equal(err_message(&err), "the build took longer than 200ms");
        assert_true(clock_monotonic_ns() - before < 5 * NSEC_PER_SEC);
}

static void a_kind_without_a_function_is_refused(void **state) {
        _cleanup_free_ char *answer = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(run(*state, JOB_UNPACK, "x", 0, &answer, &err), -1);
        assert_int_equal(err.class, ERR_UNSUPPORTED);
}

struct one {
        pthread_t thread;
        struct broker *broker;
        int number;
        bool right;
};

static void *run_one(void *arg) {
        struct one *one = arg;
        char text[32], expected[64];
        snprintf(text, sizeof(text), "job %d", one->number);
        snprintf(expected, sizeof(expected), "echo: job %d", one->number);
        _cleanup_free_ char *answer = NULL;
        one->right = run(one->broker, one->number % 2 ? JOB_BUILD : JOB_ARCHIVE, text, 0, &answer, NULL) == 0 &&
                     streq(answer, expected);
        return NULL;
}

static void hundreds_of_jobs_at_once_get_their_own_answers(void **state) {
        static struct one ones[3 * LIMIT_BROKER_WORKERS];
        for (int i = 0; i < (int)ARRAY_LEN(ones); i++) {
                ones[i] = (struct one){.broker = *state, .number = i};
                assert_int_equal(pthread_create(&ones[i].thread, NULL, run_one, &ones[i]), 0);
        }
        for (int i = 0; i < (int)ARRAY_LEN(ones); i++)
                pthread_join(ones[i].thread, NULL);
        for (int i = 0; i < (int)ARRAY_LEN(ones); i++)
                assert_true(ones[i].right);
}

static pid_t child_of(pid_t parent) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        int pid = 0;
        return f && fscanf(f, "%d", &pid) == 1 ? pid : 0;
}

static void *run_spin(void *arg) {
        struct one *one = arg;
        _cleanup_free_ char *answer = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        int r = run(one->broker, JOB_BUILD, "spin", 20 * NSEC_PER_SEC, &answer, &err);
        one->right = r < 0 && err.class == ERR_UNAVAILABLE;
        return NULL;
}

static void the_brokers_death_is_noticed(void **state) {
        (void)state;
        struct broker *b = NULL;
        assert_int_equal(broker_start(functions, &b, NULL), 0);
        /* Of our children the newest broker is the last; the other one belongs to the group's fixture. */
        pid_t broker = 0;
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getpid(), getpid());
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        for (int pid; f && fscanf(f, "%d", &pid) == 1;)
                broker = pid;
        assert_true(broker > 0);
        struct one one = {.broker = b};
        assert_int_equal(pthread_create(&one.thread, NULL, run_spin, &one), 0);
        pid_t worker = 0;
        while (worker == 0)
                worker = child_of(broker);
        kill(broker, SIGKILL);
        pthread_join(one.thread, NULL);
        assert_true(one.right);
        _cleanup_free_ char *answer = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(run(b, JOB_BUILD, "later", 0, &answer, &err), -1);
        assert_int_equal(err.class, ERR_UNAVAILABLE);
        broker_stop(b);
}

static void the_layers_of_this_kernel_have_names(void **state) {
        (void)state;
        struct sandbox_layer layers[8];
        size_t n = sandbox_layers(layers, ARRAY_LEN(layers));
        assert_true(n >= 2);
        for (size_t i = 0; i < n; i++) {
                assert_non_null(layers[i].name);
                assert_true(layers[i].detail[0] != '\0');
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_answer_comes_back),
                cmocka_unit_test(an_error_keeps_class_reason_text_and_place),
                cmocka_unit_test(misbehaviour_becomes_an_error),
                cmocka_unit_test(an_endless_job_ends_at_its_deadline),
                cmocka_unit_test(a_kind_without_a_function_is_refused),
                cmocka_unit_test(hundreds_of_jobs_at_once_get_their_own_answers),
                cmocka_unit_test(the_brokers_death_is_noticed),
                cmocka_unit_test(the_layers_of_this_kernel_have_names),
        };
        return cmocka_run_group_tests(tests, start, stop);
}
