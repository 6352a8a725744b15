/* SPDX-License-Identifier: Apache-2.0 */
/* How strategic merge sees a schema. kube-apiserver asks Go's types by reflection, so the errors speak of them. */
#include "kube/smp/smp_internal.h"

/* Go's kind of a type: what reflect calls it. */
static const char *go_kind(const struct schema *schema) {
        switch (schema->type) {
        case SCHEMA_LIST:
                return "slice";
        case SCHEMA_MAP:
                return "map";
        case SCHEMA_BOOLEAN:
                return "bool";
        case SCHEMA_INTEGER:
        case SCHEMA_NUMBER:
                return schema->format ? schema->format : "int64";
        case SCHEMA_STRING:
                return schema->format && streq(schema->format, "byte") ? "slice" : "string";
        default:
                return "struct";
        }
}

/* "v1.PodSpec" is named PodSpec. */
static const char *go_name(const struct schema *schema) {
        const char *dot = schema->go_type ? strrchr(schema->go_type, '.') : NULL;
        if (!dot && schema->name)
                dot = strrchr(schema->name, '.');
        return dot ? dot + 1 : "";
}

/* A schema that says nothing, as of an unknown kind: everything merges by RFC 7386. */
static bool says_nothing(const struct schema *schema) {
        return !schema || (schema->type == SCHEMA_ANY && !schema->name && !schema->go_type);
}

static int find_field(struct smp *s, const struct schema *schema, const char *key, size_t n,
                      const struct schema_field **ret) {
        static const char struct_kind[] = "struct";
        if (!streq(go_kind(schema), struct_kind))
                return err_set(s->err, ERR_INTERNAL,
                               "merging an object in json but data type is not struct, instead is: %s",
                               go_kind(schema));
        *ret = schema->type == SCHEMA_STRUCT ? schema_field(schema, key, n) : NULL;
        if (*ret)
                return 0;
        return err_set(s->err, ERR_INTERNAL, "unable to find api field in struct %s for the json field \"%.*s\"",
                       go_name(schema), (int)n, key);
}

static struct smp_field field_of(const struct schema_field *f, const struct schema *schema) {
        return (struct smp_field){.schema = schema, .merge_key = f->patch_key ? f->patch_key : "", .patch = f->patch};
}

int smp_find_map(struct smp *s, const struct schema *schema, const struct member *m, struct smp_field *ret) {
        const struct schema_field *f;
        *ret = (struct smp_field){.merge_key = ""};
        if (says_nothing(schema))
                return 0;
        if (find_field(s, schema, m->key, m->key_len, &f) < 0)
                return -1;
        *ret = field_of(f, f->schema);
        return 0;
}

int smp_find_list(struct smp *s, const struct schema *schema, const char *key, size_t n, struct smp_field *ret) {
        const struct schema_field *f;
        *ret = (struct smp_field){.merge_key = ""};
        if (says_nothing(schema))
                return 0;
        if (find_field(s, schema, key, n, &f) < 0)
                return -1;
        const struct schema *item = f->schema;
        if (item->type == SCHEMA_LIST) {
                item = item->element;
                if (item->type == SCHEMA_LIST)
                        return err_set(s->err, ERR_INTERNAL, "unexpected slice of slice");
        } else if (!f->optional && !says_nothing(item)) {
                return err_set(s->err, ERR_INTERNAL, "expected slice or array type, but got: struct");
        }
        *ret = field_of(f, item);
        return 0;
}
