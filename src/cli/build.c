/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdio.h>

int cmd_build(int argc, char **argv) {
        (void)argc;
        (void)argv;
        fprintf(stderr, "Error: weir build is not built yet\n");
        return 1;
}
