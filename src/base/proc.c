/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proc.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Beyond it a child's output is read in pieces of this size. */
#define READ_PIECE 65536

static void actions_done(posix_spawn_file_actions_t *actions) {
        posix_spawn_file_actions_destroy(actions);
}

static void attributes_done(posix_spawnattr_t *attributes) {
        posix_spawnattr_destroy(attributes);
}

static int add_standard(posix_spawn_file_actions_t *actions, int fd, int target) {
        if (fd >= 0)
                return posix_spawn_file_actions_adddup2(actions, fd, target);
        return posix_spawn_file_actions_addopen(actions, target, "/dev/null", target == 0 ? O_RDONLY : O_WRONLY, 0);
}

/* dup2 of a descriptor to itself is posix_spawn's way to say: not close-on-exec. */
static int add_actions(posix_spawn_file_actions_t *actions, const struct proc_spec *spec) {
        int r = add_standard(actions, spec->stdin_fd, 0);
        if (r == 0)
                r = add_standard(actions, spec->stdout_fd, 1);
        if (r == 0)
                r = add_standard(actions, spec->stderr_fd, 2);
        for (size_t i = 0; r == 0 && i < spec->n_inherit; i++)
                r = posix_spawn_file_actions_adddup2(actions, spec->inherit[i], spec->inherit[i]);
        if (r == 0 && spec->cwd_fd >= 0)
                r = posix_spawn_file_actions_addfchdir_np(actions, spec->cwd_fd);
        return r;
}

/* The child starts with no signal blocked and every one at its default, whatever this process does with them. */
static int set_attributes(posix_spawnattr_t *attributes, const struct proc_spec *spec) {
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        sigdelset(&all, SIGKILL);
        sigdelset(&all, SIGSTOP);
        short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (spec->new_group ? POSIX_SPAWN_SETPGROUP : 0);
        int r = posix_spawnattr_setsigmask(attributes, &none);
        if (r == 0)
                r = posix_spawnattr_setsigdefault(attributes, &all);
        if (r == 0)
                r = posix_spawnattr_setpgroup(attributes, 0);
        return r == 0 ? posix_spawnattr_setflags(attributes, flags) : r;
}

int proc_spawn(const struct proc_spec *spec, struct proc *ret, struct err *err) {
        static const char *const empty[] = {NULL};
        _cleanup_(actions_done) posix_spawn_file_actions_t actions;
        _cleanup_(attributes_done) posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        int r = add_actions(&actions, spec);
        if (r == 0)
                r = set_attributes(&attributes, spec);
        pid_t pid = 0;
        if (r == 0)
                r = posix_spawn(&pid, spec->argv[0], &actions, &attributes, (char *const *)(uintptr_t)spec->argv,
                                (char *const *)(uintptr_t)(spec->env ? spec->env : empty));
        if (r == ENOENT)
                return err_set(err, ERR_NOT_FOUND, "%s: no such program", spec->argv[0]);
        if (r != 0)
                return err_errno(err, r, "start %s", spec->argv[0]);
        struct proc p = {.pid = pid, .group = spec->new_group};
        p.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (p.pidfd < 0) {
                int e = errno;
                proc_kill(&p);
                return err_errno(err, e, "pidfd of %s", spec->argv[0]);
        }
        *ret = p;
        return 0;
}

/* Milliseconds for poll() until a monotonic deadline; -1 for none. */
static int poll_timeout(int64_t deadline_ns) {
        if (deadline_ns == 0)
                return -1;
        int64_t left = deadline_ns - clock_monotonic_ns();
        if (left <= 0)
                return 0;
        left = (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
        return left > INT32_MAX ? INT32_MAX : (int)left;
}

static void forget(struct proc *p) {
        close_fd(&p->pidfd);
        *p = PROC_INIT;
}

int proc_wait(struct proc *p, int64_t deadline_ns, struct proc_exit *ret, struct err *err) {
        for (;;) {
                struct pollfd polled = {.fd = p->pidfd, .events = POLLIN};
                int n = poll(&polled, 1, poll_timeout(deadline_ns));
                if (n > 0)
                        break;
                if (n < 0 && errno != EINTR)
                        return err_errno(err, errno, "wait");
                if (n == 0)
                        return err_set(err, ERR_TIMEOUT, "the program is still running");
        }
        int status = 0;
        while (waitpid(p->pid, &status, 0) < 0)
                if (errno != EINTR)
                        return err_errno(err, errno, "wait");
        forget(p);
        *ret = (struct proc_exit){
                .status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        };
        return 0;
}

void proc_kill(struct proc *p) {
        if (p->pid <= 0)
                return;
        /* Where killing is forbidden (a sandboxed worker) waiting could last for ever: the broker ends the group. */
        if (kill(p->group ? -p->pid : p->pid, SIGKILL) == 0)
                while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
                        ;
        forget(p);
}

int proc_pipe(int *ret_read, int *ret_write, struct err *err) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0)
                return err_errno(err, errno, "pipe");
        *ret_read = ends[0];
        *ret_write = ends[1];
        return 0;
}

