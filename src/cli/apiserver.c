/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdio.h>

int cmd_apiserver(int argc, char **argv) {
        (void)argc;
        (void)argv;
        fprintf(stderr, "weir: apiserver is not built yet\n");
        return 1;
}
