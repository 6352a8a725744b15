/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, certificates and TLS as a client of the API server meets them. */
#include "unit/test.h"

#include "../http/client.h"

#include "apiserver/auth/kubeconfig.h"
#include "apiserver/auth/pki.h"
#include "base/clock.h"
#include "base/fs.h"
#include "http/http.h"
#include "http/tls.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#define YEAR INT64_C(31536000)

struct fixture {
        char dir[32];
        char pki_dir[48];
        int64_t now;
        struct arena *a;
        struct pki *pki;
        void *ssl_ctx;
        struct http_server *server;
        uint16_t port;
};

/* Says who the server thinks the client is. */
static void whoami(struct http_request *r, void *context) {
        const struct http_peer *p = r->peer;
        char text[256];
        snprintf(text, sizeof(text), "%s|%s|%s|%s", p->common_name ? p->common_name : "-",
                 p->organizations[0] ? p->organizations[0] : "-",
                 p->organizations[0] && p->organizations[1] ? p->organizations[1] : "-",
                 p->cert_presented && !p->cert_verified ? "foreign" : "ok");
        struct http_response response = {.status = 200, .body = text, .body_len = strlen(text)};
        http_reply(r, &response);
}

static struct pki *load(struct fixture *f, const char *const *addresses, int64_t now) {
        struct pki_options o = {.dir = f->pki_dir, .addresses = addresses, .now = now};
        struct pki *p = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        if (pki_load(&o, &p, &err) < 0)
                fail_msg("%s", err_message(&err));
        return p;
}

