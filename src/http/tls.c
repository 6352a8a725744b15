/* SPDX-License-Identifier: Apache-2.0 */
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

static const unsigned char session_context[] = "weir";

char *tls_error_text(char text[static 256]) {
        unsigned long e = ERR_get_error();
        if (e)
                ERR_error_string_n(e, text, 256);
        else
                snprintf(text, 256, "unknown TLS error");
        ERR_clear_error();
        return text;
}

static int fail(struct err *err, const char *what) {
        char text[256];
        return err_set(err, ERR_INVALID, "%s: %s", what, tls_error_text(text));
}

/* http/1.1, or none when the client does not offer it (curl --no-alpn). */
static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                           unsigned in_len, void *context) {
        static const unsigned char offered[] = "\x08http/1.1";
        unsigned char *chosen;
        if (SSL_select_next_proto(&chosen, out_len, offered, sizeof(offered) - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
                return SSL_TLSEXT_ERR_NOACK;
        *out = chosen;
        return SSL_TLSEXT_ERR_OK;
}

/* Judges the client's certificate without ending the handshake: the verdict stays in SSL_get_verify_result(). */
static int verify_later(X509_STORE_CTX *store, void *context) {
        if (X509_verify_cert(store) != 1 && X509_STORE_CTX_get_error(store) == X509_V_OK)
                X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
        return 1;
}

static int use_certificate(SSL_CTX *ctx, const char *pem, struct err *err) {
        BIO *bio = BIO_new_mem_buf(pem, -1);
        X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
        int r = cert && SSL_CTX_use_certificate(ctx, cert) == 1 ? 0 : fail(err, "server certificate");
        X509_free(cert);
        while (r == 0 && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
                if (SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
                        X509_free(cert);
                        r = fail(err, "server certificate chain");
                }
        BIO_free(bio);
        ERR_clear_error(); /* the end of the PEM text counts as an error */
        return r;
}

static int use_key(SSL_CTX *ctx, const char *pem, struct err *err) {
        BIO *bio = BIO_new_mem_buf(pem, -1);
        EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
        int r = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1
                        ? 0
                        : fail(err, "server key");
        EVP_PKEY_free(key);
        BIO_free(bio);
        return r;
}

static int use_client_ca(SSL_CTX *ctx, const char *pem, struct err *err) {
        BIO *bio = BIO_new_mem_buf(pem, -1);
        X509_STORE *store = SSL_CTX_get_cert_store(ctx);
        int r = bio ? 0 : err_oom(err);
        unsigned n = 0;
        for (X509 *cert; r == 0 && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)); n++) {
                if (X509_STORE_add_cert(store, cert) != 1 || SSL_CTX_add_client_CA(ctx, cert) != 1)
                        r = fail(err, "client CA");
                X509_free(cert);
        }
        BIO_free(bio);
        if (r == 0 && n == 0)
                r = fail(err, "client CA");
        ERR_clear_error();
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_cert_verify_callback(ctx, verify_later, NULL);
        return r;
}

int tls_server_context(const struct tls_options *options, void **ret, struct err *err) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        if (!ctx)
                return fail(err, "TLS context");
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
        SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets carry the session */
        SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1);
        int r = use_certificate(ctx, options->cert_pem, err);
        if (r == 0)
                r = use_key(ctx, options->key_pem, err);
        if (r == 0 && options->client_ca_pem)
                r = use_client_ca(ctx, options->client_ca_pem, err);
        if (r < 0) {
                SSL_CTX_free(ctx);
                return -1;
        }
        *ret = ctx;
        return 0;
}

void tls_context_free(void *ssl_ctx) {
        SSL_CTX_free(ssl_ctx);
}