/* ---- a program from start to end ---- */

/* The parent's ends of the three pipes of a running program. */
struct pipes {
        int in;
        int out;
        int errors;
};

static void pipes_done(struct pipes *p) {
        close_fd(&p->in);
        close_fd(&p->out);
        close_fd(&p->errors);
}

static int spawn_with_pipes(const struct proc_spec *spec, struct proc *ret, struct pipes *ret_pipes, struct err *err) {
        _cleanup_close_ int in_read = -1, in_write = -1, out_read = -1, out_write = -1, errors_read = -1,
                            errors_write = -1;
        if (proc_pipe(&in_read, &in_write, err) < 0 || proc_pipe(&out_read, &out_write, err) < 0 ||
            proc_pipe(&errors_read, &errors_write, err) < 0)
                return -1;
        if (fcntl(in_write, F_SETFL, O_NONBLOCK) < 0)
                return err_errno(err, errno, "pipe");
        struct proc_spec with_pipes = *spec;
        with_pipes.stdin_fd = in_read;
        with_pipes.stdout_fd = out_write;
        with_pipes.stderr_fd = errors_write;
        if (proc_spawn(&with_pipes, ret, err) < 0)
                return -1;
        *ret_pipes = (struct pipes){TAKE_FD(in_write), TAKE_FD(out_read), TAKE_FD(errors_read)};
        return 0;
}

/* Feeds what fits; closes the pipe when all is written or nobody reads. MSG_NOSIGNAL has no counterpart for pipes, so
 * SIGPIPE is held back for this thread: a child that does not read its input is no reason to die. */
static void feed(struct pipes *p, const char **input, size_t *left) {
        sigset_t pipe_signal, before;
        sigemptyset(&pipe_signal);
        sigaddset(&pipe_signal, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
        ssize_t n = *left ? write(p->in, *input, *left) : 0;
        int e = errno;
        if (n < 0 && e == EPIPE) {
                static const struct timespec now = {0};
                sigtimedwait(&pipe_signal, NULL, &now); /* takes the one just raised */
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (n > 0) {
                *input += n;
                *left -= (size_t)n;
        }
        if (*left == 0 || (n < 0 && e != EAGAIN && e != EINTR))
                close_fd(&p->in);
}

/* Reads a piece; closes the pipe at its end. False: more than the buffer's maximum came. */
static bool drain(int *fd, struct buf *to) {
        char piece[READ_PIECE];
        ssize_t n = read(*fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
                return true;
        if (n <= 0) {
                close_fd(fd);
                return true;
        }
        size_t room = to->max - to->len;
        buf_add(to, piece, (size_t)n < room ? (size_t)n : room);
        return (size_t)n <= room;
}

static int transfer(struct pipes *p, int cancel_fd, const char *input, size_t left, int64_t deadline_ns,
                    struct buf *out, struct buf *errors, struct err *err) {
        while (p->out >= 0 || p->errors >= 0 || p->in >= 0) {
                struct pollfd polls[4] = {{.fd = p->in, .events = POLLOUT},
                                          {.fd = p->out, .events = POLLIN},
                                          {.fd = p->errors, .events = POLLIN},
                                          {.fd = cancel_fd, .events = POLLIN}};
                int n = poll(polls, 4, poll_timeout(deadline_ns));
                if (n < 0 && errno != EINTR)
                        return err_errno(err, errno, "poll");
                if (n == 0)
                        return err_set(err, ERR_TIMEOUT, "the program took too long");
                if (n < 0)
                        continue;
                if (polls[3].revents)
                        return err_set(err, ERR_UNAVAILABLE, "the program was stopped");
                if (polls[0].revents)
                        feed(p, &input, &left);
                if (polls[1].revents && !drain(&p->out, out))
                        return err_set(err, ERR_TOO_LARGE, "the program's output has more than %zu bytes", out->max);
                if (polls[2].revents)
                        drain(&p->errors, errors);
                if (buf_failed(out) || buf_failed(errors))
                        return err_oom(err);
        }
        return 0;
}

int proc_run(const struct proc_spec *spec, const void *input, size_t input_len, int64_t deadline_ns, struct buf *out,
             struct buf *errors, struct proc_exit *ret, struct err *err) {
        _cleanup_proc_ struct proc p = PROC_INIT;
        _cleanup_(pipes_done) struct pipes pipes = {-1, -1, -1};
        if (spawn_with_pipes(spec, &p, &pipes, err) < 0 ||
            transfer(&pipes, spec->cancel_fd, input, input_len, deadline_ns, out, errors, err) < 0)
                return err_wrap(err, "%s", spec->argv[0]);
        return proc_wait(&p, deadline_ns, ret, err) < 0 ? err_wrap(err, "%s", spec->argv[0]) : 0;
}
