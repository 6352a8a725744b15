/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded control plane as a whole: store, registry, HTTP, built-in controllers, in one process. */
#pragma once

#include "base/err.h"

struct apiserver_options {
        const char *data_dir;        /* made when missing; holds state.db, pki/, admin.kubeconfig */
        const char *address;         /* NULL: 127.0.0.1 */
        uint16_t port;               /* 0: a free one, kept in the data directory for the next start */
        const char *unix_socket;     /* path of the private plain-HTTP socket, or NULL */
        const char *token_auth_file; /* CSV of static tokens, or NULL */
        const char *service_range;   /* CIDR of cluster IPs; NULL: 10.0.0.0/24 */
        int ready_fd;          /* one line "ready https://ADDRESS:PORT\n" is written here, then closed; -1: none */
        bool settle_workloads; /* give workloads the status of a finished roll-out: nothing runs them here */
        int supervisor_fd;     /* the socket to the supervisor, which runs weir's own Deployment; -1: none */
        bool announce;         /* print the same line on standard output */
};

/* Runs until SIGTERM or SIGINT, then stops cleanly and answers 0. Blocks these signals in the calling thread, which
 * must be the only one. */
int apiserver_run(const struct apiserver_options *options, struct err *err);
