/* SPDX-License-Identifier: Apache-2.0 */
/* One worker: from the fork to its exit. Called in the child, never returns. */
#pragma once

#include "sandbox/filter.h"
#include "sandbox/protocol.h"

struct worker_start {
        enum job_kind kind;
        job_function function;
        const struct filter *filter;
        const int *fds; /* JOB_FD_REQUEST, JOB_FD_ANSWER, JOB_FD_STATUS, then the job's own */
        size_t n_job_fds;
        uint64_t max_output;
        pid_t broker;
};

void worker_run(const struct worker_start *start) __attribute__((__noreturn__));
