/* SPDX-License-Identifier: Apache-2.0 */
/* What a build looked at: unchanged while nothing of it changed, and changed by anything that could change the result.
 */
#include "tree.h"

#include "base/fs.h"
#include "build/flux/flux_build.h"
#include "build/kustomize/load/reads.h"
#include "data/json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"

/* An overlay whose files lie far apart, and a directory that has no kustomization. */
static void lay_out(struct tree *t) {
        tree_init(t);
        tree_add(
                t, "apps/shop/kustomization.yaml",
                "resources: [../../base, plain]\ncomponents: [../../parts/c]\npatches: [{path: ../../patches/p.yaml}]\n"
                "configMapGenerator: [{name: g, files: [../../inputs/i.txt]}]\n");
        tree_add(t, "apps/shop/plain/kustomization.yaml", "resources: [x.yaml]\n");
        tree_add(t, "apps/shop/plain/x.yaml", CONFIG_MAP("x"));
        tree_add(t, "base/kustomization.yaml", "resources: [b.yaml]\n");
        tree_add(t, "base/b.yaml", CONFIG_MAP("b"));
        tree_add(t, "parts/c/kustomization.yaml",
                 "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -c\n");
        tree_add(t, "patches/p.yaml", CONFIG_MAP("b") "data: {a: b}\n");
        tree_add(t, "inputs/i.txt", "input");
        tree_add(t, "raw/a.yaml", CONFIG_MAP("a"));
        tree_add(t, "raw/deep/b.yaml", CONFIG_MAP("b"));
        tree_add(t, "other/o.yaml", CONFIG_MAP("o"));
}

/* Builds path and answers what it looked at, gone through JSON as between worker and controllers. */
static struct value reads_of(struct arena *a, struct tree *t, const char *path) {
        _cleanup_reads_ struct reads reads = READS_INIT(a);
        _cleanup_buf_ struct buf text = BUF_INIT((size_t)1 << 20);
        const struct flux_build_options options = {.reads = &reads};
        const struct value kustomization = value_map();
        struct value objects, list;
        struct err err = ERR_INIT;
        if (flux_build_with(a, t->fd, path, &kustomization, &options, &objects, &err) < 0)
                fail_msg("%s", err_message(&err));
        assert_false(reads.lost);
        json_write(&text, &reads.list, 0);
        const char *own = arena_strdup(a, buf_str(&text));
        assert_int_equal(json_parse(a, own, strlen(own), 0, NULL, &list, NULL), 0);
        return list;
}

static bool same(struct tree *t, const struct value *list) {
        const struct kustomize_folder whole = {.at = ".", .fd = t->fd};
        return reads_same(&whole, 1, list);
}

static void test_every_file_counts(void **state) {
        static const char *const files[] = {"apps/shop/kustomization.yaml",
                                            "apps/shop/plain/x.yaml",
                                            "base/kustomization.yaml",
                                            "base/b.yaml",
                                            "parts/c/kustomization.yaml",
                                            "patches/p.yaml",
                                            "inputs/i.txt"};
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                _cleanup_arena_ struct arena *a = arena_new(0);
                _cleanup_tree_ struct tree t;
                lay_out(&t);
                struct value list = reads_of(a, &t, "apps/shop");
                assert_true(same(&t, &list));
                tree_add(&t, "other/o.yaml", CONFIG_MAP("changed"));
                assert_true(same(&t, &list));
                tree_add(&t, files[i], "changed: true\n");
                assert_false(same(&t, &list));
        }
}

static void test_new_and_gone_files_count(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_tree_ struct tree t;
        lay_out(&t);
        struct value shop = reads_of(a, &t, "apps/shop"), raw = reads_of(a, &t, "raw");
        /* A second name of a kustomization file makes the build fail. */
        tree_add(&t, "base/Kustomization", "resources: [b.yaml]\n");
        assert_false(same(&t, &shop));
        assert_int_equal(unlinkat(t.fd, "base/Kustomization", 0), 0);
        assert_true(same(&t, &shop));
        tree_add(&t, "raw/deep/new.yaml", CONFIG_MAP("new"));
        assert_false(same(&t, &raw));
        assert_true(same(&t, &shop));
        assert_int_equal(unlinkat(t.fd, "raw/deep/new.yaml", 0), 0);
        assert_true(same(&t, &raw));
        assert_int_equal(unlinkat(t.fd, "raw/a.yaml", 0), 0);
        assert_false(same(&t, &raw));
}

static void test_links_count(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_tree_ struct tree t;
        lay_out(&t);
        tree_add(&t, "two/kustomization.yaml", "resources: [link.yaml]\n");
        tree_link(&t, "two/link.yaml", "../base/b.yaml");
        tree_add(&t, "twin.yaml", CONFIG_MAP("b"));
        struct value list = reads_of(a, &t, "two");
        assert_true(same(&t, &list));
        assert_int_equal(unlinkat(t.fd, "two/link.yaml", 0), 0);
        tree_link(&t, "two/link.yaml", "../twin.yaml"); /* the same bytes, but elsewhere */
        assert_false(same(&t, &list));
}

static void test_a_narrower_view_is_another(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_tree_ struct tree t;
        lay_out(&t);
        struct value list = reads_of(a, &t, "apps/shop");
        _cleanup_close_ int apps = fs_open_dir(t.fd, "apps", NULL);
        const struct kustomize_folder folder = {.at = "apps", .fd = apps};
        assert_false(reads_same(&folder, 1, &list));
}

static void test_what_is_damaged_is_not_the_same(void **state) {
        static const char *const texts[] = {
                "null",
                "{}",
                "[]",
                "[1]",
                "[[]]",
                "[[\"file\", \"base/b.yaml\", null, null]]",
                "[[\"path\", \"../../etc/passwd\", \"../../etc/passwd\", false]]",
                "[[\"path\", \"base\", \"base\"]]",
                "[[\"what\", \"base\", null, null]]",
                "[[\"list\", \"base/b.yaml\", \"00\", null]]",
        };
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_tree_ struct tree t;
        lay_out(&t);
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct value list;
                assert_int_equal(json_parse(a, texts[i], strlen(texts[i]), 0, NULL, &list, NULL), 0);
                assert_false(same(&t, &list));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_file_counts),
                cmocka_unit_test(test_new_and_gone_files_count),
                cmocka_unit_test(test_links_count),
                cmocka_unit_test(test_a_narrower_view_is_another),
                cmocka_unit_test(test_what_is_damaged_is_not_the_same),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
