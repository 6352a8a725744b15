/* SPDX-License-Identifier: Apache-2.0 */
/* The wire format of protobuf and Kubernetes' well-known messages. Every length is checked against what is there. */
#pragma once

#include "data/value.h"
#include "kube/schema/schema.h"

enum { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_bytes {
        const uint8_t *p;
        size_t n;
};

struct pb {
        struct arena *a;
        struct err *err;
        unsigned depth;
};

/* One field as it stands on the wire. */
struct pb_field {
        uint32_t number;
        unsigned wire;
        uint64_t number_value; /* varint and fixed */
        struct pb_bytes bytes; /* PB_BYTES; borrowed from the body */
};

/* The next field of a message: 1, 0 at the end, -1 ERR_BAD_REQUEST. */
int pb_next(struct pb *pb, struct pb_bytes *b, struct pb_field *ret);

/* Copies into the arena. */
int pb_string(struct pb *pb, struct pb_bytes b, struct value *ret);
int pb_base64(struct pb *pb, struct pb_bytes b, struct value *ret);
int pb_double(struct pb *pb, uint64_t bits, struct value *ret);

/* IntOrString {1: type, 2: int, 3: string}; Quantity {1: string}; Time {1: seconds, 2: nanos}, null when empty;
 * RawExtension, FieldsV1 and JSON {1: bytes of JSON}, null when empty. */
int pb_int_or_string(struct pb *pb, struct pb_bytes b, struct value *ret);
int pb_quantity(struct pb *pb, struct pb_bytes b, struct value *ret);
int pb_time(struct pb *pb, struct pb_bytes b, bool micro, struct value *ret);
int pb_raw_json(struct pb *pb, struct pb_bytes b, struct value *ret);

/* True for list schemas that are a message of their own on the wire (Go's named list types). */
bool schema_is_wrapped(const struct schema *s);
