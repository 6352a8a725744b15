/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: one file each, listed in the table of src/main.c.
 * A command gets its own arguments (argv[0] is its name), prints results to stdout and errors to stderr, and answers
 * the exit status: 0, 1 on failure, 2 when a command does not exist. Grammar, columns and texts are the flux CLI's
 * (spec/flux/flux-cli.md, corpus cli). */
#pragma once

struct cli_command {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *summary; /* one line for `weir help` */
};

int cmd_apiserver(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_controllers(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_down(int argc, char **argv);
int cmd_forge(int argc, char **argv);
int cmd_get(int argc, char **argv);
int cmd_install(int argc, char **argv);
int cmd_reconcile(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_suspend(int argc, char **argv);
int cmd_up(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_version(int argc, char **argv);
