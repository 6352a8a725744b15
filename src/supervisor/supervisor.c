/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/internal.h"

#include "apiserver/auth/kubeconfig.h"
#include "apiserver/auth/pki.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "data/json/json.h"
#include "install/install.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>

#define SERVICE_RANGE "10.0.0.0/16" /* room for a fleet; the first addresses are those of the default /24 */
#define SOCKET "run/apiserver.sock"
#define YEAR (INT64_C(365) * 86400)
#define RESTARTS_PATIENCE 3 /* a role that ended so often before weir was up stops it */

const char *supervisor_in_dir(struct supervisor *s, const char *name) {
        return arena_printf(s->arena, "%s/%s", s->dir, name);
}

/* ---- preparing ---- */

static int take_directory(struct supervisor *s, struct err *err) {
        const char *run = NULL, *lock = NULL;
        if (fs_mkdirs(s->options->data_dir, 0700, err) < 0)
                return -1;
        _cleanup_free_ char *real = realpath(s->options->data_dir, NULL);
        if (!real || !(s->dir = arena_strdup(s->arena, real)) || !(run = supervisor_in_dir(s, "run")) ||
            !(lock = supervisor_in_dir(s, "run/weir.lock")))
                return err_oom(err);
        if (strlen(s->dir) > 80) /* a Unix socket's path has 108 bytes */
                return err_set(err, ERR_INVALID, "--data %s is longer than 80 bytes; sockets live beneath it", s->dir);
        if (fs_mkdirs(run, 0700, err) < 0)
                return -1;
        s->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (s->lock < 0)
                return err_errno(err, errno, "open %s", lock);
        if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
                return err_set(err, ERR_EXISTS, "a weir runs on %s already; see `weir status --data %s`", s->dir,
                               s->dir);
        return 0;
}

static int catch_signals(struct supervisor *s, struct err *err) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGPIPE, SIG_IGN);
        s->signals = signalfd(-1, &set, SFD_CLOEXEC);
        return s->signals < 0 ? err_errno(err, errno, "signalfd") : 0;
}

int supervisor_set_arguments(struct arena *a, struct role *r, const char *const *arguments, const char *const *more,
                             struct err *err) {
        size_t n = 0, m = 0;
        while (arguments[n])
                n++;
        while (more && more[m])
                m++;
        const char **argv = arena_zalloc(a, n + m + 5, sizeof(*argv));
        if (!argv)
                return err_oom(err);
        size_t at = 0;
        argv[at++] = "/proc/self/exe";
        argv[at++] = r->name;
        for (size_t i = 0; i < n; i++)
                argv[at++] = arguments[i];
        for (size_t i = 0; i < m; i++)
                argv[at++] = more[i];
        argv[at++] = "--ready-fd";
        argv[at++] = r->ready_number;
        r->argv = argv;
        return 0;
}

static int plan_roles(struct supervisor *s, struct err *err) {
        const char *port = arena_printf(s->arena, "%u", s->options->port);
        const char *forge_port = arena_printf(s->arena, "%u", s->options->forge_port);
        const char *socket = supervisor_in_dir(s, SOCKET), *wake = supervisor_in_dir(s, "run/wake.sock");
        const char *git = supervisor_in_dir(s, "git");
        const char *tokens = s->options->token_auth_file;
        if (!port || !forge_port || !socket || !wake || !git)
                return err_oom(err);
        const char *apiserver[] = {"--data",
                                   s->dir,
                                   "--port",
                                   port,
                                   "--unix-socket",
                                   socket,
                                   "--settle-workloads",
                                   "--service-cluster-ip-range",
                                   SERVICE_RANGE,
                                   "--supervisor-fd",
                                   s->roles[APISERVER].link_number,
                                   tokens ? "--token-auth-file" : NULL,
                                   tokens,
                                   NULL};
        const char *forge[] = {"--dir", git, "--port", forge_port, "--wake-socket", wake, NULL};
        static const char *const names[ROLES] = {"apiserver", "forge", "controllers"};
        for (size_t i = 0; i < ROLES; i++) {
                s->roles[i] = ROLE_INIT;
                s->roles[i].name = names[i];
        }
        s->roles[APISERVER].linked = true;
        s->roles[CONTROLLERS].wanted = false; /* until its Deployment has been read */
        if (supervisor_set_arguments(s->arena, &s->roles[APISERVER], apiserver, NULL, err) < 0)
                return -1;
        return supervisor_set_arguments(s->arena, &s->roles[FORGE], forge, NULL, err);
}

/* ---- when the control plane is there ---- */

