/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side of the broker. */
#include "base/clock.h"
#include "base/limits.h"
#include "sandbox/broker.h"
#include "sandbox/policy.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>

/* Callers beyond LIMIT_BROKER_WORKERS wait here and not in the socket: descriptors on their way count against the
 * user's limit, and the broker always has a place for what it receives. */
struct broker {
        int sock;
        pid_t pid;
        sem_t places;
};

/* ---- the broker's start and end ---- */

int broker_start(const job_function functions[JOB_KINDS], struct broker **ret, struct err *err) {
        _cleanup_free_ struct broker *b = malloc(sizeof(*b));
        if (!b)
                return err_oom(err);
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_errno(err, errno, "broker: socketpair");
        _cleanup_close_ int ours = pair[0];
        _cleanup_close_ int theirs = pair[1];
        fflush(NULL); /* what is buffered is ours to write, once */
        b->pid = fork();
        if (b->pid < 0)
                return err_errno(err, errno, "broker: fork");
        if (b->pid == 0) {
                close(ours);
                broker_main(theirs, functions);
        }
        close_fd(&theirs);
        struct job_status ready;
        if (recv(ours, &ready, sizeof(ready), 0) != sizeof(ready)) {
                waitpid(b->pid, NULL, 0);
                return err_set(err, ERR_INTERNAL, "the sandbox broker could not start");
        }
        b->sock = TAKE_FD(ours);
        sem_init(&b->places, 0, LIMIT_BROKER_WORKERS);
        *ret = TAKE_PTR(b);
        return 0;
}

struct broker *broker_stop(struct broker *b) {
        if (!b)
                return NULL;
        close(b->sock);
        while (waitpid(b->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        sem_destroy(&b->places);
        free(b);
        return NULL;
}

/* ---- one job ---- */

/* The caller's ends of one job. */
struct call {
        int answer; /* pipe, for reading */
        int status; /* socket */
};

static void call_done(struct call *c) {
        close_fd(&c->answer);
        close_fd(&c->status);
}

static int request_fd(const struct job *job, struct err *err) {
        _cleanup_close_ int fd = memfd_create("request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return err_errno(err, errno, "job: memfd");
        for (size_t at = 0; at < job->input_len;) { /* by offset: the worker reads from the descriptor's start */
                ssize_t n = pwrite(fd, job->input + at, job->input_len - at, (off_t)at);
                if (n < 0)
                        return err_errno(err, errno, "job: write request");
                at += (size_t)n;
        }
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
                return err_errno(err, errno, "job: seal request");
        return TAKE_FD(fd);
}

static int send_message(struct broker *b, const struct job_message *message, const int *fds, size_t n_fds,
                        struct err *err) {
        union {
                struct cmsghdr align;
                char bytes[CMSG_SPACE(sizeof(int) * JOB_MESSAGE_FDS)];
        } control = {.bytes = {0}};
        struct iovec iov = {.iov_base = (void *)(uintptr_t)message, .iov_len = sizeof(*message)};
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * n_fds)};
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
        ssize_t n;
        do
                n = sendmsg(b->sock, &msg, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ECONNREFUSED || errno == ENOTCONN))
                return err_set(err, ERR_UNAVAILABLE, "the sandbox broker is gone");
        return n < 0 ? err_errno(err, errno, "job: send") : 0;
}

static int call_start(struct broker *b, const struct job *job, size_t max_output, struct call *ret, struct err *err) {
        int ends[2];
        _cleanup_close_ int request = request_fd(job, err);
        if (request < 0)
                return -1;
        if (pipe2(ends, O_CLOEXEC) < 0)
                return err_errno(err, errno, "job: pipe");
        _cleanup_close_ int answer_read = ends[0];
        _cleanup_close_ int answer_write = ends[1];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return err_errno(err, errno, "job: socketpair");
        _cleanup_close_ int status_ours = ends[0];
        _cleanup_close_ int status_theirs = ends[1];
        int fds[JOB_MESSAGE_FDS] = {
                [JOB_FD_REQUEST] = request, [JOB_FD_ANSWER] = answer_write, [JOB_FD_STATUS] = status_theirs};
        memcpy(fds + JOB_FD_FIRST, job->fds, job->n_fds * sizeof(int));
        struct job_message message = {
                .kind = job->kind,
                .n_fds = (uint32_t)job->n_fds,
                .max_output = max_output,
                .timeout_ns = job->timeout_ns,
        };
        if (send_message(b, &message, fds, JOB_FD_FIRST + job->n_fds, err) < 0)
                return -1;
        *ret = (struct call){.answer = TAKE_FD(answer_read), .status = TAKE_FD(status_ours)};
        return 0;
}

