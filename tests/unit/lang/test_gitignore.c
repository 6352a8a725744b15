/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "base/buf.h"
#include "base/limits.h"
#include "lang/gitignore.h"
#include "lang/glob.h"

static bool matches(const char *pattern, const char *name) {
        return glob_match(pattern, strlen(pattern), name, strlen(name));
}

static void test_globs(void **state) {
        assert_true(matches("a*c", "abbc"));
        assert_true(matches("*.tar.gz", "x.tar.gz"));
        assert_true(matches("[a-c]?", "bé"));
        assert_true(matches("[^a]", "b"));
        assert_true(matches("\\*", "*"));
        assert_false(matches("a*c", "abbcd"));
        assert_false(matches("[", "["));
        assert_false(matches("[a", "a"));
        assert_false(matches("", "a"));
        assert_true(matches("*", ""));
        assert_int_equal(glob_prefix("*a", 2, "banana", 6, false), 2);
        assert_int_equal(glob_prefix("*a", 2, "banana", 6, true), 6);
        assert_int_equal(glob_prefix("x", 1, "banana", 6, true), 0);
}

static void test_ignore_files_in_directories(void **state) {
        struct gitignore *g = gitignore_new(*state);
        assert_non_null(g);
        assert_int_equal(gitignore_add(g, "*.txt\n!keep.txt\n# comment\n", 26, "", NULL), 0);
        assert_int_equal(gitignore_add(g, "/local\nkeep.txt\n", 16, "sub/dir", NULL), 0);
        assert_true(gitignore_match(g, "a.txt", false));
        assert_false(gitignore_match(g, "keep.txt", false));
        assert_true(gitignore_match(g, "sub/dir/keep.txt", false));
        assert_false(gitignore_match(g, "sub/dirt/keep.txt", false));
        assert_true(gitignore_match(g, "sub/dir/local", true));
        assert_false(gitignore_match(g, "sub/local", true));
        assert_false(gitignore_match(g, "", true));
}

static void test_ignore_defaults(void **state) {
        struct gitignore *g = gitignore_new(*state);
        assert_int_equal(gitignore_add_vcs(g, NULL), 0);
        assert_int_equal(gitignore_add_defaults(g, NULL), 0);
        assert_true(gitignore_match(g, ".git", true));
        assert_true(gitignore_match(g, "deep/down/.sops.yaml", false));
        assert_true(gitignore_match(g, "logo.png", false));
        assert_false(gitignore_match(g, "deploy.yaml", false));
}

static void test_ignore_limit(void **state) {
        struct gitignore *g = gitignore_new(*state);
        _cleanup_err_ struct err err = ERR_INIT;
        struct buf b = BUF_INIT(1 << 20);
        for (int i = 0; i <= LIMIT_IGNORE_PATTERNS; i++)
                buf_adds(&b, "x\n");
        assert_int_equal(gitignore_add(g, b.data, b.len, "", &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        buf_done(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                arena_test(test_globs),
                arena_test(test_ignore_files_in_directories),
                arena_test(test_ignore_defaults),
                arena_test(test_ignore_limit),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
