/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into roles that run under valgrind (tests/torture/leaks). Debian 12's valgrind 3.19 does not know some
 * system calls, and a worker's sandbox would end valgrind itself, whose memory and calls are not in any policy. So in
 * that run, and only there, workers are not confined: the seccomp filter and the limits of memory and open files are
 * not set, openat2() is openat(), and pidfd_open() is a pipe whose other end a thread closes when the process has
 * ended. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct watched {
        pid_t pid;
        int fd;
};

static void *watch(void *context) {
        struct watched *w = context;
        siginfo_t how;
        waitid(P_PID, (id_t)w->pid, &how, WEXITED | WNOWAIT);
        close(w->fd);
        free(w);
        return NULL;
}

static long open_pidfd(pid_t pid) {
        struct watched *w = malloc(sizeof(*w));
        pthread_t thread;
        int ends[2];
        if (!w || pipe2(ends, O_CLOEXEC) < 0) {
                free(w);
                return -1;
        }
        *w = (struct watched){.pid = pid, .fd = ends[1]};
        if (pthread_create(&thread, NULL, watch, w) != 0) {
                close(ends[0]);
                close(ends[1]);
                free(w);
                return -1;
        }
        pthread_detach(thread);
        return ends[0];
}

/* What libseccomp asks to learn what the kernel has, with arguments that change nothing. */
static long answer_seccomp(long operation) {
        if (operation == SECCOMP_GET_ACTION_AVAIL)
                return 0;
        errno = operation == SECCOMP_SET_MODE_FILTER ? EFAULT : EINVAL;
        return -1;
}

static void take_arguments(long arguments[6], va_list list) {
        for (int i = 0; i < 6; i++)
                arguments[i] = va_arg(list, long);
}

long syscall(long number, ...) {
        static long (*real)(long, ...);
        va_list list;
        long a[6];
        va_start(list, number);
        take_arguments(a, list);
        va_end(list);
        if (number == SYS_pidfd_open)
                return open_pidfd((pid_t)a[0]);
        if (number == SYS_openat2) {
                const struct open_how *how = (const struct open_how *)a[2];
                return openat((int)a[0], (const char *)a[1], (int)how->flags, (mode_t)how->mode);
        }
        if (number == SYS_seccomp)
                return answer_seccomp(a[0]);
        if (!real)
                real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int prctl(int option, ...) {
        va_list list;
        long a[6];
        va_start(list, option);
        take_arguments(a, list);
        va_end(list);
        return option == PR_SET_SECCOMP ? 0 : (int)syscall(SYS_prctl, (long)option, a[0], a[1], a[2], a[3]);
}

/* Under the name that a build with 64-bit file offsets calls. */
int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit) {
        (void)resource;
        (void)limit;
        return 0;
}
