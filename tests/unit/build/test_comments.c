/* SPDX-License-Identifier: Apache-2.0 */
/* Comments that change what is built: they say how a list merges, or end a document. Every verdict is
 * kustomize 5.8.1's. */
#include "tree.h"

#include <stdarg.h>
#include <setjmp.h>

#include <cmocka.h>

#define OBJECT "apiVersion: v1\nkind: Foo\nmetadata:\n  name: m\n"
#define SET "{\"type\":\"array\",\"x-kubernetes-patch-strategy\":\"merge\"}"
#define WITH_PATCH "resources: [object.yaml]\npatches: [{path: patch.yaml}]\n"

static char *build(const char *kustomization, const char *object, const char *patch) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "kustomization.yaml", kustomization);
        tree_add(&t, "object.yaml", object);
        tree_add(&t, "patch.yaml", patch);
        return tree_build(&t, ".");
}

static void expect(const char *object, const char *patch, const char *result) {
        _cleanup_free_ char *out = build(WITH_PATCH, object, patch);
        assert_string_equal(out, result);
}

#define MERGED "apiVersion: v1\nitems:\n- a\n- b\n- c\nkind: Foo\nmetadata:\n  name: m\n"
#define REPLACED "apiVersion: v1\nitems:\n- a\n- b\nkind: Foo\nmetadata:\n  name: m\n"

/* The list [b, c], written in the given way, after a patch to [a, b]. */
static void merges(const char *object) {
        expect(object, OBJECT "items: [a, b]\n", MERGED);
}

static void replaces(const char *object) {
        expect(object, OBJECT "items: [a, b]\n", REPLACED);
}

static void test_where_a_schema_may_stand(void **state) {
        merges(OBJECT "items: # " SET "\n- b\n- c\n");
        merges(OBJECT "items:\t##" SET " and more\r\n- b\r\n- c\r\n");
        merges(OBJECT "items: # " SET "\n  [b, c]\n");
        merges(OBJECT "items: [b,\n  c] # " SET "\n");
        merges("{apiVersion: v1, kind: Foo, metadata: {name: m},\n  items: [b, c], # " SET "\n}\n");
        merges("# " SET "\nitems: [b, c] # of the list\n" OBJECT);
        merges("# of the file\n\n# " SET "\nitems:\n- b\n- c\n" OBJECT);
        merges(OBJECT "\"items\": # " SET "\n- b\n- c\n");
        merges("# \xc3\xa9\xe2\x82\xac\n" OBJECT "items: # " SET "\n- b\n- c\n");
        expect(OBJECT "items: [b, c]\n", OBJECT "items: # " SET "\n- a\n- b\n", MERGED);
}

static void test_where_it_is_only_a_comment(void **state) {
        replaces(OBJECT "items:\n# " SET "\n- b\n- c\n");
        replaces(OBJECT "items:\n- b\n- c # " SET "\n");
        replaces(OBJECT "items: &x # " SET "\n- b\n- c\n");
        replaces("# " SET "\n\nitems: [b, c]\n" OBJECT);
        replaces("# two lines\n# " SET "\nitems: [b, c]\n" OBJECT);
        replaces("# " SET "\nitems: # of the list\n- b\n- c\n" OBJECT);
        replaces("kind: Foo # " SET "\nitems: [b, c]\napiVersion: v1\nmetadata: {name: m}\n");
}

static void test_what_is_no_schema(void **state) {
        replaces(OBJECT "items: # a list " SET "\n- b\n- c\n");
        replaces(OBJECT "items: # {\"type\":5,\"x-kubernetes-patch-strategy\":\"merge\"}\n- b\n");
        replaces(OBJECT
                 "items: # {\"type\":\"array\",\"type\":\"array\",\"x-kubernetes-patch-strategy\":\"merge\"}\n- b\n");
        replaces(OBJECT "items: # {\"x-kubernetes-patch-strategy\":\n- b\n");
        /* An empty one leaves the word to the patch's. */
        expect(OBJECT "items: # {}\n- b\n- c\n", OBJECT "items: # " SET "\n- a\n- b\n", MERGED);
}

#define DEPLOYMENT(comment)                                                                                            \
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: m\nspec:\n  template: " comment                     \
        "\n    spec:\n      containers:\n"

