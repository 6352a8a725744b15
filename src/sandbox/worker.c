/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/worker.h"

#include "base/fs.h"
#include "base/limits.h"
#include "sandbox/landlock.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Where the descriptors lie in the worker; above them nothing is open. */
#define FD_REQUEST 3
#define FD_ANSWER 4
#define FD_JOB 5

static int die_with_broker(pid_t broker, struct err *err) {
        if (setpgid(0, 0) < 0 && errno != EACCES)
                return err_errno(err, errno, "setpgid");
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                return err_errno(err, errno, "prctl");
        if (getppid() != broker) /* it died before the line above */
                _exit(1);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        return 0;
}

/* Moves the descriptors to their places, by way of numbers that cannot collide with them, and closes all others. */
static int arrange_fds(const struct worker_start *start, struct err *err) {
        int high[JOB_MESSAGE_FDS];
        int sources[JOB_MESSAGE_FDS] = {start->fds[JOB_FD_REQUEST], start->fds[JOB_FD_ANSWER]};
        size_t n = 2 + start->n_job_fds;
        for (size_t i = 0; i < start->n_job_fds; i++)
                sources[2 + i] = start->fds[JOB_FD_FIRST + i];
        for (size_t i = 0; i < n; i++) {
                high[i] = fcntl(sources[i], F_DUPFD_CLOEXEC, FD_REQUEST + JOB_MESSAGE_FDS);
                if (high[i] < 0)
                        return err_errno(err, errno, "dup");
        }
        for (size_t i = 0; i < n; i++)
                if (dup3(high[i], FD_REQUEST + (int)i, O_CLOEXEC) < 0)
                        return err_errno(err, errno, "dup");
        if (syscall(SYS_close_range, FD_REQUEST + (unsigned)n, ~0u, 0) < 0)
                return err_errno(err, errno, "close_range");
        return 0;
}

static int set_limit(__rlimit_resource_t resource, uint64_t soft, uint64_t hard, struct err *err) {
        struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
        struct rlimit now;
        if (getrlimit(resource, &now) == 0 && now.rlim_max < limit.rlim_max)
                limit.rlim_max = now.rlim_max;
        if (limit.rlim_cur > limit.rlim_max)
                limit.rlim_cur = limit.rlim_max;
        return setrlimit(resource, &limit) < 0 ? err_errno(err, errno, "setrlimit") : 0;
}

static int set_limits(const struct policy *policy, struct err *err) {
        /* The second second lets SIGXCPU arrive, which names the reason; SIGKILL would not. */
        if (set_limit(RLIMIT_CPU, policy->cpu_seconds, policy->cpu_seconds + 1, err) < 0 ||
            set_limit(RLIMIT_FSIZE, policy->file_bytes, policy->file_bytes, err) < 0 ||
            set_limit(RLIMIT_NOFILE, policy->open_files, policy->open_files, err) < 0 ||
            set_limit(RLIMIT_NPROC, policy->processes, policy->processes, err) < 0 ||
            set_limit(RLIMIT_CORE, 0, 0, err) < 0)
                return -1;
        if (policy_sanitized())
                return 0;
        return set_limit(RLIMIT_AS, policy->memory_bytes, policy->memory_bytes, err);
}

static int confine(const struct worker_start *start, struct err *err) {
        int fds[JOB_MAX_FDS];
        for (size_t i = 0; i < start->n_job_fds; i++)
                fds[i] = FD_JOB + (int)i;
        const struct policy *policy = policy_of(start->kind);
        prctl(PR_SET_NAME, policy->process, 0, 0, 0);
        if (set_limits(policy, err) < 0)
                return -1;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return err_errno(err, errno, "no_new_privs");
        if (landlock_apply(policy, fds, start->n_job_fds, err) < 0)
                return -1;
        return filter_install(start->filter, err);
}

static int work(const struct worker_start *start, struct buf *out, struct err *err) {
        if (die_with_broker(start->broker, err) < 0 || arrange_fds(start, err) < 0)
                return -1;
        _cleanup_free_ char *request = NULL;
        size_t len;
        if (fs_read_fd(FD_REQUEST, LIMIT_JOB_INPUT, &request, &len, err) < 0)
                return err_wrap(err, "request");
        close(FD_REQUEST);
        if (confine(start, err) < 0)
                return err_wrap(err, "sandbox");
        struct job job = {
                .kind = start->kind,
                .input = request,
                .input_len = len,
                .n_fds = start->n_job_fds,
                .max_output = start->max_output,
        };
        for (size_t i = 0; i < start->n_job_fds; i++)
                job.fds[i] = FD_JOB + (int)i;
        int r = start->function(&job, out, err);
        if (r == 0 && buf_failed(out))
                return err_set(err, ERR_TOO_LARGE, "the answer has more than %zu bytes", out->max);
        return r;
}

static void answer(const struct answer_head *head, const char *bytes) {
        if (fs_write_all(FD_ANSWER, head, sizeof(*head), NULL) < 0 ||
            fs_write_all(FD_ANSWER, bytes, head->length, NULL) < 0)
                _exit(1);
}

void worker_run(const struct worker_start *start) {
        _cleanup_buf_ struct buf out = BUF_INIT((size_t)start->max_output);
        _cleanup_err_ struct err err = ERR_INIT;
        struct answer_head head = {.magic = ANSWER_MAGIC};
        if (work(start, &out, &err) == 0) {
                head.length = (uint32_t)out.len;
                answer(&head, buf_str(&out));
        } else {
                /* Whoever reads the answer shows one text. */
                _cleanup_free_ char *both = NULL;
                const char *message = err_message(&err);
                if (err.hint && asprintf(&both, "%s\n%s", message, err.hint) >= 0)
                        message = both;
                size_t len = strlen(message);
                head.failed = 1;
                head.class = err.class;
                head.line = err.line;
                head.column = err.column;
                head.length = (uint32_t)(len < LIMIT_JOB_ERROR ? len : LIMIT_JOB_ERROR);
                memcpy(head.reason, err.reason, sizeof(head.reason));
                answer(&head, message);
        }
        _exit(0); /* no destructors, no flushing: nothing here belongs to the world outside */
}
