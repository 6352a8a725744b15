/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a Git fetch that need no network: requests, git's error texts, commit objects. */
#include "fetch/git/commit.h"
#include "fetch/git/errors.h"
#include "fetch/git/request.h"
#include "unit/test.h"

static void passwords_leave_every_text(void **state) {
        (void)state;
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct git_request r;
        static const char request[] = "{\"url\":\"https://ann:hunter2@host/x.git\",\"auth\":{\"username\":\"ann\","
                                      "\"password\":\"s3cret\"}}";
        assert_int_equal(git_request_parse(a, request, strlen(request), &r, NULL), 0);
        assert_string_equal(r.safe_url, "https://host/x.git");
        char text[] = "fatal: unable to access 'https://ann:hunter2@host/x.git/': s3cret s3cret";
        git_request_redact(&r, text);
        assert_null(strstr(text, "hunter2"));
        assert_null(strstr(text, "s3cret"));
}

static void gits_words_become_flux_words(void **state) {
        (void)state;
        static const struct {
                const char *said;
                enum err_class class;
                const char *text;
        } cases[] = {
                {"fatal: Authentication failed for 'https://host/x.git/'\n", ERR_UNAUTHORIZED,
                 "unable to clone 'https://host/x.git': authentication required"},
                {"fatal: could not read Username for 'https://host': terminal prompts disabled\n", ERR_UNAUTHORIZED,
                 "unable to clone 'https://host/x.git': authentication required"},
                {"remote: Repository not found.\nfatal: repository 'https://host/x.git/' not found\n", ERR_NOT_FOUND,
                 "unable to clone 'https://host/x.git': repository not found"},
                {"fatal: couldn't find remote ref refs/heads/x\n", ERR_NOT_FOUND,
                 "unable to clone 'https://host/x.git': couldn't find remote ref \"refs/heads/x\""},
                {"Host key verification failed.\nfatal: Could not read from remote repository.\n\nPlease make sure\n",
                 ERR_UNAUTHORIZED,
                 "unable to clone 'https://host/x.git': ssh: handshake failed: knownhosts: key is unknown"},
                {"fatal: unable to access 'https://host/x.git/': Could not resolve host: host\n", ERR_UNAVAILABLE,
                 "unable to clone 'https://host/x.git': unable to access 'https://host/x.git/': Could not resolve "
                 "host: host"},
                {"fatal: odd\033[2J\n", ERR_IO, "unable to clone 'https://host/x.git': odd [2J"},
                /* a server cannot choose what its failure is taken for */
                {"remote: fatal: Authentication failed\nfatal: the remote end hung up unexpectedly\n", ERR_IO,
                 "unable to clone 'https://host/x.git': the remote end hung up unexpectedly"},
                {"", ERR_IO, "unable to clone 'https://host/x.git': git failed with exit status 128"},
        };
        struct git_request r = {.url = "https://host/x.git", .safe_url = "https://host/x.git"};
        struct proc_exit ended = {.status = 128};
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                _cleanup_free_ char *said = strdup(cases[i].said);
                assert_int_equal(git_error(&r, "unable to clone", &ended, said, &err), -1);
                assert_string_equal(err_message(&err), cases[i].text);
                assert_int_equal(err.class, cases[i].class);
        }
}

static void a_commit_is_taken_apart(void **state) {
        (void)state;
        char text[] = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
                      "author Ann Other <ann@example.com> 1700000000 +0100\n"
                      "committer B <b@example.com> 1700000001 +0000\n"
                      "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n"
                      "\nsubject\n\ntree of the body\n";
        struct git_commit c;
        assert_int_equal(git_commit_parse(text, &c, NULL), 0);
        assert_string_equal(c.tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        assert_string_equal(c.author.name, "Ann Other");
        assert_string_equal(c.author.email, "ann@example.com");
        assert_int_equal(c.committer.when, 1700000001);
        assert_true(c.is_signed);
        assert_string_equal(c.message, "subject\n\ntree of the body\n");
}

static void odd_commits_do_not_break_it(void **state) {
        (void)state;
        static const char *const broken[] = {"", "\n", "author x\n\n", "tree abc", "committer <>\n"};
        for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
                struct git_commit c;
                _cleanup_free_ char *text = strdup(broken[i]);
                assert_int_equal(git_commit_parse(text, &c, NULL), -1);
        }
        char odd[] = "tree abc\nauthor > no < address\ncommitter <\n";
        struct git_commit c;
        assert_int_equal(git_commit_parse(odd, &c, NULL), 0);
        assert_string_equal(c.author.email, "");
        assert_string_equal(c.message, "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(passwords_leave_every_text),
                cmocka_unit_test(gits_words_become_flux_words),
                cmocka_unit_test(a_commit_is_taken_apart),
                cmocka_unit_test(odd_commits_do_not_break_it),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