/* A schema of the field takes the place of all that is known about it, as a comment of kpt's setters does. */
static void test_the_known_schema_gives_way(void **state) {
        static const char after[] = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: m\nspec:\n  template:\n"
                                    "    spec:\n      containers:\n      - name: a\n        tty: true\n";
        const char *patch = DEPLOYMENT("") "      - name: a\n        tty: true\n";
        expect(DEPLOYMENT("# {\"$openapi\":\"x\"}") "      - name: a\n        image: b\n      - name: c\n", patch,
               after);
        expect(DEPLOYMENT("# {\"$ref\":\"#/definitions/nothing\"}") "      - name: a\n        image: b\n", patch,
               after);
        _cleanup_free_ char *kept =
                build(WITH_PATCH, DEPLOYMENT("# {\"title\":\"\"}") "      - name: a\n        image: b\n", patch);
        assert_non_null(strstr(kept, "      - image: b\n        name: a\n        tty: true\n"));
}

static void test_schemas_of_what_is_inside(void **state) {
        expect(OBJECT "spec: # {\"properties\":{\"items\":" SET "}}\n  items: [b]\n", OBJECT "spec: {items: [a]}\n",
               "apiVersion: v1\nkind: Foo\nmetadata:\n  name: m\nspec:\n  items:\n  - a\n  - b\n");
        expect(OBJECT "spec: # {\"$ref\":\"#/definitions/io.k8s.api.apps.v1.DeploymentSpec\"}\n"
                      "  template: {spec: {containers: [{name: a, image: x}]}}\n",
               OBJECT "spec: {template: {spec: {containers: [{name: a, tty: true}]}}}\n",
               "apiVersion: v1\nkind: Foo\nmetadata:\n  name: m\nspec:\n  template:\n    spec:\n      containers:\n"
               "      - image: x\n        name: a\n        tty: true\n");
}

static void test_how_long_a_comment_lasts(void **state) {
        const char *object = OBJECT "items: # " SET "\n- b\n- c\n", *patch = OBJECT "items: [a, b]\n";
        _cleanup_free_ char *labelled = build(WITH_PATCH "namePrefix: p-\n", object, patch);
        assert_non_null(strstr(labelled, "items:\n- a\n- b\n- c\n"));
        _cleanup_free_ char *twice = build(WITH_PATCH "patchesStrategicMerge: [patch.yaml]\n", object, patch);
        assert_non_null(strstr(twice, "items:\n- a\n- b\n- c\n"));
        _cleanup_free_ char *json =
                build("resources: [object.yaml]\npatches:\n- target: {kind: Foo}\n"
                      "  patch: '[{\"op\": \"add\", \"path\": \"/x\", \"value\": 1}]'\n- path: patch.yaml\n",
                      object, patch);
        assert_string_equal(json, REPLACED "x: 1\n");
        /* A field that a patch brings is one without a comment. */
        _cleanup_free_ char *brought =
                build("resources: [object.yaml]\npatches:\n- path: patch.yaml\n"
                      "- patch: '{apiVersion: v1, kind: Foo, metadata: {name: m}, items: [z]}'\n",
                      OBJECT, OBJECT "items: # " SET "\n- a\n");
        assert_string_equal(brought, "apiVersion: v1\nitems:\n- z\nkind: Foo\nmetadata:\n  name: m\n");
}

static void ends_with(const char *tail, const char *value) {
        _cleanup_buf_ struct buf object = BUF_INIT(4096), result = BUF_INIT(4096);
        buf_addf(&object, OBJECT "x:%s", tail);
        buf_addf(&result, OBJECT "x:%s", value);
        _cleanup_free_ char *out = build("resources: [object.yaml]\n", buf_str(&object), "");
        assert_string_equal(out, buf_str(&result));
}

/* kyaml writes it with an empty line before it, which a scalar that keeps its line breaks takes for its own. */
static void test_a_comment_behind_the_last_value(void **state) {
        ends_with(" |+\n  a\n\n# c\n", " |+\n  a\n\n\n");
        ends_with(" |+\n  a\n\n# c\n\n  # d\n", " |+\n  a\n\n\n");
        ends_with("\n- |+\n  a\n\n# c\n", "\n- |+\n  a\n\n\n");
        ends_with(" |+\n  # a\n\n", " |+\n  # a\n\n");
        ends_with(" |+\n  a\n# c\n", " |\n  a\n");
        ends_with(" |\n  a\n\n# c\n", " |\n  a\n");
        ends_with(" |-\n  a\n\n# c\n", " a\n");
        ends_with(" |+\n  a\n\n# c\n\"y\": z\n", " |+\n  a\n\n\"y\": z\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_where_a_schema_may_stand),
                cmocka_unit_test(test_where_it_is_only_a_comment),
                cmocka_unit_test(test_what_is_no_schema),
                cmocka_unit_test(test_the_known_schema_gives_way),
                cmocka_unit_test(test_schemas_of_what_is_inside),
                cmocka_unit_test(test_how_long_a_comment_lasts),
                cmocka_unit_test(test_a_comment_behind_the_last_value),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
