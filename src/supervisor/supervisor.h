/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor: starts the roles of a local weir, restarts one that dies, stops them in order. Only it starts others.
 *
 *   DIR/run/weir.lock       held while a supervisor runs
 *   DIR/run/state.json      what runs where, for `weir status`, `weir down` and `weir user`
 *   DIR/run/apiserver.sock  the control plane's private socket, through which weir's own objects are installed
 *   DIR/run/wake.sock       pushes to the forge, told to the controllers
 *   DIR/admin.kubeconfig, DIR/pki/, DIR/state.db   the control plane's
 *   DIR/git/                the forge's repositories
 *   DIR/sources/            the artifact store */
#pragma once

#include "data/value.h"

struct supervisor_options {
        const char *data_dir;
        unsigned port;                       /* of the API server; 0: the one of the last start, or a free one */
        unsigned forge_port;                 /* 0: likewise */
        const char *token_auth_file;         /* or NULL */
        const char *const *controller_flags; /* further arguments of `weir controllers`, NULL-terminated, or NULL */
        bool verbose;
        int ready_fd; /* the line for the user is written here when all is ready; -1: standard output */
};

/* Runs until SIGINT or SIGTERM. ERR_EXISTS: another supervisor holds the directory. */
int supervisor_run(const struct supervisor_options *options, struct err *err);

/* The state of a running supervisor: {pid, server, forge, roles: {NAME: {pid, restarts}}}. ERR_NOT_FOUND: none runs. */
int supervisor_state(struct arena *a, const char *data_dir, struct value *ret, struct err *err);

/* Asks the running supervisor to stop and waits for it. ERR_NOT_FOUND, ERR_TIMEOUT. */
int supervisor_stop(const char *data_dir, int64_t timeout_ns, struct err *err);

/* Removes all data of a stopped weir. Refuses a directory that holds something else. */
int supervisor_erase(const char *data_dir, struct err *err);

/* Called first by every role, with its name: ps shows it as weir-ROLE, and it dies with the supervisor that started it
 * (environment WEIR_SUPERVISED). */
void supervisor_enter_role(const char *role);
