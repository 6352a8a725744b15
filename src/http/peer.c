/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

/* Memory of one peer: a certificate's names. */
#define PEER_ARENA_MAX ((size_t)256 << 10)

/* Where kube-apiserver finds a user's UID in a client certificate's subject. */
#define UID_OID "1.3.6.1.4.1.57683.2"

struct peer *peer_new(const struct message *adopt, int fd) {
        struct peer *p = calloc(1, sizeof(*p));
        if (!p || !(p->arena = arena_new(PEER_ARENA_MAX))) {
                free(p);
                return NULL;
        }
        static const char *const none[1] = {NULL};
        p->refs = 1;
        p->public.organizations = none;
        p->public.address = arena_strdup(p->arena, adopt->address);
        p->public.unix_socket = adopt->unix_socket;
        p->public.tls = adopt->ssl_ctx != NULL;
        struct ucred cred;
        socklen_t n = sizeof(cred);
        p->public.unix_uid = UINT32_MAX; /* nobody */
        if (adopt->unix_socket && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0)
                p->public.unix_uid = cred.uid;
        if (!p->public.address)
                return peer_unref(p);
        return p;
}

struct peer *peer_unref(struct peer *p) {
        if (p && --p->refs == 0) {
                arena_free(p->arena);
                free(p);
        }
        return NULL;
}

/* One entry of a subject as UTF-8 in the arena. NULL: not text, holds a NUL byte, or memory is out. */
static const char *entry_text(struct arena *a, const X509_NAME *name, int at) {
        unsigned char *text = NULL;
        int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
        const char *copy = NULL;
        if (n >= 0 && !memchr(text, '\0', (size_t)n))
                copy = arena_strndup(a, (const char *)text, (size_t)n);
        OPENSSL_free(text);
        return copy;
}

/* Every O in order. False: one of them cannot be read. */
static bool read_organizations(struct peer *p, const X509_NAME *subject) {
        size_t n = 0;
        for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_organizationName, at)) >= 0;)
                n++;
        const char **list = arena_zalloc(p->arena, n + 1, sizeof(*list));
        if (!list)
                return false;
        size_t i = 0;
        for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_organizationName, at)) >= 0;)
                if (!(list[i++] = entry_text(p->arena, subject, at)))
                        return false;
        p->public.organizations = list;
        return true;
}

static bool read_uid(struct peer *p, const X509_NAME *subject) {
        ASN1_OBJECT *oid = OBJ_txt2obj(UID_OID, 1);
        int at = oid ? X509_NAME_get_index_by_OBJ(subject, oid, -1) : -1;
        ASN1_OBJECT_free(oid);
        if (at >= 0)
                p->public.cert_uid = entry_text(p->arena, subject, at);
        return at < 0 || p->public.cert_uid;
}

/* The certificate's digest, and the second after which it no longer holds. */
static bool read_digest(struct peer *p, X509 *cert) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned n = 0;
        struct tm end;
        if (X509_digest(cert, EVP_sha256(), digest, &n) != 1 || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) != 1)
                return false;
        char *text = arena_alloc(p->arena, (size_t)n * 2 + 1);
        if (!text)
                return false;
        for (unsigned i = 0; i < n; i++)
                snprintf(text + (size_t)i * 2, 3, "%02x", digest[i]);
        p->public.cert_sha256 = text;
        p->public.cert_not_after = timegm(&end);
        return true;
}

void peer_read_certificate(struct peer *p, void *ssl) {
        X509 *cert = SSL_get1_peer_certificate(ssl);
        if (!cert)
                return;
        p->public.cert_presented = true;
        const X509_NAME *subject = X509_get_subject_name(cert);
        if (SSL_get_verify_result(ssl) == X509_V_OK && read_organizations(p, subject) && read_uid(p, subject) &&
            read_digest(p, cert)) {
                int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
                p->public.common_name = at >= 0 ? entry_text(p->arena, subject, at) : NULL;
                p->public.cert_verified = at < 0 || p->public.common_name;
        }
        X509_free(cert);
}
