/* SPDX-License-Identifier: Apache-2.0 */
#include "smd_schema.h"

#include "base/strmap.h"

struct copy {
        struct schema *to;
        const struct schema *from;
        enum schema_topology topology;
        struct copy *next;
};

struct reader {
        struct arena *a;
        struct strmap names;
        struct copy *copies;
        bool failed;
};

static void read_atom(struct reader *r, const struct value *atom, struct schema *s);

static bool is_atomic(const struct value *v) {
        return value_equals_str(value_get(v, "elementRelationship"), "atomic");
}

/* A reference, with or without a relationship of its own, or an inlined type. NULL for none. */
static const struct schema *read_ref(struct reader *r, const struct value *ref) {
        const char *name = value_get_str(ref, "namedType");
        struct schema *s = arena_make(r->a, struct schema);
        if (!value_is_map(ref) || !ref->len || !s)
                return NULL;
        if (!name) {
                read_atom(r, ref, s);
                if (value_get(ref, "elementRelationship") && s->type == SCHEMA_LIST && !is_atomic(ref))
                        s->topology = s->keys ? SCHEMA_KEYED : SCHEMA_SET;
                else if (value_get(ref, "elementRelationship"))
                        s->topology = is_atomic(ref) ? SCHEMA_ATOMIC : SCHEMA_GRANULAR;
                return s;
        }
        const struct schema *named = strmap_get(&r->names, name, strlen(name));
        if (!named)
                r->failed = true;
        if (!value_get(ref, "elementRelationship"))
                return named;
        struct copy *c = arena_make(r->a, struct copy);
        if (c) {
                *c = (struct copy){s, named, is_atomic(ref) ? SCHEMA_ATOMIC : SCHEMA_GRANULAR, r->copies};
                r->copies = c;
        }
        return s;
}

static int compare_fields(const void *x, const void *y) {
        return strcmp(((const struct schema_field *)x)->name, ((const struct schema_field *)y)->name);
}

static void read_map(struct reader *r, const struct value *map, struct schema *s) {
        const struct value *fields = value_get(map, "fields");
        size_t n = value_is_list(fields) ? fields->len : 0;
        struct schema_field *out = arena_zalloc(r->a, n + 1, sizeof(*out));
        s->topology = is_atomic(map) ? SCHEMA_ATOMIC : SCHEMA_GRANULAR;
        s->element = read_ref(r, value_get(map, "elementType"));
        s->type = !n && s->element ? SCHEMA_MAP : SCHEMA_STRUCT;
        for (size_t i = 0; out && i < n; i++) {
                out[i].name = value_get_str(&fields->items[i], "name");
                out[i].schema = read_ref(r, value_get(&fields->items[i], "type"));
                out[i].fallback = value_get(&fields->items[i], "default");
                r->failed |= !out[i].name || !out[i].schema;
        }
        if (out && n && !r->failed)
                qsort(out, n, sizeof(*out), compare_fields);
        s->fields = out;
        s->n_fields = n;
}

static void read_list(struct reader *r, const struct value *list, struct schema *s) {
        const struct value *keys = value_get(list, "keys");
        s->type = SCHEMA_LIST;
        s->element = read_ref(r, value_get(list, "elementType"));
        s->topology = is_atomic(list) || !value_get(list, "elementRelationship") ? SCHEMA_ATOMIC : SCHEMA_SET;
        if (s->topology == SCHEMA_ATOMIC || !value_is_list(keys) || !keys->len)
                return;
        const char **names = arena_zalloc(r->a, (size_t)keys->len + 1, sizeof(*names));
        for (size_t i = 0; names && i < keys->len; i++)
                names[i] = keys->items[i].str;
        s->topology = SCHEMA_KEYED;
        s->keys = names;
}

static void read_atom(struct reader *r, const struct value *atom, struct schema *s) {
        const struct value *map = value_get(atom, "map"), *list = value_get(atom, "list");
        const char *scalar = value_get_str(atom, "scalar");
        if (map && list && scalar) {
                s->type = SCHEMA_ANY;
                r->failed |= !is_atomic(list); /* ours are, where the schema says nothing */
                s->topology = is_atomic(map) ? SCHEMA_ATOMIC : SCHEMA_GRANULAR;
        } else if (map && !list && !scalar) {
                read_map(r, map, s);
        } else if (list && !map && !scalar) {
                read_list(r, list, s);
        } else if (scalar && !map && !list) {
                s->type = streq(scalar, "numeric")   ? SCHEMA_NUMBER
                          : streq(scalar, "string")  ? SCHEMA_STRING
                          : streq(scalar, "boolean") ? SCHEMA_BOOLEAN
                                                     : SCHEMA_INT_OR_STRING;
        } else {
                r->failed = true;
        }
}

const struct schema *smd_schema(struct arena *a, const struct value *types, const char *name) {
        struct reader r = {.a = a};
        VALUE_EACH_ITEM(t, types) {
                const char *n = value_get_str(t, "name");
                struct schema *s = arena_make(a, struct schema);
                if (n && s && strmap_set(&r.names, n, strlen(n), s) < 0)
                        r.failed = true;
        }
        VALUE_EACH_ITEM(t, types) {
                const char *n = value_get_str(t, "name");
                struct schema *s = n ? strmap_get(&r.names, n, strlen(n)) : NULL;
                if (s)
                        read_atom(&r, t, s);
        }
        for (struct copy *c = r.copies; c; c = c->next)
                if (c->from) {
                        *c->to = *c->from;
                        c->to->topology = c->topology;
                }
        const struct schema *s = strmap_get(&r.names, name, strlen(name));
        strmap_done(&r.names);
        return r.failed ? NULL : s;
}
