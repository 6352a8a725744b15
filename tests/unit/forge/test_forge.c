/* SPDX-License-Identifier: Apache-2.0 */
/* The forge with a real git: clone, push small and large, what it refuses, and what it tells. */
#include "forge/forge.h"

#include "base/fs.h"
#include "help.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

struct fixture {
        struct place place;
        struct forge *forge;
        pthread_mutex_t lock;
        char pushed[64];
        int pushes;
};

static void note_push(const char *repo, void *ctx) {
        struct fixture *f = ctx;
        pthread_mutex_lock(&f->lock);
        snprintf(f->pushed, sizeof(f->pushed), "%s", repo);
        f->pushes++;
        pthread_mutex_unlock(&f->lock);
}

/* How many pushes there were, and that the last one went to repo. */
static int pushes(struct fixture *f, const char *repo) {
        pthread_mutex_lock(&f->lock);
        int n = f->pushes;
        bool right = streq(f->pushed, repo);
        pthread_mutex_unlock(&f->lock);
        assert_true(right);
        return n;
}

static int start(void **state) {
        static struct fixture f;
        f = (struct fixture){.lock = PTHREAD_MUTEX_INITIALIZER};
        place_make(&f.place);
        struct forge_options options = {.dir = f.place.path, .create_on_push = true, .pushed = note_push, .ctx = &f};
        _cleanup_err_ struct err err = ERR_INIT;
        if (forge_start(&options, &f.forge, &err) < 0)
                fail_msg("%s", err_message(&err));
        *state = &f;
        return 0;
}

static int stop(void **state) {
        struct fixture *f = *state;
        f->forge = forge_stop(f->forge);
        place_done(&f->place);
        return 0;
}

/* Runs a script in which $URL is the repository's address. */
static int run(struct fixture *f, const char *repo, const char *script) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *whole = arena_printf(a, "URL=%s; %s", forge_url(f->forge, a, repo), script);
        return place_run(&f->place, whole, NULL);
}

static void a_push_arrives_and_is_told(void **state) {
        struct fixture *f = *state;
        assert_int_equal(forge_create(f->forge, "fleet", NULL), 0);
        assert_int_equal(run(f, "fleet",
                             "git init -q -b main work; cd work; echo hello >a; git add a; git commit -qm first;"
                             "git push -q $URL main; git clone -q $URL ../copy; test \"$(cat ../copy/a)\" = hello"),
                         0);
        assert_int_equal(pushes(f, "fleet"), 1);
}

static void a_push_makes_its_repository(void **state) {
        struct fixture *f = *state;
        assert_int_equal(run(f, "made", "git -C work push -q $URL main; git clone -q $URL made"), 0);
        assert_int_equal(pushes(f, "made"), 2);
        assert_int_not_equal(run(f, "Bad", "git -C work push -q $URL main"), 0);
        assert_int_equal(forge_delete(f->forge, "made", NULL), 0);
}

static void a_clone_is_not_a_push(void **state) {
        struct fixture *f = *state;
        int before = pushes(f, "made");
        assert_int_equal(run(f, "fleet", "rm -rf again; git clone -q $URL again; git -C again fetch -q"), 0);
        assert_int_equal(pushes(f, "made"), before);
}

/* Above http.postBuffer git sends chunks; a pack of random bytes does not shrink. */
static void a_large_push_arrives(void **state) {
        struct fixture *f = *state;
        assert_int_equal(forge_create(f->forge, "large", NULL), 0);
        assert_int_equal(run(f, "large",
                             "git init -q -b main big; cd big; head -c 8000000 /dev/urandom >blob; git add blob;"
                             "git commit -qm large; git push -q $URL main; git clone -q $URL ../big2;"
                             "cmp blob ../big2/blob"),
                         0);
}

/* A negotiation over many refs is sent gzip'ed. */
static void a_compressed_request_is_understood(void **state) {
        struct fixture *f = *state;
        assert_int_equal(forge_create(f->forge, "many", NULL), 0);
        assert_int_equal(run(f, "many",
                             "git init -q -b main many; cd many; git commit -q --allow-empty -m x;"
                             "for i in $(seq 60); do git commit -q --allow-empty -m $i; git tag t$i; done;"
                             "git push -q $URL main --tags; git clone -q $URL ../many2; cd ../many2;"
                             "for i in $(seq 60); do git commit -q --allow-empty -m mine$i; done;"
                             "git -C ../many commit -q --allow-empty -m y; git -C ../many push -q $URL main;"
                             "git fetch -q; test $(git rev-parse origin/main) = $(git -C ../many rev-parse main)"),
                         0);
}

