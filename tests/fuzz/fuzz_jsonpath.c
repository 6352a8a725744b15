/* SPDX-License-Identifier: Apache-2.0 */
/* Any template over one document. */
#include "fuzz.h"

#include "data/json/json.h"
#include "data/jsonpath/jsonpath.h"

const char *const fuzz_seeds[] = {
        "{range .items[*]}{.name}{\"\\n\"}{end}",
        "{.items[?(@.n>=1)].tags[0:2:1]}{..x}{['a','b'].*}",
        "{.items[-1:].name} {@} {$..[0]} {1.5}{true}",
        "{.items[?(@.name==\"a\")]['name']}{\"\\u00e9\\x41\"}",
        NULL,
};

static const char document[] =
        "{\"items\":[{\"name\":\"a\",\"n\":1,\"tags\":[\"x\",\"y\",\"z\"]},{\"name\":\"b\",\"n\":2.5,"
        "\"x\":null}],\"a\":true,\"b\":{\"x\":[[1],[]]}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)256 << 20);
        struct value doc;
        struct jsonpath *path;
        const char *relaxed;
        if (!a || json_parse(a, document, sizeof(document) - 1, 0, NULL, &doc, NULL) < 0)
                return 0;
        _cleanup_free_ char *text = strndup(n ? (const char *)data : "", n);
        if (text)
                jsonpath_relaxed(a, text, &relaxed, NULL);
        if (jsonpath_parse(a, (const char *)data, n, &path, NULL) < 0)
                return 0;
        struct buf out = BUF_INIT(1 << 20);
        jsonpath_execute(a, path, &doc, 0, &out, NULL);
        jsonpath_execute(a, path, &doc, JSONPATH_ALLOW_MISSING, &out, NULL);
        buf_done(&out);
        return 0;
}
