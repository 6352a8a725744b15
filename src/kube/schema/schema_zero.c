/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/schema/schema.h"

int schema_zero(struct arena *a, const struct schema_field *f, struct value *ret, struct err *err) {
        *ret = value_null();
        if (f->optional)
                return 0;
        switch (f->schema->type) {
        case SCHEMA_STRING:
                if (!f->schema->format) /* bytes are a list to Go, and nil */
                        *ret = value_str("");
                return 0;
        case SCHEMA_INTEGER:
        case SCHEMA_NUMBER:
        case SCHEMA_INT_OR_STRING:
                *ret = value_int(0);
                return 0;
        case SCHEMA_BOOLEAN:
                *ret = value_bool(false);
                return 0;
        case SCHEMA_QUANTITY:
                *ret = value_str("0");
                return 0;
        case SCHEMA_STRUCT:
                *ret = value_map();
                return schema_fill(a, f->schema, ret, err);
        default:
                return 0;
        }
}

/* No recursion without end: a struct that holds itself does so by a pointer, whose zero is null. */
int schema_fill(struct arena *a, const struct schema *s, struct value *map, struct err *err) {
        for (size_t i = 0; i < s->n_fields; i++) {
                const struct schema_field *f = &s->fields[i];
                struct value zero;
                if (!f->always || value_get(map, f->name))
                        continue;
                if (schema_zero(a, f, &zero, err) < 0)
                        return -1;
                if (!value_add(a, map, f->name, strlen(f->name), zero))
                        return err_oom(err);
        }
        return 0;
}
