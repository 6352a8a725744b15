/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/pki.h"

#include "apiserver/auth/cert.h"
#include "base/fs.h"
#include "base/limits.h"
#include "data/base64.h"
#include "http/tls.h"

#include <openssl/sha.h>
#include <openssl/x509.h>

#define DAY INT64_C(86400)
#define CA_DAYS 3650
#define SERVER_DAYS 365
#define RENEW_DAYS 90
#define CLOCK_SKEW INT64_C(3600) /* certificates hold from an hour ago: clocks differ */
#define PKI_ARENA_MAX ((size_t)1 << 20)
#define NAMES_MAX 64

struct pki {
        struct arena *arena;
        const char *dir;
        X509 *ca;
        EVP_PKEY *ca_key;
        EVP_PKEY *token_key;
        const char *token_key_id;
        const char *ca_pem;
        const char *server_pem;
        const char *server_key_pem;
};

/* What every server certificate holds: how pods, tools on this machine and other machines name the server. */
static const char *const standard_names[] = {
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
        "127.0.0.1",
        "::1",
};

struct pki *pki_free(struct pki *p) {
        if (!p)
                return NULL;
        X509_free(p->ca);
        EVP_PKEY_free(p->ca_key);
        EVP_PKEY_free(p->token_key);
        arena_free(p->arena);
        free(p);
        return NULL;
}

static const char *path_of(struct pki *p, const char *name) {
        return arena_printf(p->arena, "%s/%s", p->dir, name);
}

/* 1: read into *ret (arena), 0: there is no such file, -1. */
static int read_file(struct pki *p, const char *name, const char **ret, struct err *err) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        struct err e = ERR_INIT;
        const char *path = path_of(p, name);
        if (!path)
                return err_oom(err);
        if (fs_read(AT_FDCWD, path, LIMIT_TOKEN_BYTES, &text, &n, &e) < 0) {
                if (e.class != ERR_NOT_FOUND)
                        return err_move(err, &e);
                err_done(&e);
                return 0;
        }
        *ret = arena_strndup(p->arena, text, n);
        explicit_bzero(text, n);
        return *ret ? 1 : err_oom(err);
}

static int write_file(struct pki *p, const char *name, const char *text, mode_t mode, struct err *err) {
        const char *path = path_of(p, name);
        return path ? fs_write_atomic(path, text, strlen(text), mode, err) : err_oom(err);
}

/* The key in the file; made and written when it is missing. *ret_made: it was. */
static int obtain_key(struct pki *p, const char *name, EVP_PKEY **ret, const char **ret_pem, bool *ret_made,
                      struct err *err) {
        const char *pem = NULL;
        int there = read_file(p, name, &pem, err);
        if (there < 0)
                return -1;
        *ret_made = !there;
        *ret_pem = pem;
        if (there)
                return cert_read_key(pem, name, ret, err);
        if (cert_make_key(ret, err) < 0 || cert_key_pem(p->arena, *ret, ret_pem, err) < 0)
                return -1;
        return write_file(p, name, *ret_pem, 0600, err);
}

static int load_ca(struct pki *p, int64_t now, struct err *err) {
        const char *key_pem;
        bool new_key;
        if (obtain_key(p, "ca.key", &p->ca_key, &key_pem, &new_key, err) < 0)
                return -1;
        int there = read_file(p, "ca.crt", &p->ca_pem, err);
        if (there < 0)
                return -1;
        if (there && new_key)
                return err_set(err, ERR_INVALID, "%s holds ca.crt but not its ca.key", p->dir);
        if (there) {
                if (cert_read(p->ca_pem, "ca.crt", &p->ca, err) < 0)
                        return -1;
                if (X509_check_private_key(p->ca, p->ca_key) != 1)
                        return err_set(err, ERR_INVALID, "%s: ca.key is not the key of ca.crt", p->dir);
                return 0;
        }
        struct cert_request q = {
                .use = CERT_CA,
                .common_name = "weir-ca",
                .not_before = now - CLOCK_SKEW,
                .not_after = now + CA_DAYS * DAY,
                .key = p->ca_key,
        };
        if (cert_make(&q, &p->ca, err) < 0 || cert_pem(p->arena, p->ca, &p->ca_pem, err) < 0)
                return -1;
        return write_file(p, "ca.crt", p->ca_pem, 0644, err);
}

/* The standard names and the caller's. */
static int collect_names(struct pki *p, const char *const *more, const char *const **ret, struct err *err) {
        size_t n = ARRAY_LEN(standard_names);
        for (const char *const *m = more; m && *m; m++)
                n++;
        if (n > NAMES_MAX)
                return err_set(err, ERR_TOO_LARGE, "the server certificate may have at most %d names", NAMES_MAX);
        const char **names = arena_zalloc(p->arena, n + 1, sizeof(*names));
        if (!names)
                return err_oom(err);
        memcpy(names, standard_names, sizeof(standard_names));
        for (size_t i = ARRAY_LEN(standard_names); i < n; i++)
                names[i] = more[i - ARRAY_LEN(standard_names)];
        *ret = names;
        return 0;
}

