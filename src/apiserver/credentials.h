/* SPDX-License-Identifier: Apache-2.0 */
/* What the server shows and signs with: keys, certificates, the TLS context, and the administrator's certificate. Made
 * or read on a thread of their own, while the store is opened and filled: neither needs the other. */
#pragma once

#include "apiserver/auth/pki.h"

#include <pthread.h>

struct credentials {
        struct pki *pki;
        void *tls;                          /* SSL_CTX */
        const char *admin_cert, *admin_key; /* PEM */
        /* private */
        struct arena *arena;
        const char *addresses[3];
        struct pki_options options;
        pthread_t thread;
        bool running;
        int status;
        struct err err;
};

/* Begins. address, service_ip: what the server's certificate holds besides the usual names; they stay. */
int credentials_begin(struct credentials *c, const char *data_dir, const char *address, const char *service_ip,
                      struct err *err);

/* Waits until everything above `private` is there. */
int credentials_wait(struct credentials *c, struct err *err);

/* Waits and frees. Zeroed is fine, too. */
void credentials_done(struct credentials *c);
