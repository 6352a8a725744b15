/* SPDX-License-Identifier: Apache-2.0 */
/* Remote bases in the engine, with folders of a small tree in the place of fetched repositories. */
#include "build/kustomize/kustomize.h"

#include "base/fs.h"
#include "build/kustomize/load/remote.h"
#include "build/kustomize/load/remotes.h"
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"
#define HOST "https://h.example/org/"

/* Repository NAME of HOST is the folder NAME of the tree; what `missing` names is not fetched, `broken` never will be.
 */
struct world {
        struct tree t;
        const char *missing, *broken;
        char asked[512]; /* "NAME@REF " for each question */
        int fds[64];
        size_t n_fds;
};

static int find(void *context, const struct remote *remote, int *ret_fd, struct err *err) {
        struct world *w = context;
        const char *name = strrchr(remote->url, '/') + 1;
        size_t n = strlen(w->asked);
        snprintf(w->asked + n, sizeof(w->asked) - n, "%s@%s ", name, remote->ref);
        if (w->broken && streq(name, w->broken))
                return err_set(err, ERR_TIMEOUT, "context deadline exceeded");
        if (w->missing && strstr(w->missing, name))
                return 0;
        *ret_fd = fs_open_dir(w->t.fd, name, err);
        if (*ret_fd < 0)
                return -1;
        w->fds[w->n_fds++] = *ret_fd;
        return 1;
}

static void world_init(struct world *w) {
        *w = (struct world){0};
        tree_init(&w->t);
        tree_add(&w->t, "lib/base/kustomization.yaml", "resources: [cm.yaml]\n");
        tree_add(&w->t, "lib/base/cm.yaml", CONFIG_MAP("base"));
        tree_add(&w->t, "lib/part/kustomization.yaml",
                 "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: part-\n");
        tree_add(&w->t, "lib/over/kustomization.yaml", "namePrefix: over-\nresources: [../base]\n");
        tree_add(&w->t, "lib/outside.yaml", CONFIG_MAP("outside"));
        tree_add(&w->t, "deep/kustomization.yaml", "nameSuffix: -deep\nresources: ['" HOST "lib//base?ref=v1']\n");
        tree_add(&w->t, "top/cm.yaml", CONFIG_MAP("top"));
}

static void world_done(struct world *w) {
        while (w->n_fds)
                close(w->fds[--w->n_fds]);
        tree_done(&w->t);
}

static char *build(struct world *w, const char *kustomization) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        const struct kustomize_remotes remotes = {.find = find, .context = w};
        const struct kustomize_options options = {.remotes = &remotes, .load_restrictions_none = true};
        struct buf out = BUF_INIT(1 << 20);
        struct value objects;
        tree_add(&w->t, "top/kustomization.yaml", kustomization);
        _cleanup_close_ int root = fs_open_dir(w->t.fd, "top", NULL);
        if (kustomize_build(a, root, ".", &options, &objects, &err) < 0)
                buf_addf(&out, "error: %s", err_message(&err));
        else
                kustomize_emit(&out, &objects);
        return buf_take(&out);
}

static void expect_in(struct world *w, const char *kustomization, const char *part) {
        _cleanup_free_ char *got = build(w, kustomization);
        print_message("# %s: %s\n", kustomization, got);
        assert_non_null(strstr(got, part));
}

static void expect(const char *kustomization, const char *part) {
        _cleanup_(world_done) struct world w;
        world_init(&w);
        expect_in(&w, kustomization, part);
}

static void remote_bases_are_built(void **state) {
        expect("resources: ['" HOST "lib//base']\nnamePrefix: x-\n", "name: x-base");
        expect("resources: ['" HOST "lib/over?ref=v1']\n", "name: over-base");
        expect("resources: ['" HOST "deep']\n", "name: base-deep");
        expect("resources: [cm.yaml]\ncomponents: ['" HOST "lib//part']\n", "name: part-top");
}

static void a_repository_is_asked_for_once(void **state) {
        _cleanup_(world_done) struct world w;
        world_init(&w);
        tree_add(&w.t, "lib/second/kustomization.yaml", "resources: [../base]\nnameSuffix: -second\n");
        tree_add(&w.t, "lib/third/kustomization.yaml", "resources: [../base]\nnameSuffix: -third\n");
        expect_in(&w,
                  "resources: ['" HOST "lib//base?ref=v1', '" HOST "lib/second?ref=v1', '" HOST
                  "lib/third?ref=v2', '" HOST "deep']\n",
                  "name: base-deep");
        assert_string_equal(w.asked, "lib@v1 lib@v2 deep@ ");
}

