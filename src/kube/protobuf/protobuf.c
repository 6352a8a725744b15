/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to values by the schema tables. Wire format: protobuf's encoding, as k8s.io/apimachinery writes it. */
#include "kube/protobuf/protobuf.h"

#include "base/limits.h"
#include "base/strmap.h"
#include "kube/schema/kind.h"
#include "kube/protobuf/protobuf_wire.h"

/* ---- messages ---- */

static int decode_value(struct pb *pb, const struct schema *s, const struct pb_field *f, struct value *ret);
static int decode_fields(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *map);

static int compare_keys(const struct member *x, const struct member *y) {
        size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
        int order = memcmp(x->key, y->key, n);
        return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

/* Entries were appended as they came. Go's encoder sorts them; of equal keys, which only a liar sends, the last wins.
 */
static int settle_map(struct pb *pb, struct value *map) {
        _cleanup_strmap_ struct strmap last = STRMAP_INIT;
        uint32_t n = 0;
        bool sorted = true;
        for (uint32_t i = 1; sorted && i < map->len; i++)
                sorted = compare_keys(&map->members[i - 1], &map->members[i]) < 0;
        if (sorted)
                return 0;
        for (uint32_t i = 0; i < map->len; i++)
                if (strmap_set(&last, map->members[i].key, map->members[i].key_len, &map->members[i]) < 0)
                        return err_oom(pb->err);
        for (uint32_t i = 0; i < map->len; i++) {
                const struct member *m = &map->members[i];
                if (strmap_get(&last, m->key, m->key_len) == m)
                        map->members[n++] = *m;
        }
        map->len = n;
        return 0;
}

static int settle_maps(struct pb *pb, const struct schema *s, struct value *map) {
        VALUE_EACH_MEMBER(m, map) {
                const struct schema_field *f = schema_field(s, m->key, m->key_len);
                if (f && f->schema->type == SCHEMA_MAP && value_is_map(&m->value) && settle_map(pb, &m->value) < 0)
                        return -1;
        }
        return 0;
}

static int decode_struct(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *ret) {
        *ret = value_map();
        if (++pb->depth > LIMIT_PROTOBUF_DEPTH)
                return err_set(pb->err, ERR_TOO_LARGE, "protobuf: messages nest deeper than %d", LIMIT_PROTOBUF_DEPTH);
        if (decode_fields(pb, s, b, ret) < 0 || settle_maps(pb, s, ret) < 0)
                return -1;
        pb->depth--;
        return schema_fill(pb->a, s, ret, pb->err);
}

/* One entry of a map: key 1, value 2. An absent value is the element's zero. */
static int decode_entry(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *map) {
        struct pb_field f;
        struct value key = value_str(""), v = {0};
        bool has_value = false;
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                if (more < 0)
                        return -1;
                if (f.number == 1 && f.wire == PB_BYTES && pb_string(pb, f.bytes, &key) < 0)
                        return -1;
                if (f.number == 2) {
                        if (decode_value(pb, s->element, &f, &v) < 0)
                                return -1;
                        has_value = true;
                }
        }
        const struct schema_field zero = {.schema = s->element};
        if (!has_value && schema_zero(pb->a, &zero, &v, pb->err) < 0)
                return -1;
        return value_add(pb->a, map, key.str, key.len, v) ? 0 : err_oom(pb->err);
}

/* A named list type of Go is a message of its own with repeated items = 1. */
static int decode_wrapped_list(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *ret) {
        struct pb_field f;
        *ret = value_null(); /* without items Go has nil */
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                struct value item;
                if (more < 0)
                        return -1;
                if (value_is_null(ret))
                        *ret = value_list();
                if (f.number != 1)
                        continue;
                if (decode_value(pb, s->element, &f, &item) < 0)
                        return -1;
                if (!value_append(pb->a, ret, item))
                        return err_oom(pb->err);
        }
        return 0;
}

/* The unions of JSONSchemaProps: one schema, or booleans, or lists of schemas or strings. */
static int decode_union(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *ret) {
        const struct schema *props = schema_builtin("apiextensions.v1.JSONSchemaProps");
        bool or_bool = streq(s->format, "props-or-bool"), or_strings = streq(s->format, "props-or-string-array");
        struct pb_field f;
        *ret = or_bool ? value_bool(false) : value_list();
        bool single = false;
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                struct value v;
                if (more < 0)
                        return -1;
                if (or_bool && f.number == 1 && f.wire == PB_VARINT) {
                        if (!single)
                                *ret = value_bool(f.number_value != 0);
                        continue;
                }
                if (f.wire != PB_BYTES || f.number > 2 || !props)
                        continue;
                bool is_string = or_strings && f.number == 2;
                if ((is_string ? pb_string(pb, f.bytes, &v) : decode_struct(pb, props, f.bytes, &v)) < 0)
                        return -1;
                if (f.number == (or_bool ? 2u : 1u)) {
                        *ret = v;
                        single = true;
                } else if (!single && !value_append(pb->a, ret, v)) {
                        return err_oom(pb->err);
                }
        }
        return 0;
}

