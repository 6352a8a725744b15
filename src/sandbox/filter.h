/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of a job kind: compiled once by the broker, installed by each worker. A call outside the policy's
 * lists ends the whole worker process with SIGSYS. */
#pragma once

#include "sandbox/policy.h"

struct filter {
        void *instructions; /* struct sock_filter array; owned */
        unsigned short n;
};

/* Compiles the policy's call lists. */
int filter_compile(const struct policy *policy, struct filter *ret, struct err *err);

/* Installs it in the calling process for good; no_new_privs must be set. */
int filter_install(const struct filter *filter, struct err *err);

void filter_done(struct filter *filter);
