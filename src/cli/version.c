/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdio.h>

int cmd_version(int argc, char **argv) {
        (void)argc;
        (void)argv;
        printf("weir: v%s\n", WEIR_VERSION);
        return 0;
}