static int decode_bytes(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *ret) {
        switch (s->type) {
        case SCHEMA_STRUCT:
                return decode_struct(pb, s, b, ret);
        case SCHEMA_LIST:
                return decode_wrapped_list(pb, s, b, ret);
        case SCHEMA_STRING:
                return s->format && streq(s->format, "byte") ? pb_base64(pb, b, ret) : pb_string(pb, b, ret);
        case SCHEMA_INT_OR_STRING:
                return pb_int_or_string(pb, b, ret);
        case SCHEMA_QUANTITY:
                return pb_quantity(pb, b, ret);
        case SCHEMA_TIME:
                return pb_time(pb, b, s->format && streq(s->format, "micro-time"), ret);
        case SCHEMA_ANY:
                if (s->format && str_has_prefix(s->format, "props-or-"))
                        return decode_union(pb, s, b, ret);
                return pb_raw_json(pb, b, ret);
        default:
                return err_set(pb->err, ERR_BAD_REQUEST,
                               "protobuf: a field of a number or map has the wire type of bytes");
        }
}

static int decode_value(struct pb *pb, const struct schema *s, const struct pb_field *f, struct value *ret) {
        if (f->wire == PB_BYTES)
                return decode_bytes(pb, s, f->bytes, ret);
        if (s->type == SCHEMA_INTEGER && f->wire == PB_VARINT) {
                bool narrow = s->format && streq(s->format, "int32");
                *ret = value_int(narrow ? (int32_t)(uint32_t)f->number_value : (int64_t)f->number_value);
        } else if (s->type == SCHEMA_BOOLEAN && f->wire == PB_VARINT) {
                *ret = value_bool(f->number_value != 0);
        } else if (s->type == SCHEMA_NUMBER && f->wire == PB_FIXED64) {
                return pb_double(pb, f->number_value, ret);
        } else {
                return err_set(pb->err, ERR_BAD_REQUEST, "protobuf: wire type %u does not fit the field's type",
                               f->wire);
        }
        return 0;
}

/* ---- fields ---- */

static const struct schema_field *field_of(const struct schema *s, uint32_t number) {
        if (!s->by_number || number >= s->n_by_number || !s->by_number[number])
                return NULL;
        return &s->fields[s->by_number[number] - 1];
}

/* Go leaves out what is empty unless its tag or a pointer says otherwise. */
static bool is_left_out(const struct schema_field *f, const struct value *v) {
        if (f->always || f->optional)
                return false;
        switch ((enum value_type)v->type) {
        case VALUE_NULL:
                return true;
        case VALUE_BOOL:
                return !v->boolean;
        case VALUE_INT:
                return v->i == 0 && f->schema->type != SCHEMA_INT_OR_STRING;
        case VALUE_FLOAT:
                return v->f == 0;
        case VALUE_STRING:
                return v->len == 0;
        default:
                return v->len == 0 && f->schema->type != SCHEMA_STRUCT;
        }
}

/* Repeated fields and maps grow with each of their fields on the wire. */
static int decode_repeated(struct pb *pb, const struct schema_field *f, const struct pb_field *wire,
                           struct value *map) {
        bool is_map = f->schema->type == SCHEMA_MAP;
        struct value *all = value_get(map, f->name), item;
        if (!all)
                all = value_add(pb->a, map, f->name, strlen(f->name), is_map ? value_map() : value_list());
        if (!all)
                return err_oom(pb->err);
        if (is_map && wire->wire != PB_BYTES)
                return err_set(pb->err, ERR_BAD_REQUEST, "protobuf: a map entry is no message");
        if (is_map)
                return decode_entry(pb, f->schema, wire->bytes, all);
        if (decode_value(pb, f->schema->element, wire, &item) < 0)
                return -1;
        return value_append(pb->a, all, item) ? 0 : err_oom(pb->err);
}

