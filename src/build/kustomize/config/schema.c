/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/config/schema.h"

#include "build/kustomize/config/table.h"

struct merge_type *merge_schema_new_type(struct arena *a, struct merge_schema *s) {
        struct merge_type *type = arena_make(a, struct merge_type);
        if (type) {
                type->next = s->all;
                s->all = type;
        }
        return type;
}

struct merge_type *merge_schema_obtain_type(struct arena *a, struct merge_schema *s, const char *name) {
        struct merge_type *type = strmap_get(&s->types, name, strlen(name));
        if (type)
                return type;
        type = merge_schema_new_type(a, s);
        return type && strmap_set(&s->types, name, strlen(name), type) == 0 ? type : NULL;
}

static int add_kind(struct arena *a, struct merge_schema *s, const char *api_version, const char *kind,
                    struct merge_type *type, struct err *err) {
        char *key = arena_printf(a, "%s %s", api_version, kind);
        if (!key || strmap_set(&s->kinds, key, strlen(key), type) < 0)
                return err_oom(err);
        return 0;
}

/* "a,b" to {"a", "b", NULL}. */
static const char *const *split_keys(struct arena *a, const char *text) {
        size_t n = *text ? 2 : 1;
        for (const char *p = text; *p; p++)
                n += *p == ',';
        const char **keys = arena_zalloc(a, n, sizeof(*keys));
        char *copy = arena_strdup(a, text);
        if (!keys || !copy)
                return NULL;
        for (size_t i = 0; *copy; i++) {
                size_t len = strcspn(copy, ",");
                keys[i] = copy;
                copy += len;
                if (*copy)
                        *copy++ = 0;
        }
        return keys;
}

int merge_schema_builtin(struct arena *a, struct merge_schema *s, struct err *err) {
        struct table t = TABLE(kustomize_schema);
        const char *c[6];
        while (table_next(&t, a, c, ARRAY_LEN(c))) {
                struct merge_type *type = merge_schema_obtain_type(a, s, c[0]);
                struct merge_field *f = arena_make(a, struct merge_field);
                if (!type || !f)
                        return err_oom(err);
                *f = (struct merge_field){.merges = *c[4] != 0, .keys = split_keys(a, c[5])};
                struct merge_type *of = *c[3] ? merge_schema_obtain_type(a, s, c[3]) : NULL;
                if (of && streq(c[2], "{}")) { /* a map: whatever its keys, its values are of that type */
                        struct merge_type *map = merge_schema_new_type(a, s);
                        if (map)
                                map->additional.type = of;
                        of = map;
                }
                f->type = of;
                if (!f->keys || (*c[3] && !of) || strmap_set(&type->fields, c[1], strlen(c[1]), f) < 0)
                        return err_oom(err);
        }
        t = TABLE(kustomize_kinds);
        while (table_next(&t, a, c, 3)) {
                struct merge_type *type = merge_schema_obtain_type(a, s, c[2]);
                if (!type)
                        return err_oom(err);
                if (add_kind(a, s, c[0], c[1], type, err) < 0)
                        return -1;
        }
        return 0;
}

int merge_schema_note(struct merge_schema *s, const struct yaml_note *notes, struct err *err) {
        for (const struct yaml_note *n = notes; n; n = n->next)
                if (strmap_set(&s->notes, (const char *)&n->key, sizeof(n->key), (void *)n->text) < 0)
                        return err_oom(err);
        return 0;
}

void merge_schema_reset(struct merge_schema *s) {
        for (struct merge_type *type = s->all; type; type = type->next)
                strmap_done(&type->fields);
        strmap_done(&s->types);
        strmap_done(&s->kinds);
        strmap_done(&s->comments);
        s->types = s->kinds = s->comments = STRMAP_INIT;
        s->all = NULL;
}

void merge_schema_done(struct merge_schema *s) {
        merge_schema_reset(s);
        strmap_done(&s->notes);
        s->notes = STRMAP_INIT;
}

const struct merge_type *merge_schema_kind(const struct merge_schema *s, const char *api_version, const char *kind) {
        char key[512];
        int n = snprintf(key, sizeof(key), "%s %s", api_version, kind);
        return n > 0 && (size_t)n < sizeof(key) ? strmap_get(&s->kinds, key, (size_t)n) : NULL;
}

struct merge_field merge_schema_field(const struct merge_type *type, const char *name, size_t n) {
        if (!type)
                return (struct merge_field){0};
        const struct merge_field *f = strmap_get(&type->fields, name, n);
        return f ? *f : type->additional;
}