/* A kubeconfig with which the controllers are the installed service account and nothing more. */
static int write_controllers_kubeconfig(struct supervisor *s, struct err *err) {
        static const char *const groups[] = {"system:serviceaccounts", "system:serviceaccounts:" INSTALL_NAMESPACE,
                                             NULL};
        struct pki *pki = NULL;
        struct pki_options options = {.dir = supervisor_in_dir(s, "pki"), .now = clock_realtime_ns() / NSEC_PER_SEC};
        struct kubeconfig k = {.cluster = "weir", .user = INSTALL_ACCOUNT, .server = s->roles[APISERVER].address};
        if (!options.dir)
                return err_oom(err);
        if (pki_load(&options, &pki, err) < 0)
                return -1;
        k.ca_pem = pki_ca_pem(pki);
        int r = pki_client_certificate(pki, s->arena, INSTALL_USER, groups, clock_realtime_ns() / NSEC_PER_SEC, YEAR,
                                       &k.cert_pem, &k.key_pem, err);
        if (r == 0)
                r = kubeconfig_write(supervisor_in_dir(s, "run/controllers.kubeconfig"), &k, err);
        pki_free(pki);
        return r;
}

/* Through the private socket: no TLS, no key, and nothing of the administrator's kubeconfig, which is the user's. */
static int install(struct supervisor *s, struct err *err) {
        const struct client_config config = {.server = "http://localhost", .unix_socket = supervisor_in_dir(s, SOCKET)};
        struct client *c;
        if (!config.unix_socket)
                return err_oom(err);
        if (client_new(&config, &c, err) < 0)
                return -1;
        int r = install_apply(c, NULL, err);
        if (r == 0)
                r = install_own_deployment(c, err);
        client_free(c);
        return r < 0 ? err_wrap(err, "install weir's own objects") : 0;
}

/* ---- telling ---- */

static int write_state(struct supervisor *s, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_buf_ struct buf b = BUF_INIT(65536);
        struct value state = value_map(), roles = value_map();
        if (!a)
                return err_oom(err);
        for (size_t i = 0; i < ROLES; i++) {
                struct value role = value_map();
                value_set(a, &role, "pid", value_int(s->roles[i].proc.pid));
                value_set(a, &role, "ready", value_bool(s->roles[i].ready));
                value_set(a, &role, "wanted", value_bool(s->roles[i].wanted));
                value_set(a, &role, "restarts", value_int(s->roles[i].restarts));
                value_set(a, &roles, s->roles[i].name, role);
        }
        value_set(a, &state, "pid", value_int(getpid()));
        value_set(a, &state, "server", value_str(s->roles[APISERVER].address));
        value_set(a, &state, "forge", value_str(s->roles[FORGE].address));
        value_set(a, &state, "artifacts", value_str(s->roles[CONTROLLERS].address));
        value_set(a, &state, "roles", roles);
        json_write(&b, &state, 0);
        const char *path = supervisor_in_dir(s, "run/state.json");
        return path && !buf_failed(&b) ? fs_write_atomic(path, buf_str(&b), b.len, 0600, err) : err_oom(err);
}

static void announce(struct supervisor *s) {
        int fd = s->options->ready_fd >= 0 ? s->options->ready_fd : STDOUT_FILENO;
        if (s->announced)
                return;
        s->announced = true;
        dprintf(fd,
                "weir is ready: export KUBECONFIG=%s/admin.kubeconfig; then try `kubectl get namespaces`, or push a "
                "repository to %s/git/NAME.git\n",
                s->dir, s->roles[FORGE].address);
        if (s->options->ready_fd >= 0)
                close(s->options->ready_fd);
}

/* ---- the loop ---- */

static int start_role(struct supervisor *s, struct role *r, struct err *err) {
        if (r == &s->roles[FORGE] && *r->address) {
                /* the same port again, so that clones keep working */
                const char *colon = strrchr(r->address, ':');
                const char **argv = (const char **)r->argv;
                for (size_t i = 0; colon && argv[i]; i++)
                        if (streq(argv[i], "--port") && !(argv[i + 1] = arena_strdup(s->arena, colon + 1)))
                                return err_oom(err);
        }
        return role_start(r, err);
}

/* Is everything there that was asked for? Controllers that do not start with the flags of their Deployment are not
 * waited for: the Deployment is mended through the control plane. */
static bool is_up(const struct supervisor *s) {
        const struct role *c = &s->roles[CONTROLLERS];
        bool given_up = s->order.n_arguments && *s->failure && c->restarts >= RESTARTS_PATIENCE;
        return s->roles[APISERVER].ready && s->roles[FORGE].ready && s->ordered && (c->ready || !c->wanted || given_up);
}