/* True when the certificate that is there can go on serving. */
static bool server_is_good(struct pki *p, X509 *cert, EVP_PKEY *key, const char *const *names, int64_t now) {
        bool good = X509_check_private_key(cert, key) == 1 && X509_verify(cert, p->ca_key) == 1 &&
                    cert_not_after(cert) > now + RENEW_DAYS * DAY && cert_has_names(cert, names);
        char text[256];
        tls_error_text(text); /* a failed check leaves an error behind */
        return good;
}

static int load_server(struct pki *p, const struct pki_options *o, struct err *err) {
        const char *const *names = NULL;
        _cleanup_pkey_ EVP_PKEY *key = NULL;
        _cleanup_x509_ X509 *cert = NULL;
        bool new_key;
        if (collect_names(p, o->addresses, &names, err) < 0 ||
            obtain_key(p, "apiserver.key", &key, &p->server_key_pem, &new_key, err) < 0)
                return -1;
        int there = read_file(p, "apiserver.crt", &p->server_pem, err);
        if (there < 0 || (there && cert_read(p->server_pem, "apiserver.crt", &cert, err) < 0))
                return -1;
        if (there && server_is_good(p, cert, key, names, o->now))
                return 0;
        struct cert_request q = {
                .use = CERT_SERVER,
                .common_name = "weir-apiserver",
                .names = names,
                .not_before = o->now - CLOCK_SKEW,
                .not_after = o->now + SERVER_DAYS * DAY,
                .key = key,
                .issuer = p->ca,
                .issuer_key = p->ca_key,
        };
        X509_free(cert);
        cert = NULL;
        if (cert_make(&q, &cert, err) < 0 || cert_pem(p->arena, cert, &p->server_pem, err) < 0)
                return -1;
        return write_file(p, "apiserver.crt", p->server_pem, 0644, err);
}

/* base64url of the SHA-256 of the public key in DER: kube-apiserver's "kid". */
static int key_id(struct arena *a, EVP_PKEY *key, const char **ret, struct err *err) {
        unsigned char *der = NULL;
        int n = i2d_PUBKEY(key, &der);
        if (n <= 0)
                return err_set(err, ERR_INTERNAL, "cannot encode a public key");
        unsigned char digest[SHA256_DIGEST_LENGTH];
        SHA256(der, (size_t)n, digest);
        OPENSSL_free(der);
        size_t len;
        *ret = base64_encode_as(a, BASE64_URL | BASE64_NO_PADDING, digest, sizeof(digest), &len);
        return *ret ? 0 : err_oom(err);
}

static int load(struct pki *p, const struct pki_options *o, struct err *err) {
        const char *pem;
        bool made;
        if (!(p->dir = arena_strdup(p->arena, o->dir)))
                return err_oom(err);
        if (fs_mkdirs(p->dir, 0700, err) < 0 || load_ca(p, o->now, err) < 0 || load_server(p, o, err) < 0 ||
            obtain_key(p, "sa.key", &p->token_key, &pem, &made, err) < 0)
                return -1;
        if (EVP_PKEY_is_a(p->token_key, "EC") != 1 || EVP_PKEY_get_bits(p->token_key) != 256)
                return err_set(err, ERR_INVALID, "%s/sa.key is not an EC P-256 key", p->dir);
        return key_id(p->arena, p->token_key, &p->token_key_id, err);
}

int pki_load(const struct pki_options *options, struct pki **ret, struct err *err) {
        struct pki *p = calloc(1, sizeof(*p));
        if (!p || !(p->arena = arena_new(PKI_ARENA_MAX))) {
                free(p);
                return err_oom(err);
        }
        if (load(p, options, err) < 0) {
                pki_free(p);
                return -1;
        }
        *ret = p;
        return 0;
}

const char *pki_ca_pem(const struct pki *p) {
        return p->ca_pem;
}

void *pki_token_key(const struct pki *p) {
        return p->token_key;
}

const char *pki_token_key_id(const struct pki *p) {
        return p->token_key_id;
}

int pki_client_certificate(const struct pki *p, struct arena *a, const char *user, const char *const *groups,
                           int64_t now, int64_t seconds, const char **ret_cert, const char **ret_key, struct err *err) {
        _cleanup_pkey_ EVP_PKEY *key = NULL;
        _cleanup_x509_ X509 *cert = NULL;
        if (cert_make_key(&key, err) < 0)
                return -1;
        struct cert_request q = {
                .use = CERT_CLIENT,
                .common_name = user,
                .organizations = groups,
                .not_before = now - CLOCK_SKEW,
                .not_after = now + seconds,
                .key = key,
                .issuer = p->ca,
                .issuer_key = p->ca_key,
        };
        if (cert_make(&q, &cert, err) < 0)
                return -1;
        return cert_pem(a, cert, ret_cert, err) < 0 ? -1 : cert_key_pem(a, key, ret_key, err);
}

int pki_server_context(const struct pki *p, void **ret_ssl_ctx, struct err *err) {
        struct tls_options o = {.cert_pem = p->server_pem, .key_pem = p->server_key_pem, .client_ca_pem = p->ca_pem};
        return tls_server_context(&o, ret_ssl_ctx, err);
}
