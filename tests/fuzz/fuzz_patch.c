/* SPDX-License-Identifier: Apache-2.0 */
/* A document and a patch, on a line each: JSON Patch, JSON Merge Patch and the diff of what came out, strategic merge
 * as kube-apiserver does it, and kustomize's own, which reads both as YAML. No patch changes what it was given; a
 * created merge patch leads where it should. */
#include "fuzz.h"

#include "build/kustomize/merge/merge.h"
#include "data/patch/diff.h"
#include "data/json/json.h"
#include "data/patch/jsonpatch.h"
#include "data/patch/mergepatch.h"
#include "data/yaml/yaml.h"
#include "kube/smp/smp.h"

#define DEPLOYMENT(containers)                                                                                         \
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"finalizers\":[\"x\"]},\"spec\":{"         \
        "\"template\":{\"spec\":{\"containers\":[" containers "]}}}}"

const char *const fuzz_seeds[] = {
        "{\"a\":{\"b\":[1,2,3]},\"c\":null}\n[{\"op\":\"add\",\"path\":\"/a/b/-\",\"value\":{\"x\":1}},"
        "{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/d\"},{\"op\":\"test\",\"path\":\"/d/b/"
        "0\",\"value\":1}]",
        "{\"a\":{\"b\":1}}\n[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/"
        "c\"},{\"op\":\"replace\",\"path\":\"\","
        "\"value\":[]},{\"op\":\"remove\",\"path\":\"/-1\"}]",
        "[1,[2]]\n{\"a\":{\"b\":null},\"c\":[1]}",
        DEPLOYMENT("{\"name\":\"a\",\"image\":\"i\",\"ports\":[{\"containerPort\":1,\"protocol\":"
                   "\"TCP\"}]}") "\n" DEPLOYMENT("{\"name\":\"b\"},{\"$patch\":\"delete\",\"name\":\"a\"}"),
        DEPLOYMENT("{\"name\":\"a\"}") "\n{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"x\"],"
                                       "\"$setElementOrder/finalizers\":[\"y\"]},\"spec\":{\"strategy\":"
                                       "{\"$retainKeys\":[\"type\"],\"type\":\"Recreate\"}}}",
        "{apiVersion: v1, kind: Service, spec: {ports: [{port: 1, protocol: TCP, name: 'a'}, &x {port: "
        "2}]}}\n"
        "{apiVersion: v1, kind: Service, spec: {ports: [{port: 0x1, name: b}, {$patch: replace}], "
        "type: ~}}",
        NULL,
};

static bool has_null(const struct value *v) {
        if (value_is_map(v))
                VALUE_EACH_MEMBER(m, v)
                        if (value_is_null(&m->value) || has_null(&m->value))
                                return true;
        return false;
}

/* A failed patch names its reason; only the API server's strategic merge answers a bad patch as a server's error. */
static void check_error(const struct err *err, bool internal_is_fine) {
        if (err->class == ERR_NONE || (err->class == ERR_INTERNAL && !internal_is_fine) || !*err_message(err))
                abort();
}

static void patch_json(struct arena *a, const struct value *doc, const struct value *p) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value patched, merged, created, again;
        struct diff diff;
        if (jsonpatch_apply(a, doc, p, &patched, &err) < 0)
                check_error(&err, false);
        else if (diff_values(a, doc, &patched, &diff, NULL) == 0 && (diff.n == 0) != value_equal(doc, &patched))
                abort();
        if (mergepatch_apply(a, doc, p, &merged, NULL) < 0)
                return;
        if (mergepatch_create(a, doc, &merged, &created, NULL) == 0 && !has_null(&merged) && value_is_map(&merged) &&
            value_is_map(doc) && mergepatch_apply(a, doc, &created, &again, NULL) == 0 && !value_equal(&again, &merged))
                abort();
}

/* As kube-apiserver does it. A patch made from two objects applies to the first. */
static void patch_strategic(struct arena *a, const struct value *doc, const struct value *p) {
        _cleanup_err_ struct err err = ERR_INIT, why = ERR_INIT;
        const char *version = value_get_str(doc, "apiVersion"), *kind = value_get_str(doc, "kind");
        const char *slash = version ? strchr(version, '/') : NULL;
        const char *group = slash ? arena_strndup(a, version, (size_t)(slash - version)) : "";
        const struct schema *schema =
                version && kind && group ? schema_of_kind(group, slash ? slash + 1 : version, kind) : NULL;
        static const struct schema any = {.type = SCHEMA_ANY};
        struct value merged, created, again;
        schema = schema ? schema : &any;
        if (smp_apply(a, schema, doc, p, &merged, &err) < 0) {
                check_error(&err, true);
        } else if (smp_create_two_way(a, schema, doc, &merged, &created, &why) < 0) {
                check_error(&why, true);
        } else {
                smp_apply(a, schema, doc, &created, &again, NULL);
        }
}

static void patch_as_kustomize(struct arena *a, const char *document, size_t document_len, const char *patch,
                               size_t patch_len) {
        static struct arena *kept; /* the built-in schema, for all inputs */
        static struct merge_schema schema;
        static const struct yaml_options options = {.dialect = YAML_KYAML};
        _cleanup_err_ struct err err = ERR_INIT;
        struct value doc, p, before;
        if (!kept && (!(kept = arena_new(0)) || merge_schema_builtin(kept, &schema, NULL) < 0))
                abort();
        if (yaml_parse(a, document, document_len, &options, &doc, NULL) < 0 ||
            yaml_parse(a, patch, patch_len, &options, &p, NULL) < 0 || value_copy(a, &p, &before, NULL) < 0)
                return;
        if (merge_strategic(a, &schema, &doc, &p, &err) < 0)
                check_error(&err, false);
        if (!value_equal(&p, &before))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)64 << 20);
        const char *document, *patch;
        size_t document_len, patch_len;
        struct value doc, doc_before, p, p_before;
        fuzz_split(data, n, &document, &document_len, &patch, &patch_len);
        if (!a)
                return 0;
        patch_as_kustomize(a, document, document_len, patch, patch_len);
        if (json_parse(a, document, document_len, 0, NULL, &doc, NULL) < 0 ||
            json_parse(a, patch, patch_len, 0, NULL, &p, NULL) < 0 || value_copy(a, &doc, &doc_before, NULL) < 0 ||
            value_copy(a, &p, &p_before, NULL) < 0)
                return 0;
        patch_json(a, &doc, &p);
        patch_strategic(a, &doc, &p);
        if (!value_equal(&doc, &doc_before) || !value_equal(&p, &p_before))
                abort();
        return 0;
}
