/* SPDX-License-Identifier: Apache-2.0 */
/* What each job kind may do. One readable table (policy.c); landlock.c and filter.c turn it into kernel rules. */
#pragma once

#include "sandbox/sandbox.h"

/* What a worker may do beneath a directory it was given. */
enum grant {
        GRANT_NOTHING = 0, /* no path rule: an open file descriptor keeps the rights it was opened with */
        GRANT_READ,        /* read files, list directories */
        GRANT_WRITE,       /* the same, and make, change and remove files and directories; never execute */
        GRANT_EXECUTE,     /* read and execute */
};

struct path_grant {
        const char *path; /* a missing path grants nothing */
        enum grant grant;
};

struct policy {
        const char *name;    /* for messages: "the build took longer than 60s" */
        const char *process; /* as ps shows the worker; at most 15 bytes */
        int64_t wall_ns;     /* deadline when the caller names none */
        uint64_t cpu_seconds;
        uint64_t memory_bytes; /* address space */
        uint64_t file_bytes;   /* the largest file it may write */
        uint64_t open_files;
        uint64_t processes; /* of this user, weir's own included; root is held by the system call list only */
        enum grant fds[JOB_MAX_FDS];
        const struct path_grant *paths;  /* ended by path NULL; may be NULL */
        const char *const *const *calls; /* lists of system calls allowed, each and all ended by NULL */
};

const struct policy *policy_of(enum job_kind kind);

/* A build with a sanitizer: its shadow memory needs the whole address space and its reports a standard error. */
bool policy_sanitized(void);

/* Calls that libraries try without need (configuration, locale, time zone): they fail with this errno instead of
 * ending the worker, unless the kind allows them. Ended by name NULL. */
struct polite_refusal {
        const char *name;
        int errno_value;
};
extern const struct polite_refusal policy_polite_refusals[];
