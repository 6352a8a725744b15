/* SPDX-License-Identifier: Apache-2.0 */
/* One role: a child process of weir's own program that says when it is ready. */
#pragma once

#include "base/proc.h"

struct role {
        const char *name;
        const char *const *argv; /* owned by the supervisor's arena, NULL-terminated */
        struct proc proc;
        int ready_fd;          /* the pipe it says "ready ADDRESS" on; -1: it has said it or is dead */
        char ready_number[12]; /* the other end's number in the child: argv holds this text as --ready-fd's value */
        bool ready;
        char address[128]; /* what it said after "ready " */
        unsigned restarts;
        int64_t started_at; /* monotonic ns */
        int64_t retry_at;   /* when to start it again; 0: it runs */
        int64_t delay;      /* the next retry's */
};

#define ROLE_INIT ((struct role){.proc = PROC_INIT, .ready_fd = -1})

/* Starts the role's program. Its standard output and error are this process's own standard error. */
int role_start(struct role *r, struct err *err);

/* Reads what a readable ready_fd says. True: it has become ready by this. */
bool role_read_ready(struct role *r);

/* Reaps a role whose pidfd is readable and sets when to start it again. text says how it ended. */
void role_ended(struct role *r, char *text, size_t size);

/* SIGTERM, then up to grace_ns, then SIGKILL; reaps. */
void role_stop(struct role *r, int64_t grace_ns);
