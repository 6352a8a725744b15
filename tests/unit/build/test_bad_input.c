/* SPDX-License-Identifier: Apache-2.0 */
/* Bad input gets kustomize 5.8's verdict: what it builds is built, what it refuses is refused, within the limits. */
#include "tree.h"

#include <stdarg.h>
#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " name "\n"

static char *build_one(const char *kustomization, const char *text) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", kustomization);
        tree_add(&t, "a.yaml", text);
        return tree_build(&t, ".");
}

static void expect_error(const char *kustomization, const char *text, const char *part) {
        _cleanup_free_ char *out = build_one(kustomization, text);
        if (strncmp(out, "error: ", 7) != 0 || !strstr(out, part))
                assert_string_equal(out, part);
}

static void expect_built(const char *kustomization, const char *text, const char *result) {
        _cleanup_free_ char *out = build_one(kustomization, text);
        assert_string_equal(out, result);
}

#define RESOURCES "resources: [a.yaml]\n"

static void test_a_scalar_of_ten_mebibytes(void **state) {
        const size_t n = (size_t)10 << 20;
        struct buf text = BUF_INIT(n + 4096);
        buf_adds(&text, CONFIG_MAP("a") "data:\n  k: ");
        for (size_t i = 0; i < n; i += 16)
                buf_adds(&text, "xxxxxxxxxxxxxxxx");
        buf_addc(&text, '\n');
        _cleanup_free_ char *input = buf_take(&text), *out = build_one(RESOURCES, input);
        assert_true(str_has_prefix(out, "apiVersion: v1\ndata:\n  k: xxxx"));
        assert_true(strlen(out) > n);
}

static void test_a_million_keys(void **state) {
        struct buf text = BUF_INIT((size_t)32 << 20);
        int few = getenv("WEIR_KUSTOMIZE") != NULL; /* kustomize compares each with each other: it takes hours */
        buf_adds(&text, CONFIG_MAP("a") "data:\n");
        for (int i = few ? 1998000 : 1000000; i < 2000000; i++)
                buf_addf(&text, "  k%d: v\n", i);
        _cleanup_free_ char *input = buf_take(&text), *out = build_one(RESOURCES, input);
        assert_non_null(strstr(out, "\n  k1999999: v\nkind: ConfigMap\n"));
        assert_true(str_has_prefix(out, few ? "apiVersion: v1\ndata:\n  k1998000: v\n"
                                            : "apiVersion: v1\ndata:\n  k1000000: v\n"));
}

static void test_bytes_that_are_no_text(void **state) {
        expect_error(RESOURCES, CONFIG_MAP("a") "data: {k: \"\xff\"}\n", "invalid leading UTF-8 octet");
        expect_error("namePrefix: \"\xff\"\n", "", "invalid leading UTF-8 octet");
        expect_error(RESOURCES, CONFIG_MAP("a") "data: {k: \"\x01\"}\n", "control characters are not allowed");
}

static void test_tabs(void **state) {
        expect_error(RESOURCES, CONFIG_MAP("a") "data:\n\tk: v\n",
                     "line 6: found character that cannot start any token");
        expect_error("resources:\n\t- a.yaml\n", "", "line 2: found character that cannot start any token");
}

static void test_keys_that_stand_there_twice(void **state) {
        expect_error(RESOURCES, CONFIG_MAP("a") "data:\n  k: v\n  k: w\n",
                     "mapping key \"k\" already defined at line 6");
        expect_error(RESOURCES, CONFIG_MAP("a") "data:\n  &x k: v\n  *x : w\n",
                     "mapping key \"k\" already defined at line 6");
        expect_built("namePrefix: x-\n" RESOURCES "namePrefix: y-\n", CONFIG_MAP("a"), CONFIG_MAP("y-a"));
}

#define TWICE CONFIG_MAP("a") "  annotations: {k: v, l: m, k: w}\n"

