/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch: finds the command's function and hands the arguments over. */
#include "base/util.h"
#include "cli/cli.h"

static const struct cli_command commands[] = {
        {"apiserver", cmd_apiserver, "run only the embedded control plane"},
        {"version", cmd_version, "print the version"},
};

static int help(FILE *out, int status) {
        fprintf(out, "weir: multi-tenant GitOps for Kubernetes\n\nUsage: weir COMMAND [ARGUMENTS]\n\nCommands:\n");
        for (size_t i = 0; i < ARRAY_LEN(commands); i++)
                fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].summary);
        return status;
}

int main(int argc, char **argv) {
        if (argc < 2)
                return help(stderr, 2);
        if (streq(argv[1], "help") || streq(argv[1], "--help") || streq(argv[1], "-h"))
                return help(stdout, 0);
        for (size_t i = 0; i < ARRAY_LEN(commands); i++)
                if (streq(argv[1], commands[i].name))
                        return commands[i].run(argc - 1, argv + 1);
        fprintf(stderr, "weir: unknown command \"%s\"; run `weir help` for the list\n", argv[1]);
        return 2;
}
