/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: one file each, listed in the table of src/main.c.
 * A command gets its own arguments (argv[0] is its name), prints results to stdout and errors to stderr, and answers the
 * exit status: 0, 1 on failure, 2 when the arguments are wrong. */
#pragma once

struct cli_command {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *summary; /* one line for `weir help` */
};

int cmd_apiserver(int argc, char **argv);
int cmd_version(int argc, char **argv);
