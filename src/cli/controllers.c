/* SPDX-License-Identifier: Apache-2.0 */
/* weir controllers: the controllers in one process, against any API server. Flags bear Flux's names. */
#include "base/clock.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/session.h"
#include "fetch/artifact.h"
#include "controllers/kustomize/kustomize_controller.h"
#include "controllers/kustomize/reconcile.h"
#include "controllers/source/git_repository.h"
#include "sandbox/jobs.h"
#include "supervisor/supervisor.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

struct controllers_options {
        struct session session;
        const char *data;
        const char *storage_addr, *storage_adv_addr;
        const char *wake_socket;
        const char *log_level, *log_encoding, *artifact_digest;
        unsigned concurrent, retention_records, jitter, ready_fd;
        int64_t min_retry, max_retry, requeue_dependency;
        struct lockdown lockdown;
        struct option_list components; /* none: all */
        bool kustomize;                /* the Kustomization controller is among them */
};

/* ---- waking by the forge ---- */

struct waker {
        struct git_controller *git;
        int fd;
        int stop; /* eventually: the socket is shut down */
        pthread_t thread;
        bool started;
};

static void *listen_for_pushes(void *context) {
        struct waker *w = context;
        char url[2048];
        while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
                ssize_t n = recv(w->fd, url, sizeof(url) - 1, 0);
                if (n <= 0)
                        continue;
                url[n] = '\0';
                git_controller_wake_url(w->git, url);
        }
        return NULL;
}

static int waker_start(struct waker *w, struct git_controller *git, const char *path, struct err *err) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct timeval patience = {.tv_usec = 200000}; /* looks at stop this often */
        if (strlen(path) >= sizeof(address.sun_path))
                return err_set(err, ERR_INVALID, "--wake-socket %s is longer than %zu bytes", path,
                               sizeof(address.sun_path) - 1);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        unlink(path);
        w->git = git;
        w->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (w->fd < 0 || bind(w->fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
                return err_errno(err, errno, "listen on %s", path);
        if (pthread_create(&w->thread, NULL, listen_for_pushes, w) != 0)
                return err_set(err, ERR_IO, "cannot start the thread that hears of pushes");
        w->started = true;
        return 0;
}

static void waker_stop(struct waker *w) {
        __atomic_store_n(&w->stop, 1, __ATOMIC_RELEASE);
        if (w->started)
                pthread_join(w->thread, NULL);
        close_fd(&w->fd);
}

/* ---- the role ---- */

static int start_broker(struct broker **ret, struct err *err) {
        const job_function functions[JOB_KINDS] = {
                [JOB_FETCH_GIT] = job_fetch_git,
                [JOB_UNPACK] = job_unpack,
                [JOB_ARCHIVE] = job_archive,
                [JOB_BUILD] = build_job,
        };
        return jobs_prepare(err) < 0 ? -1 : broker_start(functions, ret, err);
}

static void say_ready(const struct controllers_options *o, const char *address) {
        if (o->ready_fd) {
                dprintf((int)o->ready_fd, "ready http://%s\n", address);
                close((int)o->ready_fd);
        }
        log_info("controllers are running", "artifacts", address);
}

static int wait_for_signal(void) {
        sigset_t set;
        int sig;
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigwait(&set, &sig);
        return 0;
}

static int run_controllers(struct controllers_options *o, struct manager *m, struct err *err) {
        struct kustomize_controller *kustomize = NULL;
        struct git_controller *git = NULL;
        struct waker waker = {.fd = -1};
        struct git_controller_options options = {.manager = m};
        int r = o->kustomize ? kustomize_controller_new(m, &o->lockdown, &kustomize, err) : 0;
        if (kustomize) {
                options.artifact_changed = kustomize_controller_artifact_changed;
                options.context = kustomize;
        }
        if (r == 0)
                r = git_controller_start(&options, &git, err);
        if (r == 0 && kustomize)
                r = kustomize_controller_start(kustomize, git, err);
        if (r == 0 && o->wake_socket)
                r = waker_start(&waker, git, o->wake_socket, err);
        if (r == 0) {
                say_ready(o, artifact_store_address(m->store));
                r = wait_for_signal();
        }
        waker_stop(&waker);
        kustomize_controller_stop_work(kustomize); /* it reads from the other's informer */
        git_controller_stop(git);
        kustomize_controller_stop(kustomize);
        return r;
}

static int run(struct controllers_options *o, struct broker *broker, struct err *err) {
        struct manager m = {
                .broker = broker,
                .concurrent = o->concurrent,
                .min_retry_ns = o->min_retry,
                .max_retry_ns = o->max_retry,
                .requeue_dependency_ns = o->requeue_dependency,
                .jitter_percent = o->jitter,
                .artifact_digest = o->artifact_digest,
        };
        struct artifact_store_options store = {
                .dir = o->data,
                .listen = o->storage_addr,
                .advertise = o->storage_adv_addr,
                .retention_records = o->retention_records,
        };
        if (session_open(&o->session, err) < 0)
                return -1;
        m.client = o->session.client;
        int r = artifact_store_open(&store, &m.store, err);
        if (r == 0)
                r = events_start(m.client, &m.events, err);
        if (r == 0)
                r = run_controllers(o, &m, err);
        events_stop(m.events);
        artifact_store_close(m.store);
        return r;
}

static void block_signals(void) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        signal(SIGPIPE, SIG_IGN);
}

static enum log_level level_of(const char *name) {
        return streq(name, "debug")   ? LOG_DEBUG
               : streq(name, "trace") ? LOG_TRACE
               : streq(name, "error") ? LOG_ERROR
                                      : LOG_INFO;
}

