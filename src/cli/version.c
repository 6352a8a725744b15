/* SPDX-License-Identifier: Apache-2.0 */
/* weir version. */
#include "cli/cli.h"
#include "cli/session.h"

int cmd_version(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct option_list words;
        const struct option table[] = {{0}};
        if (options_want_help(argc, argv, "version", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        if (words.len) {
                say_failure("version takes no arguments, found \"%s\"", words.items[0]);
                return 1;
        }
        printf("weir: v%s\n", WEIR_VERSION);
        return 0;
}