static void all_that_is_missing_is_asked_for_in_one_pass(void **state) {
        _cleanup_(world_done) struct world w;
        world_init(&w);
        w.missing = "one two";
        expect_in(&w,
                  "resources: ['" HOST "one', '" HOST "lib//base', '" HOST "two//x']\ncomponents: ['" HOST "one//c']\n",
                  "error: remote bases are not fetched yet");
        assert_non_null(strstr(w.asked, "one@ "));
        assert_non_null(strstr(w.asked, "two@ "));
}

static void a_failure_names_the_entry_and_its_place(void **state) {
        _cleanup_(world_done) struct world w;
        world_init(&w);
        w.broken = "gone";
        expect_in(&w, "resources: ['https://me:hush@h.example/org/gone//base?ref=v9']\n",
                  "remote build 'https://me@h.example/org/gone//base?ref=v9' cannot be fetched: context deadline "
                  "exceeded (named by the kustomization in /; ");
        expect_in(&w, "resources: ['" HOST "lib//nowhere']\n", "no such file or directory");
}

static void a_repository_is_left_by_nothing(void **state) {
        _cleanup_(world_done) struct world w;
        world_init(&w);
        tree_add(&w.t, "lib/over/kustomization.yaml", "resources: [../../top/cm.yaml]\n");
        expect_in(&w, "resources: ['" HOST "lib//over']\n", "error: ");
        tree_add(&w.t, "lib/over/kustomization.yaml", "resources: [../../deep]\n");
        expect_in(&w, "resources: ['" HOST "lib//over']\n", "error: ");
        /* Files above the kustomization are restricted there, although the source's own are not. */
        tree_add(&w.t, "lib/over/kustomization.yaml", "resources: [../outside.yaml]\n");
        expect_in(&w, "resources: ['" HOST "lib//over']\n", "security; file 'https://h.example/org/lib//outside.yaml'");
        tree_add(&w.t, "lib/over/kustomization.yaml", "resources: [/etc/passwd]\n");
        expect_in(&w, "resources: ['" HOST "lib//over']\n", "is not in or below");
        tree_add(&w.t, "lib/over/kustomization.yaml", "resources: [link.yaml]\n");
        tree_link(&w.t, "lib/over/link.yaml", "../../top/cm.yaml");
        expect_in(&w, "resources: ['" HOST "lib//over']\n", "error: ");
}

static void cycles_end(void **state) {
        _cleanup_(world_done) struct world w;
        world_init(&w);
        tree_add(&w.t, "lib/base/kustomization.yaml", "resources: ['" HOST "lib//base']\n");
        expect_in(&w, "resources: ['" HOST "lib//base']\n", "cycle detected: URI '" HOST "lib//base'");
        tree_add(&w.t, "lib/base/kustomization.yaml", "resources: ['https://me:hush@h.example/org/lib//base']\n");
        expect_in(&w, "resources: ['https://me:hush@h.example/org/lib//base']\n",
                  "cycle detected: URI 'https://me@h.example/org/lib//base' referenced by previous URI 'https://me@h");
        /* Another spelling of the same folder. */
        tree_add(&w.t, "lib/base/kustomization.yaml", "resources: ['" HOST "lib/base/.']\n");
        expect_in(&w, "resources: ['" HOST "lib//base']\n", "cycle detected");
        tree_add(&w.t, "deep/kustomization.yaml", "resources: ['" HOST "lib//base']\n");
        tree_add(&w.t, "lib/base/kustomization.yaml", "resources: ['" HOST "deep']\n");
        expect_in(&w, "resources: ['" HOST "lib//base']\n", "cycle detected");
}

static void depth_is_bounded(void **state) {
        _cleanup_(world_done) struct world w;
        world_init(&w);
        for (int i = 0; i < 10; i++) {
                char path[64], text[128];
                snprintf(path, sizeof(path), "r%d/kustomization.yaml", i);
                snprintf(text, sizeof(text), "resources: ['" HOST "r%d']\n", i + 1);
                tree_add(&w.t, path, text);
        }
        expect_in(&w, "resources: ['" HOST "r0']\n", "remote bases are nested more than 8 deep");
}

