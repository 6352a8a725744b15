/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/broker.h"

#include "base/clock.h"
#include "base/limits.h"
#include "sandbox/privileges.h"
#include "sandbox/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A worker's life: running, then told to die or not, then its leader is reaped, then its whole group is gone and the
 * caller hears of it. `reaped` marks the third step. */
struct worker {
        pid_t pid; /* leads a process group of the same number */
        int status_fd;
        int64_t deadline_ns;
        bool killed; /* by us; `status.end` says why */
        bool reaped;
        struct job_status status;
};

struct broker_state {
        int sock;
        int signals;
        const job_function *functions;
        struct filter filters[JOB_KINDS]; /* compiled when first needed, so that starting costs nothing */
        struct worker workers[LIMIT_BROKER_WORKERS];
        size_t n_workers;
};

struct job_arrival {
        struct job_message message;
        int fds[JOB_MESSAGE_FDS]; /* owned; -1 where there is none */
};

static void close_all(struct job_arrival *arrival) {
        for (size_t i = 0; i < JOB_MESSAGE_FDS; i++)
                close_fd(&arrival->fds[i]);
}

static void report(int status_fd, struct job_status status) {
        send(status_fd, &status, sizeof(status), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ---- starting ---- */

/* 1: a job; 0: nothing (a malformed message is dropped, its sender sees its status socket close); -1: end of life. */
static int receive_job(int sock, struct job_arrival *ret) {
        union {
                struct cmsghdr align;
                char bytes[CMSG_SPACE(sizeof(int) * JOB_MESSAGE_FDS)];
        } control;
        struct iovec iov = {.iov_base = &ret->message, .iov_len = sizeof(ret->message)};
        /* CMSG_LEN, not CMSG_SPACE: the padding would have room for one descriptor more than ret->fds. */
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_LEN(sizeof(int) * JOB_MESSAGE_FDS)};
        for (size_t i = 0; i < JOB_MESSAGE_FDS; i++)
                ret->fds[i] = -1;
        ssize_t n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR || errno == EMFILE ? 0 : -1;
        size_t n_fds = 0;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
                        n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                        memcpy(ret->fds, CMSG_DATA(c), n_fds * sizeof(int));
                }
        if (n == 0)
                return -1;
        if (n == sizeof(ret->message) && !(msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) &&
            ret->message.n_fds <= JOB_MAX_FDS && n_fds == JOB_FD_FIRST + ret->message.n_fds)
                return 1;
        close_all(ret);
        return 0;
}

static const struct filter *filter_of(struct broker_state *b, enum job_kind kind) {
        struct filter *filter = &b->filters[kind];
        if (!filter->instructions && filter_compile(policy_of(kind), filter, NULL) < 0)
                return NULL;
        return filter;
}

static void start_worker(struct broker_state *b, struct job_arrival *arrival) {
        const struct job_message *m = &arrival->message;
        int status_fd = arrival->fds[JOB_FD_STATUS];
        if (m->kind >= JOB_KINDS || !b->functions[m->kind]) {
                report(status_fd, (struct job_status){.end = JOB_REFUSED});
                return;
        }
        struct worker_start start = {
                .kind = m->kind,
                .function = b->functions[m->kind],
                .filter = filter_of(b, m->kind),
                .fds = arrival->fds,
                .n_job_fds = m->n_fds,
                .max_output = m->max_output,
                .broker = getpid(),
        };
        pid_t pid = start.filter ? fork() : -1;
        if (pid == 0)
                worker_run(&start);
        if (pid < 0) {
                report(status_fd, (struct job_status){.end = JOB_NO_START, .code = start.filter ? errno : ENOSYS});
                return;
        }
        setpgid(pid, pid); /* both sides do it, so that neither has to wait for the other */
        int64_t timeout = m->timeout_ns > 0 ? m->timeout_ns : policy_of(m->kind)->wall_ns;
        b->workers[b->n_workers++] = (struct worker){
                .pid = pid,
                .status_fd = TAKE_FD(arrival->fds[JOB_FD_STATUS]),
                .deadline_ns = clock_monotonic_ns() + timeout,
        };
}

/* ---- ending ---- */

static void kill_worker(struct worker *w, enum job_end why) {
        if (w->killed || w->reaped)
                return;
        w->killed = true;
        w->status.end = why;
        kill(-w->pid, SIGKILL);
}

/* The leader has ended but is not reaped yet: its number is still its own, so its group can be killed safely. */
static void reap_worker(struct worker *w) {
        int status = 0;
        kill(-w->pid, SIGKILL);
        waitpid(w->pid, &status, 0);
        w->reaped = true;
        if (w->killed)
                return;
        if (WIFSIGNALED(status))
                w->status = (struct job_status){.end = JOB_SIGNALED, .code = WTERMSIG(status)};
        else
                w->status = (struct job_status){.end = JOB_EXITED, .code = WEXITSTATUS(status)};
}

