/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker gives up once, before it forks the first worker. */
#pragma once

#include "base/err.h"

/* Keeps the descriptor *keep (moved; its new number is answered there) and, when keep_stderr, standard error; the
 * standard descriptors become /dev/null, all others are closed. */
int privileges_close_descriptors(int *keep, bool keep_stderr, struct err *err);

/* Every signal back to its default: handlers of the program we came from mean nothing here. */
void privileges_reset_signals(void);

/* Empties the environment and overwrites its strings in this process's memory. */
void privileges_forget_environment(void);

/* Drops every capability for good; files are then reached as their plain owner. Without any it does nothing. */
int privileges_drop_capabilities(struct err *err);
