/* SPDX-License-Identifier: Apache-2.0 */
/* Git fetches in real workers, from the forge: every kind of reference, the no-change answer, what a tree may hold, and
 * how each failure reads. */
#include "base/clock.h"
#include "base/fs.h"
#include "fleet.h"
#include "sandbox/policy.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The fleet with the hashes that the tests name. */
struct fixture {
        struct fleet fleet;
        const char *main_hash, *tag_hash, *first_hash;
};

static const char history[] =
        "git init -q -b main work; cd work; mkdir -p app/deep; echo one >app/a.yaml; echo x >app/deep/b.yaml;"
        "printf '#!/bin/sh\\n' >run.sh; chmod +x run.sh; ln -s /etc/passwd outside; ln -s app/a.yaml inside;"
        "git add .; git commit -qm 'first commit'; git tag v1.0.0; git tag -a v1.2.0 -m annotated;"
        "git checkout -q -b feature/x; echo two >app/a.yaml; git commit -qam 'second'; git tag v2.0.0-rc.1;"
        "git checkout -q main; echo three >app/a.yaml; printf 'subject line\\n\\nbody\\n' | git commit -qaF -;"
        "git push -q $URL main feature/x --tags";

static int start(void **state) {
        static struct fixture f;
        fleet_start(&f.fleet, history);
        assert_int_equal(forge_create(f.fleet.forge, "empty", NULL), 0);
        f.main_hash = fleet_hash(&f.fleet, "main");
        f.tag_hash = fleet_hash(&f.fleet, "v1.2.0^{commit}");
        f.first_hash = fleet_hash(&f.fleet, "v1.0.0");
        *state = &f;
        return 0;
}

static int stop(void **state) {
        fleet_stop(*state);
        return 0;
}

static void every_kind_of_reference(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'branch':'main'}}",
                              arena_printf(a, "main@sha1:%s", f->main_hash));
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'tag':'v1.0.0'}}",
                              arena_printf(a, "v1.0.0@sha1:%s", f->first_hash));
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'tag':'v1.2.0'}}",
                              arena_printf(a, "v1.2.0@sha1:%s", f->tag_hash));
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'semver':'>=1.0.0'}}",
                              arena_printf(a, "v1.2.0@sha1:%s", f->tag_hash));
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'name':'refs/heads/main'}}",
                              arena_printf(a, "refs/heads/main@sha1:%s", f->main_hash));
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'name':'refs/tags/v1.2.0'}}",
                              arena_printf(a, "refs/tags/v1.2.0@sha1:%s", f->tag_hash));
        fleet_assert_revision(&f->fleet, arena_printf(a, "{'url':'$URL','ref':{'commit':'%s'}}", f->first_hash),
                              arena_printf(a, "sha1:%s", f->first_hash));
        fleet_assert_revision(&f->fleet,
                              arena_printf(a, "{'url':'$URL','ref':{'branch':'main','commit':'%s'}}", f->first_hash),
                              arena_printf(a, "main@sha1:%s", f->first_hash));
        /* commit before name before tag before semver before branch */
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'branch':'main','semver':'1.0.0','tag':'v1.2.0'}}",
                              arena_printf(a, "v1.2.0@sha1:%s", f->tag_hash));
}

/* As `git fetch` finds it: what remote bases name. */
static void any_reference_is_found(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        static const char *const refs[][2] = {
                {"main", "main"},        {"feature/x", "feature/x"}, {"refs/heads/main", "main"},
                {"v1.2.0", "v1.2.0^{}"}, {"HEAD", "main"},
        };
        for (size_t i = 0; i < ARRAY_LEN(refs); i++)
                fleet_assert_revision(&f->fleet, arena_printf(a, "{'url':'$URL','ref':{'any':'%s'}}", refs[i][0]),
                                      arena_printf(a, "%s@sha1:%s", refs[i][0], fleet_hash(&f->fleet, refs[i][1])));
        fleet_assert_revision(&f->fleet, arena_printf(a, "{'url':'$URL','ref':{'any':'%s'}}", f->main_hash),
                              arena_printf(a, "sha1:%s", f->main_hash));
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'any':'nope'}}", ERR_NOT_FOUND,
                           "couldn't find remote ref \"nope\"");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'any':'--upload-pack=x'}}", ERR_INVALID, "invalid ref");
}