/* Which controllers run, in the names of `flux install --components`. A Kustomization is built from the artifact that
 * this process stored, so its controller does not run without the source controller. */
static int choose_components(struct controllers_options *o, struct err *err) {
        bool source = o->components.len == 0;
        o->kustomize = o->components.len == 0;
        for (size_t i = 0; i < o->components.len; i++) {
                if (streq(o->components.items[i], "source-controller"))
                        source = true;
                else if (streq(o->components.items[i], "kustomize-controller"))
                        o->kustomize = true;
                else
                        return err_set(err, ERR_BAD_REQUEST,
                                       "--components: expected source-controller or kustomize-controller, found \"%s\"",
                                       o->components.items[i]);
        }
        return source ? 0
                      : err_set(err, ERR_BAD_REQUEST,
                                "--components: kustomize-controller builds from the artifacts of the source-controller "
                                "beside it: name both, or source-controller alone");
}

static int check(const struct controllers_options *o, const struct option_list *words, struct err *err) {
        if (words->len)
                return err_set(err, ERR_BAD_REQUEST, "controllers takes no arguments, found \"%s\"", words->items[0]);
        if (!o->data)
                return err_set(err, ERR_BAD_REQUEST, "--data is required: the directory of the artifacts");
        if (o->concurrent < 1 || o->concurrent > 256 || o->jitter >= 100)
                return err_set(
                        err, ERR_BAD_REQUEST,
                        "--concurrent must be 1 to 256 and --interval-jitter-percentage 0 to 99, found %u and %u",
                        o->concurrent, o->jitter);
        enum digest_kind kind;
        return artifact_digest_kind(o->artifact_digest, &kind, err) < 0 ? err_wrap(err, "--artifact-digest-algo") : 0;
}

int cmd_controllers(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct controllers_options o = {
                .session = SESSION_INIT,
                .storage_addr = "127.0.0.1:0",
                .log_level = "info",
                .log_encoding = "console",
                .artifact_digest = "sha256",
                .concurrent = 4,
                .retention_records = 2,
                .jitter = 5,
                .min_retry = 750 * NSEC_PER_MSEC,
                .max_retry = 900 * NSEC_PER_SEC,
                .requeue_dependency = 30 * NSEC_PER_SEC,
                .lockdown = LOCKDOWN_DEFAULT,
        };
        struct option_list words;
        const struct option table[] = {
                {"data", 0, OPTION_STRING, &o.data, "directory of the artifacts"},
                {"storage-path", 0, OPTION_STRING, &o.data, "the same, in Flux's name"},
                {"storage-addr", 0, OPTION_STRING, &o.storage_addr, "HOST:PORT the artifacts are served on"},
                {"storage-adv-addr", 0, OPTION_STRING, &o.storage_adv_addr, "HOST:PORT written into artifact URLs"},
                {"components", 0, OPTION_LIST, &o.components,
                 "controllers to run: source-controller, kustomize-controller (default all)"},
                {"concurrent", 0, OPTION_UNSIGNED, &o.concurrent, "reconciles of each kind at once"},
                {"no-cross-namespace-refs", 0, OPTION_BOOL, &o.lockdown.no_cross_namespace_refs, "default true"},
                {"no-remote-bases", 0, OPTION_BOOL, &o.lockdown.no_remote_bases, "default true"},
                {"default-service-account", 0, OPTION_STRING, &o.lockdown.default_service_account,
                 "account to act as when an object names none; \"\": the controller's own rights"},
                {"artifact-digest-algo", 0, OPTION_STRING, &o.artifact_digest,
                 "of artifacts: sha256, sha384, sha512 or blake3"},
                {"artifact-retention-records", 0, OPTION_UNSIGNED, &o.retention_records,
                 "artifacts kept of each source"},
                {"interval-jitter-percentage", 0, OPTION_UNSIGNED, &o.jitter, "spread of intervals, percent"},
                {"min-retry-delay", 0, OPTION_DURATION, &o.min_retry, "first delay after a failure"},
                {"max-retry-delay", 0, OPTION_DURATION, &o.max_retry, "longest delay after failures"},
                {"requeue-dependency", 0, OPTION_DURATION, &o.requeue_dependency,
                 "delay after a dependency was not ready"},
                {"log-level", 0, OPTION_STRING, &o.log_level, "trace, debug, info or error"},
                {"log-encoding", 0, OPTION_STRING, &o.log_encoding, "console or json"},
                {"wake-socket", 0, OPTION_STRING, &o.wake_socket, "datagram socket that hears of pushes to the forge"},
                {"ready-fd", 0, OPTION_UNSIGNED, &o.ready_fd, "descriptor to say \"ready ADDRESS\" on"},
                SESSION_OPTIONS(o.session),
        };
        if (options_want_help(argc, argv, "controllers --data DIR [flags]", table))
                return 0;
        supervisor_enter_role("controllers");
        if (options_parse(argc, argv, table, &words, &err) < 0 || check(&o, &words, &err) < 0 ||
            choose_components(&o, &err) < 0)
                return session_fail(&err);
        log_init("controllers", level_of(o.log_level), streq(o.log_encoding, "json"));
        struct broker *broker = NULL;
        block_signals();
        int r = start_broker(&broker, &err); /* before any thread and any library */
        if (r == 0)
                r = run(&o, broker, &err);
        session_close(&o.session);
        broker_stop(broker);
        return r < 0 ? session_fail(&err) : 0;
}