static int decode_field(struct pb *pb, const struct schema_field *f, const struct pb_field *wire, struct value *map) {
        struct value v;
        if (f->schema->type == SCHEMA_MAP || (f->schema->type == SCHEMA_LIST && !schema_is_wrapped(f->schema)))
                return decode_repeated(pb, f, wire, map);
        if (decode_value(pb, f->schema, wire, &v) < 0)
                return -1;
        if (is_left_out(f, &v))
                return 0;
        return value_set(pb->a, map, f->name, v) ? 0 : err_oom(pb->err);
}

/* A message whose fields belong to the object around it. */
static int decode_inline(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *map) {
        if (++pb->depth > LIMIT_PROTOBUF_DEPTH)
                return err_set(pb->err, ERR_TOO_LARGE, "protobuf: messages nest deeper than %d", LIMIT_PROTOBUF_DEPTH);
        if (decode_fields(pb, s, b, map) < 0)
                return -1;
        pb->depth--;
        return schema_fill(pb->a, s, map, pb->err);
}

static int decode_fields(struct pb *pb, const struct schema *s, struct pb_bytes b, struct value *map) {
        struct pb_field wire;
        for (int more; (more = pb_next(pb, &b, &wire)) != 0;) {
                if (more < 0)
                        return -1;
                const struct schema_field *f = field_of(s, wire.number);
                if (f && decode_field(pb, f, &wire, map) < 0)
                        return err_wrap(pb->err, "%s", f->name);
                for (size_t i = 0; !f && i < s->n_inlines; i++)
                        if (s->inlines[i].number == wire.number && wire.wire == PB_BYTES &&
                            decode_inline(pb, s->inlines[i].schema, wire.bytes, map) < 0)
                                return -1;
        }
        return 0;
}

/* ---- the envelope ---- */

struct envelope {
        struct value api_version, kind;
        struct pb_bytes raw;
};

static int read_type_meta(struct pb *pb, struct pb_bytes b, struct envelope *e) {
        struct pb_field f;
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                if (more < 0)
                        return -1;
                if (f.wire == PB_BYTES && f.number == 1 && pb_string(pb, f.bytes, &e->api_version) < 0)
                        return -1;
                if (f.wire == PB_BYTES && f.number == 2 && pb_string(pb, f.bytes, &e->kind) < 0)
                        return -1;
        }
        return 0;
}

static int read_envelope(struct pb *pb, const char *body, size_t n, struct envelope *e) {
        if (n < 4 || memcmp(body, "k8s\0", 4) != 0)
                return err_set(
                        pb->err, ERR_BAD_REQUEST,
                        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        struct pb_bytes b = {.p = (const uint8_t *)body + 4, .n = n - 4};
        struct pb_field f;
        *e = (struct envelope){.api_version = value_str(""), .kind = value_str("")};
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                if (more < 0)
                        return -1;
                if (f.wire != PB_BYTES)
                        continue;
                if (f.number == 1 && read_type_meta(pb, f.bytes, e) < 0)
                        return -1;
                if (f.number == 2)
                        e->raw = f.bytes;
        }
        return 0;
}

int protobuf_decode_as(struct arena *a, const struct schema *schema, const char *body, size_t n, struct value *ret,
                       const char **ret_api_version, const char **ret_kind, struct err *err) {
        struct pb pb = {.a = a, .err = err};
        struct envelope e;
        struct value object;
        if (read_envelope(&pb, body, n, &e) < 0)
                return -1;
        if (!schema) {
                const char *group, *version;
                if (kind_split_api_version(a, e.api_version.str, &group, &version, err) < 0)
                        return -1;
                schema = schema_of_kind(group, version, e.kind.str);
        }
        if (!schema)
                return err_set(err, ERR_BAD_REQUEST, "no kind \"%s\" is registered for version \"%s\" in scheme",
                               e.kind.str, e.api_version.str);
        if (decode_struct(&pb, schema, e.raw, &object) < 0)
                return err_wrap(err, "protobuf body");
        if ((e.api_version.len && !value_set(a, &object, "apiVersion", e.api_version)) ||
            (e.kind.len && !value_set(a, &object, "kind", e.kind)))
                return err_oom(err);
        value_sort_keys(&object);
        *ret = object;
        if (ret_api_version)
                *ret_api_version = e.api_version.str;
        if (ret_kind)
                *ret_kind = e.kind.str;
        return 0;
}

int protobuf_decode(struct arena *a, const char *body, size_t n, struct value *ret, struct err *err) {
        return protobuf_decode_as(a, NULL, body, n, ret, NULL, NULL, err);
}