static void what_is_not_there_is_not_served(void **state) {
        struct fixture *f = *state;
        assert_int_not_equal(run(f, "nothing", "git clone -q $URL x1 2>/dev/null"), 0);
        assert_int_not_equal(run(f, "..", "git clone -q $URL x2 2>/dev/null"), 0);
        assert_int_not_equal(run(f, "fleet", "curl -sf ${URL}/config"), 0);
        assert_int_not_equal(run(f, "fleet", "curl -sf ${URL}/HEAD"), 0);
        assert_int_not_equal(run(f, "fleet", "curl -sf --path-as-is ${URL}/../fleet.git/info/refs"), 0);
}

static void another_host_name_is_refused(void **state) {
        struct fixture *f = *state;
        const char *ok = "curl -sf -o /dev/null ${URL}/info/refs?service=git-upload-pack";
        const char *rebound = "curl -sf -H 'Host: evil.example' ${URL}/info/refs?service=git-upload-pack";
        const char *page = "curl -sf -H 'Origin: http://evil.example' ${URL}/info/refs?service=git-upload-pack";
        assert_int_equal(run(f, "fleet", ok), 0);
        assert_int_not_equal(run(f, "fleet", rebound), 0);
        assert_int_not_equal(run(f, "fleet", page), 0);
}

static void names_are_checked(void **state) {
        struct fixture *f = *state;
        static const char *const bad[] = {
                "",      "..", ".hidden",
                "a/b",   "A",  "a b",
                "x.git", "-x", "0123456789012345678901234567890123456789012345678901234567890123"};
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(forge_create(f->forge, bad[i], &err), -1);
                assert_int_equal(err.class, ERR_INVALID);
        }
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(forge_create(f->forge, "fleet", &err), -1);
        assert_int_equal(err.class, ERR_EXISTS);
}

static void repositories_are_listed_and_removed(void **state) {
        struct fixture *f = *state;
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value list;
        assert_int_equal(forge_list(f->forge, a, &list, NULL), 0);
        assert_int_equal(list.len, 3);
        assert_string_equal(list.items[0].str, "fleet");
        assert_string_equal(list.items[1].str, "large");
        assert_string_equal(list.items[2].str, "many");
        assert_int_equal(forge_delete(f->forge, "large", NULL), 0);
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(forge_delete(f->forge, "large", &err), -1);
        assert_int_equal(err.class, ERR_NOT_FOUND);
        assert_int_equal(forge_list(f->forge, a, &list, NULL), 0);
        assert_int_equal(list.len, 2);
}

/* A client that announces a push and goes away must not hold the forge up when it stops. */
static void a_client_that_goes_away_is_forgotten(void **state) {
        struct fixture *f = *state;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(forge_port(f->forge)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        static const char half[] = "POST /git/fleet.git/git-receive-pack HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                   "Content-Length: 1000\r\n\r\n0000";
        assert_int_equal(write(fd, half, sizeof(half) - 1), sizeof(half) - 1);
        close(fd);
        assert_int_equal(run(f, "fleet", "git ls-remote -q $URL"), 0);
}

static void the_port_stays_over_a_restart(void **state) {
        struct fixture *f = *state;
        struct forge_options options = {.dir = f->place.path, .pushed = note_push, .ctx = f};
        struct forge *other = NULL;
        uint16_t port = forge_port(f->forge);
        f->forge = forge_stop(f->forge);
        assert_int_equal(forge_start(&options, &f->forge, NULL), 0);
        assert_int_equal(forge_port(f->forge), port);
        assert_int_equal(run(f, "fleet", "git ls-remote -q $URL"), 0);
        assert_int_equal(forge_start(&options, &other, NULL), 0); /* taken: another one */
        assert_int_not_equal(forge_port(other), port);
        forge_stop(other);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_push_arrives_and_is_told),
                cmocka_unit_test(a_push_makes_its_repository),
                cmocka_unit_test(a_clone_is_not_a_push),
                cmocka_unit_test(a_large_push_arrives),
                cmocka_unit_test(a_compressed_request_is_understood),
                cmocka_unit_test(what_is_not_there_is_not_served),
                cmocka_unit_test(another_host_name_is_refused),
                cmocka_unit_test(names_are_checked),
                cmocka_unit_test(repositories_are_listed_and_removed),
                cmocka_unit_test(a_client_that_goes_away_is_forgotten),
                cmocka_unit_test(the_port_stays_over_a_restart),
        };
        signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, start, stop);
}
