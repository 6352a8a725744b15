/* SPDX-License-Identifier: Apache-2.0 */
/* Large answers over TLS, read late: what the socket could not take arrives whole and in order. */
#include "fixture.h"

#include "http/tls.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#define LARGE ((size_t)16 << 20)

struct secure {
        struct http_server *server;
        void *ctx, *client_ctx;
        uint16_t port;
};

static char pattern(size_t at) {
        return (char)('a' + at * 31 / 7 % 26);
}

static char *pattern_bytes(size_t n) {
        char *bytes = malloc(n);
        for (size_t i = 0; bytes && i < n; i++)
                bytes[i] = pattern(i);
        return bytes;
}

static int fill(void *source, struct buf *out) {
        size_t *at = source, n = LARGE - *at < 50000 ? LARGE - *at : 50000;
        for (char *to = buf_reserve(out, n); to && n; n--) {
                *to++ = pattern((*at)++);
                out->len++;
        }
        return *at < LARGE ? 1 : -1;
}

static void handle(struct http_request *r, void *context) {
        static const struct http_stream_ops ops = {.fill = fill, .done = free};
        struct http_response response = {.status = 200};
        if (streq(r->path, "/stream")) {
                http_reply_stream(r, &response, &ops, calloc(1, sizeof(size_t)), 0);
        } else if (streq(r->path, "/copied")) {
                _cleanup_free_ char *body = pattern_bytes(LARGE);
                response.body = body;
                response.body_len = LARGE;
                http_reply(r, &response);
        } else {
                response.shared = http_shared_new(pattern_bytes(LARGE), LARGE);
                http_reply(r, &response);
                http_shared_unref(response.shared);
        }
}

static char *pem_of(BIO *bio) {
        char *bytes;
        long n = BIO_get_mem_data(bio, &bytes);
        char *text = strndup(bytes, (size_t)n);
        BIO_free(bio);
        return text;
}

/* A key and a certificate that it has signed itself. */
static void make_certificate(char **ret_cert, char **ret_key) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *cert = X509_new();
        X509_gmtime_adj(X509_getm_notBefore(cert), 0);
        X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
        X509_set_pubkey(cert, key);
        assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
        BIO *bio = BIO_new(BIO_s_mem());
        PEM_write_bio_X509(bio, cert);
        *ret_cert = pem_of(bio);
        bio = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        *ret_key = pem_of(bio);
        X509_free(cert);
        EVP_PKEY_free(key);
}

static int secure_setup(void **state) {
        struct secure *s = calloc(1, sizeof(*s));
        _cleanup_free_ char *cert = NULL;
        _cleanup_free_ char *key = NULL;
        struct http_options o = {.max_body = 1000, .loops = 1, .hooks = {.handle = handle}};
        make_certificate(&cert, &key);
        assert_int_equal(tls_server_context(&(struct tls_options){.cert_pem = cert, .key_pem = key}, &s->ctx, NULL), 0);
        assert_int_equal(http_server_new(&o, &s->server, NULL), 0);
        assert_int_equal(http_listen_tcp(s->server, "127.0.0.1", &s->port, s->ctx, NULL), 0);
        assert_int_equal(http_server_start(s->server, NULL), 0);
        s->client_ctx = SSL_CTX_new(TLS_client_method());
        *state = s;
        return 0;
}

static int secure_teardown(void **state) {
        struct secure *s = *state;
        http_server_stop(s->server, INT64_C(1000000000));
        tls_context_free(s->ctx);
        SSL_CTX_free(s->client_ctx);
        free(s);
        return 0;
}

/* Another client is answered in between, so that the server has written what it can before the first one reads. */
static void assert_arrives(struct secure *s, const char *path) {
        _cleanup_client_ struct client c = client_tls(s->port, s->client_ctx);
        _cleanup_client_ struct client other = client_tls(s->port, s->client_ctx);
        char request[80];
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
        client_sends(&c, request);
        client_sends(&other, request);
        struct client *clients[] = {&other, &c};
        for (size_t k = 0; k < 2; k++) {
                _cleanup_answer_ struct answer a = {0};
                assert_true(client_answer(clients[k], &a));
                assert_int_equal(a.body_len, LARGE);
                for (size_t i = 0; i < LARGE; i++)
                        if (a.body[i] != pattern(i))
                                fail_msg("%s: byte %zu differs", path, i);
        }
}

static void large_answers_arrive_whole(void **state) {
        struct secure *s = *state;
        assert_arrives(s, "/shared");
        assert_arrives(s, "/copied");
        assert_arrives(s, "/stream");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(large_answers_arrive_whole, secure_setup, secure_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
