/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/schema/schema_types.h"

#include "kube/schema/schema_table.h"

struct schema_copy {
        struct schema schema;
        const struct schema *original;
        struct schema_copy *next;
};

static int bad(const struct schema_types *l, const char *what) {
        return err_set(l->err, ERR_INTERNAL, "%s", what);
}

struct scalar {
        char letter;
        struct schema schema;
};

/* Granular ANY is deduced from the value, atomic ANY is owned as a whole: what kube-openapi's schemaconv makes of them.
 */
static const struct scalar scalars[] = {
        {'s', {.type = SCHEMA_STRING}},
        {'B', {.type = SCHEMA_STRING, .format = "byte"}},
        {'i', {.type = SCHEMA_INTEGER, .format = "int32"}},
        {'l', {.type = SCHEMA_INTEGER, .format = "int64"}},
        {'d', {.type = SCHEMA_NUMBER, .format = "double"}},
        {'b', {.type = SCHEMA_BOOLEAN}},
        {'x',
         {.name = "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
          .type = SCHEMA_INT_OR_STRING,
          .go_type = "intstr.IntOrString"}},
        {'q',
         {.name = "io.k8s.apimachinery.pkg.api.resource.Quantity",
          .type = SCHEMA_QUANTITY,
          .go_type = "resource.Quantity"}},
        {'t',
         {.name = "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
          .type = SCHEMA_TIME,
          .format = "date-time",
          .go_type = "v1.Time"}},
        {'T',
         {.name = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
          .type = SCHEMA_TIME,
          .format = "micro-time",
          .go_type = "v1.MicroTime"}},
        {'?', {.type = SCHEMA_ANY, .preserve_unknown = true}},
        {'R',
         {.name = "io.k8s.apimachinery.pkg.runtime.RawExtension",
          .type = SCHEMA_ANY,
          .topology = SCHEMA_ATOMIC,
          .preserve_unknown = true,
          .format = "raw"}},
        {'F',
         {.name = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
          .type = SCHEMA_ANY,
          .preserve_unknown = true,
          .format = "raw"}},
        {'J',
         {.name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
          .type = SCHEMA_ANY,
          .preserve_unknown = true,
          .format = "raw"}},
        {'A',
         {.name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
          .type = SCHEMA_ANY,
          .preserve_unknown = true,
          .format = "props-or-array"}},
        {'O',
         {.name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
          .type = SCHEMA_ANY,
          .preserve_unknown = true,
          .format = "props-or-bool"}},
        {'P',
         {.name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
          .type = SCHEMA_ANY,
          .preserve_unknown = true,
          .format = "props-or-string-array"}},
};

static const struct schema *scalar_of(char letter) {
        for (size_t i = 0; i < ARRAY_LEN(scalars); i++)
                if (scalars[i].letter == letter)
                        return &scalars[i].schema;
        return NULL;
}

/* "k(a,b)" after the 'k': the keys. */
static int read_keys(struct schema_types *l, const char **at, struct schema *s) {
        const char *p = *at, *end = strchr(p, ')');
        if (*p != '(' || !end)
                return bad(l, "keys of a list");
        size_t n = 1, i = 0;
        for (const char *q = p; q < end; q++)
                n += *q == ',';
        const char **keys = arena_zalloc(l->arena, n + 1, sizeof(*keys));
        if (!keys)
                return err_oom(l->err);
        for (p++; p < end; i++) {
                size_t len = strcspn(p, ",)");
                keys[i] = arena_strndup(l->arena, p, len);
                if (!keys[i])
                        return err_oom(l->err);
                p += len + 1;
        }
        s->topology = SCHEMA_KEYED;
        s->keys = keys;
        *at = end + 1;
        return 0;
}

/* The letters behind a list, a map or a reference. */
static int read_topology(struct schema_types *l, const char **at, struct schema *s) {
        for (;; (*at)++)
                switch (**at) {
                case 'a':
                        s->topology = SCHEMA_ATOMIC;
                        break;
                case 'g':
                        s->topology = SCHEMA_GRANULAR;
                        break;
                case 't':
                        s->topology = SCHEMA_SET;
                        break;
                case 'w':
                        s->format = "wrapped";
                        break;
                case 'k':
                        (*at)++;
                        return read_keys(l, at, s);
                default:
                        return 0;
                }
}

