/* SPDX-License-Identifier: Apache-2.0 */
/* Files of definitions: the one schema of a build, crds, configurations. When they are read, and what is wrong in them.
 */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONFIG_MAP "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n"

/* A component's configuration is merged into an empty one once more, and contradicts itself there. */
static void test_configurations_of_components(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "c/k.yaml", "varReference: [{kind: D, path: metadata/labels, create: true}]\n");
        tree_add(&t, "c/kustomization.yaml", "kind: Component\nconfigurations: [k.yaml]\n");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncomponents: [c]\n");
        tree_expect_part(&t, ".", "failed to merge varReference fieldSpec: conflicting fieldspecs");
}

#define CONTAINER(line) "spec:\n  template:\n    spec:\n      containers:\n      - " line "\n        name: c\n"

/* A schema file takes the built-in schema's place unless that was needed before: for the scope of a kind that stands
 * in no table, or for a merge. */
static void test_schema_files(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "schema.json", "{}");
        tree_add(&t, "app.yaml", DEPLOYMENT CONTAINER("image: i"));
        tree_add(&t, "known.yaml", CONFIG_MAP);
        tree_add(&t, "thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: a\n");
        tree_add(&t, "sub/kustomization.yaml", "openapi: {path: s.json}\nresources: [../base]\n");
        tree_add(&t, "sub/s.json", "{}");
        tree_add(&t, "base/kustomization.yaml", "resources: [r.yaml]\n");
        tree_add(&t, "base/r.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n");
        static const char patch[] =
                "patches:\n- patch: |\n    {apiVersion: apps/v1, kind: Deployment, metadata: {name: a},"
                " spec: {template: {spec: {containers: [{name: c, x: 1}]}}}}\n";
        _cleanup_buf_ struct buf known = BUF_INIT(4096), unknown = BUF_INIT(4096);
        buf_addf(&known, "resources: [app.yaml, known.yaml, sub]\n%s", patch);
        buf_addf(&unknown, "resources: [app.yaml, thing.yaml, sub]\n%s", patch);
        tree_add(&t, "kustomization.yaml", buf_str(&known));
        tree_expect_part(&t, ".", "containers:\n      - name: c\n        x: 1\n");
        tree_add(&t, "kustomization.yaml", buf_str(&unknown));
        tree_expect_part(&t, ".", "containers:\n      - image: i\n        name: c\n        x: 1\n");
}

/* A schema file is read when something needs it. */
static void test_bad_schema_files(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "s.json", "{x");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nopenapi: {path: s.json}\n");
        tree_expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        tree_expect_part(&t, ".", "invalid schema file: ");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml",
                 "resources: [r.yaml]\nopenapi: {path: s.json}\n"
                 "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}'}]\n");
        tree_expect_part(&t, ".", "invalid schema file: ");
}

/* A base that comes last has a bad one: what was read before it is asked about again. */
static void test_bad_schema_file_of_the_last_base(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "base/s.json", "");
        tree_add(&t, "base/kustomization.yaml", "openapi: {path: s.json}\n");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml, base]\n");
        tree_expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        tree_expect_part(&t, ".", "invalid schema file: ");
}

/* kustomize panics. A schema file is still read only when something needs it. */
static void test_empty_definitions(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "d.json", "");
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncrds: [d.json]\n");
        tree_expect(
                &t, ".",
                "error: loading CRDs [d.json]: unable to parse open API definition from 'd.json': the file is empty, "
                "expected a map of definitions");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nopenapi: {path: d.json}\n");
        tree_expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        tree_expect_part(&t, ".", "invalid schema file: 'd.json' is empty, expected an OpenAPI document");
}

/* What begins as a JSON object is read as JSON, to its end. */
static void test_definitions_in_json(void **state) {
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", CONFIG_MAP);
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncrds: [d.json]\n");
        tree_add(&t, "d.json", " {}}}");
        tree_expect(&t, ".", CONFIG_MAP);
        tree_add(&t, "d.json", "{}}}");
        tree_expect_part(&t, ".", "error: loading CRDs [d.json]: unable to parse open API definition from 'd.json'");
}

/* A schema that cannot be read is none: kustomize refuses a file of `crds`, and panics over one of `openapi`. */
static void test_types_in_definitions(void **state) {
        static const char *const schemas[][2] = {
                {"null", NULL},
                {"x", "found string, expected a schema"},
                {"{type: 1}", "type: found integer, expected a string or a list of strings"},
                {"{type: [a, b], items: 1, $ref: 1, x-any: 1}", NULL},
                {"{required: [1]}", "required: found list, expected a list of strings"},
                {"{properties: {a: {maxLength: 1.5}}}", "properties a: maxLength: found number, expected an integer"},
                {"{properties: {a: null}, additionalProperties: false}", NULL},
                {"{additionalProperties: {description: []}}", "additionalProperties: description: found list"},
                {"{items: [{}, {nullable: 1}]}", "items[1]: nullable: found integer, expected true or false"},
        };
        _cleanup_tree_ struct tree t;
        tree_init(&t);
        tree_add(&t, "r.yaml", "kind: Thing\nmetadata: {name: a}\n");
        for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
                const char *expected = schemas[i][1] ? schemas[i][1] : "kind: Thing\n";
                char text[256];
                snprintf(text, sizeof(text), "d: {Schema: %s}", schemas[i][0]);
                tree_add(&t, "d.yaml", text);
                tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncrds: [d.yaml]\n");
                tree_expect_part(&t, ".", expected);
                snprintf(text, sizeof(text), "definitions: {d: %s}", schemas[i][0]);
                tree_add(&t, "d.yaml", text);
                tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\nopenapi: {path: d.yaml}\n");
                tree_expect_part(&t, ".", expected);
        }
        tree_add(&t, "d.yaml", "paths: {/a: {get: 1}}");
        tree_expect_part(&t, ".", "invalid schema file: paths: get: found integer, expected a map");
        tree_add(&t, "d.yaml", "- a");
        tree_expect_part(&t, ".", "invalid schema file: the document: found list, expected a map");
        tree_add(&t, "kustomization.yaml", "resources: [r.yaml]\ncrds: [d.yaml]\n");
        tree_expect_part(&t, ".", "definition from 'd.yaml': found list, expected a map of definitions");
        tree_add(&t, "d.yaml", "d: {Dependencies: x}");
        tree_expect_part(&t, ".", "definition d: Dependencies: found string, expected a list of strings");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_configurations_of_components),
                cmocka_unit_test(test_schema_files),
                cmocka_unit_test(test_bad_schema_files),
                cmocka_unit_test(test_bad_schema_file_of_the_last_base),
                cmocka_unit_test(test_empty_definitions),
                cmocka_unit_test(test_definitions_in_json),
                cmocka_unit_test(test_types_in_definitions),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
