/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/protobuf/protobuf_wire.h"

#include "base/clock.h"
#include "data/base64.h"
#include "data/json/json.h"
#include "kube/quantity.h"

#include <math.h>

static int malformed(struct pb *pb, const char *what) {
        return err_set(pb->err, ERR_BAD_REQUEST, "protobuf: %s", what);
}

static int read_varint(struct pb *pb, struct pb_bytes *b, uint64_t *ret) {
        uint64_t v = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
                if (b->n == 0)
                        return malformed(pb, "unexpected end of the message");
                uint8_t byte = *b->p++;
                b->n--;
                v |= (uint64_t)(byte & 0x7f) << shift;
                if (!(byte & 0x80)) {
                        *ret = v;
                        return 0;
                }
        }
        return malformed(pb, "a varint is longer than 64 bits");
}

static int read_fixed(struct pb *pb, struct pb_bytes *b, size_t size, uint64_t *ret) {
        if (b->n < size)
                return malformed(pb, "unexpected end of the message");
        *ret = 0;
        memcpy(ret, b->p, size); /* little-endian on the wire, as on every machine Debian builds weir for */
        b->p += size;
        b->n -= size;
        return 0;
}

int pb_next(struct pb *pb, struct pb_bytes *b, struct pb_field *ret) {
        uint64_t tag, length;
        if (b->n == 0)
                return 0;
        if (read_varint(pb, b, &tag) < 0)
                return -1;
        *ret = (struct pb_field){.number = (uint32_t)(tag >> 3), .wire = (unsigned)(tag & 7)};
        if (ret->number == 0 || tag >> 3 > UINT32_MAX)
                return malformed(pb, "a field number is out of range");
        switch (ret->wire) {
        case PB_VARINT:
                return read_varint(pb, b, &ret->number_value) < 0 ? -1 : 1;
        case PB_FIXED64:
                return read_fixed(pb, b, 8, &ret->number_value) < 0 ? -1 : 1;
        case PB_FIXED32:
                return read_fixed(pb, b, 4, &ret->number_value) < 0 ? -1 : 1;
        case PB_BYTES:
                if (read_varint(pb, b, &length) < 0)
                        return -1;
                if (length > b->n)
                        return malformed(pb, "unexpected end of the message");
                ret->bytes = (struct pb_bytes){.p = b->p, .n = (size_t)length};
                b->p += length;
                b->n -= (size_t)length;
                return 1;
        default:
                return malformed(pb, "a wire type that Kubernetes does not use");
        }
}

int pb_string(struct pb *pb, struct pb_bytes b, struct value *ret) {
        if (b.n > UINT32_MAX / 2)
                return malformed(pb, "a string is too long");
        char *text = arena_strndup(pb->a, (const char *)b.p, b.n);
        if (!text)
                return err_oom(pb->err);
        *ret = value_strn(text, b.n);
        return 0;
}

int pb_base64(struct pb *pb, struct pb_bytes b, struct value *ret) {
        size_t n;
        char *text = base64_encode(pb->a, b.p, b.n, &n);
        if (!text)
                return err_oom(pb->err);
        *ret = value_strn(text, n);
        return 0;
}

int pb_double(struct pb *pb, uint64_t bits, struct value *ret) {
        double d;
        memcpy(&d, &bits, sizeof(d));
        if (!isfinite(d))
                return malformed(pb, "a number that JSON cannot hold");
        *ret = value_float(d);
        if (fabs(d) < 9e15 && d == (double)(int64_t)d)
                *ret = value_int((int64_t)d);
        return 0;
}

int pb_int_or_string(struct pb *pb, struct pb_bytes b, struct value *ret) {
        struct pb_field f;
        uint64_t type = 0, number = 0;
        struct value text = value_str("");
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                if (more < 0)
                        return -1;
                if (f.number == 1 && f.wire == PB_VARINT)
                        type = f.number_value;
                if (f.number == 2 && f.wire == PB_VARINT)
                        number = f.number_value;
                if (f.number == 3 && f.wire == PB_BYTES && pb_string(pb, f.bytes, &text) < 0)
                        return -1;
        }
        *ret = type == 1 ? text : value_int((int32_t)(uint32_t)number);
        return 0;
}

int pb_quantity(struct pb *pb, struct pb_bytes b, struct value *ret) {
        struct pb_field f;
        *ret = value_str("0");
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                struct value text;
                const char *canonical;
                if (more < 0)
                        return -1;
                if (f.number != 1 || f.wire != PB_BYTES)
                        continue;
                if (pb_string(pb, f.bytes, &text) < 0)
                        return -1;
                if (quantity_canonical(pb->a, text.str, &canonical, pb->err) < 0) {
                        if (pb->err && pb->err->class == ERR_SYNTAX)
                                pb->err->class = ERR_BAD_REQUEST;
                        return -1;
                }
                *ret = value_str(canonical);
        }
        return 0;
}

int pb_time(struct pb *pb, struct pb_bytes b, bool micro, struct value *ret) {
        struct pb_field f;
        int64_t seconds = 0, nanos = 0;
        *ret = value_null();
        if (!b.n) /* the zero time; 1970 comes with its numbers written out */
                return 0;
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                if (more < 0)
                        return -1;
                if (f.number == 1 && f.wire == PB_VARINT)
                        seconds = (int64_t)f.number_value;
                if (f.number == 2 && f.wire == PB_VARINT)
                        nanos = (int32_t)(uint32_t)f.number_value;
        }
        /* years 0 to 9999, as RFC 3339 can say them */
        if (seconds < -62167219200 || seconds > 253402300799 || nanos < 0 || nanos > 999999999)
                return malformed(pb, "a time outside of the years 0 to 9999");
        char text[TIME_TEXT_MAX];
        time_format_rfc3339(text, seconds);
        if (micro)
                snprintf(text + strlen(text) - 1, 10, ".%06uZ", (unsigned)(nanos / 1000) % 1000000u);
        *ret = value_strf(pb->a, "%s", text);
        return ret->type == VALUE_STRING ? 0 : err_oom(pb->err);
}

int pb_raw_json(struct pb *pb, struct pb_bytes b, struct value *ret) {
        struct pb_field f;
        *ret = value_null();
        for (int more; (more = pb_next(pb, &b, &f)) != 0;) {
                if (more < 0)
                        return -1;
                if (f.number == 1 && f.wire == PB_BYTES && f.bytes.n &&
                    json_parse(pb->a, (const char *)f.bytes.p, f.bytes.n, JSON_KUBERNETES, NULL, ret, pb->err) < 0)
                        return err_wrap(pb->err, "embedded JSON");
        }
        return 0;
}

bool schema_is_wrapped(const struct schema *s) {
        return s->type == SCHEMA_LIST && s->format && streq(s->format, "wrapped");
}
