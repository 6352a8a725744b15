/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/roles.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

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

/* The descriptors that a child is given: ends of a pipe and, when linked, of a socket. */
struct channels {
        int ready[2], link[2]; /* this process's end, the child's end */
};

static void close_channels(struct channels *c) {
        for (size_t i = 0; i < 2; i++) {
                close_fd(&c->ready[i]);
                close_fd(&c->link[i]);
        }
}

static int open_channels(struct role *r, struct channels *c, struct err *err) {
        *c = (struct channels){{-1, -1}, {-1, -1}};
        if (pipe2(c->ready, O_CLOEXEC) < 0 ||
            (r->linked && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, c->link) < 0)) {
                int failed = errno;
                close_channels(c);
                return err_errno(err, failed, "make a pipe and a socket for %s", r->name);
        }
        snprintf(r->ready_number, sizeof(r->ready_number), "%d", c->ready[1]);
        snprintf(r->link_number, sizeof(r->link_number), "%d", c->link[1]);
        return 0;
}

int role_start(struct role *r, struct err *err) {
        char mark[48];
        snprintf(mark, sizeof(mark), "WEIR_SUPERVISED=%ld", (long)getpid());
        _cleanup_free_ const char **env = role_environment(mark);
        _cleanup_(close_channels) struct channels c = {{-1, -1}, {-1, -1}};
        if (!env)
                return err_oom(err);
        if (open_channels(r, &c, err) < 0)
                return -1;
        const int inherit[] = {c.ready[1], c.link[1]};
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.argv = r->argv;
        spec.env = env;
        spec.stdout_fd = STDERR_FILENO;
        spec.stderr_fd = STDERR_FILENO;
        spec.inherit = inherit;
        spec.n_inherit = r->linked ? 2 : 1;
        spec.new_group = true; /* Ctrl-C reaches the supervisor only, which stops the roles in order */
        if (proc_spawn(&spec, &r->proc, err) < 0)
                return err_wrap(err, "start %s", r->name);
        close_fd(&r->ready_fd);
        close_fd(&r->link_fd);
        r->ready_fd = TAKE_FD(c.ready[0]);
        r->link_fd = TAKE_FD(c.link[0]);
        r->ready = false;
        r->started_at = clock_monotonic_ns();
        r->retry_at = 0;
        r->kill_at = 0;
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

bool role_ended(struct role *r, char *text, size_t size) {
        struct proc_exit how = {0};
        bool asked = r->kill_at != 0;
        proc_wait(&r->proc, 0, &how, NULL);
        r->proc = PROC_INIT;
        close_fd(&r->ready_fd);
        close_fd(&r->link_fd);
        r->ready = false;
        r->kill_at = 0;
        if (how.signal)
                snprintf(text, size, "ended by signal %d (%s)", how.signal, strsignal(how.signal));
        else
                snprintf(text, size, "ended with status %d", how.status);
        int64_t now = clock_monotonic_ns();
        if (asked || now - r->started_at > STABLE)
                r->delay = 0;
        r->retry_at = r->wanted ? now + r->delay : 0;
        if (asked)
                return true;
        r->restarts++;
        r->delay = r->delay ? (r->delay * 2 > DELAY_MAX ? DELAY_MAX : r->delay * 2) : DELAY_MIN;
        return false;
}

void role_ask_to_end(struct role *r, int64_t grace_ns) {
        if (r->proc.pid <= 0 || r->kill_at)
                return;
        kill(r->proc.pid, SIGTERM);
        r->kill_at = clock_monotonic_ns() + grace_ns;
}

void role_overdue(struct role *r, int64_t now) {
        if (r->proc.pid <= 0 || !r->kill_at || r->kill_at > now)
                return;
        kill(r->proc.group ? -r->proc.pid : r->proc.pid, SIGKILL);
        r->kill_at = INT64_MAX; /* nothing more to be done but to reap it */
}

void role_stop(struct role *r, int64_t grace_ns) {
        close_fd(&r->link_fd);
        if (r->proc.pid > 0) {
                struct proc_exit how;
                kill(r->proc.pid, SIGTERM);
                if (proc_wait(&r->proc, clock_monotonic_ns() + grace_ns, &how, NULL) < 0)
                        proc_kill(&r->proc);
                r->proc = PROC_INIT;
        }
        close_fd(&r->ready_fd);
}