/* Reads what is there. 1: more may come; 0: the end; -1: more than the maximum, or (buf_failed) no memory. */
static int read_answer(int fd, struct buf *answer) {
        size_t room = answer->max - answer->len;
        if (room > 65536)
                room = 65536;
        if (room == 0) {
                char extra;
                return read(fd, &extra, 1) > 0 ? -1 : 0;
        }
        char *to = buf_reserve(answer, room);
        ssize_t n = to ? read(fd, to, room) : -1;
        if (n < 0)
                return to && errno == EINTR ? 1 : -1;
        answer->len += (size_t)n;
        return n > 0;
}

/* Follows the job to its end: the answer and how the worker ended. */
static int call_finish(struct call *c, struct buf *answer, struct job_status *ret, bool *ret_too_large,
                       struct err *err) {
        bool too_large = false;
        for (;;) {
                struct pollfd polls[2] = {{.fd = c->status, .events = POLLIN}, {.fd = c->answer, .events = POLLIN}};
                if (poll(polls, 2, -1) < 0) {
                        if (errno == EINTR)
                                continue;
                        return err_errno(err, errno, "job: poll");
                }
                if (polls[1].revents) {
                        int r = read_answer(c->answer, answer);
                        if (r < 0) {
                                too_large = true;
                                shutdown(c->status, SHUT_WR); /* the broker kills the worker and then reports */
                        }
                        if (r <= 0)
                                close_fd(&c->answer);
                } else if (polls[0].revents) { /* only when the pipe is empty: the worker is dead and all is read */
                        ssize_t n = recv(c->status, ret, sizeof(*ret), 0);
                        if (n < 0 && errno == EINTR)
                                continue;
                        *ret_too_large = too_large;
                        return n == sizeof(*ret)
                                       ? 0
                                       : err_set(err, ERR_UNAVAILABLE, "the sandbox broker is gone, the job is lost");
                }
        }
}

/* ---- judging ---- */

static int signal_error(const struct policy *policy, int signal, struct err *err) {
        char seconds[TIME_TEXT_MAX];
        switch (signal) {
        case SIGXCPU:
                return err_set(err, ERR_TIMEOUT, "%s used more than %s of processor time", policy->name,
                               duration_format(seconds, (int64_t)policy->cpu_seconds * NSEC_PER_SEC));
        case SIGXFSZ:
                return err_set(err, ERR_TOO_LARGE, "%s wrote a file of more than %llu bytes", policy->name,
                               (unsigned long long)policy->file_bytes);
        case SIGSYS:
                return err_set(err, ERR_ACCESS_DENIED, "%s made a system call that its sandbox forbids", policy->name);
        case SIGKILL:
                return err_set(err, ERR_MEMORY, "%s was killed from outside, as the system does when memory is out",
                               policy->name);
        default:
                return err_set(err, ERR_INTERNAL, "%s crashed (%s)", policy->name, strsignal(signal));
        }
}

static int end_error(const struct job *job, const struct job_status *status, struct err *err) {
        const struct policy *policy = policy_of(job->kind);
        char seconds[TIME_TEXT_MAX];
        switch (status->end) {
        case JOB_SIGNALED:
                return signal_error(policy, status->code, err);
        case JOB_DEADLINE:
                return err_set(err, ERR_TIMEOUT, "%s took longer than %s", policy->name,
                               duration_format(seconds, job->timeout_ns > 0 ? job->timeout_ns : policy->wall_ns));
        case JOB_REFUSED:
                return err_set(err, ERR_UNSUPPORTED, "%s is not built into this broker", policy->name);
        case JOB_NO_START:
                return err_errno(err, status->code, "%s could not start", policy->name);
        default:
                return err_set(err, ERR_INTERNAL, "%s ended without an answer (exit status %d)", policy->name,
                               status->code);
        }
}

