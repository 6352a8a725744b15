/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <getopt.h>

#include "apiserver/apiserver.h"
#include "base/log.h"

static int usage(void) {
        fprintf(stderr, "Usage: weir apiserver --data DIR [--address ADDRESS] [--port N] [--unix-socket PATH]\n"
                        "                      [--token-auth-file FILE] [--settle-workloads] [--ready-fd N]\n");
        return 2;
}

/* A decimal number up to max, or -1. */
static long number(const char *text, long max) {
        char *end;
        long v = strtol(text, &end, 10);
        return end == text || *end || v < 0 || v > max ? -1 : v;
}

int cmd_apiserver(int argc, char **argv) {
        static const struct option known[] = {
                {"data", required_argument, NULL, 'd'},
                {"address", required_argument, NULL, 'a'},
                {"port", required_argument, NULL, 'p'},
                {"unix-socket", required_argument, NULL, 'u'},
                {"token-auth-file", required_argument, NULL, 't'},
                {"ready-fd", required_argument, NULL, 'r'},
                {"settle-workloads", no_argument, NULL, 's'},
                {NULL, 0, NULL, 0},
        };
        struct apiserver_options options = {.ready_fd = -1, .announce = true};
        long value;
        for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
                switch (c) {
                case 'd':
                        options.data_dir = optarg;
                        break;
                case 'a':
                        options.address = optarg;
                        break;
                case 'p':
                        if ((value = number(optarg, 65535)) < 0)
                                return usage();
                        options.port = (uint16_t)value;
                        break;
                case 'u':
                        options.unix_socket = optarg;
                        break;
                case 't':
                        options.token_auth_file = optarg;
                        break;
                case 's':
                        options.settle_workloads = true;
                        break;
                case 'r':
                        if ((value = number(optarg, 1 << 20)) < 0)
                                return usage();
                        options.ready_fd = (int)value;
                        break;
                default:
                        return usage();
                }
        }
        if (!options.data_dir || optind != argc)
                return usage();
        log_init("apiserver", LOG_INFO, false);
        _cleanup_err_ struct err err = ERR_INIT;
        if (apiserver_run(&options, &err) == 0)
                return 0;
        fprintf(stderr, "weir apiserver: %s\n", err_message(&err));
        return 1;
}
