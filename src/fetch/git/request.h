/* SPDX-License-Identifier: Apache-2.0 */
/* The request of a Git fetch (git.h), read and checked: nothing of it can be taken for an option or break a line of
 * git's configuration. */
#pragma once

#include "data/value.h"

#define GIT_MAX_SPARSE 1000

struct git_request {
        const char *url;      /* as given */
        const char *safe_url; /* for messages: without user information */
        const char *branch;   /* all of these are NULL when absent or empty */
        const char *tag;
        const char *semver;
        const char *name;
        const char *commit;
        const char *any; /* a branch, tag, hash or full ref: whatever the remote has by that name; "HEAD" is its own */
        const char *observed;
        bool pushed;
        int64_t timeout_ns;
        uint64_t max_bytes; /* of the exported files, and of the pack */
        bool ssh;
        bool submodules;
        const struct value *sparse; /* list of strings, or NULL */

        bool verify_head;
        bool verify_tag;
        const struct value *pgp_keys; /* lists of strings; may be NULL */
        const struct value *ssh_keys;

        const char *username;
        const char *password;
        const char *bearer_token;
        const char *ca_file;
        const char *cert_file;
        const char *key_file;
        const char *identity;
        const char *known_hosts;
        const char *proxy;
        const char *proxy_username;
        const char *proxy_password;
};

/* Everything lives in the arena. ERR_INVALID with Flux's words where it has some; ERR_UNSUPPORTED for
 * keys with a password. */
int git_request_parse(struct arena *a, const char *text, size_t n, struct git_request *ret, struct err *err);

/* A URL that git may be given: http, https or ssh with a host, printable. *ret_safe, in the arena: without user
 * information. ERR_INVALID, reason "URLInvalid". */
int git_url_check(struct arena *a, const char *url, const char **ret_safe, bool *ret_ssh, struct err *err);

/* Replaces every secret of the request in a text, in place. */
void git_request_redact(const struct git_request *r, char *text);