static struct worker *worker_of(struct broker_state *b, pid_t pid) {
        for (size_t i = 0; i < b->n_workers; i++)
                if (b->workers[i].pid == pid && !b->workers[i].reaped)
                        return &b->workers[i];
        return NULL;
}

/* Reaps workers, and what their programs left behind: orphans come to us because we are a subreaper. */
static void reap(struct broker_state *b) {
        for (;;) {
                siginfo_t info = {.si_pid = 0};
                if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
                        break;
                struct worker *w = worker_of(b, info.si_pid);
                if (w)
                        reap_worker(w);
                else
                        waitpid(info.si_pid, NULL, 0);
        }
        for (size_t i = 0; i < b->n_workers;) {
                struct worker *w = &b->workers[i];
                if (!w->reaped || (kill(-w->pid, 0) == 0 || errno != ESRCH)) {
                        i++;
                        continue;
                }
                report(w->status_fd, w->status);
                close(w->status_fd);
                *w = b->workers[--b->n_workers];
        }
}

static void end(struct broker_state *b) __attribute__((__noreturn__));
static void end(struct broker_state *b) {
        for (size_t i = 0; i < b->n_workers; i++)
                kill(-b->workers[i].pid, SIGKILL);
        _exit(0);
}

/* ---- the loop ---- */

static int next_timeout_ms(const struct broker_state *b) {
        int64_t now = clock_monotonic_ns(), first = INT64_MAX;
        for (size_t i = 0; i < b->n_workers; i++)
                if (!b->workers[i].killed && !b->workers[i].reaped && b->workers[i].deadline_ns < first)
                        first = b->workers[i].deadline_ns;
        if (first == INT64_MAX)
                return -1;
        if (first <= now)
                return 0;
        int64_t ms = (first - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
        return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

/* Waits for the socket (unless all places are taken), signals and callers that hang up; answers the socket's events. */
static short wait_for_work(struct broker_state *b) {
        struct pollfd polls[2 + LIMIT_BROKER_WORKERS];
        size_t n = b->n_workers;
        polls[0] = (struct pollfd){.fd = n < LIMIT_BROKER_WORKERS ? b->sock : -1, .events = POLLIN};
        polls[1] = (struct pollfd){.fd = b->signals, .events = POLLIN};
        for (size_t i = 0; i < n; i++)
                polls[2 + i] = (struct pollfd){.fd = b->workers[i].killed ? -1 : b->workers[i].status_fd,
                                               .events = POLLIN | POLLRDHUP};
        if (poll(polls, 2 + n, next_timeout_ms(b)) < 0)
                return 0;
        int64_t now = clock_monotonic_ns();
        for (size_t i = 0; i < n; i++)
                if (polls[2 + i].revents)
                        kill_worker(&b->workers[i], JOB_CANCELED);
                else if (b->workers[i].deadline_ns <= now)
                        kill_worker(&b->workers[i], JOB_DEADLINE);
        struct signalfd_siginfo drained;
        while (read(b->signals, &drained, sizeof(drained)) > 0)
                ;
        reap(b);
        return polls[0].revents;
}

static int prepare(struct broker_state *b, int sock, struct err *err) {
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        setsid(); /* the terminal's signals are not for us: we end when our parent does */
        prctl(PR_SET_NAME, "weir-broker", 0, 0, 0);
        umask(077);
        b->sock = sock;
        if (chdir("/") < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || sigprocmask(SIG_BLOCK, &child, NULL) < 0)
                return err_errno(err, errno, "broker");
        privileges_reset_signals();
        if (privileges_close_descriptors(&b->sock, policy_sanitized(), err) < 0 ||
            privileges_drop_capabilities(err) < 0)
                return -1;
        privileges_forget_environment();
        b->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
        return b->signals < 0 ? err_errno(err, errno, "signalfd") : 0;
}

void broker_main(int sock, const job_function functions[JOB_KINDS]) {
        static struct broker_state state; /* large, and this process has nothing else */
        state.functions = functions;
        if (prepare(&state, sock, NULL) < 0)
                _exit(1);
        report(state.sock, (struct job_status){0}); /* ready */
        for (;;) {
                short events = wait_for_work(&state);
                if (!events)
                        continue;
                struct job_arrival arrival;
                int r = receive_job(state.sock, &arrival);
                if (r < 0)
                        end(&state);
                if (r > 0) {
                        start_worker(&state, &arrival);
                        close_all(&arrival);
                }
        }
}
