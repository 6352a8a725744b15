/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates of an embedded control plane, in one directory: a CA, the server's certificate, the key that
 * signs service account tokens. All EC P-256. Made on the first start, read back on the next ones; files are written
 * atomically and private keys with mode 0600. Frozen once loaded. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct pki;

struct pki_options {
        const char *dir;              /* DATA/pki, made when missing */
        const char *const *addresses; /* further names and addresses of the server certificate, NULL-terminated */
        int64_t now;                  /* seconds since 1970 */
};

/* Files: ca.crt, ca.key, apiserver.crt, apiserver.key, sa.key. The server certificate is made anew when it misses a
 * name or ends within 90 days. ERR_IO, ERR_INVALID when a file is there but not readable as what it should be. */
int pki_load(const struct pki_options *options, struct pki **ret, struct err *err);
struct pki *pki_free(struct pki *p);

/* The CA's certificate in PEM. Lives as long as p. */
const char *pki_ca_pem(const struct pki *p);

/* A client certificate signed by the CA: CN is the user, every O a group. now: seconds since 1970; it holds for that
 * many seconds. *ret_cert, *ret_key: PEM in the arena. */
int pki_client_certificate(const struct pki *p, struct arena *a, const char *user, const char *const *groups,
                           int64_t now, int64_t seconds, const char **ret_cert, const char **ret_key, struct err *err);

/* An SSL_CTX for http_listen_tcp() with the server's certificate and the CA as client CA. The caller owns it. */
int pki_server_context(const struct pki *p, void **ret_ssl_ctx, struct err *err);

/* The EVP_PKEY that signs service account tokens, borrowed, and its key id (RFC 7517, as kube-apiserver makes it). */
void *pki_token_key(const struct pki *p);
const char *pki_token_key_id(const struct pki *p);