/* kustomize makes annotations anew in the end: the last member of a key stays. Who decodes them before refuses it. */
static void test_annotations_that_stand_there_twice(void **state) {
        expect_built(RESOURCES, TWICE,
                     "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    k: w\n    l: m\n  name: a\n");
        expect_built(RESOURCES
                     "namePrefix: x-\ncommonAnnotations: {k: x}\npatches: [{patch: "
                     "'{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {k: y, n: o}}}'}]\n",
                     TWICE,
                     "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    k: w\n    l: m\n    \"n\": o\n"
                     "  name: x-a\n");
        expect_error(RESOURCES "patches: [{target: {name: a}, patch: '[{\"op\": \"remove\", \"path\": \"/kind\"}]'}]\n",
                     TWICE, "mapping key \"k\" already defined");
        expect_error(RESOURCES, "{kind: TList, items: [], metadata: {annotations: {k: v, k: w}}}",
                     "mapping key \"k\" already defined");
        expect_error(RESOURCES, TWICE "  labels: {k: v, k: w}\n", "mapping key \"k\" already defined");
}

static void test_keys_that_are_null(void **state) {
        expect_error(RESOURCES, CONFIG_MAP("a") "~: v\n", "line 6: mapping key \"~\" already defined at line 5");
        expect_error(RESOURCES, CONFIG_MAP("a") "data:\n  null: v\n", "mapping key \"null\" already defined at line 6");
        expect_built(RESOURCES, CONFIG_MAP("a") "data:\n  'null': v\n",
                     "apiVersion: v1\ndata:\n  \"null\": v\nkind: ConfigMap\nmetadata:\n  name: a\n");
}

static void test_merge_keys(void **state) {
        expect_built(RESOURCES, CONFIG_MAP("a") "x: &x {k: v}\ndata: {<<: *x, l: m}\n",
                     "apiVersion: v1\ndata:\n  k: v\n  l: m\nkind: ConfigMap\nmetadata:\n  name: a\nx:\n  k: v\n");
        expect_built(
                RESOURCES, CONFIG_MAP("a") "x: &x {k: v}\ny: &y {k: w}\ndata:\n  <<: [*x, *y]\n",
                "apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  name: a\nx:\n  k: v\n\"y\":\n  k: w\n");
        expect_error(RESOURCES, CONFIG_MAP("a") "x: &x 1\ndata:\n  <<: *x\n",
                     "'a.yaml': invalid map merge: received alias for a non-map value'");
        expect_error(RESOURCES, CONFIG_MAP("a") "data:\n  <<: 1\n",
                     "'a.yaml': map merge requires map or sequence of maps as the value'");
        expect_error(RESOURCES, CONFIG_MAP("a") "data:\n  <<: [[]]\n", "received a nested sequence'");
        expect_error(RESOURCES, CONFIG_MAP("a") "data:\n  <<: {}\n  <<: {}\n", "'a.yaml': duplicate merge key'");
        expect_built(RESOURCES, CONFIG_MAP("a") "data: {'<<': {k: v}, l: m}\n",
                     "apiVersion: v1\ndata:\n  l: m\nkind: ConfigMap\nmetadata:\n  name: a\n");
}

#define PATCH(name) "patches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: " name "}\n"

static void test_patches_that_match_nothing_or_two(void **state) {
        expect_error(RESOURCES PATCH("z"), CONFIG_MAP("a"), "no matches for Id ConfigMap.v1.[noGrp]/z.[noNs]");
        expect_built(RESOURCES
                     "patches:\n- target: {kind: Secret}\n  patch: '[{\"op\": \"remove\", \"path\": \"/x\"}]'\n",
                     CONFIG_MAP("a"), CONFIG_MAP("a"));
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [p, q]\n" PATCH("a"));
        tree_add(&t, "p/kustomization.yaml", "namePrefix: p-\n" RESOURCES);
        tree_add(&t, "q/kustomization.yaml", "namePrefix: q-\n" RESOURCES);
        tree_add(&t, "p/a.yaml", CONFIG_MAP("a"));
        tree_add(&t, "q/a.yaml", CONFIG_MAP("a"));
        _cleanup_free_ char *out = tree_build(&t, ".");
        assert_non_null(strstr(out, "multiple matches for Id ConfigMap.v1.[noGrp]/a.[noNs]"));
}

