/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox: broker and workers. The broker is forked before threads exist and before any library is initialised;
 * it holds nothing. For each job it forks one worker, which closes everything it was not given, applies the policy of
 * its job kind (seccomp, Landlock, rlimits, no_new_privs, a deadline), does the job and exits.
 *
 * A job is bytes in, descriptors in (read-only input directory, staging directory or memfd), bytes out. What a worker
 * answers is untrusted: it is length-limited here and re-read by the caller's strict reader. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

enum job_kind {
        JOB_FETCH_GIT, /* runs the git program; the one kind with a network and exec */
        JOB_UNPACK,    /* an archive into the staging directory */
        JOB_ARCHIVE,   /* a tree into an artifact (tar.gz) */
        JOB_BUILD,     /* kustomize: a source tree into objects */
        JOB_KINDS,
};

#define JOB_MAX_FDS 104 /* a build may have one for each granted folder */

struct job {
        enum job_kind kind;
        const char *input; /* the request, in the job kind's own format (JSON) */
        size_t input_len;
        int fds[JOB_MAX_FDS]; /* passed in this order; kept by the caller */
        size_t n_fds;
        size_t max_output;  /* bytes; 0: LIMIT_JOB_OUTPUT */
        int64_t timeout_ns; /* from the start of the worker; 0: the policy's own deadline */
};

/* What a job kind runs inside the worker: reads the request and the descriptors, writes its answer to out.
 * 0 or -1 with err; the error crosses to the caller with class, reason, message, line and column. */
typedef int (*job_function)(const struct job *job, struct buf *out, struct err *err);

struct broker;

/* Forks the broker. functions[kind] may be NULL: that job is refused. Call before threads and libraries.
 * The broker ends when this process does. */
int broker_start(const job_function functions[JOB_KINDS], struct broker **ret, struct err *err);

/* Runs a job and waits for it; any thread, many at once (LIMIT_BROKER_WORKERS; more wait for a place). *ret_output is
 * malloc'ed and NUL-terminated. A worker's crash, kill or limit is an error that says which ("the build used more than
 * 10s of processor time"): ERR_TIMEOUT for wall and processor time, ERR_TOO_LARGE for sizes, ERR_MEMORY,
 * ERR_ACCESS_DENIED for a forbidden system call, ERR_INTERNAL for a crash. ERR_UNAVAILABLE: the broker is gone. When it
 * returns, the worker and all it started are dead. */
int broker_run(struct broker *b, const struct job *job, char **ret_output, size_t *ret_len, struct err *err);

/* Ends the broker and all workers. Jobs that still run end with ERR_UNAVAILABLE; none may be started any more. Takes
 * NULL; answers NULL. */
struct broker *broker_stop(struct broker *b);

/* Which layers this kernel offers, as a line each for `weir check`: "landlock ABI 7", "seccomp", missing ones named. */
struct sandbox_layer {
        const char *name;
        bool present;
        char detail[96];
};
size_t sandbox_layers(struct sandbox_layer *ret, size_t max);
