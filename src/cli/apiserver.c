/* SPDX-License-Identifier: Apache-2.0 */
/* weir apiserver: the embedded control plane as a role of its own. */
#include "apiserver/apiserver.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/session.h"
#include "supervisor/supervisor.h"

int cmd_apiserver(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct apiserver_options options = {.ready_fd = -1, .supervisor_fd = -1, .announce = true};
        unsigned port = 0, ready_fd = 0, supervisor_fd = 0;
        struct option_list words;
        const struct option table[] = {
                {"data", 0, OPTION_STRING, &options.data_dir, "directory of the store, the keys and admin.kubeconfig"},
                {"address", 0, OPTION_STRING, &options.address, "address to listen on (default 127.0.0.1)"},
                {"port", 0, OPTION_UNSIGNED, &port, "port to listen on (default: a free one, kept for the next start)"},
                {"unix-socket", 0, OPTION_STRING, &options.unix_socket, "path of a private socket for local roles"},
                {"token-auth-file", 0, OPTION_STRING, &options.token_auth_file,
                 "static tokens, kube-apiserver's format"},
                {"service-cluster-ip-range", 0, OPTION_STRING, &options.service_range,
                 "addresses of Services (default 10.0.0.0/24)"},
                {"settle-workloads", 0, OPTION_BOOL, &options.settle_workloads,
                 "set workloads' status as if rolled out"},
                {"ready-fd", 0, OPTION_UNSIGNED, &ready_fd, "descriptor to say \"ready ADDRESS\" on"},
                {"supervisor-fd", 0, OPTION_UNSIGNED, &supervisor_fd,
                 "socket to the supervisor that started this role"},
                {0},
        };
        if (options_want_help(argc, argv, "apiserver --data DIR [flags]", table))
                return 0;
        supervisor_enter_role("apiserver");
        log_init("apiserver", LOG_INFO, false);
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        if (!options.data_dir || port > 65535 || words.len) {
                say_failure(words.len           ? "apiserver takes no arguments"
                            : !options.data_dir ? "--data is required"
                                                : "--port: expected 0 to 65535");
                return 1;
        }
        options.port = (uint16_t)port;
        if (supervisor_fd)
                options.supervisor_fd = (int)supervisor_fd;
        if (ready_fd) {
                options.ready_fd = (int)ready_fd;
                options.announce = false;
        }
        return apiserver_run(&options, &err) < 0 ? session_fail(&err) : 0;
}