#define PLUGIN(kind, rest) "['{apiVersion: builtin, kind: " kind ", metadata: {name: p}, " rest "}']\n"

/* A number where a text belongs is taken for one in plugins' files, but not in what Go embeds. */
static void test_numbers_for_texts(void **state) {
        static const char replacement[] = "transformers: " PLUGIN(
                "ReplacementTransformer", "replacements: [{sourceValue: 007, targets: [{select: {kind: x}}]}]");
        static const char selector[] = "transformers: " PLUGIN("PatchTransformer", "patch: \"[]\", target: {name: 7}");
        static const char generator[] = "generators: " PLUGIN("SecretGenerator", "options: {labels: {k: 7}}");
        static const char labels[] = RESOURCES
                "transformers: " PLUGIN("LabelTransformer", "labels: {k: 123456789.5}, "
                                                            "fieldSpecs: [{path: metadata/labels, create: true}]");
        expect_error(replacement, "",
                     "cannot unmarshal number into Go struct field ReplacementField.replacements.Replacement."
                     "sourceValue of type string");
        expect_error(selector, "", "Go struct field Selector.target.ResId.name of type string");
        expect_error(generator, "", "Go struct field GeneratorOptions.SecretArgs.GeneratorArgs.options.labels of type");
        expect_built(labels, CONFIG_MAP("a"),
                     "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    k: \"1.2345679e+08\"\n  name: a\n");
}

/* As a resource it would be wrong, and a JSON patch takes the last. */
static void test_a_json_patch_with_keys_twice(void **state) {
        expect_built(RESOURCES "patches:\n- target: {kind: ConfigMap}\n"
                               "  patch: '[{\"op\": \"add\", \"op\": \"remove\", \"path\": \"/data\"}]'\n",
                     CONFIG_MAP("a") "data: {k: v}\n", CONFIG_MAP("a"));
}

static void test_names_that_collide_after_prefixing(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [p, b.yaml]\n");
        tree_add(&t, "p/kustomization.yaml", "namePrefix: p-\n" RESOURCES);
        tree_add(&t, "p/a.yaml", CONFIG_MAP("a"));
        tree_add(&t, "b.yaml", CONFIG_MAP("p-a"));
        _cleanup_free_ char *out = tree_build(&t, ".");
        assert_non_null(strstr(out, "may not add resource with an already registered id: ConfigMap.v1.[noGrp]/p-a"));
        expect_error("namespace: one\n" RESOURCES,
                     CONFIG_MAP("a") "  namespace: x\n---\n" CONFIG_MAP("a") "  namespace: y\n",
                     "namespace transformation produces ID conflict");
}

static void test_self_inclusion(void **state) {
        expect_error("resources: [.]\n", "", "cycle detected");
        expect_error("components: [.]\n", "", "cycle detected");
        expect_error("resources: [kustomization.yaml]\n", "", "missing Resource metadata");
        expect_error("generators: [.]\n", "", "cycle detected");
}

static void test_cycles(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", "resources: [a]\n");
        tree_add(&t, "a/kustomization.yaml", "resources: [../b]\n");
        tree_add(&t, "b/kustomization.yaml", "resources: [../a]\n");
        tree_add(&t, "up/kustomization.yaml", "resources: [down]\n");
        tree_add(&t, "up/down/kustomization.yaml", "resources: [..]\n");
        tree_add(&t, "linked/kustomization.yaml", "resources: [x]\n");
        tree_link(&t, "linked/x", "../again");
        tree_link(&t, "again", "linked");
        static const char *const tops[] = {".", "up", "linked"};
        for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
                _cleanup_free_ char *out = tree_build(&t, tops[i]);
                assert_non_null(strstr(out, "cycle detected"));
        }
}

