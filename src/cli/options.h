/* SPDX-License-Identifier: Apache-2.0 */
/* Command-line arguments in pflag's grammar: --name value, --name=value, -n value, -nvalue, -A, --flag=false,
 * positional arguments anywhere, "--" ends the options. */
#pragma once

#include "base/err.h"

enum option_type {
        OPTION_BOOL,     /* bool *to */
        OPTION_STRING,   /* const char **to */
        OPTION_LIST,     /* struct option_list *to: repeated or comma-separated */
        OPTION_DURATION, /* int64_t *to, nanoseconds */
        OPTION_UNSIGNED, /* unsigned *to */
        OPTION_REFUSED,  /* another program's flag that weir has a reason not to take: help is the reason, to is unused
                          */
};

struct option_list {
        const char *items[64];
        size_t len;
};

struct option {
        const char *name; /* without dashes */
        char letter;      /* or 0 */
        enum option_type type;
        void *to;
        const char *help;
};

/* Parses argv[1..]: options into their places, the rest into positional (borrowed from argv, which is changed). The
 * array of options ends with a NULL name. ERR_BAD_REQUEST in pflag's words ("unknown flag: --x"); ERR_UNSUPPORTED for a
 * flag that is refused, unless it is switched off (--x=false). */
int options_parse(int argc, char **argv, const struct option *options, struct option_list *positional, struct err *err);

/* Prints "Usage: weir USAGE" and the options. */
void options_help(const char *usage, const struct option *options);

/* True when --help or -h is among the arguments: the help was printed. */
bool options_want_help(int argc, char **argv, const char *usage, const struct option *options);
