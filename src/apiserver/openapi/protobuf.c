/* SPDX-License-Identifier: Apache-2.0 */
/* A swagger document in protobuf: gnostic's openapi.v2.Document (openapiv2/OpenAPIv2.proto of gnostic-models 0.6), as
 * kubectl before 1.27 reads it. Only what our documents hold is written. */
#include "apiserver/openapi/spec.h"
#include "base/buf.h"
#include "base/limits.h"
#include "data/json/json.h"

enum wire { WIRE_VARINT = 0, WIRE_BYTES = 2 };

static void varint(struct buf *b, uint64_t n) {
        for (; n >= 0x80; n >>= 7)
                buf_addc(b, (char)(n | 0x80));
        buf_addc(b, (char)n);
}

static void tag(struct buf *b, unsigned field, enum wire wire) {
        varint(b, ((uint64_t)field << 3) | wire);
}

static void bytes(struct buf *b, unsigned field, const char *p, size_t n) {
        tag(b, field, WIRE_BYTES);
        varint(b, n);
        buf_add(b, p, n);
}

static void text(struct buf *b, unsigned field, const struct value *v) {
        if (value_is_string(v) && v->len)
                bytes(b, field, v->str, v->len);
}

static void flag(struct buf *b, unsigned field, const struct value *v) {
        if (!value_bool_or(v, false))
                return;
        tag(b, field, WIRE_VARINT);
        varint(b, 1);
}

/* Writes a nested message: write() fills it from v. */
static void message(struct buf *b, unsigned field, const struct value *v,
                    void (*write)(struct buf *, const struct value *)) {
        _cleanup_buf_ struct buf inner = BUF_INIT(LIMIT_DISCOVERY_BYTES);
        if (value_is_null(v))
                return;
        write(&inner, v);
        if (inner.failed)
                b->failed = true;
        bytes(b, field, buf_str(&inner), inner.len);
}

/* An Any holds YAML; JSON is YAML. */
static void any(struct buf *b, const struct value *v) {
        _cleanup_buf_ struct buf json = BUF_INIT(LIMIT_DISCOVERY_BYTES);
        json_write(&json, v, 0);
        buf_addc(&json, '\n');
        bytes(b, 2, buf_str(&json), json.len);
}

/* The x-... members as repeated NamedAny. */
static void extensions(struct buf *b, unsigned field, const struct value *map) {
        VALUE_EACH_MEMBER(m, map) {
                _cleanup_buf_ struct buf inner = BUF_INIT(LIMIT_DISCOVERY_BYTES);
                if (!str_has_prefix(m->key, "x-"))
                        continue;
                bytes(&inner, 1, m->key, m->key_len);
                message(&inner, 2, &m->value, any);
                bytes(b, field, buf_str(&inner), inner.len);
        }
}

static void schema(struct buf *b, const struct value *v);

/* Members of a map as repeated {name, value}. */
static void named(struct buf *b, unsigned field, const struct value *map,
                  void (*write)(struct buf *, const struct value *)) {
        if (!value_is_map(map))
                return;
        VALUE_EACH_MEMBER(m, map) {
                _cleanup_buf_ struct buf inner = BUF_INIT(LIMIT_DISCOVERY_BYTES);
                bytes(&inner, 1, m->key, m->key_len);
                message(&inner, 2, &m->value, write);
                if (inner.failed)
                        b->failed = true;
                bytes(b, field, buf_str(&inner), inner.len);
        }
}

static void properties(struct buf *b, const struct value *v) {
        named(b, 1, v, schema);
}

static void items(struct buf *b, const struct value *v) {
        message(b, 1, v, schema);
}

static void type_item(struct buf *b, const struct value *v) {
        text(b, 1, v);
}

static void additional(struct buf *b, const struct value *v) {
        if (v->type == VALUE_BOOL)
                flag(b, 2, v);
        else
                message(b, 1, v, schema);
}

static void repeated_text(struct buf *b, unsigned field, const struct value *list) {
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        text(b, field, item);
}

