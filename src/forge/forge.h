/* SPDX-License-Identifier: Apache-2.0 */
/* The local forge: bare Git repositories under DIR/NAME.git, served for clone and push over HTTP on loopback by git's
 * own http-backend. For laptops and CI, where a fleet needs a Git server and there is none.
 *
 * Each request runs one git child in its own process group, with bounded body, output and time; forge threads wait for
 * them, never the server's loops. There is no authentication: it listens on 127.0.0.1 only, and a Host header that is
 * not loopback is refused (a web page of the user's browser cannot push). */
#pragma once

#include "base/err.h"
#include "data/value.h"

struct forge;

struct forge_options {
        const char *dir;     /* made when missing */
        uint16_t port;       /* 0: the one it had last time (DIR/port), so that URLs stay valid; else a free one */
        bool create_on_push; /* a push to a valid name that does not exist makes the repository first */
        /* Called on a forge thread after a push was accepted, before the client hears of it. repo: NAME without
         * ".git". May be NULL. Must not block for long. */
        void (*pushed)(const char *repo, void *ctx);
        void *ctx;
};

/* Opens the directory, listens and starts its threads. */
int forge_start(const struct forge_options *options, struct forge **ret, struct err *err);

/* Ends running children, joins the threads, frees. Takes NULL; answers NULL. */
struct forge *forge_stop(struct forge *f);

uint16_t forge_port(const struct forge *f);

/* "http://127.0.0.1:PORT/git/NAME.git" in the arena; NULL when memory is out. */
const char *forge_url(const struct forge *f, struct arena *a, const char *name);

/* Makes an empty repository whose HEAD is refs/heads/main; pushes are allowed. name: lower-case letters, digits, '-',
 * '_' and '.', at most 63 bytes, not starting with '.' or '-'. ERR_INVALID, ERR_EXISTS. */
int forge_create(struct forge *f, const char *name, struct err *err);

/* Removes a repository and everything in it. ERR_NOT_FOUND. */
int forge_delete(struct forge *f, const char *name, struct err *err);

/* The names of all repositories, sorted, as a list of strings. */
int forge_list(struct forge *f, struct arena *a, struct value *ret, struct err *err);
