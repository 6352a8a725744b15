/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/cert.h"

#include "http/tls.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

static int fail(struct err *err, const char *what) {
        char text[256];
        return err_set(err, ERR_INTERNAL, "%s: %s", what, tls_error_text(text));
}

int cert_make_key(EVP_PKEY **ret, struct err *err) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        if (!key)
                return fail(err, "make a key");
        *ret = key;
        return 0;
}

static int add_name(X509_NAME *name, int nid, const char *text) {
        return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0);
}

static int set_subject(X509 *cert, const struct cert_request *q) {
        X509_NAME *name = X509_get_subject_name(cert);
        for (const char *const *o = q->organizations; o && *o; o++)
                if (add_name(name, NID_organizationName, *o) != 1)
                        return -1;
        return add_name(name, NID_commonName, q->common_name) == 1 ? 0 : -1;
}

static int add_extension(X509 *cert, X509 *issuer, int nid, const char *value) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
        int r = e && X509_add_ext(cert, e, -1) == 1 ? 0 : -1;
        X509_EXTENSION_free(e);
        return r;
}

/* One subject alternative name: an IP address when it reads as one, else a host name. */
static GENERAL_NAME *general_name(const char *text) {
        ASN1_OCTET_STRING *ip = a2i_IPADDRESS(text);
        GENERAL_NAME *g = GENERAL_NAME_new();
        ASN1_IA5STRING *dns = ip ? NULL : ASN1_IA5STRING_new();
        if (!g || (!ip && (!dns || ASN1_STRING_set(dns, text, -1) != 1))) {
                GENERAL_NAME_free(g);
                ASN1_OCTET_STRING_free(ip);
                ASN1_IA5STRING_free(dns);
                return NULL;
        }
        GENERAL_NAME_set0_value(g, ip ? GEN_IPADD : GEN_DNS, ip ? (void *)ip : (void *)dns);
        return g;
}

static int add_alternative_names(X509 *cert, const char *const *names) {
        GENERAL_NAMES *list = GENERAL_NAMES_new();
        int r = list ? 0 : -1;
        for (; r == 0 && *names; names++) {
                GENERAL_NAME *g = general_name(*names);
                if (!g || sk_GENERAL_NAME_push(list, g) == 0) {
                        GENERAL_NAME_free(g);
                        r = -1;
                }
        }
        if (r == 0 && X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, 0) != 1)
                r = -1;
        GENERAL_NAMES_free(list);
        return r;
}

static int add_extensions(X509 *cert, const struct cert_request *q) {
        X509 *issuer = q->issuer ? q->issuer : cert;
        bool ca = q->use == CERT_CA;
        if (add_extension(cert, issuer, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE") < 0 ||
            add_extension(cert, issuer, NID_key_usage,
                          ca ? "critical,digitalSignature,keyCertSign,cRLSign" : "critical,digitalSignature") < 0 ||
            add_extension(cert, issuer, NID_subject_key_identifier, "hash") < 0 ||
            add_extension(cert, issuer, NID_authority_key_identifier, "keyid") < 0)
                return -1;
        if (ca)
                return 0;
        if (add_extension(cert, issuer, NID_ext_key_usage, q->use == CERT_SERVER ? "serverAuth" : "clientAuth") < 0)
                return -1;
        return q->use == CERT_SERVER ? add_alternative_names(cert, q->names) : 0;
}

static int set_serial(X509 *cert) {
        unsigned char bytes[16];
        if (RAND_bytes(bytes, sizeof(bytes)) != 1)
                return -1;
        bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and never short */
        BIGNUM *n = BN_bin2bn(bytes, sizeof(bytes), NULL);
        int r = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) ? 0 : -1;
        BN_free(n);
        return r;
}

int cert_make(const struct cert_request *q, X509 **ret, struct err *err) {
        _cleanup_x509_ X509 *cert = X509_new();
        if (!cert)
                return err_oom(err);
        if (X509_set_version(cert, X509_VERSION_3) != 1 || set_serial(cert) < 0 || set_subject(cert, q) < 0 ||
            X509_set_issuer_name(cert, X509_get_subject_name(q->issuer ? q->issuer : cert)) != 1 ||
            !ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)q->not_before) ||
            !ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)q->not_after) || X509_set_pubkey(cert, q->key) != 1 ||
            add_extensions(cert, q) < 0 || X509_sign(cert, q->issuer ? q->issuer_key : q->key, EVP_sha256()) == 0)
                return fail(err, "make a certificate");
        *ret = TAKE_PTR(cert);
        return 0;
}

/* What was written into a memory BIO. */
static int take_text(struct arena *a, BIO *bio, const char **ret, struct err *err) {
        char *data;
        long n = BIO_get_mem_data(bio, &data);
        char *copy = n > 0 ? arena_strndup(a, data, (size_t)n) : NULL;
        if (n > 0)
                OPENSSL_cleanse(data, (size_t)n); /* it may be a private key */
        if (!copy)
                return err_oom(err);
        *ret = copy;
        return 0;
}

int cert_pem(struct arena *a, X509 *cert, const char **ret, struct err *err) {
        _cleanup_bio_ BIO *bio = BIO_new(BIO_s_mem());
        if (!bio || PEM_write_bio_X509(bio, cert) != 1)
                return fail(err, "write a certificate");
        return take_text(a, bio, ret, err);
}

int cert_key_pem(struct arena *a, EVP_PKEY *key, const char **ret, struct err *err) {
        _cleanup_bio_ BIO *bio = BIO_new(BIO_s_mem());
        if (!bio || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
                return fail(err, "write a key");
        return take_text(a, bio, ret, err);
}

int cert_read(const char *pem, const char *what, X509 **ret, struct err *err) {
        _cleanup_bio_ BIO *bio = BIO_new_mem_buf(pem, -1);
        X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
        char text[256];
        if (!cert)
                return err_set(err, ERR_INVALID, "%s is not a certificate: %s", what, tls_error_text(text));
        *ret = cert;
        return 0;
}

int cert_read_key(const char *pem, const char *what, EVP_PKEY **ret, struct err *err) {
        _cleanup_bio_ BIO *bio = BIO_new_mem_buf(pem, -1);
        EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
        char text[256];
        if (!key)
                return err_set(err, ERR_INVALID, "%s is not a private key: %s", what, tls_error_text(text));
        *ret = key;
        return 0;
}

bool cert_has_names(X509 *cert, const char *const *names) {
        for (; *names; names++)
                if (X509_check_ip_asc(cert, *names, 0) != 1 && X509_check_host(cert, *names, 0, 0, NULL) != 1)
                        return false;
        return true;
}

int64_t cert_not_after(const X509 *cert) {
        struct tm end;
        return ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) == 1 ? timegm(&end) : 0;
}