static bool reason_is_sane(const struct answer_head *head) {
        size_t n = strnlen(head->reason, sizeof(head->reason));
        for (size_t i = 0; i < n; i++) {
                char c = head->reason[i];
                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
                        return false;
        }
        return n < sizeof(head->reason);
}

/* What the worker said, which may be anything. */
static int judge_answer(const struct job *job, const struct buf *answer, char **ret, size_t *ret_len, struct err *err) {
        const struct policy *policy = policy_of(job->kind);
        struct answer_head head;
        if (answer->len < sizeof(head))
                return err_set(err, ERR_INTERNAL, "%s gave no answer", policy->name);
        memcpy(&head, answer->data, sizeof(head));
        const char *bytes = answer->data + sizeof(head);
        size_t len = answer->len - sizeof(head);
        if (head.magic != ANSWER_MAGIC || head.length != len || head.class > ERR_ACCESS_DENIED ||
            !reason_is_sane(&head))
                return err_set(err, ERR_INTERNAL, "%s gave a broken answer", policy->name);
        if (head.failed) {
                if (head.class == ERR_MEMORY)
                        return err_set(err, ERR_MEMORY, "%s needs more than %llu MiB of memory", policy->name,
                                       (unsigned long long)(policy->memory_bytes >> 20));
                enum err_class class = head.class == ERR_NONE ? ERR_INTERNAL : head.class;
                err_set_reason(err, class, head.reason, "%.*s", (int)(len < LIMIT_JOB_ERROR ? len : LIMIT_JOB_ERROR),
                               bytes);
                return err_at(err, head.line, head.column);
        }
        char *copy = malloc(len + 1);
        if (!copy)
                return err_oom(err);
        memcpy(copy, bytes, len);
        copy[len] = '\0';
        *ret = copy;
        *ret_len = len;
        return 0;
}

static int run_in_place(struct broker *b, const struct job *job, char **ret_output, size_t *ret_len, struct err *err) {
        size_t max_output = job->max_output ? job->max_output : LIMIT_JOB_OUTPUT;
        if ((unsigned)job->kind >= JOB_KINDS || job->n_fds > JOB_MAX_FDS || max_output > LIMIT_JOB_OUTPUT)
                return err_set(err, ERR_INTERNAL, "a malformed job");
        if (job->input_len > LIMIT_JOB_INPUT)
                return err_set(err, ERR_TOO_LARGE, "%s: the request has more than %zu bytes",
                               policy_of(job->kind)->name, LIMIT_JOB_INPUT);
        _cleanup_(call_done) struct call c = {.answer = -1, .status = -1};
        if (call_start(b, job, max_output, &c, err) < 0)
                return -1;
        size_t error_room = max_output < LIMIT_JOB_ERROR ? LIMIT_JOB_ERROR : max_output;
        _cleanup_buf_ struct buf answer = BUF_INIT(sizeof(struct answer_head) + error_room);
        struct job_status status;
        bool too_large = false;
        if (call_finish(&c, &answer, &status, &too_large, err) < 0)
                return -1;
        if (buf_failed(&answer))
                return err_oom(err);
        if (too_large)
                return err_set(err, ERR_TOO_LARGE, "%s: the answer has more than %zu bytes", policy_of(job->kind)->name,
                               max_output);
        if (status.end != JOB_EXITED || status.code != 0)
                return end_error(job, &status, err);
        return judge_answer(job, &answer, ret_output, ret_len, err);
}

int broker_run(struct broker *b, const struct job *job, char **ret_output, size_t *ret_len, struct err *err) {
        while (sem_wait(&b->places) < 0)
                if (errno != EINTR)
                        return err_errno(err, errno, "job: wait for a place");
        int r = run_in_place(b, job, ret_output, ret_len, err);
        sem_post(&b->places);
        return r;
}