static void a_fetch_may_have_a_smaller_limit(void **state) {
        struct fixture *f = *state;
        struct value v;
        assert_int_equal(fleet_fetch(&f->fleet, "{'url':'$URL','ref':{'branch':'main'}}", &v, NULL), 0);
        int64_t bytes = value_int_or(value_get(&v, "bytes"), 0);
        fleet_assert_error(&f->fleet,
                           arena_printf(f->fleet.a, "{'url':'$URL','ref':{'branch':'main'},'maxBytes':%lld}",
                                        (long long)bytes - 1),
                           ERR_TOO_LARGE, "the repository's files have more than");
}

static void a_slash_in_a_branch_stays(void **state) {
        struct fixture *f = *state;
        const char *hash = fleet_hash(&f->fleet, "feature/x");
        fleet_assert_revision(&f->fleet, "{'url':'$URL','ref':{'branch':'feature/x'}}",
                              arena_printf(f->fleet.a, "feature/x@sha1:%s", hash));
}

static bool exists(struct fixture *f, const char *path, mode_t *ret_mode) {
        char full[256];
        struct stat st;
        snprintf(full, sizeof(full), "%s/%s", f->fleet.staging, path);
        if (lstat(full, &st) < 0)
                return false;
        if (ret_mode)
                *ret_mode = st.st_mode;
        return true;
}

static void the_tree_holds_files_and_no_links(void **state) {
        struct fixture *f = *state;
        struct value v;
        mode_t mode = 0;
        assert_int_equal(fleet_fetch(&f->fleet, "{'url':'$URL','ref':{'branch':'main'}}", &v, NULL), 0);
        char path[256];
        snprintf(path, sizeof(path), "%s/tree/app/a.yaml", f->fleet.staging);
        _cleanup_free_ char *text = NULL;
        size_t n;
        assert_int_equal(fs_read(AT_FDCWD, path, 100, &text, &n, NULL), 0);
        assert_string_equal(text, "three\n");
        assert_true(exists(f, "tree/run.sh", &mode));
        assert_int_equal(mode & 0111, 0100);
        assert_true(exists(f, "tree/app/deep/b.yaml", &mode));
        assert_int_equal(mode & 0777, 0600);
        assert_false(exists(f, "tree/outside", NULL));
        assert_false(exists(f, "tree/inside", NULL));
        assert_int_equal(value_int_or(value_get(&v, "symlinks"), 0), 2);
        assert_int_equal(value_int_or(value_get(&v, "files"), 0), 3);
        /* nothing of git and no credential stays behind */
        assert_false(exists(f, "repository", NULL));
        assert_false(exists(f, "ssh", NULL));
}

static void the_commit_is_described(void **state) {
        struct fixture *f = *state;
        struct value v;
        assert_int_equal(fleet_fetch(&f->fleet, "{'url':'$URL','ref':{'branch':'main'}}", &v, NULL), 0);
        assert_string_equal(value_get_str(&v, "message"), "subject line\n\nbody\n");
        assert_string_equal(value_path_str(&v, "author", "name", NULL), "Ann");
        assert_string_equal(value_path_str(&v, "committer", "email", NULL), "bob@example.com");
        assert_int_equal(value_int_or(value_path(&v, "author", "when", NULL), 0), 1700000000);
        assert_string_equal(value_get_str(&v, "reference"), "refs/heads/main");
        assert_string_equal(value_get_str(&v, "commit"), f->main_hash);
        assert_false(value_bool_or(value_get(&v, "signed"), true));
}

