/* SPDX-License-Identifier: Apache-2.0 */
/* A build that may see some folders of a tree: they reach each other, and nothing else is there. */
#include "build/kustomize/kustomize.h"

#include "base/fs.h"
#include "build/flux/flux_build.h"
#include "data/json/json.h"
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"

/* tenant-a and shared/lib may be seen; tenant-b, shared/other and secret.yaml are there as well. */
static void lay_out(struct tree *t, const char *resources) {
        tree_init(t);
        tree_add(t, "shared/lib/base/kustomization.yaml", "resources: [cm.yaml]\n");
        tree_add(t, "shared/lib/base/cm.yaml", CONFIG_MAP("base"));
        tree_add(t, "shared/other/kustomization.yaml", "resources: [cm.yaml]\n");
        tree_add(t, "shared/other/cm.yaml", CONFIG_MAP("other"));
        tree_add(t, "tenant-b/kustomization.yaml", "resources: [cm.yaml]\n");
        tree_add(t, "tenant-b/cm.yaml", CONFIG_MAP("b"));
        tree_add(t, "secret.yaml", CONFIG_MAP("secret"));
        tree_add(t, "kustomization.yaml", "resources: [secret.yaml]\n");
        tree_add(t, "tenant-a/cm.yaml", CONFIG_MAP("a"));
        tree_add(t, "tenant-a/kustomization.yaml", resources);
}

/* As `weir controllers` builds: the output, or "error: " and the message. */
static char *build(struct tree *t, const char *path) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_close_ int own = fs_open_dir(t->fd, "tenant-a", NULL);
        _cleanup_close_ int lib = fs_open_dir(t->fd, "shared/lib", NULL);
        const struct kustomize_folder folders[] = {{"tenant-a", own}, {"shared/lib", lib}};
        const struct flux_build_options options = {.folders = folders, .n_folders = ARRAY_LEN(folders)};
        struct value kustomization = value_map(), objects;
        struct buf out = BUF_INIT(1 << 20);
        value_set(a, &kustomization, "spec", value_map());
        if (flux_build_with(a, -1, path, &kustomization, &options, &objects, &err) < 0)
                buf_addf(&out, "error: %s", err_message(&err));
        else
                json_write(&out, &objects, 0);
        return buf_take(&out);
}

static void expect(const char *resources, const char *path, const char *part) {
        _cleanup_tree_ struct tree t;
        lay_out(&t, resources);
        _cleanup_free_ char *got = build(&t, path);
        print_message("# %s %s: %s\n", path, resources, got);
        assert_non_null(strstr(got, part));
        assert_null(strstr(got, "\"name\":\"b\""));
        assert_null(strstr(got, "\"name\":\"other\""));
        assert_null(strstr(got, "\"name\":\"secret\""));
}

static void the_folders_reach_each_other(void **state) {
        expect("resources: [cm.yaml, ../shared/lib/base]\n", "tenant-a", "\"name\":\"base\"");
        expect("resources: [../shared/lib/base/cm.yaml]\n", "./tenant-a/", "\"name\":\"base\"");
        expect("resources: [cm.yaml]\n", "shared/lib/base", "\"name\":\"base\"");
        expect("resources: []\n", "shared/lib", "\"name\":\"base\""); /* no kustomization: all of the folder */
}

static void mask(char *text, const char *word) {
        for (char *p = text; (p = strstr(p, word)); p += strlen(word))
                memset(p, '*', strlen(word));
}

/* What may not be seen and what does not exist get the same words, but for the names themselves. */
static void expect_same(const char *hidden, const char *missing, const char *format) {
        static const char *const words[] = {"tenant-b", "tenant-x", "cm.yaml", "xx.yaml",
                                            "secret",   "missed",   "other",   "wrong"};
        const char *const names[] = {hidden, missing};
        char *got[2];
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                _cleanup_tree_ struct tree t;
                char resources[256];
                snprintf(resources, sizeof(resources), format, names[i]);
                lay_out(&t, resources);
                got[i] = build(&t, "tenant-a");
                for (size_t k = 0; k < ARRAY_LEN(words); k++)
                        mask(got[i], words[k]);
        }
        assert_string_equal(got[0], got[1]);
        assert_non_null(strstr(got[0], "error: "));
        free(got[0]);
        free(got[1]);
}

static void what_may_not_be_seen_is_not_there(void **state) {
        expect_same("../tenant-b", "../tenant-x", "resources: [%s]\n");
        expect_same("../tenant-b/cm.yaml", "../tenant-b/xx.yaml", "resources: [%s]\n");
        expect_same("../secret.yaml", "../missed.yaml", "resources: [%s]\n");
        expect_same("../shared/other", "../shared/wrong", "resources: [%s]\n");
        expect_same("../tenant-b/cm.yaml", "../tenant-x/xx.yaml", "configMapGenerator:\n- name: x\n  files: [%s]\n");
        expect_same("../tenant-b", "../tenant-x", "components: [%s]\n");
        expect_same("../secret.yaml", "../missed.yaml", "patches: [{path: %s}]\nresources: [cm.yaml]\n");
        expect("resources: [../shared/lib/../../tenant-b]\n", "tenant-a", "no such file or directory");
        expect("resources: [/tenant-b/cm.yaml]\n", "tenant-a", "no such file or directory");
}

/* The root and the folders' parents are there, as their own names tell, and hold nothing else. */
static void the_way_to_a_folder_is_empty(void **state) {
        expect("resources: [..]\n", "tenant-a", "cycle detected");
        expect("resources: [../shared]\n", "tenant-a", "unable to find one of 'kustomization.yaml'");
        expect("resources: [../kustomization.yaml]\n", "tenant-a", "no such file or directory");
        expect("resources: [cm.yaml]\n", ".", "error: ");
        expect("resources: [cm.yaml]\n", "shared", "error: ");
        expect("resources: [../../etc/passwd]\n", "tenant-a", "error: ");
}

static void symlinks_lead_only_into_the_folders(void **state) {
        static const struct {
                const char *target, *part;
        } rows[] = {
                {"../shared/lib/base/cm.yaml", "\"name\":\"base\""},
                {"../tenant-b/cm.yaml", "no such file"},
                {"../secret.yaml", "no such file"},
                {"/etc/passwd", "no such file"},
                {"../../secret.yaml", "is not in or below"},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                _cleanup_tree_ struct tree t;
                lay_out(&t, "resources: [link.yaml]\n");
                tree_link(&t, "tenant-a/link.yaml", rows[i].target);
                _cleanup_free_ char *got = build(&t, "tenant-a");
                print_message("# %s: %s\n", rows[i].target, got);
                assert_non_null(strstr(got, rows[i].part));
        }
}

static void a_grant_of_nothing_that_is_there_shows_nothing(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        const struct kustomize_folder none[1] = {{0}};
        const struct flux_build_options options = {.folders = none, .n_folders = 0};
        struct value kustomization = value_map(), objects;
        assert_int_equal(flux_build_with(a, -1, "tenant-a", &kustomization, &options, &objects, &err), -1);
        assert_int_equal(err.class, ERR_NOT_FOUND);
        assert_string_equal(err.reason, "ArtifactFailed");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_folders_reach_each_other),
                cmocka_unit_test(what_may_not_be_seen_is_not_there),
                cmocka_unit_test(the_way_to_a_folder_is_empty),
                cmocka_unit_test(symlinks_lead_only_into_the_folders),
                cmocka_unit_test(a_grant_of_nothing_that_is_there_shows_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
