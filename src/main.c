/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch: finds the command's function and hands the arguments over. */
#include "base/util.h"
#include "cli/cli.h"

static const struct cli_command commands[] = {
        {"up", cmd_up, "start a whole weir on this machine: control plane, controllers, Git server"},
        {"status", cmd_status, "show what runs"},
        {"down", cmd_down, "stop it; its data stays"},
        {"user", cmd_user, "print a kubeconfig for a user of a local weir"},
        {"get", cmd_get, "list kustomizations or sources and their readiness"},
        {"reconcile", cmd_reconcile, "reconcile an object now"},
        {"suspend", cmd_suspend, "stop reconciling an object"},
        {"resume", cmd_resume, "start reconciling it again"},
        {"create", cmd_create, "create a tenant"},
        {"build", cmd_build, "build a directory as `kustomize build` does, or a Flux Kustomization"},
        {"check", cmd_check, "check this machine and the cluster"},
        {"install", cmd_install, "install weir's CRDs and roles on a cluster"},
        {"controllers", cmd_controllers, "run the controllers against any API server"},
        {"apiserver", cmd_apiserver, "run only the embedded control plane"},
        {"forge", cmd_forge, "run only the local Git server"},
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