static void an_observed_revision_is_not_fetched_again(void **state) {
        struct fixture *f = *state;
        static const char *const refs[] = {"{'branch':'main'}", "{'tag':'v1.2.0'}", "{'semver':'1.x'}",
                                           "{'name':'refs/heads/main'}"};
        for (size_t i = 0; i < 2 * ARRAY_LEN(refs); i++) {
                struct value v;
                const char *ref = refs[i / 2];
                const char *pushed = i % 2 ? "true" : "false"; /* a push to another branch wakes this one too */
                const char *request = arena_printf(f->fleet.a, "{'url':'$URL','ref':%s}", ref);
                assert_int_equal(fleet_fetch(&f->fleet, request, &v, NULL), 0);
                const char *revision = value_get_str(&v, "revision");
                request = arena_printf(f->fleet.a, "{'url':'$URL','ref':%s,'pushed':%s,'observed':'%s'}", ref, pushed,
                                       revision);
                assert_int_equal(fleet_fetch(&f->fleet, request, &v, NULL), 0);
                assert_false(value_bool_or(value_get(&v, "changed"), true));
                assert_string_equal(value_get_str(&v, "revision"), revision);
                assert_false(exists(f, "tree", NULL));
        }
}

static void another_revision_is_fetched_after_a_push(void **state) {
        struct fixture *f = *state;
        struct value v;
        assert_int_equal(fleet_fetch(&f->fleet,
                                     "{'url':'$URL','ref':{'branch':'main'},'pushed':true,"
                                     "'observed':'main@sha1:0000000000000000000000000000000000000000'}",
                                     &v, NULL),
                         0);
        assert_true(value_bool_or(value_get(&v, "changed"), false));
        assert_string_equal(value_get_str(&v, "commit"), f->main_hash);
        assert_true(exists(f, "tree", NULL));
}

static void a_sparse_checkout_leaves_the_rest_out(void **state) {
        struct fixture *f = *state;
        struct value v;
        assert_int_equal(fleet_fetch(&f->fleet,
                                     "{'url':'$URL','ref':{'branch':'main'},'sparseCheckout':['./app/deep']}", &v,
                                     NULL),
                         0);
        assert_true(exists(f, "tree/app/deep/b.yaml", NULL));
        assert_false(exists(f, "tree/app/a.yaml", NULL));
        assert_false(exists(f, "tree/run.sh", NULL));
}

/* A submodule of a submodule, by relative URLs; and what .gitmodules must not say. */
static const char nested[] =
        "mkdir sub; cd sub; for n in leaf lib; do git init -q -b main $n; done;"
        "cd leaf; echo leaf >leaf.yaml; git add .; git commit -qm leaf; git push -q $FORGE/leaf.git main; cd ../lib;"
        "git -c protocol.file.allow=always submodule --quiet add -b main ../leaf leaf;"
        "git config -f .gitmodules submodule.leaf.url ../leaf.git; echo lib >lib.yaml; git add .; git commit -qm lib;"
        "git push -q $FORGE/lib.git main; cd ..; git init -q -b main top; cd top;"
        "git -c protocol.file.allow=always submodule --quiet add -b main ../lib deep/lib;"
        "git config -f .gitmodules submodule.deep/lib.url ./../lib.git; git add .; git commit -qm top;"
        "git push -q $FORGE/top.git main;"
        "git config -f .gitmodules submodule.deep/lib.url ../../../../../etc; git commit -qam bad;"
        "git push -q $FORGE/top.git main:bad; echo '# nothing' >.gitmodules; git commit -qam none;"
        "git push -q $FORGE/top.git main:none; git checkout -q HEAD^ -- .gitmodules;"
        "git config -f .gitmodules submodule.deep/lib.url 'ext::sh -c id'; git commit -qam ext;"
        "git push -q $FORGE/top.git main:ext";

