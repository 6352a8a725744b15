/* SPDX-License-Identifier: Apache-2.0 */
/* A document and a patch, on a line each: JSON Patch, JSON Merge Patch, and the diff of what came out. A refused patch
 * leaves the document as it was; a created merge patch leads where it should. */
#include "fuzz.h"

#include "data/diff.h"
#include "data/json.h"
#include "data/jsonpatch.h"
#include "data/mergepatch.h"

const char *const fuzz_seeds[] = {
        "{\"a\":{\"b\":[1,2,3]},\"c\":null}\n[{\"op\":\"add\",\"path\":\"/a/b/-\",\"value\":{\"x\":1}},"
        "{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/d\"},{\"op\":\"test\",\"path\":\"/d/b/0\",\"value\":1}]",
        "{\"a\":{\"b\":1}}\n[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/c\"},{\"op\":\"replace\",\"path\":\"\","
        "\"value\":[]},{\"op\":\"remove\",\"path\":\"/-1\"}]",
        "[1,[2]]\n{\"a\":{\"b\":null},\"c\":[1]}",
        NULL,
};

static bool has_null(const struct value *v) {
        if (value_is_map(v))
                VALUE_EACH_MEMBER(m, v)
                        if (value_is_null(&m->value) || has_null(&m->value))
                                return true;
        return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)64 << 20);
        const char *document, *patch;
        size_t document_len, patch_len;
        struct value doc, before, p, patched, merged, created, again;
        struct diff diff;
        fuzz_split(data, n, &document, &document_len, &patch, &patch_len);
        if (!a || json_parse(a, document, document_len, 0, NULL, &doc, NULL) < 0 ||
            json_parse(a, patch, patch_len, 0, NULL, &p, NULL) < 0 || value_copy(a, &doc, &before, NULL) < 0)
                return 0;
        _cleanup_err_ struct err err = ERR_INIT;
        if (jsonpatch_apply(a, &doc, &p, &patched, &err) == 0) {
                if (diff_values(a, &doc, &patched, &diff, NULL) == 0 && (diff.n == 0) != value_equal(&doc, &patched))
                        abort();
        } else if (err.class == ERR_NONE || err.class == ERR_INTERNAL) {
                abort();
        }
        if (mergepatch_apply(a, &doc, &p, &merged, NULL) < 0)
                return 0;
        if (mergepatch_create(a, &doc, &merged, &created, NULL) == 0 && !has_null(&merged) && value_is_map(&merged) &&
            value_is_map(&doc) && mergepatch_apply(a, &doc, &created, &again, NULL) == 0 &&
            !value_equal(&again, &merged))
                abort();
        if (!value_equal(&doc, &before))
                abort();
        return 0;
}