static void what_is_never_fetched_says_why(void **state) {
        expect("resources: ['https://h.example/org/repo/main/cm.yaml']\n", "files are never got over http");
        expect("resources: ['http://169.254.169.254/latest']\n", "files are never got over http");
        expect("resources: [cm.yaml]\npatches: [{path: 'https://h.example/a/b/patch.yaml'}]\n",
               "files are never got over http");
        expect("configMapGenerator: [{name: x, files: ['x=https://h.example/a/b/c']}]\n",
               "files are never got over http");
        expect("resources: [cm.yaml]\nopenapi: {path: 'https://h.example/a/b/c.json'}\n",
               "files are never got over http");
        expect("resources: ['git@h.example:org/repo']\n", "ssh needs a key");
        expect("components: ['ssh://git@h.example/org/repo']\n", "ssh needs a key");
        expect("resources: ['file:///etc']\n", "names a folder of the machine");
}

static void origins_name_the_repository(void **state) {
        expect("buildMetadata: [originAnnotations]\nresources: ['" HOST "lib//over?ref=v1']\n",
               "config.kubernetes.io/origin: |\n      path: base/cm.yaml\n      repo: " HOST "lib\n      ref: v1\n");
}

/* ---- what stands between builder and fetcher ---- */

static void wanted_and_fetched(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_tree_ struct tree t;
        _cleanup_err_ struct err err = ERR_INIT;
        struct value fetched = value_list(), entry = value_map();
        struct remote remote;
        int fd;
        tree_init(&t);
        tree_add(&t, "0/tree/file", "x");
        assert_int_equal(remote_parse(a, HOST "lib//a?ref=v1&timeout=1500ms", &remote), 1);
        {
                _cleanup_remotes_ struct remotes r;
                remotes_init(&r, a, -1, NULL);
                assert_int_equal(remotes_find(&r, &remote, &fd, &err), 0);
                assert_int_equal(remote_parse(a, HOST "lib//b?ref=v1", &remote), 1);
                assert_int_equal(remotes_find(&r, &remote, &fd, &err), 0);
                assert_int_equal(r.wanted.len, 1); /* one repository, two folders */
                assert_int_equal(value_int_or(value_get(&r.wanted.items[0], "seconds"), 0), 2);
                value_set(a, &r.wanted.items[0], "directory", value_str("0/tree"));
                value_append(a, &fetched, r.wanted.items[0]);
        }
        value_set(a, &entry, "url", value_str(HOST "bad"));
        value_set(a, &entry, "ref", value_str(""));
        value_set(a, &entry, "submodules", value_bool(true));
        value_set(a, &entry, "class", value_int(ERR_NOT_FOUND));
        value_set(a, &entry, "message", value_str("repository not found"));
        value_append(a, &fetched, entry);
        _cleanup_remotes_ struct remotes r;
        remotes_init(&r, a, t.fd, &fetched);
        assert_int_equal(remotes_find(&r, &remote, &fd, &err), 1);
        assert_int_equal(faccessat(fd, "file", R_OK, 0), 0);
        assert_false(r.failed);
        assert_int_equal(remote_parse(a, HOST "bad", &remote), 1);
        assert_int_equal(remotes_find(&r, &remote, &fd, &err), -1);
        assert_int_equal(err.class, ERR_NOT_FOUND);
        assert_true(r.failed);
        assert_int_equal(remote_parse(a, HOST "bad?submodules=false", &remote), 1);
        assert_int_equal(remotes_find(&r, &remote, &fd, &err), 0); /* another fetch */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(remote_bases_are_built),
                cmocka_unit_test(a_repository_is_asked_for_once),
                cmocka_unit_test(all_that_is_missing_is_asked_for_in_one_pass),
                cmocka_unit_test(a_failure_names_the_entry_and_its_place),
                cmocka_unit_test(a_repository_is_left_by_nothing),
                cmocka_unit_test(cycles_end),
                cmocka_unit_test(depth_is_bounded),
                cmocka_unit_test(what_is_never_fetched_says_why),
                cmocka_unit_test(origins_name_the_repository),
                cmocka_unit_test(wanted_and_fetched),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
