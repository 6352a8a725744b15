/* SPDX-License-Identifier: Apache-2.0 */
/* The broker process: single-threaded, without capabilities, environment or files. It turns job messages into workers
 * and ends them. */
#pragma once

#include "sandbox/protocol.h"

/* The broker's life: until the other end of sock closes. Runs in the forked child; never returns. */
void broker_main(int sock, const job_function functions[JOB_KINDS]) __attribute__((__noreturn__));
