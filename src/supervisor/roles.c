/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/roles.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#define DELAY_MIN (50 * NSEC_PER_MSEC)
#define DELAY_MAX (5 * NSEC_PER_SEC)
#define STABLE (10 * NSEC_PER_SEC) /* a role that ran this long starts again at once */

extern char **environ;

/* The environment plus WEIR_SUPERVISED=pid, so that the role ends with this process. */
static const char **role_environment(char *mark) {
        size_t n = 0;
        while (environ[n])
                n++;
        const char **env = calloc(n + 2, sizeof(*env));
        for (size_t i = 0; env && i < n; i++)
                env[i] = environ[i];
        if (env)
                env[n] = mark;
        return env;
}

int role_start(struct role *r, struct err *err) {
        char mark[48];
        snprintf(mark, sizeof(mark), "WEIR_SUPERVISED=%ld", (long)getpid());
        const char **env = role_environment(mark);
        int ready[2];
        if (!env)
                return err_oom(err);
        if (pipe2(ready, O_CLOEXEC) < 0) {
                free(env);
                return err_errno(err, errno, "make a pipe");
        }
        snprintf(r->ready_number, sizeof(r->ready_number), "%d", ready[1]);
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.argv = r->argv;
        spec.env = env;
        spec.stdout_fd = STDERR_FILENO;
        spec.stderr_fd = STDERR_FILENO;
        spec.inherit = &ready[1];
        spec.n_inherit = 1;
        spec.new_group = true; /* Ctrl-C reaches the supervisor only, which stops the roles in order */
        int started = proc_spawn(&spec, &r->proc, err);
        close(ready[1]);
        free(env);
        if (started < 0) {
                close(ready[0]);
                return err_wrap(err, "start %s", r->name);
        }
        close_fd(&r->ready_fd);
        r->ready_fd = ready[0];
        r->ready = false;
        r->started_at = clock_monotonic_ns();
        r->retry_at = 0;
        return 0;
}

bool role_read_ready(struct role *r) {
        char line[sizeof(r->address) + 6];
        ssize_t n = read(r->ready_fd, line, sizeof(line) - 1);
        close_fd(&r->ready_fd);
        if (n <= 0)
                return false;
        line[n] = '\0';
        line[strcspn(line, "\n")] = '\0';
        if (!str_has_prefix(line, "ready"))
                return false;
        snprintf(r->address, sizeof(r->address), "%s", line[5] == ' ' ? line + 6 : "");
        r->ready = true;
        return true;
}

void role_ended(struct role *r, char *text, size_t size) {
        struct proc_exit how = {0};
        proc_wait(&r->proc, 0, &how, NULL);
        r->proc = PROC_INIT;
        close_fd(&r->ready_fd);
        r->ready = false;
        r->restarts++;
        if (how.signal)
                snprintf(text, size, "ended by signal %d (%s)", how.signal, strsignal(how.signal));
        else
                snprintf(text, size, "ended with status %d", how.status);
        int64_t now = clock_monotonic_ns();
        if (now - r->started_at > STABLE)
                r->delay = 0;
        r->retry_at = now + r->delay;
        r->delay = r->delay ? (r->delay * 2 > DELAY_MAX ? DELAY_MAX : r->delay * 2) : DELAY_MIN;
        if (r->retry_at == 0)
                r->retry_at = 1;
}

void role_stop(struct role *r, int64_t grace_ns) {
        if (r->proc.pid > 0) {
                struct proc_exit how;
                kill(r->proc.pid, SIGTERM);
                if (proc_wait(&r->proc, clock_monotonic_ns() + grace_ns, &how, NULL) < 0)
                        proc_kill(&r->proc);
                r->proc = PROC_INIT;
        }
        close_fd(&r->ready_fd);
}
