/* SPDX-License-Identifier: Apache-2.0 */
/* What caller, broker and worker say to each other. All three are one program, so structs travel as they are.
 *
 * caller to broker: one SOCK_SEQPACKET message per job (struct job_message) with these descriptors:
 *   the request (memfd), the pipe for the answer, the job's status socket, the job's own descriptors.
 * broker to caller, on the status socket: one struct job_status when the worker and its children are dead. The caller
 *   shuts its side down to have the worker killed.
 * worker to caller, on the pipe: struct answer_head and `length` bytes. A worker is hostile: the caller checks each. */
#pragma once

#include "sandbox/sandbox.h"

#define JOB_FD_REQUEST 0
#define JOB_FD_ANSWER 1
#define JOB_FD_STATUS 2
#define JOB_FD_FIRST 3 /* the job's own */
#define JOB_MESSAGE_FDS (JOB_FD_FIRST + JOB_MAX_FDS)

struct job_message {
        uint32_t kind;
        uint32_t n_fds; /* of the job's own */
        uint64_t max_output;
        int64_t timeout_ns; /* 0: the policy's */
};

enum job_end {
        JOB_EXITED,   /* code: exit status */
        JOB_SIGNALED, /* code: signal */
        JOB_DEADLINE, /* killed: it took too long */
        JOB_CANCELED, /* killed: the caller asked */
        JOB_REFUSED,  /* never started: no function for this kind */
        JOB_NO_START, /* never started; code: errno */
};

struct job_status {
        uint32_t end; /* enum job_end */
        int32_t code;
};

#define ANSWER_MAGIC 0x77656972u

struct answer_head {
        uint32_t magic;
        uint32_t failed; /* 0: the bytes are the answer; 1: an error's text */
        uint32_t class;  /* enum err_class */
        uint32_t line;
        uint32_t column;
        uint32_t length;
        char reason[64];
};
