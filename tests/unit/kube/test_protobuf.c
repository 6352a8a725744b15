/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "data/json/json.h"
#include "kube/protobuf/protobuf.h"

static struct arena *arena;

static int setup(void **state) {
        arena = arena_new((size_t)64 << 20);
        return arena ? 0 : -1;
}

static int teardown(void **state) {
        arena = arena_free(arena);
        return 0;
}

/* A message being written: fields one behind the other. */
static void add_head(struct buf *b, unsigned field, size_t n) {
        unsigned tag = field << 3 | 2;
        if (tag >= 0x80)
                buf_addc(b, (char)(tag | 0x80));
        buf_addc(b, (char)(tag >= 0x80 ? tag >> 7 : tag));
        for (; n >= 0x80; n >>= 7)
                buf_addc(b, (char)(n | 0x80));
        buf_addc(b, (char)n);
}

static void add_text(struct buf *b, unsigned field, const char *text) {
        add_head(b, field, strlen(text));
        buf_adds(b, text);
}

static void add_message(struct buf *b, unsigned field, struct buf *message) {
        add_head(b, field, message->len);
        buf_add(b, message->data, message->len);
        buf_done(message);
}

static struct buf message(void) {
        return BUF_INIT(1 << 20);
}

/* The envelope around one message. */
static struct buf body_of(const char *api_version, const char *kind, struct buf *raw) {
        struct buf body = message(), meta = message();
        buf_add(&body, "k8s\0", 4);
        add_text(&meta, 1, api_version);
        add_text(&meta, 2, kind);
        add_message(&body, 1, &meta);
        add_message(&body, 2, raw);
        return body;
}

static const char *decode(struct buf *body, struct err *err) {
        struct value v;
        int r = protobuf_decode(arena, body->data, body->len, &v, err);
        buf_done(body);
        if (r < 0)
                return NULL;
        struct buf b = BUF_INIT(1 << 20);
        json_write(&b, &v, JSON_SORT_KEYS);
        const char *text = arena_strdup(arena, buf_str(&b));
        buf_done(&b);
        return text;
}

static void test_namespace(void **state) {
        struct buf labels = message(), meta = message(), raw = message();
        add_text(&labels, 1, "app");
        add_text(&labels, 2, "me");
        add_text(&meta, 1, "web");
        add_message(&meta, 11, &labels);
        add_message(&raw, 1, &meta);
        struct buf body = body_of("v1", "Namespace", &raw);
        assert_string_equal(decode(&body, NULL),
                            "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"labels\":{\"app\":\"me\"},"
                            "\"name\":\"web\"},\"spec\":{},\"status\":{}}");
}

static void test_bytes_and_maps(void **state) {
        struct buf raw = message();
        static const char *const keys[] = {"z", "a", "z"};
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                struct buf entry = message();
                add_text(&entry, 1, keys[i]);
                add_text(&entry, 2, i == 2 ? "\xff\x01" : "x");
                add_message(&raw, 2, &entry);
        }
        struct buf body = body_of("v1", "Secret", &raw);
        assert_string_equal(decode(&body, NULL),
                            "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"eA==\",\"z\":\"/wE=\"},\"kind\":"
                            "\"Secret\",\"metadata\":{}}");
}

/* Inline messages of Go's structs appear in the object around them. */
static void test_inline(void **state) {
        struct buf host = message(), source = message(), volume = message(), spec = message(), raw = message();
        add_text(&host, 1, "/tmp");
        add_message(&source, 1, &host);
        add_text(&volume, 1, "v");
        add_message(&volume, 2, &source);
        add_message(&spec, 1, &volume);
        add_message(&raw, 2, &spec);
        struct buf body = body_of("v1", "Pod", &raw);
        assert_string_equal(decode(&body, NULL),
                            "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{},\"spec\":{\"containers\":null,"
                            "\"volumes\":[{\"hostPath\":{\"path\":\"/tmp\"},\"name\":\"v\"}]},\"status\":{}}");
}

static void test_refused(void **state) {
        static const struct {
                const char *body;
                size_t n;
        } rows[] = {{"", 0},
                    {"k8s", 3},
                    {"{}\0\0\0", 5},
                    {"k8s\0\x0a\x7f", 6},                                      /* a length past the end */
                    {"k8s\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 15}, /* a length past 2^64 */
                    {"k8s\0\x0b", 5},                                          /* a group */
                    {"k8s\0\x00", 5},                                          /* field 0 */
                    {"k8s\0\x0a\x04\x12\x02No", 10}};                          /* an unknown kind */
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                struct value v;
                assert_int_equal(protobuf_decode(arena, rows[i].body, rows[i].n, &v, &err), -1);
                assert_int_equal(err.class, ERR_BAD_REQUEST);
        }
}

/* JSONSchemaProps nests in itself; so does a hostile body. */
static void test_depth(void **state) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct buf props = message();
        struct value v;
        for (int i = 0; i < 2000; i++) {
                struct buf outer = message();
                add_message(&outer, 28, &props); /* not */
                props = outer;
        }
        struct buf body = body_of("v1", "X", &props);
        assert_int_equal(protobuf_decode_as(arena, schema_builtin("apiextensions.v1.JSONSchemaProps"), body.data,
                                            body.len, &v, NULL, NULL, &err),
                         -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
        buf_done(&body);
}

/* The envelope of a DELETE's body may say nothing about itself. */
static void test_options(void **state) {
        struct buf raw = message();
        struct value v;
        const char *api_version, *kind;
        add_text(&raw, 4, "Background");
        struct buf body = message();
        buf_add(&body, "k8s\0", 4);
        add_message(&body, 2, &raw);
        assert_int_equal(protobuf_decode_as(arena, schema_builtin("meta.v1.DeleteOptions"), body.data, body.len, &v,
                                            &api_version, &kind, NULL),
                         0);
        assert_string_equal(kind, "");
        assert_true(value_equals_str(value_get(&v, "propagationPolicy"), "Background"));
        buf_done(&body);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_namespace), TEST(test_bytes_and_maps), TEST(test_inline),
                TEST(test_refused),   TEST(test_depth),          TEST(test_options),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