static void schema(struct buf *b, const struct value *v) {
        text(b, 1, value_get(v, "$ref"));
        text(b, 2, value_get(v, "format"));
        text(b, 4, value_get(v, "description"));
        text(b, 13, value_get(v, "pattern"));
        repeated_text(b, 19, value_get(v, "required"));
        const struct value *values = value_get(v, "enum");
        if (value_is_list(values))
                VALUE_EACH_ITEM(item, values)
                        message(b, 20, item, any);
        message(b, 21, value_get(v, "additionalProperties"), additional);
        message(b, 22, value_get(v, "type"), type_item);
        message(b, 23, value_get(v, "items"), items);
        message(b, 25, value_get(v, "properties"), properties);
        extensions(b, 31, v);
}

static void body_parameter(struct buf *b, const struct value *v) {
        text(b, 2, value_get(v, "name"));
        text(b, 3, value_get(v, "in"));
        flag(b, 4, value_get(v, "required"));
        message(b, 5, value_get(v, "schema"), schema);
}

static void query_parameter(struct buf *b, const struct value *v) {
        text(b, 2, value_get(v, "in"));
        text(b, 4, value_get(v, "name"));
        text(b, 6, value_get(v, "type"));
        flag(b, 20, value_get(v, "uniqueItems"));
}

static void path_parameter(struct buf *b, const struct value *v) {
        flag(b, 1, value_get(v, "required"));
        text(b, 2, value_get(v, "in"));
        text(b, 4, value_get(v, "name"));
        text(b, 5, value_get(v, "type"));
        flag(b, 19, value_get(v, "uniqueItems"));
}

static void plain_parameter(struct buf *b, const struct value *v) {
        bool path = value_equals_str(value_get(v, "in"), "path");
        message(b, path ? 4 : 3, v, path ? path_parameter : query_parameter);
}

static void parameter(struct buf *b, const struct value *v) {
        bool body = value_equals_str(value_get(v, "in"), "body");
        message(b, body ? 1 : 2, v, body ? body_parameter : plain_parameter);
}

static void parameter_item(struct buf *b, const struct value *v) {
        message(b, 1, v, parameter);
}

static void parameters(struct buf *b, unsigned field, const struct value *list) {
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        message(b, field, item, parameter_item);
}

static void schema_item(struct buf *b, const struct value *v) {
        message(b, 1, v, schema);
}

static void response(struct buf *b, const struct value *v) {
        text(b, 1, value_get(v, "description"));
        message(b, 2, value_get(v, "schema"), schema_item);
}

static void response_value(struct buf *b, const struct value *v) {
        message(b, 1, v, response);
}

static void responses(struct buf *b, const struct value *v) {
        named(b, 1, v, response_value);
}

static void operation(struct buf *b, const struct value *v) {
        repeated_text(b, 6, value_get(v, "produces"));
        repeated_text(b, 7, value_get(v, "consumes"));
        parameters(b, 8, value_get(v, "parameters"));
        message(b, 9, value_get(v, "responses"), responses);
        extensions(b, 13, v);
}

static void path_item(struct buf *b, const struct value *v) {
        static const struct {
                unsigned field;
                const char *method;
        } methods[] = {{2, "get"}, {3, "put"}, {4, "post"}, {5, "delete"}, {6, "options"}, {7, "head"}, {8, "patch"}};
        for (size_t i = 0; i < ARRAY_LEN(methods); i++)
                message(b, methods[i].field, value_get(v, methods[i].method), operation);
        parameters(b, 9, value_get(v, "parameters"));
}

static void paths(struct buf *b, const struct value *v) {
        named(b, 2, v, path_item);
}

static void info(struct buf *b, const struct value *v) {
        text(b, 1, value_get(v, "title"));
        text(b, 2, value_get(v, "version"));
}

void protobuf_write_document(struct buf *b, const struct value *document) {
        text(b, 1, value_get(document, "swagger"));
        message(b, 2, value_get(document, "info"), info);
        message(b, 8, value_get(document, "paths"), paths);
        message(b, 9, value_get(document, "definitions"), properties);
}
