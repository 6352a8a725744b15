/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of typed decoding share. */
#pragma once

#include "base/buf.h"
#include "kube/schema/schema.h"

struct strict {
        struct arena *a;
        struct err *err;
        struct value *warnings; /* NULL: not wanted */
        bool quiet;             /* inside types that Go decodes on their own and does not report unknown fields of */
};

/* Where a value stands: chained from the inside to the outside, on the stack. */
struct strict_place {
        const struct strict_place *outer;
        const struct schema *owner; /* the struct whose field it is; NULL: a map's member or a list's item */
        const char *name;           /* field or key; NULL: an item */
        size_t index;
};

/* v is not null. */
int strict_value(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                 unsigned depth, struct value *ret);
/* v may be null, which is the zero of its type here. */
int strict_element(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                   unsigned depth, struct value *ret);
int strict_list(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                unsigned depth, struct value *ret);
int strict_scalar(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
                  struct value *ret);
/* SCHEMA_ANY: raw JSON, and the unions of JSONSchemaProps. */
int strict_any(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p,
               unsigned depth, struct value *ret);

/* "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32". */
int strict_wrong_type(struct strict *c, const struct schema *s, const struct value *v, const struct strict_place *p);
/* The same for a number that does not fit: "json: cannot unmarshal number 1.5 into ...". */
int strict_wrong_number(struct strict *c, const char *type, const char *number, const struct strict_place *p);
