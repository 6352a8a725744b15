/* SPDX-License-Identifier: Apache-2.0 */
/* weir up, down, status: a whole weir on this machine. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "cli/session.h"
#include "kube/own_deployment.h"
#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define STOP_TIMEOUT (30 * NSEC_PER_SEC)

/* $WEIR_DATA, else ~/.weir. Lives as long as the process. */
const char *cli_default_data_dir(void) {
        static char path[4096];
        const char *env = getenv("WEIR_DATA"), *home = getenv("HOME");
        if (env && *env)
                return env;
        snprintf(path, sizeof(path), "%s/.weir", home ? home : ".");
        return path;
}

/* The child of --detach: a session of its own, its messages in DIR/log. Never returns. */
static void run_detached(struct supervisor_options *options, const char *log, int ready_fd) {
        _cleanup_err_ struct err err = ERR_INIT;
        setsid();
        int null = open("/dev/null", O_RDWR | O_CLOEXEC),
            out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (null >= 0 && out >= 0) {
                dup2(null, STDIN_FILENO);
                dup2(null, STDOUT_FILENO);
                dup2(out, STDERR_FILENO);
        }
        options->ready_fd = ready_fd;
        exit(supervisor_run(options, &err) < 0 ? session_fail(&err) : 0);
}

/* What was logged since `from`, when weir did not get ready. */
static void show_log(const char *log, off_t from) {
        char text[4096];
        _cleanup_close_ int fd = open(log, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || lseek(fd, from, SEEK_SET) < 0)
                return;
        for (ssize_t n; (n = read(fd, text, sizeof(text))) > 0;)
                fwrite(text, 1, (size_t)n, stderr);
}

/* Runs the supervisor in the background and passes on the line it says when everything is ready. */
static int detach(struct supervisor_options *options) {
        _cleanup_free_ char *log = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        struct stat st = {0};
        int fds[2];
        if (fs_mkdirs(options->data_dir, 0700, &err) < 0)
                return session_fail(&err);
        if (asprintf(&log, "%s/log", options->data_dir) < 0 || pipe2(fds, O_CLOEXEC) < 0) {
                say_failure("cannot start in the background: %s", strerror(errno));
                return 1;
        }
        if (stat(log, &st) < 0)
                st.st_size = 0;
        pid_t pid = fork();
        if (pid < 0) {
                say_failure("fork: %s", strerror(errno));
                return 1;
        }
        if (pid == 0) {
                close(fds[0]);
                run_detached(options, log, fds[1]);
        }
        close(fds[1]);
        char line[4096];
        ssize_t n = read(fds[0], line, sizeof(line));
        close(fds[0]);
        if (n > 0) {
                fwrite(line, 1, (size_t)n, stdout);
                return 0;
        }
        int status;
        waitpid(pid, &status, 0); /* it ended before it was ready, and its log says why */
        show_log(log, st.st_size);
        return 1;
}

int cmd_up(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct supervisor_options options = {.data_dir = cli_default_data_dir(), .ready_fd = -1};
        bool fresh = false, detached = false;
        struct option_list words;
        const struct option table[] = {
                {"data", 0, OPTION_STRING, &options.data_dir, "directory of all data (default ~/.weir or $WEIR_DATA)"},
                {"port", 0, OPTION_UNSIGNED, &options.port, "port of the API server (default: a free one, kept)"},
                {"forge-port", 0, OPTION_UNSIGNED, &options.forge_port, "port of the local Git server"},
                {"token-auth-file", 0, OPTION_STRING, &options.token_auth_file,
                 "static tokens, in kube-apiserver's format"},
                {"fresh", 0, OPTION_BOOL, &fresh, "remove all data first"},
                {"detach", 0, OPTION_BOOL, &detached, "go on in the background once everything is ready"},
                {"verbose", 0, OPTION_BOOL, &options.verbose, "log more"},
                {0},
        };
        if (options_want_help(argc, argv, "up [flags] [-- FLAGS OF weir controllers]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        const char *flags[ARRAY_LEN(words.items) + 1] = {0};
        for (size_t i = 0; i < words.len; i++)
                flags[i] = words.items[i];
        options.controller_flags = flags;
        if (words.len && words.items[0][0] != '-') {
                say_failure("up takes no arguments, found \"%s\"", words.items[0]);
                return 1;
        }
        log_init("supervisor", options.verbose ? LOG_DEBUG : LOG_INFO, false);
        if (fresh && supervisor_erase(options.data_dir, &err) < 0)
                return session_fail(&err);
        if (detached)
                return detach(&options);
        return supervisor_run(&options, &err) < 0 ? session_fail(&err) : 0;
}

int cmd_down(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        const char *data = cli_default_data_dir();
        struct option_list words;
        const struct option table[] = {{"data", 0, OPTION_STRING, &data, "directory of the weir to stop"}, {0}};
        if (options_want_help(argc, argv, "down [flags]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0 || supervisor_stop(data, STOP_TIMEOUT, &err) < 0)
                return session_fail(&err);
        say_success("weir stopped; its data stays in %s", data);
        return 0;
}

/* One line of a role; answers whether it is as it shall be. */
static bool show_role(const char *name, const struct value *role, const struct value *state) {
        bool ready = value_bool_or(value_get(role, "ready"), false);
        const char *place = streq(name, "apiserver") ? "server" : streq(name, "forge") ? "forge" : "artifacts";
        if (!value_bool_or(value_get(role, "wanted"), true)) {
                printf("%-12s stopped: Deployment " OWN_NAMESPACE "/" OWN_NAME " is not there or scaled to zero\n",
                       name);
                return true;
        }
        printf("%-12s pid %lld, %s, restarted %lld times, %s\n", name,
               (long long)value_int_or(value_get(role, "pid"), 0), ready ? "ready" : "not ready",
               (long long)value_int_or(value_get(role, "restarts"), 0), value_string_or(value_get(state, place), ""));
        return ready;
}

int cmd_status(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *data = cli_default_data_dir();
        struct option_list words;
        struct value state;
        const struct option table[] = {{"data", 0, OPTION_STRING, &data, "directory of the weir to ask"}, {0}};
        if (options_want_help(argc, argv, "status [flags]", table))
                return 0;
        if (!a || options_parse(argc, argv, table, &words, &err) < 0 || supervisor_state(a, data, &state, &err) < 0)
                return session_fail(&err);
        printf("supervisor   pid %lld, data in %s\n", (long long)value_int_or(value_get(&state, "pid"), 0), data);
        bool all = true;
        const struct value *roles = value_get(&state, "roles");
        if (value_is_map(roles))
                VALUE_EACH_MEMBER(role, roles)
                        all = show_role(role->key, &role->value, &state) && all;
        return all ? 0 : 1;
}