static void submodules_are_fetched_when_asked_for(void **state) {
        struct fleet *f = &((struct fixture *)*state)->fleet;
        static const char *const names[] = {"leaf", "lib", "top"};
        struct value v;
        _cleanup_err_ struct err err = ERR_INIT;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                assert_int_equal(forge_create(f->forge, names[i], NULL), 0);
        const char *forge = arena_printf(f->a, "http://127.0.0.1:%u/git", forge_port(f->forge));
        place_must(&f->place, arena_printf(f->a, "FORGE=%s; %s", forge, nested));
        const char *request = "{'url':'%s/top.git','recurseSubmodules':%s,'ref':{'branch':'%s'}}";

        assert_int_equal(fleet_fetch(f, arena_printf(f->a, request, forge, "false", "main"), &v, NULL), 0);
        assert_true(exists(*state, "tree/deep/lib", NULL));
        assert_false(exists(*state, "tree/deep/lib/lib.yaml", NULL));

        if (fleet_fetch(f, arena_printf(f->a, request, forge, "true", "main"), &v, &err) < 0)
                fail_msg("%s", err_message(&err));
        assert_true(exists(*state, "tree/deep/lib/lib.yaml", NULL));
        assert_true(exists(*state, "tree/deep/lib/leaf/leaf.yaml", NULL));

        /* a link that .gitmodules does not name */
        assert_int_equal(fleet_fetch(f, arena_printf(f->a, request, forge, "true", "none"), &v, NULL), 0);
        assert_true(exists(*state, "tree/deep/lib", NULL));
        assert_false(exists(*state, "tree/deep/lib/lib.yaml", NULL));

        fleet_assert_error(f, arena_printf(f->a, request, forge, "true", "bad"), ERR_INVALID,
                           "submodule 'deep/lib': the url '../../../../../etc' leads out of its server");
        fleet_assert_error(f, arena_printf(f->a, request, forge, "true", "ext"), ERR_INVALID, "unsupported scheme");
}

static void failures_read_as_in_flux(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        fleet_assert_error(
                &f->fleet, "{'url':'$URL','ref':{'branch':'nope'}}", ERR_NOT_FOUND,
                arena_printf(a, "unable to clone '%s': couldn't find remote ref \"refs/heads/nope\"", f->fleet.url));
        fleet_assert_error(&f->fleet, "{'url':'$URL'}", ERR_NOT_FOUND,
                           "couldn't find remote ref \"refs/heads/master\"");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'semver':'>9'}}", ERR_NOT_FOUND,
                           "no match found for semver: >9");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'semver':'what?'}}", ERR_SYNTAX, "semver parse error: ");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'name':'refs/pull/1/head'}}", ERR_NOT_FOUND,
                           "unable to resolve ref 'refs/pull/1/head' to a specific commit");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'commit':'0123456789012345678901234567890123456789'}}",
                           ERR_NOT_FOUND,
                           "unable to resolve commit object for '0123456789012345678901234567890123456789'");
        const char *none = forge_url(f->fleet.forge, a, "none");
        fleet_assert_error(&f->fleet, arena_printf(a, "{'url':'%s','ref':{'branch':'main'}}", none), ERR_NOT_FOUND,
                           "repository not found");
        fleet_assert_error(
                &f->fleet,
                arena_printf(a, "{'url':'%s','ref':{'branch':'main'}}", forge_url(f->fleet.forge, a, "empty")),
                ERR_NOT_FOUND, "git repository is empty");
        fleet_assert_error(&f->fleet, "{'url':'http://127.0.0.1:1/x.git','ref':{'branch':'main'}}", ERR_UNAVAILABLE,
                           "unable to clone 'http://127.0.0.1:1/x.git': ");
        fleet_assert_error(&f->fleet, "{'url':'http://no.such.host.invalid/x.git'}", ERR_UNAVAILABLE,
                           "Could not resolve host");
}

static void what_is_not_a_request_is_refused(void **state) {
        struct fixture *f = *state;
        fleet_assert_error(&f->fleet, "{'url':'file:///etc'}", ERR_INVALID, "unsupported scheme");
        fleet_assert_error(&f->fleet, "{'url':'ext::sh -c id'}", ERR_INVALID, "unsupported scheme");
        fleet_assert_error(&f->fleet, "{'url':'--upload-pack=id'}", ERR_INVALID, "unsupported scheme");
        fleet_assert_error(&f->fleet, "{'url':'ssh://-oProxyCommand=id/x'}", ERR_INVALID, "no host");
        fleet_assert_error(&f->fleet, "{'url':'$URL\\n[core]sshCommand=id'}", ERR_INVALID, "control character");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'branch':'--upload-pack=id'}}", ERR_INVALID,
                           "invalid branch");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'branch':'a:refs/heads/b'}}", ERR_INVALID,
                           "invalid branch");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'name':'HEAD'}}", ERR_INVALID, "must begin with refs/");
        fleet_assert_error(&f->fleet, "{'url':'$URL','ref':{'commit':'main'}}", ERR_INVALID, "invalid commit");
        fleet_assert_error(&f->fleet, "{'url':'ssh://git@127.0.0.1/x.git'}", ERR_INVALID, "'identity' is required");
        fleet_assert_error(&f->fleet, "{'url':'$URL','auth':{'username':'u','bearerToken':'t'}}", ERR_INVALID,
                           "basic auth and bearer token cannot be set at the same time");
        fleet_assert_error(&f->fleet, "{'url':'$URL','auth':{'password':'a\\nb'}}", ERR_INVALID, "control character");
}

