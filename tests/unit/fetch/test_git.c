/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a Git fetch that need no network: requests, git's error texts, commit objects. */
#include "fetch/git/commit.h"
#include "fetch/git/errors.h"
#include "fetch/git/request.h"
#include "fetch/git/signature.h"
#include "fetch/git/submodules.h"
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

static void submodule_urls_are_relative_to_their_parent(void **state) {
        (void)state;
        static const char *const cases[][3] = {
                {"https://host/org/app.git", "../lib.git", "https://host/org/lib.git"},
                {"https://host/org/app.git/", "../lib.git", "https://host/org/lib.git"},
                {"https://host/org/app.git", "../../other/lib", "https://host/other/lib"},
                {"https://host/org/app.git", "./../lib", "https://host/org/lib"},
                {"https://host/org/app.git", "./lib", "https://host/org/app.git/lib"},
                {"ssh://git@host:22/app", "../lib", "ssh://git@host:22/lib"},
                {"https://host/app", "https://elsewhere/lib", "https://elsewhere/lib"},
                {"https://host/app", "../../lib", NULL}, /* would name another host */
        };
        _cleanup_arena_ struct arena *a = arena_new(0);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                const char *found = git_submodule_url(a, cases[i][0], cases[i][1]);
                if (cases[i][2])
                        assert_string_equal(found, cases[i][2]);
                else
                        assert_null(found);
        }
}

static void what_was_signed_is_split_from_the_signature(void **state) {
        (void)state;
        static const char commit[] =
                "tree abc\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n"
                "gpgsig-sha256 other\n more\nauthor A <a> 1 +0000\n\ngpgsig is only a word here\n";
        static const char tag[] =
                "object abc\n\nmessage\n-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n";
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct git_signed s;
        assert_int_equal(git_signed_commit(a, commit, strlen(commit), &s, NULL), 0);
        assert_int_equal(s.type, GIT_SIGNATURE_PGP);
        assert_string_equal(s.payload, "tree abc\nauthor A <a> 1 +0000\n\ngpgsig is only a word here\n");
        assert_string_equal(s.signature, "-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n");
        assert_int_equal(git_signed_tag(a, tag, strlen(tag), &s, NULL), 0);
        assert_int_equal(s.type, GIT_SIGNATURE_SSH);
        assert_string_equal(s.payload, "object abc\n\nmessage\n");
        assert_int_equal(git_signed_tag(a, "object abc\n\nm\n", 15, &s, NULL), 0);
        assert_int_equal(s.type, GIT_SIGNATURE_NONE);
}

/* Options of an authorized key (a command, a principal) never reach the file that decides who is trusted. */
static void only_keys_become_signers(void **state) {
        (void)state;
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_buf_ struct buf out = BUF_INIT(4096);
        struct value keys = value_list();
        value_append(a, &keys,
                     value_str("# who\n\n  ssh-ed25519 AAAA ann@host\r\n"
                               "command=\"echo ssh-rsa X\",no-pty ecdsa-sha2-nistp256 BBBB\n"));
        assert_int_equal(git_allowed_signers(&keys, &out, NULL), 0);
        assert_string_equal(buf_str(&out), "git namespaces=\"git\" ssh-ed25519 AAAA\n"
                                           "git namespaces=\"git\" ecdsa-sha2-nistp256 BBBB\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(passwords_leave_every_text),
                cmocka_unit_test(gits_words_become_flux_words),
                cmocka_unit_test(a_commit_is_taken_apart),
                cmocka_unit_test(odd_commits_do_not_break_it),
                cmocka_unit_test(submodule_urls_are_relative_to_their_parent),
                cmocka_unit_test(what_was_signed_is_split_from_the_signature),
                cmocka_unit_test(only_keys_become_signers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
