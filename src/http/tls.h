/* SPDX-License-Identifier: Apache-2.0 */
/* TLS of the HTTP server: TLS 1.2 and later, ALPN http/1.1, session tickets. A client certificate is asked for and
 * accepted in the handshake whoever signed it; struct http_peer says whether it chains to the client CA, so that the
 * API server can answer 401 as kube-apiserver does. */
#pragma once

#include "base/err.h"

struct tls_options {
        const char *cert_pem; /* the server's certificate and its chain */
        const char *key_pem;
        const char *client_ca_pem; /* NULL: no client certificate is asked for */
};

/* Makes an SSL_CTX; the caller owns it (tls_context_free, after the server has stopped). */
int tls_server_context(const struct tls_options *options, void **ret, struct err *err);
void tls_context_free(void *ssl_ctx);

/* The text of OpenSSL's latest error of this thread, and clears its queue. Answers text. */
char *tls_error_text(char text[static 256]);
