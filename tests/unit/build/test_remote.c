/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries are folders of a repository elsewhere, and which repository, folder and ref they mean. The rows were
 * read off kustomize 5.8's parser. */
#include "build/kustomize/load/remote.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_forms(void **state) {
        static const struct {
                const char *entry, *url, *path, *ref;
        } rows[] = {
                {"https://github.com/org/repo", "https://github.com/org/repo", "", ""},
                {"https://github.com/org/repo?ref=v1.0", "https://github.com/org/repo", "", "v1.0"},
                {"https://github.com/org/repo/deploy/base?version=v2", "https://github.com/org/repo", "deploy/base",
                 "v2"},
                {"https://github.com/org/repo?version=a&ref=b", "https://github.com/org/repo", "", "b"},
                {"https://github.com/org/repo//deploy/base", "https://github.com/org/repo", "deploy/base", ""},
                {"https://host.example/a/b/c//deploy?ref=x", "https://host.example/a/b/c", "deploy", "x"},
                {"https://host.example/a/b/c.git/deploy", "https://host.example/a/b/c.git", "deploy", ""},
                {"https://host.example:8443/a/b/deploy", "https://host.example:8443/a/b", "deploy", ""},
                {"http://127.0.0.1:1234/git/base.git//app", "http://127.0.0.1:1234/git/base.git", "app", ""},
                {"HTTPS://host.example/a/b", "https://host.example/a/b", "", ""},
                {"git::https://host.example/a/b", "https://host.example/a/b", "", ""},
                {"https://user@dev.azure.example/org/project/_git/repo/deploy",
                 "https://user@dev.azure.example/org/project/_git/repo", "deploy", ""},
                {"github.com/org/repo/base", "https://github.com/org/repo", "base", ""},
                {"GitHub.com/org/repo", "https://github.com/org/repo", "", ""},
                {"github.com:org/repo", "https://github.com/org/repo", "", ""},
                {"http://github.com/org/repo", "https://github.com/org/repo", "", ""},
                {"git@github.com:org/repo//base", "git@github.com:org/repo", "base", ""},
                {"ssh://git@github.com/org/repo", "git@github.com:org/repo", "", ""},
                {"git@host.example:org/repo.git/base?ref=v1", "git@host.example:org/repo.git", "base", "v1"},
                {"git@host.example/org/repo", "git@host.example/org/repo", "", ""},
                {"ssh://git@host.example:2222/org/repo.git", "ssh://git@host.example:2222/org/repo.git", "", ""},
                {"file:///srv/repo//base", "file:///srv/repo", "base", ""},
                {"file:///srv/a/b/c", "file:///srv/a/b/c", "", ""},
                {"https://host.example/a/b?ref=feature%2Fx", "https://host.example/a/b", "", "feature/x"},
                {"https://host.example/a/b?ref=%zz", "https://host.example/a/b", "", ""},
                {"https://host.example/a/b?ref=x;y", "https://host.example/a/b", "", ""},
                {"https://host.example/a/b/x/../y", "https://host.example/a/b", "x/../y", ""},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                _cleanup_arena_ struct arena *a = arena_new(0);
                struct remote r;
                print_message("# %s\n", rows[i].entry);
                assert_int_equal(remote_parse(a, rows[i].entry, &r), 1);
                assert_string_equal(r.url, rows[i].url);
                assert_string_equal(r.path, rows[i].path);
                assert_string_equal(r.ref, rows[i].ref);
        }
}

static void test_paths_of_the_tree(void **state) {
        static const char *const rows[] = {
                "../base",
                "base",
                ".",
                "dir/with@at/x",
                "github.com",
                "/abs/path",
                "host.example/org/repo",
                "https://host.example/only",
                "https://host.example",
                "https://",
                "gh:org/repo",
                "https://host.example/a/b//../out",
                "https://host.example/a/b/x/../../out",
                "1user@host:org/repo",
                "",
        };
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct remote r;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                print_message("# %s\n", rows[i]);
                assert_int_equal(remote_parse(a, rows[i], &r), 0);
        }
}

static void test_options(void **state) {
        static const struct {
                const char *query;
                int64_t timeout_ns;
                bool submodules;
        } rows[] = {
                {"", 27 * NSEC_PER_SEC, true},
                {"?timeout=61", 61 * NSEC_PER_SEC, true},
                {"?timeout=2m", 120 * NSEC_PER_SEC, true},
                {"?timeout=-5s", 27 * NSEC_PER_SEC, true},
                {"?timeout=soon", 27 * NSEC_PER_SEC, true},
                {"?timeout=0", 27 * NSEC_PER_SEC, true},
                {"?submodules=false", 27 * NSEC_PER_SEC, false},
                {"?submodules=0&timeout=1s", NSEC_PER_SEC, false},
                {"?submodules=no", 27 * NSEC_PER_SEC, true},
                {"?submodules=false&x=%", 27 * NSEC_PER_SEC, true},
        };
        _cleanup_arena_ struct arena *a = arena_new(0);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct remote r;
                print_message("# %s\n", rows[i].query);
                assert_int_equal(remote_parse(a, arena_printf(a, "https://h/a/b%s", rows[i].query), &r), 1);
                assert_int_equal(r.timeout_ns, rows[i].timeout_ns);
                assert_int_equal(r.submodules, rows[i].submodules);
        }
}

static void test_files_over_http(void **state) {
        assert_true(remote_is_http_file("https://raw.example/org/repo/main/deploy.yaml"));
        assert_true(remote_is_http_file("https://raw.example/org/repo/main/deploy.YML?token=x"));
        assert_true(remote_is_http_file("http://169.254.169.254/latest"));
        assert_false(remote_is_http_file("https://host.example/org/repo/base"));
        assert_false(remote_is_http_file("https://host.example/org/repo//odd.yaml"));
        assert_false(remote_is_http_file("https://host.example/org/repo.git/odd.yaml"));
        assert_false(remote_is_http_file("git@host.example:org/repo/x.yaml"));
        assert_false(remote_is_http_file("../base.yaml"));
}

static void test_what_cannot_be_fetched(void **state) {
        static const char *const no[] = {"git@host.example:org/repo", "ssh://git@host.example/org/repo",
                                         "file:///srv/repo"};
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *what_to_do;
        struct remote r;
        for (size_t i = 0; i < ARRAY_LEN(no); i++) {
                assert_int_equal(remote_parse(a, no[i], &r), 1);
                assert_non_null(remote_why_not(&r, &what_to_do));
        }
        assert_int_equal(remote_parse(a, "github.com/org/repo", &r), 1);
        assert_null(remote_why_not(&r, &what_to_do));
}

static void test_passwords_are_not_shown(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_string_equal(remote_redact(a, "https://me:hush@host/a/b?ref=x"), "https://me@host/a/b?ref=x");
        assert_string_equal(remote_redact(a, "https://host:80/a/b"), "https://host:80/a/b");
        assert_string_equal(remote_redact(a, "git@host:a/b"), "git@host:a/b");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_paths_of_the_tree),
                cmocka_unit_test(test_options),
                cmocka_unit_test(test_files_over_http),
                cmocka_unit_test(test_what_cannot_be_fetched),
                cmocka_unit_test(test_passwords_are_not_shown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
