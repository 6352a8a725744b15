/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches over TLS with a private authority and a password, and over SSH with a key. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "fleet.h"
#include "forge/cgi.h"
#include "http/http.h"
#include "http/tls.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const char history[] = "git init -q -b main work; cd work; echo one >a.yaml; git add .; git commit -qm first;"
                              "git push -q $URL main";

/* An authority, a server certificate for 127.0.0.1 that it signed, and another authority that has signed nothing. */
static const char certificates[] =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out "
        "ca.crt 2>/dev/null;"
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=no -keyout no.key -out "
        "no.crt 2>/dev/null;"
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=s -keyout s.key -out s.csr "
        "2>/dev/null;"
        "echo subjectAltName=IP:127.0.0.1 >ext;"
        "openssl x509 -req -in s.csr -CA ca.crt -CAkey ca.key -days 2 -extfile ext -out s.crt 2>/dev/null";

static int start(void **state) {
        static struct fleet f;
        fleet_start(&f, history);
        *state = &f;
        return 0;
}

static int stop(void **state) {
        fleet_stop(*state);
        return 0;
}

/* A file of the place as the inside of a JSON string. */
static const char *json_file(struct fleet *f, const char *name) {
        _cleanup_free_ char *text = NULL;
        _cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
        size_t n;
        const char *path = arena_printf(f->a, "%s/%s", f->place.path, name);
        assert_int_equal(fs_read(AT_FDCWD, path, 1 << 20, &text, &n, NULL), 0);
        for (const char *p = text; *p; p++)
                if (*p == '\n')
                        buf_adds(&b, "\\n");
                else
                        buf_addc(&b, *p);
        return arena_strdup(f->a, buf_str(&b));
}

/* ---- TLS: the forge's CGI behind a server that asks for a password; its one loop may wait, nothing else runs ---- */

struct guarded {
        const char *root;
};

static int authenticate(struct http_request *r, void *context) {
        (void)context;
        const char *given = http_header(r, "authorization");
        if (given && streq(given, "Basic YW5uOnMzY3JldA==")) /* ann:s3cret */
                return 0;
        static const struct http_header ask = {.name = "WWW-Authenticate", .value = "Basic realm=\"test\""};
        struct http_response response = {.status = 401, .headers = &ask, .n_headers = 1};
        http_reply(r, &response);
        return -1;
}

static void handle(struct http_request *r, void *context) {
        const struct guarded *g = context;
        struct cgi_request request = {
                .root = g->root,
                .path = r->path,
                .method = r->method,
                .query = r->query,
                .content_type = http_header(r, "content-type"),
                .content_encoding = http_header(r, "content-encoding"),
                .git_protocol = http_header(r, "git-protocol"),
                .body = r->body,
                .body_len = r->body_len,
                .cancel_fd = -1,
        };
        struct cgi_response answer = {0};
        struct http_response response = {.status = 500};
        if (cgi_run(r->arena, &request, &answer, NULL) == 0)
                response = (struct http_response){.status = answer.status,
                                                  .content_type = answer.content_type,
                                                  .body = answer.body,
                                                  .body_len = answer.body_len};
        http_reply(r, &response);
        free(answer.data);
}

static void tls_with_a_private_authority_and_a_password(void **state) {
        struct fleet *f = *state;
        _cleanup_free_ char *cert = NULL;
        _cleanup_free_ char *key = NULL;
        size_t n;
        void *ctx = NULL;
        struct http_server *server = NULL;
        uint16_t port = 0;
        place_must(&f->place, certificates);
        assert_int_equal(fs_read(AT_FDCWD, arena_printf(f->a, "%s/s.crt", f->place.path), 65536, &cert, &n, NULL), 0);
        assert_int_equal(fs_read(AT_FDCWD, arena_printf(f->a, "%s/s.key", f->place.path), 65536, &key, &n, NULL), 0);
        assert_int_equal(tls_server_context(&(struct tls_options){.cert_pem = cert, .key_pem = key}, &ctx, NULL), 0);
        struct guarded guarded = {.root = arena_printf(f->a, "%s/git", f->place.path)};
        struct http_options options = {.max_body = 1 << 20,
                                       .loops = 1,
                                       .hooks = {.authenticate = authenticate, .handle = handle, .context = &guarded}};
        assert_int_equal(http_server_new(&options, &server, NULL), 0);
        assert_int_equal(http_listen_tcp(server, "127.0.0.1", &port, ctx, NULL), 0);
        assert_int_equal(http_server_start(server, NULL), 0);

        const char *url = arena_printf(f->a, "https://127.0.0.1:%u/fleet.git", port);
        const char *request =
                "{'url':'%s','ref':{'branch':'main'},'auth':{'username':'ann','password':'%s','caFile':'%s'}}";
        const char *ca = json_file(f, "ca.crt"), *no = json_file(f, "no.crt");
        fleet_assert_revision(f, arena_printf(f->a, request, url, "s3cret", ca),
                              arena_printf(f->a, "main@sha1:%s", fleet_hash(f, "main")));
        fleet_assert_error(f, arena_printf(f->a, request, url, "wrong", ca), ERR_UNAUTHORIZED,
                           "authentication required");
        fleet_assert_error(f, arena_printf(f->a, request, url, "s3cret", no), ERR_UNAVAILABLE, "certificate");
        fleet_assert_error(f, arena_printf(f->a, "{'url':'%s'}", url), ERR_UNAVAILABLE, "certificate");
        http_server_stop(server, NSEC_PER_SEC);
        tls_context_free(ctx);
}