/* ---- a server of our own, which answers as it likes ---- */

enum manner {
        ANSWERS,  /* with the text */
        IS_QUIET, /* accepts and says nothing, until the client goes */
        FLOODS,   /* begins with the text and goes on with refs for ever */
};

struct server {
        int fd;
        uint16_t port;
        pthread_t thread;
        enum manner manner;
        const char *answer;
        char seen[4096];
};

static void flood(int client) {
        static const char line[] = "003d0123456789012345678901234567890123456789 refs/heads/x\n";
        char block[64 * (sizeof(line) - 1)];
        for (size_t i = 0; i < 64; i++)
                memcpy(block + i * (sizeof(line) - 1), line, sizeof(line) - 1);
        while (write(client, block, sizeof(block)) > 0)
                ;
}

static void *serve(void *context) {
        struct server *s = context;
        for (;;) {
                _cleanup_close_ int client = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
                if (client < 0)
                        return NULL;
                ssize_t n = read(client, s->seen, sizeof(s->seen) - 1);
                s->seen[n > 0 ? n : 0] = '\0';
                char rest;
                if (s->manner == IS_QUIET)
                        while (read(client, &rest, 1) > 0)
                                ;
                else if (write(client, s->answer, strlen(s->answer)) > 0 && s->manner == FLOODS)
                        flood(client);
        }
}

static void server_start(struct server *s, enum manner manner, const char *answer) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof(at);
        *s = (struct server){.manner = manner, .answer = answer, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(listen(s->fd, 8), 0);
        assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
        s->port = ntohs(at.sin_port);
        assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s) {
        shutdown(s->fd, SHUT_RDWR);
        pthread_join(s->thread, NULL);
        close(s->fd);
}

static void a_server_that_never_answers_costs_its_timeout(void **state) {
        struct fixture *f = *state;
        struct server s;
        server_start(&s, IS_QUIET, "");
        int64_t before = clock_monotonic_ns();
        fleet_assert_error(&f->fleet,
                           arena_printf(f->fleet.a, "{'url':'http://127.0.0.1:%u/x.git','timeout':1}", s.port),
                           ERR_TIMEOUT, "context deadline exceeded");
        assert_true(clock_monotonic_ns() - before < 5 * NSEC_PER_SEC);
        server_stop(&s); /* joins a thread that waits for the client to hang up: no git lives on */
}

static void a_server_without_an_end_costs_its_limit(void **state) {
        struct fixture *f = *state;
        struct server s;
        struct value v;
        if (policy_sanitized()) {
                print_message("# note: with a sanitizer memory is not limited, an endless server is not tested\n");
                return;
        }
        server_start(&s, FLOODS,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n"
                     "001e# service=git-upload-pack\n0000");
        const char *request = arena_printf(f->fleet.a, "{'url':'http://127.0.0.1:%u/x.git','timeout':3}", s.port);
        int64_t before = clock_monotonic_ns();
        assert_int_equal(fleet_fetch(&f->fleet, request, &v, NULL), -1);
        assert_true(clock_monotonic_ns() - before < 10 * NSEC_PER_SEC);
        server_stop(&s);
}

