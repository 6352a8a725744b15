/* SPDX-License-Identifier: Apache-2.0 */
/* Columns: of built-in kinds from data/kubernetes/columns.json, of custom ones from their CRD. */
#include "apiserver/table/columns.h"

#include "data/json/json.h"

#include <pthread.h>

extern const char kubernetes_columns_json[], kubernetes_columns_json_end[];

static struct {
        pthread_once_t once;
        struct arena *arena; /* lives as long as the process */
        struct value root;
} table = {.once = PTHREAD_ONCE_INIT};

static void load(void) {
        _cleanup_err_ struct err err = ERR_INIT;
        size_t n = (size_t)(kubernetes_columns_json_end - kubernetes_columns_json);
        table.arena = arena_new(0);
        if (!table.arena ||
            json_parse(table.arena, kubernetes_columns_json, n, JSON_KUBERNETES, NULL, &table.root, &err) < 0) {
                /* our own file, read by a test as well: broken only in a broken build */
                fprintf(stderr, "weir: embedded table of columns: %s\n", err_message(&err));
                abort();
        }
}

static const char *description_of(const struct value *index) {
        const struct value *texts = value_get(&table.root, "descriptions");
        int64_t i = value_int_or(index, -1);
        return value_is_list(texts) && i >= 0 && i < texts->len ? value_string_or(&texts->items[i], "") : "";
}

/* A row is [name, type, format, priority, description, cell]. */
static int built_in(struct arena *a, const struct value *rows, struct columns *ret, struct err *err) {
        ret->items = arena_zalloc(a, rows->len, sizeof(*ret->items));
        if (!ret->items)
                return err_oom(err);
        VALUE_EACH_ITEM(row, rows)
                ret->items[ret->n++] = (struct column){.name = row->items[0].str,
                                                       .type = row->items[1].str,
                                                       .format = row->items[2].str,
                                                       .priority = value_int_or(&row->items[3], 0),
                                                       .description = description_of(&row->items[4]),
                                                       .cell = row->items[5].str};
        return 0;
}

static const struct value *rows_of(const char *key) {
        return value_path(&table.root, "columns", key, NULL);
}

static int custom_column(struct arena *a, const struct value *definition, struct column *ret, struct err *err) {
        const char *path = value_string_or(value_get(definition, "jsonPath"), "");
        const char *template = arena_printf(a, "{%s}", path);
        if (!template)
                return err_oom(err);
        *ret = (struct column){.name = value_string_or(value_get(definition, "name"), ""),
                               .type = value_string_or(value_get(definition, "type"), "string"),
                               .format = value_string_or(value_get(definition, "format"), ""),
                               .priority = value_int_or(value_get(definition, "priority"), 0),
                               .description = value_string_or(value_get(definition, "description"), "")};
        if (!ret->description[0])
                ret->description = arena_printf(a, "Custom resource definition column (in JSONPath format): %s", path);
        if (!ret->description)
                return err_oom(err);
        /* a path that does not parse gives an empty column, as in kube-apiserver: the CRD was admitted before */
        if (jsonpath_parse(a, template, strlen(template), &ret->path, NULL) < 0)
                ret->path = NULL;
        return 0;
}

static int custom(struct arena *a, const struct kind *k, struct columns *ret, struct err *err) {
        const struct value *definitions = value_get(k->crd_version, "additionalPrinterColumns");
        const struct value *names = rows_of("/serviceaccounts"); /* Name and Age */
        struct columns plain = {0};
        if (built_in(a, names, &plain, err) < 0)
                return -1;
        if (!value_is_list(definitions) || !definitions->len) {
                /* the age of a custom object is a date for the client's eyes, a text in the cell */
                plain.items[plain.n - 1].type = "date";
                *ret = plain;
                return 0;
        }
        ret->items = arena_zalloc(a, (size_t)definitions->len + 1, sizeof(*ret->items));
        if (!ret->items)
                return err_oom(err);
        ret->items[ret->n++] = plain.items[0];
        VALUE_EACH_ITEM(definition, definitions)
                if (custom_column(a, definition, &ret->items[ret->n++], err) < 0)
                        return -1;
        return 0;
}

int columns_of(struct arena *a, const struct kind *k, bool scale, struct columns *ret, struct err *err) {
        char key[256];
        *ret = (struct columns){0};
        pthread_once(&table.once, load);
        if (scale)
                return built_in(a, rows_of("autoscaling/scale"), ret, err);
        if (k->custom)
                return custom(a, k, ret, err);
        snprintf(key, sizeof(key), "%s/%s", k->group, k->resource);
        const struct value *rows = rows_of(key);
        return built_in(a, rows ? rows : rows_of("*"), ret, err);
}
