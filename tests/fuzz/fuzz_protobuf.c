/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as a whole body behind the magic, and as the message of a kind. What is decoded is a tree that JSON can hold.
 */
#include "fuzz.h"

#include "data/json/json.h"
#include "kube/protobuf/protobuf.h"

/* Messages without zero bytes, which C strings cannot hold: metadata with a name and a label; a volume; a schema. */
const char *const fuzz_seeds[] = {
        "\n\x10\n\x03web\x5a\t\n\x03"
        "app\x12\x02me",
        "\x12\x12\n\x10\n\x01v\x12\x0b\n\t\n\x04/tmp\x12\x01x",
        "\n\t\n\x02v1\x12\x03Pod\x12\x06\n\x04\n\x02xy",
        "\x12\x10*\x06object\xea\x01\x05\n\x01"
        "a\x12\xff\xff\xff\xff\x0f",
        NULL,
};

static const char *const types[] = {"core.v1.Pod",   "apps.v1.Deployment",    "apiextensions.v1.JSONSchemaProps",
                                    "core.v1.Event", "networking.v1.Ingress", "meta.v1.DeleteOptions"};

static void decode(struct arena *a, const struct schema *schema, const char *body, size_t n) {
        _cleanup_buf_ struct buf text = BUF_INIT((size_t)64 << 20);
        struct value v, again;
        if (protobuf_decode_as(a, schema, body, n, &v, NULL, NULL, NULL) < 0)
                return;
        json_write(&text, &v, 0);
        if (!buf_failed(&text) && json_parse(a, buf_str(&text), text.len, 0, NULL, &again, NULL) < 0)
                abort();
}

/* magic, field 2 of the envelope, its length in five bytes, the message */
static size_t wrap(char *body, const uint8_t *data, size_t n) {
        static const char head[] = "k8s\0\x12";
        memcpy(body, head, 5);
        for (int i = 0; i < 5; i++)
                body[5 + i] = (char)((n >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
        memcpy(body + 10, data, n);
        return n + 10;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)32 << 20);
        char *body = a ? arena_alloc(a, n + 10) : NULL;
        if (!body)
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
                decode(a, schema_builtin(types[i]), body, wrap(body, data, n));
        memcpy(body + 4, data, n);
        decode(a, NULL, body, n + 4);
        return 0;
}