static char *read_pki_file(struct fixture *f, const char *name) {
        char path[96];
        char *text;
        size_t n;
        snprintf(path, sizeof(path), "%s/%s", f->pki_dir, name);
        assert_int_equal(fs_read(AT_FDCWD, path, 100000, &text, &n, NULL), 0);
        return text;
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        snprintf(f->dir, sizeof(f->dir), "/tmp/weir-pki-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->pki_dir, sizeof(f->pki_dir), "%s/pki", f->dir);
        f->now = clock_realtime_ns() / NSEC_PER_SEC;
        f->a = arena_new(0);
        f->pki = load(f, NULL, f->now);
        assert_int_equal(pki_server_context(f->pki, &f->ssl_ctx, NULL), 0);
        struct http_options o = {.max_body = 1000, .loops = 1, .hooks = {.handle = whoami}};
        assert_int_equal(http_server_new(&o, &f->server, NULL), 0);
        assert_int_equal(http_listen_tcp(f->server, "127.0.0.1", &f->port, f->ssl_ctx, NULL), 0);
        assert_int_equal(http_server_start(f->server, NULL), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        http_server_stop(f->server, 0);
        tls_context_free(f->ssl_ctx);
        pki_free(f->pki);
        fs_remove_tree(f->dir, NULL);
        arena_free(f->a);
        free(f);
        return 0;
}

/* A client that trusts the CA and shows a certificate of issuer (NULL: none). */
static SSL_CTX *client_context(struct fixture *f, const struct pki *issuer) {
        static const char *const groups[] = {"team-a", "devs", NULL};
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        BIO *bio = BIO_new_mem_buf(pki_ca_pem(f->pki), -1);
        X509 *ca = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca);
        X509_free(ca);
        BIO_free(bio);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        if (!issuer)
                return ctx;
        const char *cert_pem, *key_pem;
        assert_int_equal(pki_client_certificate(issuer, f->a, "alice", groups, f->now, YEAR, &cert_pem, &key_pem, NULL),
                         0);
        bio = BIO_new_mem_buf(cert_pem, -1);
        X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        SSL_CTX_use_certificate(ctx, cert);
        X509_free(cert);
        BIO_free(bio);
        bio = BIO_new_mem_buf(key_pem, -1);
        EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        SSL_CTX_use_PrivateKey(ctx, key);
        EVP_PKEY_free(key);
        BIO_free(bio);
        return ctx;
}

static void assert_seen_as(struct fixture *f, SSL_CTX *ctx, const char *text) {
        _cleanup_client_ struct client c = client_tls(f->port, ctx);
        assert_non_null(c.ssl);
        for (int i = 0; i < 2; i++) {
                client_sends(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                _cleanup_answer_ struct answer a = {0};
                assert_true(client_answer(&c, &a));
                assert_string_equal(a.body, text);
        }
}

static void a_client_certificate_names_user_and_groups(void **state) {
        struct fixture *f = *state;
        SSL_CTX *ctx = client_context(f, f->pki);
        assert_seen_as(f, ctx, "alice|team-a|devs|ok");
        SSL_CTX_free(ctx);
}

static void a_client_without_certificate_is_nobody(void **state) {
        struct fixture *f = *state;
        SSL_CTX *ctx = client_context(f, NULL);
        assert_seen_as(f, ctx, "-|-|-|ok");
        SSL_CTX_free(ctx);
}

static void a_foreign_certificate_is_not_believed(void **state) {
        struct fixture *f = *state;
        struct fixture other = {.now = f->now, .a = f->a};
        snprintf(other.pki_dir, sizeof(other.pki_dir), "%s/other", f->dir);
        struct pki *foreign = load(&other, NULL, f->now);
        SSL_CTX *ctx = client_context(f, foreign);
        assert_seen_as(f, ctx, "-|-|-|foreign");
        SSL_CTX_free(ctx);
        pki_free(foreign);
}

static int keep_session(SSL *ssl, SSL_SESSION *session) {
        SSL_SESSION **kept = SSL_get_app_data(ssl);
        if (!kept)
                return 0;
        SSL_SESSION_free(*kept);
        *kept = session;
        return 1;
}

static void a_resumed_session_keeps_its_certificate(void **state) {
        struct fixture *f = *state;
        SSL_CTX *ctx = client_context(f, f->pki);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep_session);
        SSL_SESSION *session = NULL;
        for (int round = 0; round < 2; round++) {
                _cleanup_client_ struct client c = client_tcp(f->port);
                c.ssl = SSL_new(ctx);
                SSL_set_fd(c.ssl, c.fd);
                SSL_set_app_data(c.ssl, &session);
                if (round == 1) {
                        assert_non_null(session);
                        SSL_set_session(c.ssl, session);
                }
                assert_int_equal(SSL_connect(c.ssl), 1);
                client_sends(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                _cleanup_answer_ struct answer a = {0};
                assert_true(client_answer(&c, &a));
                assert_string_equal(a.body, "alice|team-a|devs|ok");
                assert_int_equal(SSL_session_reused(c.ssl), round);
        }
        SSL_SESSION_free(session);
        SSL_CTX_free(ctx);
}

static void old_protocols_are_refused(void **state) {
        struct fixture *f = *state;
        SSL_CTX *ctx = client_context(f, NULL);
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
        struct client c = client_tls(f->port, ctx);
        assert_null(c.ssl);
        client_done(&c);
        SSL_CTX_free(ctx);
}

static void a_restart_keeps_everything(void **state) {
        struct fixture *f = *state;
        static const char *const names[] = {"ca.crt", "ca.key", "apiserver.crt", "apiserver.key", "sa.key"};
        char *before[ARRAY_LEN(names)];
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                before[i] = read_pki_file(f, names[i]);
        struct pki *again = load(f, NULL, f->now + 100);
        assert_string_equal(pki_token_key_id(again), pki_token_key_id(f->pki));
        pki_free(again);
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                char *after = read_pki_file(f, names[i]);
                assert_string_equal(before[i], after);
                free(after);
                free(before[i]);
        }
}

static void a_new_address_or_an_old_certificate_renews_the_server_only(void **state) {
        struct fixture *f = *state;
        static const char *const addresses[] = {"10.0.0.1", "weir.example", NULL};
        char *ca = read_pki_file(f, "ca.crt");
        char *cert = read_pki_file(f, "apiserver.crt");
        pki_free(load(f, addresses, f->now));
        char *with_addresses = read_pki_file(f, "apiserver.crt");
        assert_string_not_equal(cert, with_addresses);
        pki_free(load(f, addresses, f->now + YEAR));
        char *next_year = read_pki_file(f, "apiserver.crt");
        assert_string_not_equal(with_addresses, next_year);
        char *ca_after = read_pki_file(f, "ca.crt");
        assert_string_equal(ca, ca_after);
        free(ca);
        free(ca_after);
        free(cert);
        free(with_addresses);
        free(next_year);
}

static void keys_are_private_and_a_broken_one_is_an_error(void **state) {
        struct fixture *f = *state;
        static const char *const keys[] = {"ca.key", "apiserver.key", "sa.key"};
        char path[96];
        struct stat st;
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                snprintf(path, sizeof(path), "%s/%s", f->pki_dir, keys[i]);
                assert_int_equal(stat(path, &st), 0);
                assert_int_equal(st.st_mode & 0777, 0600);
        }
        assert_int_equal(fs_write_atomic(path, "rubbish", 7, 0600, NULL), 0);
        struct pki_options o = {.dir = f->pki_dir, .now = f->now};
        struct pki *p;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(pki_load(&o, &p, &err), -1);
        assert_non_null(strstr(err_message(&err), "sa.key is not a private key"));
}

static void a_kubeconfig_embeds_what_it_is_given(void **state) {
        struct fixture *f = *state;
        struct kubeconfig k = {.cluster = "weir",
                               .user = "a\"b",
                               .server = "https://127.0.0.1:6443",
                               .ca_pem = "CA",
                               .token = "t",
                               .namespace_ = "team"};
        const char *text;
        assert_int_equal(kubeconfig_render(f->a, &k, &text, NULL), 0);
        assert_string_equal(text, "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n"
                                  "    certificate-authority-data: Q0E=\n    server: \"https://127.0.0.1:6443\"\n"
                                  "  name: \"weir\"\nusers:\n- user:\n    token: \"t\"\n  name: \"a\\\"b\"\n"
                                  "contexts:\n- context:\n    cluster: \"weir\"\n    namespace: \"team\"\n"
                                  "    user: \"a\\\"b\"\n  name: \"weir\"\ncurrent-context: \"weir\"\n");
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(a_client_certificate_names_user_and_groups),
                test(a_client_without_certificate_is_nobody),
                test(a_foreign_certificate_is_not_believed),
                test(a_resumed_session_keeps_its_certificate),
                test(old_protocols_are_refused),
                test(a_restart_keeps_everything),
                test(a_new_address_or_an_old_certificate_renews_the_server_only),
                test(keys_are_private_and_a_broken_one_is_an_error),
                test(a_kubeconfig_embeds_what_it_is_given),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