/* ---- SSH ---- */

static const char ssh_files[] =
        "ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f user;"
        "ssh-keygen -q -t ed25519 -N '' -f other; ssh-keygen -q -t ed25519 -N secret -f locked;"
        "printf 'HostKey %s/host\\nAuthorizedKeysFile %s/user.pub\\nStrictModes no\\nUsePAM no\\nPidFile none\\n"
        "PasswordAuthentication no\\nPermitRootLogin yes\\nListenAddress 127.0.0.1:%d\\nLogLevel QUIET\\n' "
        "$PWD $PWD $PORT >sshd_config;"
        "printf '[127.0.0.1]:%d ' $PORT >known; cut -d' ' -f1,2 host.pub >>known;"
        "printf '[127.0.0.1]:%d ' $PORT >unknown; cut -d' ' -f1,2 other.pub >>unknown";

/* A port that was free a moment ago: sshd cannot choose one itself. */
static uint16_t free_port(void) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof(at);
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
        return ntohs(at.sin_port);
}

static bool is_listening(uint16_t port) {
        struct sockaddr_in to = {
                .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static void ssh_fetches(struct fleet *f, uint16_t port) {
        const char *url = arena_printf(f->a, "ssh://127.0.0.1:%u%s/git/fleet.git", port, f->place.path);
        const char *request = "{'url':'%s','ref':{'branch':'main'},'auth':{'identity':'%s','knownHosts':'%s'}}";
        const char *user = json_file(f, "user"), *other = json_file(f, "other"), *known = json_file(f, "known");
        fleet_assert_revision(f, arena_printf(f->a, request, url, user, known),
                              arena_printf(f->a, "main@sha1:%s", fleet_hash(f, "main")));
        const char *left = arena_printf(f->a, "%s/ssh", f->staging);
        assert_int_equal(access(left, F_OK), -1); /* the key went with the worker */
        fleet_assert_error(f, arena_printf(f->a, request, url, other, known), ERR_UNAUTHORIZED,
                           "ssh: unable to authenticate");
        fleet_assert_error(f, arena_printf(f->a, request, url, user, json_file(f, "unknown")), ERR_UNAUTHORIZED,
                           "knownhosts: key is unknown");
}

static void ssh_with_a_key(void **state) {
        struct fleet *f = *state;
        if (geteuid() != 0 || access("/usr/sbin/sshd", X_OK) < 0) {
                print_message("# note: no sshd, or not root: SSH is not tested\n");
                return;
        }
        bool made = mkdir("/run/sshd", 0755) == 0;
        uint16_t port = free_port();
        place_must(&f->place, arena_printf(f->a, "PORT=%u; %s", port, ssh_files));
        const char *config = arena_printf(f->a, "%s/sshd_config", f->place.path);
        const char *argv[] = {"/usr/sbin/sshd", "-D", "-e", "-f", config, NULL};
        struct proc_spec spec = PROC_SPEC_INIT;
        _cleanup_proc_ struct proc sshd = PROC_INIT;
        struct proc_exit ended;
        spec.argv = argv;
        spec.new_group = true;
        assert_int_equal(proc_spawn(&spec, &sshd, NULL), 0);
        while (!is_listening(port) && proc_wait(&sshd, clock_monotonic_ns() + NSEC_PER_MSEC, &ended, NULL) < 0)
                ;
        if (sshd.pid > 0)
                ssh_fetches(f, port);
        else
                print_message("# note: sshd does not start here: SSH is not tested\n");
        if (made)
                rmdir("/run/sshd");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tls_with_a_private_authority_and_a_password),
                cmocka_unit_test(ssh_with_a_key),
        };
        signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, start, stop);
}
