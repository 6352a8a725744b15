/* SPDX-License-Identifier: Apache-2.0 */
/* Making and reading EC P-256 keys and X.509 certificates. Objects are OpenSSL's and owned by the caller. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <openssl/x509.h>

static inline void x509_freep(X509 **x) {
        X509_free(*x);
}
static inline void pkey_freep(EVP_PKEY **k) {
        EVP_PKEY_free(*k);
}
static inline void bio_freep(BIO **b) {
        BIO_free(*b);
}
#define _cleanup_x509_ _cleanup_(x509_freep)
#define _cleanup_pkey_ _cleanup_(pkey_freep)
#define _cleanup_bio_ _cleanup_(bio_freep)

enum cert_use { CERT_CA, CERT_SERVER, CERT_CLIENT };

struct cert_request {
        enum cert_use use;
        const char *common_name;
        const char *const *organizations; /* NULL-terminated, or NULL */
        const char *const *names;         /* CERT_SERVER: host names and IP addresses, NULL-terminated */
        int64_t not_before, not_after;    /* seconds since 1970 */
        EVP_PKEY *key;                    /* of the subject */
        X509 *issuer;                     /* NULL: self-signed */
        EVP_PKEY *issuer_key;
};

int cert_make(const struct cert_request *request, X509 **ret, struct err *err);
int cert_make_key(EVP_PKEY **ret, struct err *err);

/* PEM text in the arena. */
int cert_pem(struct arena *a, X509 *cert, const char **ret, struct err *err);
int cert_key_pem(struct arena *a, EVP_PKEY *key, const char **ret, struct err *err);

/* what: the file's name, for the message. ERR_INVALID. */
int cert_read(const char *pem, const char *what, X509 **ret, struct err *err);
int cert_read_key(const char *pem, const char *what, EVP_PKEY **ret, struct err *err);

/* True when the certificate holds every name and IP address of the list. */
bool cert_has_names(X509 *cert, const char *const *names);

/* Seconds since 1970 of its end. */
int64_t cert_not_after(const X509 *cert);
