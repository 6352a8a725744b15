/* SPDX-License-Identifier: Apache-2.0 */
/* weir forge: the local Git server as a role of its own. It holds no cluster credentials; of a push it tells the
 * controllers only the repository's URL, through a datagram socket. */
#include "base/log.h"
#include "cli/cli.h"
#include "cli/session.h"
#include "forge/forge.h"
#include "supervisor/supervisor.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

struct waking {
        struct forge *forge;
        int fd;
        struct sockaddr_un address;
};

/* A datagram that nobody takes is lost, and the repository is looked at when its interval is over. */
static void pushed(const char *repo, void *context) {
        const struct waking *w = context;
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct forge *f = __atomic_load_n(&w->forge, __ATOMIC_ACQUIRE);
        const char *url = a && f ? forge_url(f, a, repo) : NULL;
        if (url && w->fd >= 0)
                sendto(w->fd, url, strlen(url), MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&w->address,
                       sizeof(w->address));
}

static int serve(const struct forge_options *given, const char *wake_socket, unsigned ready_fd, struct err *err) {
        struct waking w = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), .address = {.sun_family = AF_UNIX}};
        struct forge_options options = *given;
        struct forge *f;
        if (wake_socket)
                snprintf(w.address.sun_path, sizeof(w.address.sun_path), "%s", wake_socket);
        options.pushed = pushed;
        options.ctx = &w;
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        if (forge_start(&options, &f, err) < 0)
                return -1;
        __atomic_store_n(&w.forge, f, __ATOMIC_RELEASE);
        if (ready_fd) {
                dprintf((int)ready_fd, "ready http://127.0.0.1:%u\n", forge_port(f));
                close((int)ready_fd);
        } else {
                printf("serving repositories at http://127.0.0.1:%u/git/NAME.git\n", forge_port(f));
                fflush(stdout);
        }
        int sig;
        sigwait(&set, &sig);
        forge_stop(f);
        close_fd(&w.fd);
        return 0;
}

int cmd_forge(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        const char *dir = NULL, *wake_socket = NULL;
        unsigned port = 0, ready_fd = 0;
        struct option_list words;
        const struct option table[] = {
                {"dir", 0, OPTION_STRING, &dir, "directory of the bare repositories"},
                {"port", 0, OPTION_UNSIGNED, &port, "port on 127.0.0.1 (default: a free one)"},
                {"wake-socket", 0, OPTION_STRING, &wake_socket, "datagram socket that hears of pushes"},
                {"ready-fd", 0, OPTION_UNSIGNED, &ready_fd, "descriptor to say \"ready ADDRESS\" on"},
                {0},
        };
        if (options_want_help(argc, argv, "forge --dir DIR [flags]", table))
                return 0;
        supervisor_enter_role("forge");
        log_init("forge", LOG_INFO, false);
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        if (!dir || port > 65535) {
                say_failure(!dir ? "--dir is required" : "--port: expected 0 to 65535, found %u", port);
                return 1;
        }
        struct forge_options options = {.dir = dir, .port = (uint16_t)port, .create_on_push = true};
        return serve(&options, wake_socket, ready_fd, &err) < 0 ? session_fail(&err) : 0;
}