/* Something became ready or not: says so in the state file, and to the user when it is the first time. */
static int show(struct supervisor *s, struct err *err) {
        if (write_state(s, err) < 0)
                return -1;
        if (is_up(s))
                announce(s);
        return 0;
}

static int on_ready(struct supervisor *s, struct role *r, struct err *err) {
        if (r == &s->roles[APISERVER]) {
                if (!s->installed && (install(s, err) < 0 || write_controllers_kubeconfig(s, err) < 0))
                        return -1;
                s->installed = true;
                own_ask(s);
        } else if (r == &s->roles[CONTROLLERS]) {
                s->failure[0] = '\0';
                own_report(s);
        }
        return show(s, err);
}

/* Starts what is due again; answers the poll timeout until the next one. */
static int retry_roles(struct supervisor *s, int *ret_timeout_ms, struct err *err) {
        int64_t now = clock_monotonic_ns(), next = INT64_MAX;
        for (size_t i = 0; i < ROLES; i++) {
                struct role *r = &s->roles[i];
                role_overdue(r, now);
                if (r->proc.pid > 0) {
                        if (r->kill_at && r->kill_at < next)
                                next = r->kill_at;
                        continue;
                }
                if (r->retry_at == 0)
                        continue;
                if (r->retry_at <= now) {
                        if (start_role(s, r, err) < 0)
                                return -1;
                } else if (r->retry_at < next) {
                        next = r->retry_at;
                }
        }
        *ret_timeout_ms = next == INT64_MAX ? -1 : (int)((next - now) / NSEC_PER_MSEC) + 1;
        return 0;
}

static int handle_role(struct supervisor *s, struct role *r, bool said, bool ended, struct err *err) {
        if (said && role_read_ready(r) && on_ready(s, r, err) < 0)
                return -1;
        if (!ended)
                return 0;
        char how[96];
        if (role_ended(r, how, sizeof(how)))
                return write_state(s, err);
        log_error("a role ended; starting it again", "role", r->name, "how", how);
        if (r == &s->roles[CONTROLLERS]) {
                snprintf(s->failure, sizeof(s->failure), "%s", how);
                own_report(s);
        }
        if (!s->announced && !is_up(s) && r->restarts >= RESTARTS_PATIENCE)
                return err_set(err, ERR_INTERNAL, "%s %s three times before it was ready; its own message is above",
                               r->name, how);
        return show(s, err);
}

static int loop(struct supervisor *s, struct err *err) {
        for (;;) {
                struct pollfd fds[2 + 2 * ROLES];
                int timeout;
                if (retry_roles(s, &timeout, err) < 0)
                        return -1;
                fds[0] = (struct pollfd){.fd = s->signals, .events = POLLIN};
                for (size_t i = 0; i < ROLES; i++) {
                        struct role *r = &s->roles[i];
                        fds[1 + 2 * i] = (struct pollfd){.fd = r->ready_fd, .events = POLLIN};
                        fds[2 + 2 * i] = (struct pollfd){.fd = r->proc.pid > 0 ? r->proc.pidfd : -1, .events = POLLIN};
                }
                fds[1 + 2 * ROLES] = (struct pollfd){.fd = s->roles[APISERVER].link_fd, .events = POLLIN};
                if (poll(fds, ARRAY_LEN(fds), timeout) < 0 && errno != EINTR)
                        return err_errno(err, errno, "poll");
                if (fds[0].revents)
                        return 0; /* asked to stop */
                for (size_t i = 0; i < ROLES; i++)
                        if (handle_role(s, &s->roles[i], fds[1 + 2 * i].revents != 0, fds[2 + 2 * i].revents != 0,
                                        err) < 0)
                                return -1;
                if (fds[1 + 2 * ROLES].revents && (own_obey(s, err) < 0 || show(s, err) < 0))
                        return -1;
        }
}

int supervisor_run(const struct supervisor_options *options, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_arena_ struct arena *order_arena = arena_new(0);
        struct supervisor s = {.options = options, .arena = a, .order_arena = order_arena, .lock = -1, .signals = -1};
        if (!a || !order_arena)
                return err_oom(err);
        int r = take_directory(&s, err);
        if (r == 0)
                r = catch_signals(&s, err);
        if (r == 0)
                r = plan_roles(&s, err);
        bool planned = r == 0;
        for (size_t i = 0; r == 0 && i < CONTROLLERS; i++)
                r = start_role(&s, &s.roles[i], err);
        if (r == 0)
                r = loop(&s, err);
        for (size_t i = ROLES; planned && i-- > 0;)
                role_stop(&s.roles[i], SUPERVISOR_GRACE);
        if (planned)
                unlink(supervisor_in_dir(&s, "run/state.json"));
        close_fd(&s.signals);
        close_fd(&s.lock);
        return r;
}