static void expect_link(const char *kustomization, const char *target, const char *part) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", kustomization);
        tree_add(&t, "in/b.yaml", CONFIG_MAP("b"));
        tree_link(&t, "a.yaml", target);
        _cleanup_free_ char *out = tree_build(&t, ".");
        if (!strstr(out, part))
                assert_string_equal(out, part);
}

static void test_symlinks(void **state) {
        expect_link(RESOURCES, "in/b.yaml", CONFIG_MAP("b"));
        expect_link(RESOURCES, "/etc/passwd", "is not in or below '/src'");
        expect_link(RESOURCES, "../../etc/passwd", "is not in or below '/src'");
        expect_link("configMapGenerator: [{name: g, files: [a.yaml]}]\n", "/etc/passwd", "is not in or below '/src'");
        expect_link("configMapGenerator: [{name: g, envs: [a.yaml]}]\n", "/etc/passwd", "is not in or below '/src'");
        expect_link("resources: [in/b.yaml]\npatches: [{path: a.yaml}]\n", "/etc/passwd", "is not in or below '/src'");
        expect_link(RESOURCES, "a.yaml", "evalsymlink failure on '/src/a.yaml' : EvalSymlinks: too many links");
        expect_link(RESOURCES, "nothing", "lstat /src/nothing: no such file or directory");
}

static void test_a_pipe(void **state) {
        if (getenv("WEIR_KUSTOMIZE"))
                return; /* it waits for somebody to write */
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", RESOURCES);
        assert_int_equal(mkfifoat(t.fd, "a.yaml", 0600), 0);
        _cleanup_free_ char *out = tree_build(&t, ".");
        assert_non_null(strstr(out, "is not a regular file"));
}

/* Lists of ten within lists of ten, n levels. */
static char *alias_bomb(int n) {
        struct buf text = BUF_INIT(65536);
        buf_adds(&text, CONFIG_MAP("a") "data: {k: v}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < n; i++) {
                buf_addf(&text, "a%d: &a%d [*a%d", i, i, i - 1);
                for (int k = 1; k < 10; k++)
                        buf_addf(&text, ", *a%d", i - 1);
                buf_adds(&text, "]\n");
        }
        return buf_take(&text);
}

static void test_alias_bombs(void **state) {
        _cleanup_free_ char *small = alias_bomb(5), *large = alias_bomb(10);
        _cleanup_free_ char *out = build_one(RESOURCES, small);
        assert_true(str_has_prefix(out, "a0:\n- x\n"));
        assert_true(strlen(out) > 200000);
        expect_error(large, "", "excessive aliasing");
        if (!getenv("WEIR_KUSTOMIZE")) /* kustomize writes all of it out until memory is gone */
                expect_error(RESOURCES, large,
                             "'a.yaml': yaml: more than 5000000 nodes, counting what aliases stand for");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_scalar_of_ten_mebibytes),
                cmocka_unit_test(test_a_million_keys),
                cmocka_unit_test(test_bytes_that_are_no_text),
                cmocka_unit_test(test_tabs),
                cmocka_unit_test(test_keys_that_stand_there_twice),
                cmocka_unit_test(test_annotations_that_stand_there_twice),
                cmocka_unit_test(test_keys_that_are_null),
                cmocka_unit_test(test_merge_keys),
                cmocka_unit_test(test_patches_that_match_nothing_or_two),
                cmocka_unit_test(test_numbers_for_texts),
                cmocka_unit_test(test_a_json_patch_with_keys_twice),
                cmocka_unit_test(test_names_that_collide_after_prefixing),
                cmocka_unit_test(test_self_inclusion),
                cmocka_unit_test(test_cycles),
                cmocka_unit_test(test_symlinks),
                cmocka_unit_test(test_a_pipe),
                cmocka_unit_test(test_alias_bombs),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
