/* SPDX-License-Identifier: Apache-2.0 */
/* What git answered lately to requests that only read. Tenants that share a repository all ask the same of it after a
 * push, within milliseconds: git is started once for them, not four times for each.
 *
 * An answer is given again only when every byte of the request is the same and no push has begun or ended meanwhile,
 * and for ANSWERS_LIFE at most, for changes that somebody makes in the directory itself. Safe from any thread. */
#pragma once

#include "base/err.h"
#include "data/digest.h"
#include "forge/cgi.h"
#include "http/http.h"

#define ANSWERS_LIFE NSEC_PER_SEC

struct answers;

struct answers *answers_new(void);
struct answers *answers_free(struct answers *a);

/* One answer. The caller owns a reference to bytes. */
struct kept_answer {
        int status;
        char content_type[96]; /* "": none */
        struct http_shared *bytes;
};

/* The identity of a request of a repository whose directory is dir. */
int answers_key(const struct cgi_request *r, const char *dir, char ret[static DIGEST_HEX_MAX], struct err *err);

/* Waits while another thread asks git the same.
 * ANSWERS_KEPT: *ret is the answer. ANSWERS_ASK: ask git, then answers_settle() with the same key and ticket.
 * ANSWERS_ALONE: ask git, and keep nothing. */
enum answers_found { ANSWERS_KEPT, ANSWERS_ASK, ANSWERS_ALONE };
enum answers_found answers_find(struct answers *a, const char *key, struct kept_answer *ret, uint64_t *ret_ticket);

/* What came of it; NULL, or more than LIMIT_FORGE_KEPT bytes: nothing that others can be given. Takes a reference. */
void answers_settle(struct answers *a, const char *key, uint64_t ticket, const struct kept_answer *answer, size_t len);

/* A push begins or has ended: what was answered before counts no more. */
void answers_forget(struct answers *a);
