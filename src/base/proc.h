/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: other programs, started without a shell and without anything they were not given.
 *
 * A child gets its arguments, exactly the environment named, three standard descriptors and the inherited ones that
 * are named; every descriptor of weir is close-on-exec. Children are waited for by pidfd with a deadline, so no signal
 * handler is involved and any thread may run them. The owner declares `struct proc` with PROC_INIT and
 * `_cleanup_proc_`: leaving its scope kills and reaps what is still running. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

struct proc {
        pid_t pid; /* 0: none */
        int pidfd;
        bool group; /* pid leads a process group of its own: killing reaches its children too */
};

#define PROC_INIT ((struct proc){.pidfd = -1})

struct proc_spec {
        const char *const *argv; /* NULL-terminated; argv[0] is a full path */
        const char *const *env;  /* NULL-terminated "NAME=value"; NULL: an empty environment */
        int stdin_fd;            /* -1: /dev/null; likewise the next two */
        int stdout_fd;
        int stderr_fd;
        const int *inherit; /* further descriptors that the child keeps under the same numbers, all above 2 */
        size_t n_inherit;
        int cwd_fd;     /* directory to start in; -1: the parent's */
        int cancel_fd;  /* proc_run() ends with ERR_UNAVAILABLE as soon as it becomes readable; -1: none */
        bool new_group; /* lead a new process group */
};

#define PROC_SPEC_INIT                                                                                                 \
        ((struct proc_spec){.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .cwd_fd = -1, .cancel_fd = -1})

/* How a child ended. */
struct proc_exit {
        int status; /* exit status; -1 when a signal ended it */
        int signal; /* 0 when it exited */
};

/* Makes a pipe whose ends are close-on-exec. The caller owns both. */
int proc_pipe(int *ret_read, int *ret_write, struct err *err);

/* Starts it. ERR_NOT_FOUND: no such program; ERR_IO otherwise. */
int proc_spawn(const struct proc_spec *spec, struct proc *ret, struct err *err);

/* Waits until the monotonic time deadline_ns (0: for ever) and reaps. ERR_TIMEOUT leaves it running. */
int proc_wait(struct proc *p, int64_t deadline_ns, struct proc_exit *ret, struct err *err);

/* SIGKILL to the child (its group when it has one) and reaps it. Takes a proc that never ran. */
void proc_kill(struct proc *p);

/* Runs a program to its end: input to its standard input, standard output and standard error into the buffers, each
 * up to the buffer's maximum (a longer standard output kills the child: ERR_TOO_LARGE; a longer standard error is cut).
 * The three standard descriptors of spec are ignored. A failing exit status is no error here.
 * ERR_TIMEOUT after deadline_ns (monotonic; 0: none), with the child killed. */
int proc_run(const struct proc_spec *spec, const void *input, size_t input_len, int64_t deadline_ns, struct buf *out,
             struct buf *errors, struct proc_exit *ret, struct err *err);

#define _cleanup_proc_ _cleanup_(proc_kill)
