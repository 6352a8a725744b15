/* SPDX-License-Identifier: Apache-2.0 */
/* One role: a child process of weir's own program that says when it is ready. */
#pragma once

#include "base/proc.h"

struct role {
        const char *name;
        const char *const *argv; /* owned by the supervisor's arena, NULL-terminated */
        bool wanted;             /* false: it is not started again when it ends */
        struct proc proc;
        int ready_fd;          /* the pipe it says "ready ADDRESS" on; -1: it has said it or is dead */
        char ready_number[12]; /* the other end's number in the child: argv holds this text as --ready-fd's value */
        bool linked;           /* it gets a socket to the supervisor */
        int link_fd;           /* this end of that socket, of the running process; -1: none */
        char link_number[12];  /* the other end's number, as ready_number */
        bool ready;
        char address[128]; /* what it said after "ready " */
        unsigned restarts;
        int64_t started_at; /* monotonic ns */
        int64_t retry_at;   /* when to start it again; 0: it runs */
        int64_t delay;      /* the next retry's */
        int64_t kill_at;    /* it was asked to end, and is killed at this time; 0: it was not asked */
};

#define ROLE_INIT ((struct role){.wanted = true, .proc = PROC_INIT, .ready_fd = -1, .link_fd = -1})

/* Starts the role's program. Its standard output and error are this process's own standard error. */
int role_start(struct role *r, struct err *err);

/* Reads what a readable ready_fd says. True: it has become ready by this. */
bool role_read_ready(struct role *r);

/* Reaps a role whose pidfd is readable and sets when to start it again, if it is wanted: at once when it had been asked
 * to end, else after a delay that grows. text says how it ended. True: it had been asked to. */
bool role_ended(struct role *r, char *text, size_t size);

/* Asks a running role to end: SIGTERM now, SIGKILL by role_overdue() after grace_ns. Does not wait. */
void role_ask_to_end(struct role *r, int64_t grace_ns);

/* Kills a role whose time to end by itself is over. */
void role_overdue(struct role *r, int64_t now);

/* SIGTERM, then up to grace_ns, then SIGKILL; reaps. */
void role_stop(struct role *r, int64_t grace_ns);
