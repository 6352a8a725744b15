/* SPDX-License-Identifier: Apache-2.0 */
/* A live object and a patch, a line each: typed decoding, strategic merge, server-side apply. What an apply writes
 * into managedFields reads again. */
#include "fuzz.h"

#include "data/json/json.h"
#include "kube/smp/smp.h"
#include "kube/ssa/ssa.h"
#include "kube/schema/strict.h"

#define HEAD                                                                                                           \
        "{\"apiVersion\":\"apps/"                                                                                      \
        "v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\",\"finalizers\":[\"a\",\"b\"]"
#define POD(containers) ",\"template\":{\"spec\":{\"containers\":" containers "}}"

const char *const fuzz_seeds[] = {
        HEAD "},\"spec\":{\"replicas\":1" POD(
                "[{\"name\":\"a\",\"image\":\"i\",\"ports\":[{\"containerPort\":"
                "1}]}]") "}}\n" HEAD
                         "},\"spec\":{\"replicas\":2" POD(
                                 "[{\"name\":\"b\"},{\"name\":\"a\",\"$patch\":\"delete\"}]") "}}",
        HEAD "}}\n{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"a\"],\"$setElementOrder/"
             "finalizers\":[\"b\"]},"
             "\"spec\":{\"strategy\":{\"$retainKeys\":[\"type\"],\"type\":\"Recreate\"}}}",
        HEAD ",\"managedFields\":[{\"manager\":\"m\",\"operation\":\"Apply\",\"apiVersion\":\"apps/"
             "v1\",\"fieldsType\":"
             "\"FieldsV1\",\"fieldsV1\":{\"f:spec\":{\"f:template\":{\"f:spec\":{\"f:containers\":{\"k:{"
             "\\\"name\\\":"
             "\\\"a\\\"}\":{\".\":{}}}}}}}}]}}\n" HEAD "},\"spec\":{\"replicas\":1" POD("[{\"name\":\"a\"}]") "}}",
        NULL,
};

static void apply(struct arena *a, const struct schema *schema, const struct value *live, const struct value *patch) {
        struct ssa_request r = {.schema = schema,
                                .api_version = "apps/v1",
                                .kind = "Deployment",
                                .manager = "kubectl",
                                .force = true,
                                .now = 1700000000};
        _cleanup_err_ struct err err = ERR_INIT;
        struct value out, again;
        if (ssa_apply(a, &r, live, patch, &out, NULL) < 0)
                return;
        if (ssa_apply(a, &r, &out, patch, &again, &err) < 0 && err.class != ERR_MEMORY)
                abort();
        ssa_is_noop(&out, &again);
        ssa_update(a, &r, &out, live, &again, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)32 << 20);
        const struct schema *schema = schema_builtin("apps.v1.Deployment");
        const char *first, *second;
        size_t first_len, second_len;
        struct value live, patch, out = value_null(), warnings;
        fuzz_split(data, n, &first, &first_len, &second, &second_len);
        if (!a || !schema || json_parse(a, first, first_len, 0, NULL, &live, NULL) < 0 ||
            json_parse(a, second, second_len, 0, NULL, &patch, NULL) < 0)
                return 0;
        strict_decode(a, schema, &live, &out, &warnings, NULL);
        smp_apply(a, schema, &live, &patch, &out, NULL);
        smp_create_two_way(a, schema, &live, &patch, &out, NULL);
        smp_create_three_way(a, schema, &live, &patch, &out, false, &out, NULL);
        if (value_is_map(&live) && value_is_map(&patch)) {
                apply(a, schema, &live, &patch);
                apply(a, NULL, &live, &patch);
        }
        return 0;
}