static int read_type(struct schema_types *l, const char **at, const char *go, const struct schema **ret);

/* "@name" or "@name/a": a definition, or a copy of it with a topology of the field's own. */
static int read_reference(struct schema_types *l, const char **at, const struct schema **ret) {
        size_t n = strcspn(*at, "]}/ ");
        const struct schema *s = strmap_get(l->by_name, *at, n);
        if (!s)
                return bad(l, "unknown type");
        *at += n;
        if (**at != '/') {
                *ret = s;
                return 0;
        }
        /* The definition itself may be read later in the file, so schema_types_done() completes the copy. */
        struct schema_copy *c = arena_make(l->arena, struct schema_copy);
        if (!c)
                return err_oom(l->err);
        *c = (struct schema_copy){.schema = *s, .original = s, .next = l->copies};
        l->copies = c;
        (*at)++;
        *ret = &c->schema;
        return read_topology(l, at, &c->schema);
}

static int read_container(struct schema_types *l, const char **at, const char *go, const struct schema **ret) {
        struct schema *s = arena_make(l->arena, struct schema);
        if (!s)
                return err_oom(l->err);
        bool list = **at == '[';
        const char *wrap = list ? "[]" : "map[string]", *inner = NULL;
        if (go && str_has_prefix(go, wrap))
                inner = go + strlen(wrap);
        else
                s->go_type = go;
        s->type = list ? SCHEMA_LIST : SCHEMA_MAP;
        s->topology = list ? SCHEMA_ATOMIC : SCHEMA_GRANULAR;
        (*at)++;
        if (read_type(l, at, inner, &s->element) < 0)
                return -1;
        if (**at != (list ? ']' : '}'))
                return bad(l, "list or map is not closed");
        (*at)++;
        *ret = s;
        return read_topology(l, at, s);
}

/* Reads a type; go is the name Go has for it, or NULL. */
static int read_type(struct schema_types *l, const char **at, const char *go, const struct schema **ret) {
        char letter = **at;
        if (letter == '[' || letter == '{')
                return read_container(l, at, go, ret);
        (*at)++;
        if (letter == '@')
                return read_reference(l, at, ret);
        const struct schema *s = scalar_of(letter);
        if (!s)
                return bad(l, "unknown type letter");
        *ret = s;
        if (go) {
                struct schema *named = arena_memdup(l->arena, s, sizeof(*s));
                if (!named)
                        return err_oom(l->err);
                named->go_type = go;
                *ret = named;
        }
        return 0;
}

int schema_types_read(struct schema_types *l, const char *text, const char *go, const struct schema **ret) {
        size_t n = strlen(text);
        const struct schema *known = go ? NULL : strmap_get(&l->cache, text, n);
        if (known) {
                *ret = known;
                return 0;
        }
        const char *at = text;
        const struct schema *made = NULL;
        if (read_type(l, &at, go, &made) < 0)
                return -1;
        if (*at)
                return bad(l, "something behind the type");
        if (!go && strmap_set(&l->cache, text, n, (void *)made) < 0)
                return err_oom(l->err);
        *ret = made;
        return 0;
}

int schema_types_register(struct schema_types *l) {
        for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
                const struct schema *s = &scalars[i].schema;
                char text[128];
                const char *name = s->name ? schema_short_name(s->name, text, sizeof(text)) : NULL;
                if (!name)
                        continue;
                name = arena_strdup(l->arena, name);
                if (!name || strmap_set(l->by_name, name, strlen(name), (void *)s) < 0)
                        return err_oom(l->err);
        }
        return 0;
}

void schema_types_done(struct schema_types *l) {
        for (struct schema_copy *c = l->copies; c; c = c->next) {
                enum schema_topology topology = c->schema.topology;
                c->schema = *c->original;
                c->schema.topology = topology;
        }
        strmap_done(&l->cache);
}
