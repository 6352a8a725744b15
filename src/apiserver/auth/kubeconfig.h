/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig files with embedded credentials. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct kubeconfig {
        const char *cluster; /* name of cluster and context: "weir" */
        const char *user;    /* name of the user entry: "admin" */
        const char *server;  /* https://127.0.0.1:6443 */
        const char *ca_pem;
        const char *cert_pem, *key_pem; /* or */
        const char *token;
        const char *namespace_; /* of the context; NULL: none */
};

/* The YAML text, in the arena. */
int kubeconfig_render(struct arena *a, const struct kubeconfig *k, const char **ret, struct err *err);

/* Writes it to path atomically with mode 0600. */
int kubeconfig_write(const char *path, const struct kubeconfig *k, struct err *err);
