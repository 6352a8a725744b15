/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/schema/schema.h"

#include <pthread.h>

#include "kube/schema/schema_table.h"

extern const char kube_schema_txt[], kube_schema_txt_end[];

/* Expanded once, then only read; it lives as long as the process. */
static struct schema_table builtin;
static struct arena *builtin_arena;
static pthread_once_t builtin_once = PTHREAD_ONCE_INIT;

static void builtin_load(void) {
        _cleanup_err_ struct err err = ERR_INIT;
        builtin_arena = arena_new(0);
        if (builtin_arena && schema_table_load(builtin_arena, kube_schema_txt,
                                               (size_t)(kube_schema_txt_end - kube_schema_txt), &builtin, &err) == 0)
                return;
        /* Without memory for a megabyte at start nothing works; lookups then find nothing. */
        builtin_arena = arena_free(builtin_arena);
        builtin = (struct schema_table){0};
}

const struct schema *schema_builtin(const char *name) {
        char text[128];
        name = schema_short_name(name, text, sizeof(text));
        if (!name)
                return NULL;
        pthread_once(&builtin_once, builtin_load);
        return strmap_get(&builtin.by_name, name, strlen(name));
}

/* The options and envelopes of apimachinery that every group and version has. */
static const struct schema *schema_of_meta_kind(const char *kind) {
        static const char *const meta[] = {"CreateOptions", "DeleteOptions", "GetOptions", "ListOptions",
                                           "PatchOptions",  "UpdateOptions", "WatchEvent", "Status"};
        for (size_t i = 0; i < ARRAY_LEN(meta); i++)
                if (streq(kind, meta[i])) {
                        char name[64];
                        snprintf(name, sizeof(name), "meta.v1.%s", kind);
                        return schema_builtin(name);
                }
        return NULL;
}

const struct schema *schema_of_kind(const char *group, const char *version, const char *kind) {
        char key[256];
        int n = snprintf(key, sizeof(key), "%s%s%s/%s", group, *group ? "/" : "", version, kind);
        if (n < 0 || (size_t)n >= sizeof(key))
                return NULL;
        pthread_once(&builtin_once, builtin_load);
        const struct schema *s = strmap_get(&builtin.by_kind, key, (size_t)n);
        return s ? s : schema_of_meta_kind(kind);
}

const struct schema_field *schema_field(const struct schema *s, const char *name, size_t n) {
        size_t low = 0, high = s->n_fields;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct schema_field *f = &s->fields[middle];
                int order = strncmp(f->name, name, n);
                if (order == 0 && f->name[n])
                        order = 1;
                if (order == 0)
                        return f;
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}