/* One fetch from a server that refuses; what the server was sent is in seen afterwards. */
static void refused_fetch(struct fixture *f, struct server *s, const char *auth) {
        server_start(s, ANSWERS,
                     "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Basic\r\n"
                     "Connection: close\r\n\r\n");
        const char *url = arena_printf(f->fleet.a, "http://127.0.0.1:%u/x.git", s->port);
        fleet_assert_error(&f->fleet, arena_printf(f->fleet.a, "{'url':'%s','auth':%s}", url, auth), ERR_UNAUTHORIZED,
                           arena_printf(f->fleet.a, "unable to clone '%s': authentication required", url));
        server_stop(s);
}

static void credentials_reach_the_server(void **state) {
        struct server s;
        refused_fetch(*state, &s, "{'username':'ann','password':'s3cret\\\\\\\"quote'}");
        assert_non_null(strstr(s.seen, "Authorization: Basic YW5uOnMzY3JldFwicXVvdGU=\r\n"));
        refused_fetch(*state, &s, "{'bearerToken':'t0ken'}");
        assert_non_null(strstr(s.seen, "Authorization: Bearer t0ken\r\n"));
}

/* Fetches from a server that redirects to another host name; answers whether that one was asked. */
static bool is_redirected(struct fixture *f, const char *auth) {
        struct server target, s;
        struct value v;
        server_start(&target, ANSWERS, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        server_start(&s, ANSWERS,
                     arena_printf(f->fleet.a,
                                  "HTTP/1.1 302 Found\r\nLocation: http://localhost:%u/y.git/info/refs"
                                  "?service=git-upload-pack\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                                  target.port));
        const char *request = arena_printf(f->fleet.a, "{'url':'http://127.0.0.1:%u/x.git'%s}", s.port, auth);
        assert_int_equal(fleet_fetch(&f->fleet, request, &v, NULL), -1);
        server_stop(&s);
        server_stop(&target);
        return strstr(target.seen, "GET /y.git/info/refs") != NULL;
}

/* git would take the header along to the other host. */
static void credentials_do_not_follow_a_redirect(void **state) {
        assert_true(is_redirected(*state, ""));
        assert_false(is_redirected(*state, ",'auth':{'bearerToken':'t'}"));
}

static void a_submodule_elsewhere_gets_no_credentials(void **state) {
        struct fleet *f = &((struct fixture *)*state)->fleet;
        struct server s;
        struct value v;
        server_start(&s, ANSWERS, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        const char *top = forge_url(f->forge, f->a, "top");
        place_must(
                &f->place,
                arena_printf(f->a,
                             "cd sub/top; git config -f .gitmodules submodule.deep/lib.url http://localhost:%u/x.git;"
                             "git commit -qam elsewhere; git push -q %s HEAD:elsewhere",
                             s.port, top));
        const char *request = arena_printf(f->a,
                                           "{'url':'%s','recurseSubmodules':true,'ref':{'branch':'elsewhere'},"
                                           "'auth':{'bearerToken':'t'}}",
                                           top);
        assert_int_equal(fleet_fetch(f, request, &v, NULL), -1);
        server_stop(&s);
        assert_non_null(strstr(s.seen, "GET /x.git/info/refs"));
        assert_null(strstr(s.seen, "Authorization"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_kind_of_reference),
                cmocka_unit_test(any_reference_is_found),
                cmocka_unit_test(a_fetch_may_have_a_smaller_limit),
                cmocka_unit_test(a_slash_in_a_branch_stays),
                cmocka_unit_test(the_tree_holds_files_and_no_links),
                cmocka_unit_test(the_commit_is_described),
                cmocka_unit_test(an_observed_revision_is_not_fetched_again),
                cmocka_unit_test(another_revision_is_fetched_after_a_push),
                cmocka_unit_test(a_sparse_checkout_leaves_the_rest_out),
                cmocka_unit_test(submodules_are_fetched_when_asked_for),
                cmocka_unit_test(failures_read_as_in_flux),
                cmocka_unit_test(what_is_not_a_request_is_refused),
                cmocka_unit_test(a_server_that_never_answers_costs_its_timeout),
                cmocka_unit_test(a_server_without_an_end_costs_its_limit),
                cmocka_unit_test(credentials_reach_the_server),
                cmocka_unit_test(credentials_do_not_follow_a_redirect),
                cmocka_unit_test(a_submodule_elsewhere_gets_no_credentials),
        };
        signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, start, stop);
}
